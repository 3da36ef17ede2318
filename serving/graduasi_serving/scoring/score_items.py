"""The answer to POST /v1/scores: each household is checked, scored by `graduasi.single`, and described in a dict."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from graduasi.dates import from_day
from graduasi.single.scores import ScoredHousehold
from graduasi_serving.scoring.items import FailedItem, Item, parse_item
from graduasi_serving.scoring.loaded_models import LoadedModel
from graduasi_serving.web.problems import Fault

MAX_REASONS = 5

Answer = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """When a request is answered: the time, and the day number for which a household without `scored_on` is scored."""

    now: datetime
    today: int


def score_items(households: Sequence[object], *, model: LoadedModel, language: str, moment: Moment) -> Answer:
    """The body of the answer. `households` are as they came in the request, not yet checked."""
    items = [
        parse_item(household, index, model=model, today=moment.today) for index, household in enumerate(households)
    ]
    if len(items) > 1:
        items = _fail_repeated(items)
    results = [
        _error(item)
        if isinstance(item, FailedItem)
        else _score(item, index, model=model, language=language, moment=moment)
        for index, item in enumerate(items)
    ]
    return {"model_version": model.version, "dictionary_version": model.bundle.dictionary.version, "results": results}


def _score(item: Item, index: int, *, model: LoadedModel, language: str, moment: Moment) -> Answer:
    """The result of a checked household: its score, or an error if it is outside the cohort."""
    latest = item.snapshots[-1]
    if item.is_out or not model.scorer.rules.in_cohort(latest.values):
        return _outside_cohort(item, index, model)
    scored = model.scorer.score(item.snapshots, scored_on=item.scored_on, reasons=MAX_REASONS, area_code=item.area_code)
    programme, wording = model.bundle.programme, model.wordings[language]
    reasons = [{**reason, "text": wording.reason(reason, scored)} for reason in scored.reasons]
    return {
        "household_id": item.household_id,
        "status": "success",
        "score": scored.score,
        "score_interval": _interval(scored, model.scorer.coverage),
        "margin": scored.margin,
        "base_margin": scored.base,
        "band": scored.band,
        "band_label": wording.bands[scored.band],
        "floor": {"passed": scored.verdict.floor_passed, "blocking": wording.blocking(scored.verdict.blocking)},
        "reasons": reasons,
        "relapse": None if scored.relapse is None else scored.relapse._asdict(),
        "other_contribution": scored.other_contribution,
        "is_complete": not scored.missing,
        "missing_fields": scored.missing,
        "far_numbers": wording.far_numbers(scored),
        "warnings": list(item.warnings),
        "referrals": [
            referral
            for referral in wording.referrals(reasons)
            if model.scorer.rules.may_be_eligible(scored.values, referral["code"])
        ],
        "score_id": str(uuid4()),
        "calculated_at": moment.now,
        "valid_until": from_day(latest.as_of + programme.max_data_age_days),
    }


def _interval(scored: ScoredHousehold, coverage: float | None) -> Mapping[str, float | None] | None:
    if scored.interval is None:
        return None
    low, high = scored.interval
    return {"low": low, "high": high, "coverage": coverage}


def _fail_repeated(items: Sequence[Item | FailedItem]) -> list[Item | FailedItem]:
    """The items, with every occurrence of a repeated household failed: which of them counts would be a guess."""
    counts = Counter(item.household_id for item in items if item.household_id is not None)
    repeated = {household_id for household_id, count in counts.items() if count > 1}
    return [
        _fail_as_repeated(item, index) if item.household_id in repeated else item for index, item in enumerate(items)
    ]


def _fail_as_repeated(item: Item | FailedItem, index: int) -> FailedItem:
    fault = Fault(f"/households/{index}/household_id", "duplicate_household", "Each household once in a request.")
    return FailedItem(item.household_id, (*(item.errors if isinstance(item, FailedItem) else ()), fault))


def _outside_cohort(item: Item, index: int, model: LoadedModel) -> Answer:
    """The error that names the cohort rules the household does not meet, but never the household's own values."""
    at = f"/households/{index}"
    rules = model.scorer.rules.kept_out_by(item.snapshots[-1].values)
    faults = [
        Fault(f"{at}/fields/{rule.field}", "outside_cohort", f"Scored are households with {rule.describe()}.")
        for rule in rules
    ]
    if item.is_out:
        faults.append(Fault(f"{at}/events", "outside_cohort", "By its events it has left the programme by that day."))
    return _error(FailedItem(item.household_id, tuple(faults)))


def _error(item: FailedItem) -> Answer:
    return {"household_id": item.household_id, "status": "error", "errors": [asdict(fault) for fault in item.errors]}
