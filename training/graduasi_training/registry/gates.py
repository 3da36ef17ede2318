"""The gates: what a challenger must show before it may serve.

Each gate is a function that returns findings: none where the gate is passed, else a refusal with its reason, or a sentence on
why this evaluation cannot tell. The limits come from the table [promotion] of the challenger's own programme; their sources
stand in docs/decisions/0010. A new gate is added to `FIGURE_GATES`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduasi.bundle import load_bundle
from graduasi.bundle.manifest import unseal
from graduasi.declarations.programme import Promotion
from graduasi.errors import Refused
from graduasi.panel.drafting import draft_findings

PRIOR_BASELINE = "baseline:prior"
MIN_CARD_CHARACTERS = 200
"""A shorter card holds no more than a title."""
MIN_KNOWN_OUTCOMES = 30
"""Among fewer families with a known outcome nothing can be said of calibration."""


@dataclass(frozen=True)
class Challenger:
    """What the gates read of a version that asks to serve.

    `bundle` is the folder of its bundle, `digest` what its version is tagged with, `limits` those of its programme. `serving`
    is the number of the version in service, and `serving_evaluation` that version's evaluation; None when none serves.
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
    """What a gate says when it is not passed: it refuses, or (`refuses` is false) this evaluation cannot tell."""

    gate: str
    sentence: str
    refuses: bool = True

    def __str__(self) -> str:
        return f"gate {self.gate}: {self.sentence}"


def findings(challenger: Challenger) -> list[Finding]:
    """The findings of all gates; none when all are passed."""
    return [*findings_in_figures(challenger), *findings_in_bundle(challenger)]


def findings_in_figures(challenger: Challenger) -> list[Finding]:
    """The findings of the gates that read figures, and not the bundle."""
    return [finding for gate in FIGURE_GATES for finding in gate(challenger)]


def best_baseline(challenger: Challenger) -> list[Finding]:
    """Gate `baselines`: the model must not lose more than `max_loss` against the best baseline, by AUC."""
    rows = [row for row in challenger.evaluation["comparison"] if row["against"].startswith("baseline:")]
    best = min(
        (row for row in rows if row["metric"] == "auc" and row["against"] != PRIOR_BASELINE),
        key=lambda row: float(row["difference"]),
        default=None,
    )
    if best is None:
        return [Finding("baselines", "the evaluation compares with no baseline", refuses=False)]
    against = [row for row in rows if row["against"] == best["against"]]
    return _not_worse("baselines", best["against"], against, challenger.limits)


def in_service(challenger: Challenger) -> list[Finding]:
    """Gate `in service`: the model must not lose more than `max_loss` against the version in service."""
    if challenger.serving is None:
        return []
    incumbent = challenger.evaluation.get("incumbent") or {}
    if str(incumbent.get("version")) != challenger.serving or not incumbent.get("comparison"):
        return [_unpaired(challenger, incumbent.get("note") if incumbent.get("version") else None)]
    refusals = _not_worse("in service", f"version {challenger.serving}", incumbent["comparison"], challenger.limits)
    # A version that learned from these very labels beats every honest newcomer. Then only what both did unseen can refuse.
    has_advantage = bool(incumbent.get("learned_from_fold"))
    return [_unpaired(challenger, incumbent["note"])] if refusals and has_advantage else refusals


def _unpaired(challenger: Challenger, note: str | None) -> Finding:
    """Without a fair comparison in pairs: the two AUCs, if both were judged unseen on the same families and day.

    Otherwise the finding says that it cannot tell. `note` is the evaluation's reason why there is no pair.
    """
    own, theirs = challenger.evaluation, challenger.serving_evaluation or {}
    if theirs and _judged_on(own) == _judged_on(theirs):
        # Both AUCs are of models that were fitted to what was known before that day.
        loss = theirs["folds"][-1]["candidates"]["champion"]["auc"] - challenger.figures["auc"]
        if loss > challenger.limits.max_loss:
            sentence = (
                f"on the same families its AUC is {loss:.3f} below that of version {challenger.serving}, which serves now "
                f"(at most {challenger.limits.max_loss:g} may be lost)"
            )
            return Finding("in service", sentence)
        sentence = f"on the same families, unseen, its AUC is {-loss:+.3f} beside that of version {challenger.serving}; no interval"
        return Finding("in service", sentence, refuses=False)
    why = note or "it was trained before that one served; train it again to compare them"
    sentence = f"no fair comparison in pairs with version {challenger.serving}, which serves now: {why}"
    return Finding("in service", sentence, refuses=False)


def _judged_on(evaluation: Mapping[str, Any]) -> tuple[Any, ...]:
    """What must be the same if two evaluations are of the same families: panel, label, test date, number of labelled rows."""
    fold = evaluation["folds"][-1]
    return (
        (evaluation.get("data") or {}).get("sha256"),
        evaluation.get("label"),
        fold.get("test_as_of"),
        fold.get("labelled_rows"),
    )


def _not_worse(gate: str, name: str, rows: list[dict[str, Any]], limits: Promotion) -> list[Finding]:
    """A refusal for each metric in which the interval of the paired difference `row` reaches below what may be lost.

    AUC always counts, precision at quota only where its interval is narrower than ± `precise_within`.
    """
    refusals = []
    for row in rows:
        is_precise = (row["high"] - row["low"]) / 2 < limits.precise_within
        counts = row["metric"] == "auc" or (row["metric"] == "precision_at_quota" and is_precise)
        if counts and row["low"] <= -limits.max_loss:
            refusals.append(
                Finding(
                    gate,
                    f"{row['metric']} may lie {-row['low']:.3f} below {name} (difference {row['difference']:+.3f}, 95 % interval "
                    f"{row['low']:+.3f} to {row['high']:+.3f}; at most {limits.max_loss:g} may be lost)",
                )
            )
    return refusals


def better_than_chance(challenger: Challenger) -> list[Finding]:
    """Gate `prior`: the AUC must lie above 0.5, and in pairs above that of the base rate, each with its whole interval.

    A model of noise cannot be told from any other ranking, so it would pass the other gates. A model that knows families
    by heart ranks them above chance, so the same is asked of families that it never saw, where the evaluation has that.
    """
    low = challenger.figures.get("auc_low")
    unseen = challenger.evaluation["folds"][-1].get("household_disjoint_auc_low")
    rows = challenger.evaluation["comparison"]
    prior = next((row for row in rows if row["against"] == PRIOR_BASELINE and row["metric"] == "auc"), None)
    doubts = []
    if low is not None and low <= 0.5:
        doubts.append(f"the 95 % interval of its AUC begins at {low:.3f}")
    if unseen is not None and unseen <= 0.5:
        doubts.append(f"among families that it never saw, the interval begins at {unseen:.3f}")
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


def somebody_to_list(challenger: Challenger) -> list[Finding]:
    """Gate `nobody`: some family of the last test date must have been listed. Without one, nothing is known of the model's lists."""
    fold = challenger.evaluation["folds"][-1]
    allowed = fold.get("eligible_rows")
    ready = fold.get("ready_rows", allowed)  # older evaluations count only whom the rules allow
    if allowed is None:
        return [Finding("nobody", "the evaluation does not say how many families could be listed", refuses=False)]
    if ready > 0:
        return []
    if not allowed:
        sentence = (
            "no family of the last test date could be listed: each is protected, below the floor or unsure, and those last seen too "
            "long before (max_data_age_days) are visited first; see what the floor asks and how fresh the panel is"
        )
        return [Finding("nobody", sentence)]
    threshold, highest = challenger.evaluation["bands"]["ready"], fold["highest_eligible_score"]
    if highest < threshold:
        sentence = (
            f"no score reaches bands.ready ({threshold:g}), so every list of the last test date would be empty: the highest among "
            f"families that could be listed is {highest:.3f}; lower [bands], or choose a label that more families meet"
        )
    else:
        sentence = (
            f"every list of the last test date would be empty: the interval of each family that reaches bands.ready ({threshold:g}) "
            "begins below bands.nearly, so that it is unsure; bring more history, which makes intervals narrower, or lower bands.nearly"
        )
    return [Finding("nobody", sentence)]


def calibration_slope(challenger: Challenger) -> list[Finding]:
    """Gate `calibration`: the interval of the calibration slope on the last test date must not lie wholly outside the limits.

    The slope of a few families lies outside by chance alone; then the gate says that it cannot tell. Noise that passes for
    this reason has the gate `prior` before it.
    """
    figures, limits = challenger.figures, challenger.limits
    slope, low, high = (figures.get(f"calibration_slope{end}") for end in ("", "_low", "_high"))
    if slope is None:
        return [Finding("calibration", "there is no calibration slope: the forecast is the same for everyone")]
    least, most = limits.calibration_slope_min, limits.calibration_slope_max
    if least <= slope <= most:
        return []
    shown = f"calibration slope {slope:.2f} on the last test date"
    word = "too bold" if slope < least else "too shy"
    if low is None or high is None:
        sentence = f"{shown} ({least:g} to {most:g} allowed), but from too few families for an interval"
        return [Finding("calibration", sentence, refuses=False)]
    if low <= most and high >= least:
        sentence = f"{shown} ({least:g} to {most:g} allowed), but its 95 % interval, {low:.2f} to {high:.2f}, reaches inside: too few families to tell"
        return [Finding("calibration", sentence, refuses=False)]
    sentence = f"{shown}, 95 % interval {low:.2f} to {high:.2f}: {word} ({least:g} to {most:g} allowed)"
    return [Finding("calibration", sentence)]


def calibration_of_the_listed(challenger: Challenger) -> list[Finding]:
    """Gate `listed`: among the listed families, the observed rate must be near the mean forecast, give or take its interval.

    Where the outcomes of fewer than MIN_KNOWN_OUTCOMES listed families are known, or there are no mentors' lists, the tenth
    with the highest scores is looked at.
    """
    families = _listed_families(challenger.figures) or _top_tenth(challenger.evaluation)
    if families is None:
        return [Finding("listed", "the evaluation does not show calibration where lists are drawn from", refuses=False)]
    limit = challenger.limits.max_listed_gap
    if families["low"] <= families["score"] + limit and families["high"] >= families["score"] - limit:
        return []
    sentence = (
        f"{families['who']} {families['score']:.2f} was forecast and {families['observed']:.2f} came out "
        f"(95 % interval {families['low']:.2f} to {families['high']:.2f}; a gap of {limit:g} is allowed)"
    )
    return [Finding("listed", sentence)]


def _listed_families(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Mean forecast and precision of the mentors' lists; None without mentors, with few outcomes, or in an older evaluation."""
    keys = {
        "score": "forecast_at_quota",
        "observed": "precision_at_quota",
        "low": "precision_at_quota_low",
        "high": "precision_at_quota_high",
    }
    row = {name: figures.get(key) for name, key in keys.items()}
    too_few = (figures.get("listed_labelled") or 0) < MIN_KNOWN_OUTCOMES
    return None if too_few or None in row.values() else {"who": "among those who would be listed", **row}


def _top_tenth(evaluation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The calibration bin with the highest scores, of those with outcomes enough; None where none has."""
    bins = (evaluation.get("calibration") or {}).get("bins") or []
    top = max(
        (row for row in bins if row["n"] >= MIN_KNOWN_OUTCOMES), key=lambda row: float(row["score"]), default=None
    )
    return top and {"who": "in the tenth with the highest scores", **top}


def recall_by_group(challenger: Challenger) -> list[Finding]:
    """Gate `groups`: no group's recall may fall further behind the best group's than it does under the version in service."""
    if challenger.serving is None or challenger.serving_evaluation is None:
        return []
    limit, refusals = challenger.limits.max_recall_gap_growth, []
    before, now = _recall_gaps(challenger.serving_evaluation), _recall_gaps(challenger.evaluation)
    for group in sorted(set(before) & set(now)):
        growth = now[group] - before[group]
        if growth > limit:
            refusals.append(
                Finding(
                    "groups",
                    f"recall of {' = '.join(group)} lies {now[group]:.2f} below the best group's; under version {challenger.serving} "
                    f"it was {before[group]:.2f} (growth of {limit:g} allowed)",
                )
            )
    return refusals


def _recall_gaps(evaluation: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """By group (field, value): how far its recall lies below the best of the same field; 0 where the two intervals overlap."""
    gaps = {}
    for name, values in (evaluation.get("groups") or {}).items():
        known = {value: row for value, row in values.items() if row.get("recall_at_quota") is not None}
        best = max(known.values(), key=lambda row: float(row["recall_at_quota"]), default=None)
        for value, row in known.items():
            high, best_low = row.get("recall_at_quota_high"), (best or {}).get("recall_at_quota_low")
            overlap = high is not None and best_low is not None and high >= best_low
            gaps[name, value] = 0.0 if best is None or overlap else best["recall_at_quota"] - row["recall_at_quota"]
    return gaps


def findings_in_bundle(challenger: Challenger) -> list[Finding]:
    """Gates `digest`, `golden`, `draft` and `card`.

    The bundle must be the registered one, reproduce its golden households on this machine, be made with a programme and a
    dictionary that are no drafts, and have a model card.
    """
    try:
        sealed = unseal(challenger.bundle)
        if challenger.digest != sealed.digest:
            tagged = challenger.digest[:12] or "nothing"
            return [Finding("digest", f"the bundle is {sealed.digest[:12]}, its version is tagged {tagged}")]
        bundle = load_bundle(challenger.bundle)
    except Refused as refusal:
        return [Finding("golden", reason) for reason in refusal.reasons]
    refusals = [Finding("draft", f"{draft['text']}, and train again") for draft in draft_findings(bundle.declarations)]
    if len(bundle.card.strip()) < MIN_CARD_CHARACTERS:
        refusals.append(Finding("card", "the bundle has no model card"))
    return refusals


FIGURE_GATES: tuple[Callable[[Challenger], list[Finding]], ...] = (
    better_than_chance, best_baseline, in_service, somebody_to_list, calibration_slope, calibration_of_the_listed, recall_by_group,
)  # fmt: skip
