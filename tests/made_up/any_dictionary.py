"""Dictionaries of every shape a user may declare, panels drawn for them, and models fitted to those."""

import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from graduasi.arrays import Array, Matrix
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, Field, parse_dictionary
from graduasi.declarations.programme import parse_programme
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.features import build_features, features_of
from graduasi.readiness.model import ReadinessModel
from graduasi_training.fitting.linear_and_trees import Settings, TreeKind, TreeSettings, fit_parts

HISTORIES = ("previous", "change", "mean", "slope")
CATEGORIES = ("a", "b", "c", "d")
FEW_TREES = Settings(C=1.0, trees=TreeSettings(trees=12, learning_rate=0.3, min_child_samples=5))
FIRST_DAY = 18_000

PROGRAMME = """
[programme]
name = "any"
version = "1"
quota_per_mentor = 3
max_data_age_days = 200

[[labels]]
name = "y"
kind = "column"
column = "y"
known_after_months = 0

[bands]
ready = 0.40
nearly = 0.20
"""
OTHER_FIELDS = """
[fields.line]
type = "number"
min = 1
kind = "yardstick"
label.en = "Yardstick"
source = "test"

[fields.y]
type = "boolean"
kind = "outcome"
label.en = "Outcome"
source = "test"
"""


@dataclass(frozen=True)
class DrawnWorld:
    """A dictionary, a panel of it, and a model fitted to all of the panel's snapshots."""

    declarations: Declarations
    panel: Panel
    model: ReadinessModel

    @property
    def dictionary(self) -> Dictionary:
        return self.declarations.dictionary

    @cached_property
    def directed(self) -> list[Field]:
        return [field for field in self.dictionary.features if field.effect != "any"]

    @cached_property
    def latest(self) -> Any:
        """The latest snapshot of each household."""
        return self.panel.latest_known(self.day)

    @property
    def day(self) -> int:
        return int(self.panel.known_on.max())

    def features(self, panel: Panel, *, careful: bool = True) -> Matrix:
        """Of the latest snapshots."""
        return build_features(
            panel, self.latest, as_of=self.day, declarations=self.declarations, careful=careful
        ).values

    def margin(self, values: Matrix) -> Array:
        return self.model.explain(values).margin

    def with_latest(self, field: Field, values: Any) -> Panel:
        """The panel with other values of `field` in the latest snapshots."""
        changed = self.panel.values.copy()
        changed[self.latest, self.dictionary.column(field.name)] = values
        return replace(self.panel, values=changed)

    def latest_values(self, field: Field) -> Array:
        return self.panel.values[self.latest, self.dictionary.column(field.name)]


def draw_world(seed: int, *, linear_share: float = 0.5, trees: TreeKind = "lightgbm", lags: bool = True) -> DrawnWorld:
    """A world of 60 households; `linear_share` and `trees` are those of the model's blend."""
    rng = np.random.default_rng(seed)
    declarations = _draw_declarations(rng, lags=lags)
    panel = _draw_panel(rng, declarations.dictionary)
    values = build_features(panel, np.arange(len(panel)), as_of=panel.known_on, declarations=declarations).values
    y, features = panel.values[:, declarations.dictionary.column("y")], features_of(declarations.dictionary)
    parts = fit_parts(values, y, features, settings=FEW_TREES)
    model = ReadinessModel(
        features,
        parts.preparation,
        parts.linear,
        parts.trees[trees],
        linear_share=linear_share,
        slope=1.2,
        intercept=0.1,
    )
    return DrawnWorld(declarations, panel, model)


def _draw_declarations(rng: np.random.Generator, *, lags: bool) -> Declarations:
    header = '[dictionary]\nname = "any"\nversion = "1"\nlanguages = ["en"]\n'
    fields = "".join(_draw_field(rng, number, lags=lags) for number in range(rng.integers(2, 6)))
    text = header + fields + OTHER_FIELDS
    dictionary = parse_dictionary(text, tomllib.loads(text), file="dictionary.toml")
    programme = parse_programme(PROGRAMME, tomllib.loads(PROGRAMME), dictionary=dictionary, file="programme.toml")
    return Declarations(dictionary, programme)


def _draw_field(rng: np.random.Generator, number: int, *, lags: bool) -> str:
    kind = str(rng.choice(["number", "number", "integer", "boolean", "category", "date"]))
    lines = [f"[fields.f{number}]", f'type = "{kind}"', 'kind = "lever"', 'label.en = "F"', 'source = "test"']
    lines.append(f'effect = "{rng.choice(["increasing", "decreasing", "any"], p=[0.45, 0.4, 0.15])}"')
    if kind == "category":
        lines += [f"categories = {list(CATEGORIES)}", "ordered = true"]
    if kind in ("number", "integer", "boolean"):
        lines.append(f"history = {[history for history in HISTORIES if rng.random() < 0.5]}")
    if kind == "number" and rng.random() < 0.5:
        lines.append('per = "line"')
    if lags and rng.random() < 0.25:
        lines.append("lag_days = 100")
    return "\n".join(lines) + "\n\n"


def _draw_panel(rng: np.random.Generator, dictionary: Dictionary, *, households: int = 60, visits: int = 5) -> Panel:
    """Values that fall or rise over a household's visits, some unknown; the outcome depends on all of them, in any direction."""
    household, visit = np.nonzero(rng.random((households, visits)) < 0.9)
    rows = len(household)
    as_of = FIRST_DAY + visit * 90 + rng.integers(0, 20, rows)
    columns: dict[str, Any] = {
        "household_id": [f"K{number:05}" for number in household],
        "as_of": _dates(as_of),
        "known_on": _dates(as_of + rng.choice([0, 0, 0, 40], rows)),
        "line": pa.array(rng.choice([1.0, 2.0, 4.0], rows), mask=rng.random(rows) < 0.05),
    }
    strength = rng.normal(0, 0.5, rows)
    for field in dictionary.features:
        level, trend = rng.normal(0, 1, households)[household], rng.normal(0, 0.5, households)[household]
        hidden = level + trend * visit + rng.normal(0, 0.3, rows)
        strength += rng.choice([-1.0, 1.0]) * hidden + rng.choice([-1.0, 1.0]) * trend
        columns[field.name] = pa.array(_as_type(field, hidden), mask=rng.random(rows) < 0.25)
    columns["y"] = pa.array(strength > np.median(strength))
    return check_panel(pa.table(columns), dictionary)[0]


def _as_type(field: Field, hidden: Array) -> Any:
    match field.type:
        case "boolean":
            return hidden > 0
        case "category":
            return np.array(CATEGORIES)[np.clip(np.round(hidden + 1.5), 0, 3).astype(int)]
        case "date":
            return _dates(FIRST_DAY - 5000 - np.round(300 * hidden))
        case "integer":
            return np.round(2 * hidden).astype(np.int64)
    return hidden


def _dates(days: Any) -> pa.Array:
    return pa.array(np.asarray(days, dtype=np.int32)).cast(pa.date32())
