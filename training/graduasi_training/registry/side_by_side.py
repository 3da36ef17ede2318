"""Two bundles on one panel, as a challenger beside the champion: whom each would list, and why they differ.

Nothing is written and nobody is listed. The result names households and what moved their scores, never their values.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from graduasi.arrays import Array
from graduasi.bundle import Bundle
from graduasi.dates import from_day
from graduasi.declarations.dictionary import KEY_COLUMNS
from graduasi.errors import Refused
from graduasi.panel import files
from graduasi.panel.events import read_events
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi.scoring.scores import Scored, score_rows
from graduasi.scoring.verdicts import BANDS, blocking_rules

REASONS = 3
"""How many differences are told for a household that is on one list only."""
READY = BANDS.index("ready")


@dataclass(frozen=True)
class Side:
    """One bundle's scores of the common cohort. `rank`: each household's place on its mentor's list, 0 off it."""

    bundle: Bundle
    scored: Scored
    rank: npt.NDArray[np.intp]

    @property
    def score(self) -> Array:
        return self.scored.explained.score

    def band(self, row: int) -> str:
        return BANDS[self.scored.band[row]]

    def contributions(self, row: int) -> dict[str, float]:
        """By feature, what moves this household's margin."""
        names = (feature.name for feature in self.bundle.model.features)
        return dict(zip(names, self.scored.explained.contributions[row].tolist(), strict=True))

    def blocking(self, row: int) -> list[str]:
        """Floor rules that do not hold or are unknown, protections that hold or are unknown."""
        codes = [rule.code for rule in blocking_rules(self.bundle.programme)]
        return [code for code, blocks in zip(codes, self.scored.verdicts.blocking[row], strict=True) if blocks]


def compare_bundles(a: Bundle, b: Bundle, panel: Path, *, events: Path | None, as_of: int | None) -> dict[str, Any]:
    """Both bundles on the same cohort of the panel. Raises Refused when they do not speak of the same cohort."""
    faults = list(_other_cohort(a, b))
    if faults:
        raise Refused([f"the two bundles cannot be compared: {fault}" for fault in faults])
    panels = _read(a, b, panel)
    day = int(panels[0].known_on.max()) if as_of is None else as_of
    happened = read_events(events, a.programme)
    rows = cohort_on(panels[0], day, a.declarations, out=households_out(happened, a.programme, day=day))
    if not len(rows):
        raise Refused(f"nobody is in the cohort on {from_day(day)}; check --as-of and the rules under [[cohort]]")
    sides = [_side(bundle, read, rows, day) for bundle, read in zip((a, b), panels, strict=True)]
    return {"as_of": from_day(day).isoformat(), "households": len(rows), **_report(*sides)}


def _other_cohort(a: Bundle, b: Bundle) -> list[str]:
    """What makes the two cohorts, or what they mean, different."""
    faults = []
    for name in ("cohort", "ends", "returns"):
        one, other = (
            getattr(bundle.programme if name == "cohort" else bundle.programme.programme, name) for bundle in (a, b)
        )
        if one != other:
            faults.append(f"their programmes differ in [{'[cohort]' if name == 'cohort' else 'programme'}] {name}")
    fields = {
        name for rule in a.programme.cohort for name in (rule.field, rule.value_field) if name is not None
    }  # of both: the rules are the same
    for name in sorted(fields):
        one, other = (bundle.dictionary.fields.get(name) for bundle in (a, b))
        if one is None or other is None:
            continue  # the programme of either would have been refused
        unlike = [
            key for key in ("type", "unit", "categories", "min", "max") if getattr(one, key) != getattr(other, key)
        ]
        if unlike:
            faults.append(f"the cohort depends on {name}, and their dictionaries differ in its {', '.join(unlike)}")
    return faults


def _read(a: Bundle, b: Bundle, panel: Path) -> list[Panel]:
    """The panel as each bundle reads it; a column that only the other one knows is left out."""
    table = files.read_table(panel)
    known = {*KEY_COLUMNS, *a.dictionary.fields, *b.dictionary.fields}
    panels = []
    for bundle in (a, b):
        own = {*KEY_COLUMNS, *bundle.dictionary.fields}
        kept = [name for name in table.column_names if name in own or name not in known]
        panels.append(check_panel(table.select(kept), bundle.dictionary, file=panel.name)[0])
    return panels


def _side(bundle: Bundle, panel: Panel, rows: npt.NDArray[np.intp], day: int) -> Side:
    scored = score_rows(panel, rows, as_of=day, bundle=bundle)
    return Side(bundle, scored, _ranks(scored, bundle.programme.quota_per_mentor))


def _ranks(scored: Scored, quota: int) -> npt.NDArray[np.intp]:
    """Places on the mentors' lists as `graduasi list` proposes: ready, by score, at most the quota a mentor."""
    rank = np.zeros(len(scored.band), dtype=np.intp)
    mentors = scored.snapshots.mentor_id.fill_null("").to_pylist()
    taken: Counter[str] = Counter()
    for row in np.argsort(-scored.explained.score, kind="stable"):  # rows are in order of household_id
        if scored.band[row] == READY and taken[mentors[row]] < quota:
            taken[mentors[row]] += 1
            rank[row] = taken[mentors[row]]
    return rank


def _report(a: Side, b: Side) -> dict[str, Any]:
    both = (a.rank > 0) & (b.rank > 0)
    shift = b.score - a.score
    moved = Counter((a.band(row), b.band(row)) for row in range(len(shift)) if a.scored.band[row] != b.scored.band[row])
    constant = bool(np.ptp(a.score) == 0 or np.ptp(b.score) == 0)
    return {
        "a": _about(a.bundle),
        "b": _about(b.bundle),
        "rules_differ": _other_rules(a.bundle, b.bundle),
        "listed": {"a": int((a.rank > 0).sum()), "b": int((b.rank > 0).sum()), "both": int(both.sum())},
        "only_a": _only(a, b),
        "only_b": _only(b, a, swapped=True),
        "mentors": _by_mentor(a, b),
        "bands": [{"a": one, "b": other, "households": count} for (one, other), count in sorted(moved.items())],
        "rank_correlation": None if constant else float(spearmanr(a.score, b.score).statistic),
        "score_shift": {
            "mean": float(shift.mean()),
            "mean_absolute": float(np.abs(shift).mean()),
            **{f"p{share:02}": float(np.percentile(shift, share)) for share in (5, 50, 95)},
        },
        "base_margin": {"a": a.scored.explained.base, "b": b.scored.explained.base},
        "notes": ["one of the bundles gives everyone the same score, so there is no rank correlation"]
        if constant
        else [],
    }


def _about(bundle: Bundle) -> dict[str, Any]:
    return {
        "version": bundle.version,
        "digest": bundle.digest,
        "label": bundle.programme.target.name,
        "synthetic": bundle.dictionary.synthetic,
    }


def _other_rules(a: Bundle, b: Bundle) -> list[str]:
    """Tables of the programme that differ, so that not everything below is the model's doing."""
    found = [name for name in ("floor", "protected", "flags", "bands", "labels") if getattr(a.programme, name) != getattr(b.programme, name)]  # fmt: skip
    for name in ("quota_per_mentor", "max_data_age_days"):
        if getattr(a.programme, name) != getattr(b.programme, name):
            found.append(name)
    return found


def _only(on: Side, off: Side, *, swapped: bool = False) -> list[dict[str, Any]]:
    """The households that one side lists and the other does not, by mentor and rank, with what made the difference."""
    a, b = (off, on) if swapped else (on, off)
    snapshots = on.scored.snapshots
    ids, mentors = snapshots.household_id.to_pylist(), snapshots.mentor_id.to_pylist()
    places: list[int] = np.flatnonzero((on.rank > 0) & (off.rank == 0)).tolist()
    rows = sorted(places, key=lambda row: (mentors[row] or "", on.rank[row]))
    return [
        {
            "household_id": ids[row],
            "mentor_id": mentors[row],
            "rank": int(on.rank[row]),
            "score": {"a": float(a.score[row]), "b": float(b.score[row])},
            "band": {"a": a.band(row), "b": b.band(row)},
            "blocking": {"a": a.blocking(row), "b": b.blocking(row)},
            "because": _because(off, row),
            "why": _differences(a, b, row),
        }
        for row in rows
    ]


def _because(off: Side, row: int) -> str:
    """What keeps a household off the other list: its band there, or others who rank above it."""
    return "others rank higher" if off.scored.band[row] == READY else f"band {off.band(row)}"


def _differences(a: Side, b: Side, row: int) -> list[dict[str, Any]]:
    """The features whose contributions to the margin differ most; one that a side does not read adds nothing there."""
    one, other = a.contributions(row), b.contributions(row)
    names = sorted({*one, *other}, key=lambda name: (-abs(other.get(name, 0.0) - one.get(name, 0.0)), name))
    rows = [
        {"feature": name, "a": one.get(name, 0.0), "b": other.get(name, 0.0), "difference": other.get(name, 0.0) - one.get(name, 0.0)}
        for name in names[:REASONS]
    ]  # fmt: skip
    return [entry for entry in rows if entry["difference"] != 0]


def _by_mentor(a: Side, b: Side) -> list[dict[str, Any]]:
    mentors = np.array(a.scored.snapshots.mentor_id.fill_null("").to_pylist(), dtype=object)
    return [
        {
            "mentor_id": mentor or None,
            "a": int((a.rank[of] > 0).sum()),
            "b": int((b.rank[of] > 0).sum()),
            "both": int(((a.rank[of] > 0) & (b.rank[of] > 0)).sum()),
        }
        for mentor in sorted(set(mentors))
        for of in (np.flatnonzero(mentors == mentor),)
    ]
