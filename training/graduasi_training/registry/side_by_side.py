"""Two bundles on one panel, such as challenger and champion: whom each would list, and why they differ.

Nothing is written and nobody is listed. The report names households and what moved their scores, never their values.
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
from graduasi.panel.events import events_of_strangers, read_events
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi.scoring.scores import Scored, score_rows
from graduasi.scoring.verdicts import BANDS, blocking_rules

MOST_DIFFERENCES = 3
"""Features named for a household that is on one list only."""
READY = BANDS.index("ready")


@dataclass(frozen=True)
class Side:
    """One bundle's scores of the common cohort. `rank` is each household's place on its mentor's list; 0 means not listed."""

    bundle: Bundle
    scored: Scored
    rank: npt.NDArray[np.intp]

    @property
    def score(self) -> Array:
        return self.scored.explained.score

    def band(self, row: int) -> str:
        return BANDS[self.scored.band[row]]

    def contributions(self, row: int) -> dict[str, float]:
        """The contributions to the household's margin, by feature."""
        names = (feature.name for feature in self.bundle.model.features)
        return dict(zip(names, self.scored.explained.contributions[row].tolist(), strict=True))

    def blocking(self, row: int) -> list[str]:
        """The codes of floor rules that do not hold or are unknown, and of protections that hold or are unknown."""
        codes = [rule.code for rule in blocking_rules(self.bundle.programme)]
        return [code for code, blocks in zip(codes, self.scored.verdicts.blocking[row], strict=True) if blocks]


def compare_bundles(a: Bundle, b: Bundle, panel: Path, *, events: Path | None, as_of: int | None) -> dict[str, Any]:
    """Both bundles on one cohort of the panel, as of a day: by default the latest known-on date in the panel.

    Raises Refused where the bundles define the cohort differently, or nobody is in it.
    """
    differences = _cohort_differences(a, b)
    if differences:
        raise Refused([f"the two bundles cannot be compared: {difference}" for difference in differences])
    panels = _read_for_both(a, b, panel)
    day = int(panels[0].known_on.max()) if as_of is None else as_of
    panel_events = read_events(events, a.programme)
    events_of_strangers(panel_events, panels[0].household_id, file=events.name if events else "events")
    out = households_out(panel_events, a.programme, day=day)
    rows = cohort_on(panels[0], day, a.declarations, out=out)
    if not len(rows):
        raise Refused(f"nobody is in the cohort on {from_day(day)}; check --as-of and the rules under [[cohort]]")
    sides = [_side(bundle, own_panel, rows, day) for bundle, own_panel in zip((a, b), panels, strict=True)]
    return {"as_of": from_day(day).isoformat(), "households": len(rows), **_report(*sides)}


def _cohort_differences(a: Bundle, b: Bundle) -> list[str]:
    """What the two bundles define differently of the cohort, or of the fields that it depends on, as sentences."""
    differences = []
    for name in ("cohort", "ends", "returns"):
        of_a, of_b = (
            getattr(bundle.programme if name == "cohort" else bundle.programme.programme, name) for bundle in (a, b)
        )
        if of_a != of_b:
            differences.append(f"their programmes differ in [{'[cohort]' if name == 'cohort' else 'programme'}] {name}")
    fields = {  # the rules of `a` are those of both, or the cohorts differ already
        name for rule in a.programme.cohort for name in (rule.field, rule.value_field) if name is not None
    }
    for name in sorted(fields):
        of_a, of_b = (bundle.dictionary.fields.get(name) for bundle in (a, b))
        if of_a is None or of_b is None:
            continue  # cannot be: a programme with a rule about a field that is not in the dictionary is refused
        keys = [key for key in ("type", "unit", "categories", "min", "max") if getattr(of_a, key) != getattr(of_b, key)]
        if keys:
            differences.append(f"the cohort depends on {name}, and their dictionaries differ in its {', '.join(keys)}")
    return differences


def _read_for_both(a: Bundle, b: Bundle, panel: Path) -> list[Panel]:
    """The panel as each bundle's dictionary reads it. A column that only the other dictionary has is left out."""
    table = files.read_table(panel)
    in_either = {*KEY_COLUMNS, *a.dictionary.fields, *b.dictionary.fields}
    panels = []
    for bundle in (a, b):
        own = {*KEY_COLUMNS, *bundle.dictionary.fields}
        columns = [name for name in table.column_names if name in own or name not in in_either]
        panels.append(check_panel(table.select(columns), bundle.dictionary, file=panel.name)[0])
    return panels


def _side(bundle: Bundle, panel: Panel, rows: npt.NDArray[np.intp], day: int) -> Side:
    scored = score_rows(panel, rows, as_of=day, bundle=bundle)
    return Side(bundle, scored, _ranks(scored, bundle.programme.quota_per_mentor))


def _ranks(scored: Scored, quota: int) -> npt.NDArray[np.intp]:
    """Ranks as on the lists of `graduasi list`: ready households by score, at most the quota for each mentor; 0 for all others."""
    rank = np.zeros(len(scored.band), dtype=np.intp)
    mentors = scored.snapshots.mentor_id.fill_null("").to_pylist()
    listed: Counter[str] = Counter()
    for row in np.argsort(-scored.explained.score, kind="stable"):  # rows are in order of household_id
        if scored.band[row] == READY and listed[mentors[row]] < quota:
            listed[mentors[row]] += 1
            rank[row] = listed[mentors[row]]
    return rank


def _report(a: Side, b: Side) -> dict[str, Any]:
    both = (a.rank > 0) & (b.rank > 0)
    shift = b.score - a.score
    moved = Counter((a.band(row), b.band(row)) for row in range(len(shift)) if a.scored.band[row] != b.scored.band[row])
    constant = bool(np.ptp(a.score) == 0 or np.ptp(b.score) == 0)
    return {
        "a": _about(a.bundle),
        "b": _about(b.bundle),
        "rules_differ": _differing_rules(a.bundle, b.bundle),
        "listed": {"a": int((a.rank > 0).sum()), "b": int((b.rank > 0).sum()), "both": int(both.sum())},
        "only_a": _listed_only_by(a, a, b),
        "only_b": _listed_only_by(b, a, b),
        "mentors": _by_mentor(a, b),
        "bands": [{"a": in_a, "b": in_b, "households": count} for (in_a, in_b), count in sorted(moved.items())],
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


def _differing_rules(a: Bundle, b: Bundle) -> list[str]:
    """Tables and numbers of the programme that differ. Where some do, not every difference is the model's doing."""
    names = ("floor", "protected", "flags", "bands", "labels", "quota_per_mentor", "max_data_age_days")
    return [name for name in names if getattr(a.programme, name) != getattr(b.programme, name)]


def _listed_only_by(side: Side, a: Side, b: Side) -> list[dict[str, Any]]:
    """The households that `side`, one of the two, lists and the other does not, by mentor and rank, with the reason."""
    other = b if side is a else a
    snapshots = side.scored.snapshots
    ids, mentors = snapshots.household_id.to_pylist(), snapshots.mentor_id.to_pylist()
    only_here: list[int] = np.flatnonzero((side.rank > 0) & (other.rank == 0)).tolist()
    rows = sorted(only_here, key=lambda row: (mentors[row] or "", side.rank[row]))
    return [
        {
            "household_id": ids[row],
            "mentor_id": mentors[row],
            "rank": int(side.rank[row]),
            "score": {"a": float(a.score[row]), "b": float(b.score[row])},
            "band": {"a": a.band(row), "b": b.band(row)},
            "blocking": {"a": a.blocking(row), "b": b.blocking(row)},
            "because": _why_not_listed(other, row),
            "why": _differences(a, b, row),
        }
        for row in rows
    ]


def _why_not_listed(side: Side, row: int) -> str:
    """What keeps a household off the side's list: its band there, or others who rank above it."""
    return "others rank higher" if side.scored.band[row] == READY else f"band {side.band(row)}"


def _differences(a: Side, b: Side, row: int) -> list[dict[str, Any]]:
    """The features whose contributions differ most, in log-odds. A feature that a side does not read contributes 0 there."""
    in_a, in_b = a.contributions(row), b.contributions(row)
    difference = {name: in_b.get(name, 0.0) - in_a.get(name, 0.0) for name in {*in_a, *in_b}}
    largest = sorted(difference, key=lambda name: (-abs(difference[name]), name))[:MOST_DIFFERENCES]
    return [
        {"feature": name, "a": in_a.get(name, 0.0), "b": in_b.get(name, 0.0), "difference": difference[name]}
        for name in largest
        if difference[name] != 0
    ]


def _by_mentor(a: Side, b: Side) -> list[dict[str, Any]]:
    """How many households of each mentor are listed by a, by b and by both; null is the mentor of those without one."""
    mentors = a.scored.snapshots.mentor_id.fill_null("").to_pylist()
    by_a, by_b, by_both = (
        Counter(mentor for mentor, is_listed in zip(mentors, listed.tolist(), strict=True) if is_listed)
        for listed in (a.rank > 0, b.rank > 0, (a.rank > 0) & (b.rank > 0))
    )
    return [
        {"mentor_id": mentor or None, "a": by_a[mentor], "b": by_b[mentor], "both": by_both[mentor]}
        for mentor in sorted(set(mentors))
    ]
