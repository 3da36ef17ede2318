"""Checked households to answers: each scored by the core's path for one household, then told as one dict."""

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

REASONS = 5

Answer = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """When a request is answered: the time, and the day that an item without `scored_on` is scored for."""

    now: datetime
    today: int


def score_items(sent: Sequence[object], *, model: LoadedModel, language: str, moment: Moment) -> Answer:
    """The body of the answer to POST /v1/scores."""
    parsed = [parse_item(item, place, model=model, today=moment.today) for place, item in enumerate(sent)]
    if len(parsed) > 1:
        parsed = _refuse_repeats(parsed)
    results = [
        _failed(item)
        if isinstance(item, FailedItem)
        else _answer(item, place, model=model, language=language, moment=moment)
        for place, item in enumerate(parsed)
    ]
    return {"model_version": model.version, "dictionary_version": model.bundle.dictionary.version, "results": results}


def _answer(item: Item, place: int, *, model: LoadedModel, language: str, moment: Moment) -> Answer:
    """The answer for a household that can be scored, or that it is outside the cohort."""
    own = item.snapshots[-1]
    if item.is_out or not model.scorer.rules.in_cohort(own.values):
        return _outside(item, place, model)
    scored = model.scorer.score(item.snapshots, scored_on=item.scored_on, reasons=REASONS, area_code=item.area_code)
    programme, wording = model.bundle.programme, model.wordings[language]
    reasons = [{**reason, "text": wording.reason(reason, scored.missing)} for reason in scored.reasons]
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
        "warnings": list(item.warnings),
        "referrals": [
            referral
            for referral in wording.referrals(reasons)
            if model.scorer.rules.may_be_eligible(scored.values, referral["code"])
        ],
        "score_id": str(uuid4()),
        "calculated_at": moment.now,
        "valid_until": from_day(own.as_of + programme.max_data_age_days),
    }


def _interval(scored: ScoredHousehold, coverage: float | None) -> Mapping[str, float | None] | None:
    if scored.interval is None:
        return None
    low, high = scored.interval
    return {"low": low, "high": high, "coverage": coverage}


def _refuse_repeats(parsed: Sequence[Item | FailedItem]) -> list[Item | FailedItem]:
    """A household that stands twice in a request fails each time: which of them counts would be a guess."""
    counted = Counter(item.household_id for item in parsed if item.household_id is not None)
    repeated = {household for household, times in counted.items() if times > 1}
    return [_repeated(item, place) if item.household_id in repeated else item for place, item in enumerate(parsed)]


def _repeated(item: Item | FailedItem, place: int) -> FailedItem:
    fault = Fault(f"/households/{place}/household_id", "duplicate_household", "Each household once in a request.")
    return FailedItem(item.household_id, (*(item.errors if isinstance(item, FailedItem) else ()), fault))


def _outside(item: Item, place: int, model: LoadedModel) -> Answer:
    """Which rules keep the household out: what they ask for, never the household's own value."""
    at = f"/households/{place}"
    rules = model.scorer.rules.kept_out_by(item.snapshots[-1].values)
    faults = [
        Fault(f"{at}/fields/{rule.field}", "outside_cohort", f"Scored are households with {rule.describe()}.")
        for rule in rules
    ]
    if item.is_out:
        faults.append(Fault(f"{at}/events", "outside_cohort", "By its events it has left the programme by that day."))
    return _failed(FailedItem(item.household_id, tuple(faults)))


def _failed(item: FailedItem) -> Answer:
    return {"household_id": item.household_id, "status": "error", "errors": [asdict(fault) for fault in item.errors]}
