"""From snapshots of many households to scores: the one path for training's checks, files, lists and MLflow.

`single` does the same for one household at a time, for HTTP; a test holds the two together.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Matrix
from graduasi.dates import Days
from graduasi.declarations.conditions import MET, UNKNOWN, UNMET
from graduasi.declarations.declarations import Declarations
from graduasi.panel.record import Panel
from graduasi.readiness.features import FeatureMatrix, build_features, carried_features
from graduasi.readiness.intervals import Ends
from graduasi.readiness.late_fields import snapshots_as_known
from graduasi.readiness.model import Explained, ReadinessModel, logistic
from graduasi.readiness.relapse import RelapseModel, Risk
from graduasi.scoring.earlier_visits import EARLIER_VALUE, earlier_values
from graduasi.scoring.far_numbers import FAR_NUMBER, far_numbers
from graduasi.scoring.reasons import REASON, Reasons, further_reasons, give_reasons, number_texts
from graduasi.scoring.themes import THEME, by_theme
from graduasi.scoring.verdicts import BANDS, Verdicts, bands, blocking_rules, judge

SCORES = pa.schema(
    [
        ("household_id", pa.string()),
        ("as_of", pa.date32()),
        ("mentor_id", pa.string()),
        ("area_code", pa.string()),
        ("score", pa.float64()),
        ("score_low", pa.float64()),
        ("score_high", pa.float64()),
        ("margin", pa.float64()),
        ("base_margin", pa.float64()),
        ("band", pa.string()),
        ("floor_passed", pa.bool_()),
        ("blocking", pa.list_(pa.string())),
        ("is_complete", pa.bool_()),
        ("missing_fields", pa.list_(pa.string())),
        ("flags", pa.list_(pa.string())),
        ("relapse_risk", pa.float64()),
        ("relapse_low", pa.float64()),
        ("relapse_high", pa.float64()),
        ("reasons", pa.list_(REASON)),
        ("other_contribution", pa.float64()),
        ("model_version", pa.string()),
        ("eligible_referrals", pa.list_(pa.string())),
        ("unknown_rules", pa.list_(pa.string())),
        ("far_numbers", pa.list_(FAR_NUMBER)),
        ("earlier_values", pa.list_(EARLIER_VALUE)),
        ("further_reasons", pa.list_(REASON)),
        ("flag_values", pa.list_(pa.string())),
        ("themes", pa.list_(THEME)),
    ]
)
"""The columns of a scores file, in order.

The interval is null if the bundle's interval was not tested. The relapse risk is null for a family that is unlike any
graduate, and if there were too few graduates to learn from. `eligible_referrals` are the programmes whose rules the
household is not known to fail. `unknown_rules` are the rules of `blocking` that block because something is unknown.
`far_numbers` lie far from anything that training saw, and should be checked. `earlier_values` say of which visit a value is that
the latest one left unknown, and which amounts moved clearly. `further_reasons` are for ready families: with the reasons they make
two each way. `flag_values` are, for each of `flags`, the number that its first condition looks at. `themes` are
the contributions by theme, which with `base_margin` add up to the margin.
"""
NESTED_COLUMNS = frozenset(field.name for field in SCORES if pa.types.is_nested(field.type))
"""The columns that a CSV file holds as JSON."""


class Scorer(Protocol):
    """The parts of a bundle that scoring needs."""

    @property
    def declarations(self) -> Declarations: ...
    @property
    def model(self) -> ReadinessModel: ...
    @property
    def relapse(self) -> RelapseModel | None: ...
    @property
    def version(self) -> str: ...


@dataclass(frozen=True)
class Scored:
    """Scored snapshots and everything that was computed for them; row i of every part is of snapshot i."""

    snapshots: Panel
    features: FeatureMatrix
    explained: Explained
    verdicts: Verdicts
    ends: Ends | None
    """The interval of the score, as probabilities."""
    relapse: Risk | None
    band: npt.NDArray[np.intp]
    """Indices into BANDS."""
    missing: npt.NDArray[np.bool_]
    """Snapshots × `dictionary.features`: unknown in the snapshot as known on its day, whether or not a value was carried forward."""
    panel: Panel
    """What was scored, with the earlier snapshots."""
    rows: npt.NDArray[np.intp]
    """The scored snapshots in it."""
    scored_on: int | Days


def features_as_read(panel: Panel, rows: npt.NDArray[np.intp], *, as_of: int | Days, bundle: Scorer) -> FeatureMatrix:
    """`build_features` as the bundle's model reads them: a model of version 0.1.0 carries more forward."""
    return build_features(panel, rows, as_of=as_of, declarations=bundle.declarations, careful=bundle.model.is_careful)


def score_rows(panel: Panel, rows: npt.NDArray[np.intp], *, as_of: int | Days, bundle: Scorer) -> Scored:
    """Score the snapshots at `rows` of an ordered panel, with what was known on `as_of` (one day, or one for each row)."""
    declarations = bundle.declarations
    dictionary, programme = declarations.dictionary, declarations.programme
    features = features_as_read(panel, rows, as_of=as_of, bundle=bundle)
    explained = bundle.model.explain(features.values)
    snapshots = snapshots_as_known(panel, rows, as_of=as_of, declarations=declarations)
    verdicts = judge(snapshots.values, declarations)
    age = (np.asarray(as_of, dtype=np.int32) - snapshots.as_of).astype(np.int32)
    carried = carried_features(features.values, snapshots.values, dictionary)
    ends = _ends(explained, snapshots, features.values, carried, bundle.model)
    low, high = (None, None) if ends is None else ends
    band = bands(explained.score, verdicts, age_days=age, programme=programme, low=low, high=high)
    relapse = None if bundle.relapse is None else bundle.relapse.risk(features.values, snapshots.area_code, carried)
    feature_columns = [dictionary.column(field.name) for field in dictionary.features]
    missing = np.isnan(snapshots.values[:, feature_columns])
    return Scored(snapshots, features, explained, verdicts, ends, relapse, band, missing, panel, rows, as_of)


def _ends(
    explained: Explained, snapshots: Panel, values: Matrix, carried: npt.NDArray[np.bool_], model: ReadinessModel
) -> Ends | None:
    """The interval of each score as probabilities; the model gives it as margins."""
    ends = model.ends(explained.margin, snapshots.area_code, values, carried)
    return None if ends is None else Ends(logistic(ends.low), logistic(ends.high))


def reasons_of(scored: Scored, bundle: Scorer, *, count: int) -> Reasons:
    """The `count` strongest reasons of each scored household."""
    return give_reasons(scored.explained.contributions, scored.features.shown, bundle.model.features, count=count)


def to_table(scored: Scored, bundle: Scorer, *, reasons: int = 5) -> pa.Table:
    """The scored households as a table with the columns of SCORES, each with at most `reasons` reasons."""
    dictionary, programme = bundle.declarations.dictionary, bundle.declarations.programme
    explained, snapshots, verdicts = scored.explained, scored.snapshots, scored.verdicts
    strongest = reasons_of(scored, bundle, count=reasons)
    rows = len(snapshots)
    blocking_codes = [rule.code for rule in blocking_rules(programme)]
    nulls = pa.nulls(rows, pa.float64())
    low, high = (nulls, nulls) if scored.ends is None else scored.ends
    risk_columns = (
        (nulls,) * 3 if scored.relapse is None else (pa.array(risk, from_pandas=True) for risk in scored.relapse)
    )
    relapse, relapse_low, relapse_high = risk_columns
    columns = {
        "household_id": snapshots.household_id,
        "as_of": pa.array(snapshots.as_of, pa.int32()).cast(pa.date32()),
        "mentor_id": snapshots.mentor_id,
        "area_code": snapshots.area_code,
        "score": explained.score,
        "score_low": low,
        "score_high": high,
        "margin": explained.margin,
        "base_margin": np.full(rows, explained.base),
        "band": pa.array(BANDS, pa.string()).take(pa.array(scored.band)),
        "floor_passed": verdicts.floor_passed,
        "blocking": _code_lists(verdicts.blocking, blocking_codes),
        "is_complete": ~scored.missing.any(axis=1),
        "missing_fields": _code_lists(scored.missing, [field.name for field in dictionary.features]),
        "flags": _code_lists(verdicts.flags == MET, [rule.code for rule in programme.flags]),
        "relapse_risk": relapse,
        "relapse_low": relapse_low,
        "relapse_high": relapse_high,
        "reasons": strongest.table,
        "other_contribution": strongest.other,
        "model_version": pa.repeat(bundle.version, rows),
        "eligible_referrals": _code_lists(verdicts.referrals != UNMET, [rule.code for rule in programme.referrals]),
        "unknown_rules": _code_lists(verdicts.states == UNKNOWN, blocking_codes),
        "far_numbers": far_numbers(scored.features, bundle.model.preparation, bundle.model.features),
        "earlier_values": earlier_values(
            scored.panel,
            scored.rows,
            as_of=scored.scored_on,
            shown=scored.features.shown,
            own=snapshots.values,
            declarations=bundle.declarations,
        ),
        "further_reasons": further_reasons(
            explained.contributions,
            scored.features.shown,
            bundle.model.features,
            given=reasons,
            wanted=scored.band == BANDS.index("ready"),
        ),
        "flag_values": _flag_values(snapshots.values, verdicts.flags == MET, bundle.declarations),
        "themes": by_theme(explained.contributions, bundle.model.features),
    }
    return pa.table([columns[name] for name in SCORES.names], schema=SCORES)


def _flag_values(values: Matrix, holds: npt.NDArray[np.bool_], declarations: Declarations) -> pa.ListArray:
    """For each row and each flag that holds, the value of the flag's first field, if it is a number; else null."""
    fields = [declarations.dictionary.fields[rule.rules[0].field] for rule in declarations.programme.flags]
    is_number = np.array([field.type in ("number", "integer") for field in fields], dtype=bool)
    columns = np.array([declarations.dictionary.column(field.name) for field in fields], dtype=np.intp)
    row, flag = np.nonzero(holds)
    number = values[row, columns[flag]] if len(columns) else np.zeros(0)
    told = is_number[flag] & ~np.isnan(number) if len(columns) else np.zeros(0, dtype=bool)
    texts = pc.if_else(pa.array(told), number_texts(number), pa.scalar(None, pa.string()))
    offsets = np.concatenate([[0], np.cumsum(holds.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), texts)


def _code_lists(holds: npt.NDArray[np.bool_], codes: list[str]) -> pa.ListArray:
    """For each row, the codes of the columns that are true in it."""
    offsets = np.concatenate([[0], np.cumsum(holds.sum(axis=1))]).astype(np.int32)
    columns = np.nonzero(holds)[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(codes, pa.string()).take(pa.array(columns)))
