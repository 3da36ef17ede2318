"""What a model must show before it may serve: one small function a gate, each with the reason why it refuses.

A gate gives None when it is passed, a `Finding` otherwise: a refusal, or a sentence why this evaluation cannot tell.
Limits come from the table [promotion] of the candidate's own programme; docs/decisions/0010 has their sources.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduasi.bundle import load_bundle
from graduasi.bundle.manifest import unseal
from graduasi.declarations.programme import Promotion
from graduasi.errors import Refused
from graduasi.panel.drafting import draft_warnings

PRIOR = "baseline:prior"
MIN_CARD = 200
"""A card shorter than this, in characters, holds no more than a title."""
MIN_LABELLED = 30
"""Among fewer families with a known outcome nothing can be said of calibration."""


@dataclass(frozen=True)
class Candidate:
    """What the gates read of the version that asks: evaluation, unpacked bundle, the digest of its tag, its limits.

    `serving` is the number of the version now in service, with its evaluation; None when there is none.
    """

    evaluation: Mapping[str, Any]
    bundle: Path
    digest: str
    limits: Promotion = field(default_factory=Promotion)
    serving: str | None = None
    serving_evaluation: Mapping[str, Any] | None = None

    @property
    def figures(self) -> Mapping[str, Any]:
        """The champion's figures on the last test date."""
        return dict(self.evaluation["folds"][-1]["candidates"]["champion"])


@dataclass(frozen=True)
class Finding:
    """What a gate has to say: that it refuses, or that this evaluation cannot tell."""

    gate: str
    sentence: str
    refuses: bool = True

    def __str__(self) -> str:
        return f"gate {self.gate}: {self.sentence}"


def findings(candidate: Candidate) -> list[Finding]:
    """Everything that the gates have to say; empty when all are passed."""
    return [*findings_in_figures(candidate), *whole_bundle(candidate)]


def findings_in_figures(candidate: Candidate) -> list[Finding]:
    """What the evaluation alone gives the gates to say."""
    return [found for gate in FIGURE_GATES for found in gate(candidate)]


def best_baseline(candidate: Candidate) -> list[Finding]:
    """The best ranking that needs no model must not be better by more than nobody would notice."""
    rows = [row for row in candidate.evaluation["comparison"] if row["against"].startswith("baseline:")]
    best = min(
        (row for row in rows if row["metric"] == "auc" and row["against"] != PRIOR),
        key=lambda row: float(row["difference"]),
        default=None,
    )
    if best is None:
        return [Finding("baselines", "the evaluation compares with no baseline", refuses=False)]
    against = [row for row in rows if row["against"] == best["against"]]
    return _not_worse("baselines", best["against"], against, candidate.limits)


def in_service(candidate: Candidate) -> list[Finding]:
    """The version in service must not be better by more than nobody would notice."""
    if candidate.serving is None:
        return []
    incumbent = candidate.evaluation.get("incumbent") or {}
    if str(incumbent.get("version")) != candidate.serving or not incumbent.get("comparison"):
        return [_unpaired(candidate, incumbent.get("note") if incumbent.get("version") else None)]
    found = _not_worse("in service", f"version {candidate.serving}", incumbent["comparison"], candidate.limits)
    # One that learned from these very labels beats every honest newcomer; then only what both did unseen can refuse.
    return [_unpaired(candidate, incumbent["note"])] if found and incumbent.get("learned_from_fold") else found


def _unpaired(candidate: Candidate, note: str | None) -> Finding:
    """Without fair pairs: what both procedures did unseen, if on the same families and day; else nobody can tell."""
    ours, theirs = candidate.evaluation, candidate.serving_evaluation or {}
    if theirs and _judged_on(ours) == _judged_on(theirs):
        # Both are of models fitted to what was known before that day.
        loss = theirs["folds"][-1]["candidates"]["champion"]["auc"] - candidate.figures["auc"]
        if loss > candidate.limits.max_loss:
            sentence = (
                f"on the same families its AUC is {loss:.3f} below that of version {candidate.serving}, which serves now "
                f"(at most {candidate.limits.max_loss:g} may be lost)"
            )
            return Finding("in service", sentence)
        sentence = f"on the same families, unseen, its AUC is {-loss:+.3f} beside that of version {candidate.serving}; no interval"
        return Finding("in service", sentence, refuses=False)
    why = note or "it was trained before that one served; train it again to compare them"
    return Finding(
        "in service", f"no fair comparison in pairs with version {candidate.serving}, which serves now: {why}", False
    )


def _judged_on(evaluation: Mapping[str, Any]) -> tuple[Any, ...]:
    fold = evaluation["folds"][-1]
    return (
        (evaluation.get("data") or {}).get("sha256"),
        evaluation.get("label"),
        fold.get("test_as_of"),
        fold.get("labelled_rows"),
    )


def _not_worse(gate: str, name: str, rows: list[dict[str, Any]], limits: Promotion) -> list[Finding]:
    """A refusal for each metric in which the interval of the paired difference reaches below what may be lost."""
    found = []
    for row in rows:
        precise = (row["high"] - row["low"]) / 2 < limits.precise_within
        asked = row["metric"] == "auc" or (row["metric"] == "precision_at_quota" and precise)
        if asked and row["low"] <= -limits.max_loss:
            found.append(
                Finding(
                    gate,
                    f"{row['metric']} may lie {-row['low']:.3f} below {name} (difference {row['difference']:+.3f}, 95 % interval "
                    f"{row['low']:+.3f} to {row['high']:+.3f}; at most {limits.max_loss:g} may be lost)",
                )
            )
    return found


def better_than_chance(candidate: Candidate) -> list[Finding]:
    """The AUC must lie above 0.5, and above the base rate's in pairs, beyond doubt: noise resembles everything else."""
    low = candidate.figures.get("auc_low")
    rows = candidate.evaluation["comparison"]
    prior = next((row for row in rows if row["against"] == PRIOR and row["metric"] == "auc"), None)
    doubts = []
    if low is not None and low <= 0.5:
        doubts.append(f"the 95 % interval of its AUC begins at {low:.3f}")
    if prior is None:
        doubts.append("it was never compared with the base rate")
    elif prior["low"] <= 0:
        doubts.append(f"against the base rate the AUC differs by {prior['low']:+.3f} to {prior['high']:+.3f}")
    if not doubts:
        return []
    sentence = (
        f"the model does not rank better than chance beyond doubt ({'; '.join(doubts)}); it may have learned noise"
    )
    return [Finding("prior", sentence)]


def somebody_to_list(candidate: Candidate) -> list[Finding]:
    """Where no family could have been listed, nothing shows that the lists of this model would be right, or be at all."""
    eligible = candidate.evaluation["folds"][-1].get("eligible_rows")
    if eligible is None:
        return [Finding("nobody", "the evaluation does not say how many families could be listed", refuses=False)]
    if eligible > 0:
        return []
    sentence = (
        "no family of the last test date could be listed: each is protected, below the floor, unsure, or was last seen too long "
        "before (max_data_age_days); see what the floor asks and how fresh the panel is"
    )
    return [Finding("nobody", sentence)]


def calibration_slope(candidate: Candidate) -> list[Finding]:
    """Forecasts must be neither far too bold nor far too shy on a later period."""
    slope, limits = candidate.figures.get("calibration_slope"), candidate.limits
    if slope is None:
        return [Finding("calibration", "there is no calibration slope: the forecast is the same for everyone")]
    if limits.calibration_slope_min <= slope <= limits.calibration_slope_max:
        return []
    word = "too bold" if slope < limits.calibration_slope_min else "too shy"
    allowed = f"{limits.calibration_slope_min:g} to {limits.calibration_slope_max:g}"
    return [Finding("calibration", f"calibration slope {slope:.2f} on the last test date: {word} ({allowed} allowed)")]


def calibration_of_the_listed(candidate: Candidate) -> list[Finding]:
    """Among those who would be listed (without enough of them: at the top of the scores) the forecast must be near what came out."""
    among = _the_listed(candidate.figures) or _top_bin(candidate.evaluation)
    if among is None:
        return [Finding("listed", "the evaluation does not show calibration where lists are drawn from", refuses=False)]
    limit = candidate.limits.max_listed_gap
    if among["low"] <= among["score"] + limit and among["high"] >= among["score"] - limit:
        return []
    sentence = (
        f"{among['who']} {among['score']:.2f} was forecast and {among['observed']:.2f} came out "
        f"(95 % interval {among['low']:.2f} to {among['high']:.2f}; a gap of {limit:g} is allowed)"
    )
    return [Finding("listed", sentence)]


def _the_listed(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Forecast and precision of the mentors' lists; None without mentors, with few outcomes, or in an older evaluation."""
    keys = {
        "score": "forecast_at_quota",
        "observed": "precision_at_quota",
        "low": "precision_at_quota_low",
        "high": "precision_at_quota_high",
    }
    row = {name: figures.get(key) for name, key in keys.items()}
    few = (figures.get("listed_labelled") or 0) < MIN_LABELLED
    return None if few or None in row.values() else {"who": "among those who would be listed", **row}


def _top_bin(evaluation: Mapping[str, Any]) -> dict[str, Any] | None:
    bins = (evaluation.get("calibration") or {}).get("bins") or []
    top = max((row for row in bins if row["n"] >= MIN_LABELLED), key=lambda row: float(row["score"]), default=None)
    return top and {"who": "in the tenth with the highest scores", **top}


def recall_by_group(candidate: Candidate) -> list[Finding]:
    """No group's recall may fall further behind the best group's than under the version in service."""
    if candidate.serving is None or candidate.serving_evaluation is None:
        return []
    limit, found = candidate.limits.max_recall_gap_growth, []
    before, now = (_recall_gaps(each) for each in (candidate.serving_evaluation, candidate.evaluation))
    for group in sorted(set(before) & set(now)):
        growth = now[group] - before[group]
        if growth > limit:
            found.append(
                Finding(
                    "groups",
                    f"recall of {' = '.join(group)} lies {now[group]:.2f} below the best group's; under version {candidate.serving} "
                    f"it was {before[group]:.2f} (growth of {limit:g} allowed)",
                )
            )
    return found


def _recall_gaps(evaluation: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """How far each group's recall is known to lie below the best of its kind: 0 where their intervals overlap."""
    gaps = {}
    for name, values in (evaluation.get("groups") or {}).items():
        known = {value: row for value, row in values.items() if row.get("recall_at_quota") is not None}
        best = max(known.values(), key=lambda row: float(row["recall_at_quota"]), default=None)
        for value, row in known.items():
            high, low = row.get("recall_at_quota_high"), (best or {}).get("recall_at_quota_low")
            overlap = high is not None and low is not None and high >= low
            gaps[name, value] = 0.0 if best is None or overlap else best["recall_at_quota"] - row["recall_at_quota"]
    return gaps


def whole_bundle(candidate: Candidate) -> list[Finding]:
    """The bundle must be the one registered, give its golden answers on this machine, be completed, and carry a card."""
    try:
        sealed = unseal(candidate.bundle)
        if candidate.digest != sealed.digest:
            tagged = candidate.digest[:12] or "nothing"
            return [Finding("digest", f"the bundle is {sealed.digest[:12]}, its version is tagged {tagged}")]
        bundle = load_bundle(candidate.bundle)
    except Refused as refusal:
        return [Finding("golden", reason) for reason in refusal.reasons]
    found = [Finding("draft", f"{sentence}, and train again") for sentence in draft_warnings(bundle.declarations)]
    if len(bundle.card.strip()) < MIN_CARD:
        found.append(Finding("card", "the bundle has no model card"))
    return found


FIGURE_GATES: tuple[Callable[[Candidate], list[Finding]], ...] = (
    better_than_chance, best_baseline, in_service, somebody_to_list, calibration_slope, calibration_of_the_listed, recall_by_group,
)  # fmt: skip
