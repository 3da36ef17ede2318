"""What is claimed of a field with an effect: leaving it out does not pay, and more of it does not harm.

Each is also measured as version 0.1.0 learned and read such fields, which shows that the worlds could tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from graduasi.arrays import Array, Matrix
from graduasi.declarations.declarations import Declarations, read_declarations
from graduasi.declarations.dictionary import Effect
from graduasi.panel.files import read_table
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.features import EFFECT_SIGN, TRENDS, Feature, build_features, features_of
from graduasi.readiness.model import ReadinessModel
from graduasi_training.fitting.linear_and_trees import Parts, Settings, fit_parts
from tests.made_up.worlds import DICTIONARY, declarations_of, draw_welfare, world_of
from tools.claims.claim import Claim

ROUNDING = 1e-9
SHARES = {"logistic regression": 1.0, "trees": 0.0, "blend": 0.5}
TEEN_POVERTY = Path(__file__).parents[2] / "tests" / "data" / "teen_poverty"
WITH_EFFECT = DICTIONARY.replace(
    "[fields.shown]\n",
    '[fields.shown]\neffect = "increasing"\nhistory = ["previous", "change", "mean", "slope"]\n',
)
FALLING = np.array([0.0] * 8 + [-0.4, -0.8, -1.2])
"""The mean welfare of each quarter: steady for two years, then falling."""
MORE = 0.5
"""How much more of the field is reported, in standard deviations of welfare."""


class FreeTrend(Feature):
    """A change or slope as version 0.1.0 learned it: whatever the field's effect, it could move readiness either way."""

    @property
    def effect(self) -> Effect:
        return "any"


@dataclass(frozen=True)
class Fitted:
    """A panel, the field looked at, and what was learned from all snapshots of the panel."""

    panel: Panel
    declarations: Declarations
    field: str
    careful: bool
    parts: Parts

    @cached_property
    def latest(self) -> npt.NDArray[np.intp]:
        """The latest snapshots of the households, as far as they know the field."""
        rows = self.panel.latest_known(int(self.panel.known_on.max()))
        return rows[~np.isnan(self.panel.values[rows, self.column])]

    @property
    def column(self) -> int:
        return self.declarations.dictionary.column(self.field)

    def features(self, value: Array | float | None = None) -> Matrix:
        """Of the latest snapshots; with another `value` of the field there, if one is given."""
        panel = self.panel
        if value is not None:
            values = panel.values.copy()
            values[self.latest, self.column] = value
            panel = replace(panel, values=values)
        day = int(panel.known_on.max())
        return build_features(
            panel, self.latest, as_of=day, declarations=self.declarations, careful=self.careful
        ).values

    def margin(self, features: Matrix, linear_share: float) -> Array:
        model = ReadinessModel(
            features_of(self.declarations.dictionary), self.parts.preparation, self.parts.linear, self.parts.trees["lightgbm"],
            linear_share=linear_share, slope=1.0, intercept=0.0,
        )  # fmt: skip
        return model.explain(features).margin

    def at_quartile(self) -> Matrix:
        """The features as if the latest value were the unfavourable quartile of training, and no improvement."""
        features = self.features()
        for index, feature in enumerate(features_of(self.declarations.dictionary)):
            if feature.field.name == self.field and feature.derivation == "value":
                features[:, index] = self.parts.preparation.fill[index]
            if feature.field.name == self.field and feature.derivation in TRENDS:
                features[:, index] = 0.0
        return features

    def is_better_than_quartile(self) -> npt.NDArray[np.bool_]:
        """One for each of `latest`."""
        dictionary = self.declarations.dictionary
        (index,) = [i for i, feature in enumerate(features_of(dictionary)) if feature.name == self.field]
        sign = EFFECT_SIGN[dictionary.fields[self.field].effect]
        return np.asarray(sign * self.features()[:, index] >= sign * self.parts.preparation.fill[index])


def fitted(panel: Panel, declarations: Declarations, y: Array, field: str, *, careful: bool) -> Fitted:
    """Both parts fitted to every snapshot whose outcome `y` is known."""
    rows = np.flatnonzero(~np.isnan(y))
    values = build_features(panel, rows, as_of=panel.known_on[rows], declarations=declarations, careful=careful).values
    features = tuple(
        feature
        if careful or feature.derivation not in TRENDS
        else FreeTrend(feature.name, feature.field, feature.derivation)
        for feature in features_of(declarations.dictionary)
    )
    parts = fit_parts(values, y[rows], features, settings=Settings())
    return Fitted(panel, declarations, field, careful, parts)


def falling_incomes(seed: int, *, careful: bool) -> Fitted:
    """1,000 households with a logistic truth; a tenth of the visits do not know the field."""
    rng = np.random.default_rng(seed)
    welfare = draw_welfare(rng, 1000, FALLING)
    world = world_of(
        rng, welfare, np.ones(welfare.shape, dtype=bool), declarations=declarations_of(dictionary=WITH_EFFECT)
    )
    dictionary, values = world.declarations.dictionary, world.panel.values
    y = (rng.random(len(values)) < expit(1.5 * values[:, dictionary.column("welfare")])).astype(float)
    values[rng.random(len(values)) < 0.1, dictionary.column("shown")] = np.nan
    return fitted(world.panel, world.declarations, y, "shown", careful=careful)


def teen_poverty(*, careful: bool) -> Fitted:
    """Hours worked; the outcome is not to be in poverty at the next visit."""
    declarations = read_declarations(TEEN_POVERTY / "dictionary.toml", TEEN_POVERTY / "programme.toml")
    panel = check_panel(read_table(TEEN_POVERTY / "households.csv"), declarations.dictionary)[0]
    poor = panel.values[:, declarations.dictionary.column("in_poverty")]
    same = np.append(panel.household[1:] == panel.household[:-1], False)
    return fitted(panel, declarations, np.where(same, 1 - np.roll(poor, -1), np.nan), "hours_worked", careful=careful)


def raised(worlds: list[Fitted]) -> str:
    """The share of families with a value better than the quartile whose score rises when it is left out, and the most."""
    gains = np.concatenate([
        (world.margin(world.features(np.nan), share) - world.margin(world.features(), share))[world.is_better_than_quartile()]
        for world in worlds
        for share in SHARES.values()
    ])  # fmt: skip
    return _share_and_worst(gains)


def beyond_quartile(worlds: list[Fitted]) -> str:
    """The share of all families whose score after leaving out the value is above what the quartile gives."""
    gains = np.concatenate([
        world.margin(world.features(np.nan), share) - world.margin(world.at_quartile(), share)
        for world in worlds
        for share in SHARES.values()
    ])  # fmt: skip
    return _share_and_worst(gains)


def lowered(worlds: list[Fitted]) -> str:
    """The share of families whose score by the trees falls when more of the field is reported."""
    losses = []
    for world in worlds:
        more = world.panel.values[world.latest, world.column] + MORE
        trees = SHARES["trees"]
        losses.append(world.margin(world.features(), trees) - world.margin(world.features(more), trees))
    return _share_and_worst(np.concatenate(losses))


def _share_and_worst(changes: Array) -> str:
    share = float((changes > ROUNDING).mean())
    return f"{100 * share:.1f} % of families" + (f", by up to {changes.max():.2f}" if share else "")


def claims(seeds: int) -> Iterator[Claim]:
    """Share of families and worst log-odds, over all three learners unless the trees are named."""
    falling = {careful: [falling_incomes(seed, careful=careful) for seed in range(seeds)] for careful in (True, False)}
    teen = {careful: [teen_poverty(careful=careful)] for careful in (True, False)}
    simulated_before = "36 % of families, by up to 2.06"
    for what, before, measure, worlds in (
        ("leaving out an income better than the quartile raises the score; incomes fell", simulated_before, raised, falling),
        ("leaving out an income gives more than the quartile would; incomes fell", simulated_before, beyond_quartile, falling),
        ("leaving out the hours worked raises the score (teen_poverty)", "80 % of 125, by up to 1.25", raised, teen),
        ("reporting more income lowers the trees' score, with change and slope", "15–21 %, by up to 0.73", lowered, falling),
    ):  # fmt: skip
        today, then = measure(worlds[True]), measure(worlds[False])
        yield Claim(
            what, before, f"{today} (as version 0.1.0 read it: {then})", "0 %", today == _share_and_worst(np.zeros(1))
        )
