"""Checked households to answers: one panel for the whole request, scored by the core, then one dict a household."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.dates import from_day
from graduasi.floor import BANDS, STATES, blocking_rules
from graduasi.panel import Panel
from graduasi.scoring import Scored, cohort_of, reason_rows_of, score_rows
from graduasi_serving.items import FailedItem, Item, parse_item
from graduasi_serving.model_source import LoadedModel
from graduasi_serving.pages.words import words_in
from graduasi_serving.problems import Fault
from graduasi_serving.wording import Wording

REASONS = 5

Answer = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """When a request is answered: the time, and the day that an item without `scored_on` is scored for."""

    now: datetime
    today: int


def score_items(sent: Sequence[object], *, model: LoadedModel, language: str, moment: Moment) -> Answer:
    """The body of the answer to POST /v1/scores."""
    parsed = _refuse_repeats(
        [parse_item(item, place, model=model, today=moment.today) for place, item in enumerate(sent)]
    )
    scored = _scored_answers(parsed, model, language, moment)
    results = [
        _failed(item) if isinstance(item, FailedItem) else scored.get(place) or _outside(item, place)
        for place, item in enumerate(parsed)
    ]
    return {"model_version": model.version, "dictionary_version": model.bundle.dictionary.version, "results": results}


def _scored_answers(
    parsed: Sequence[Item | FailedItem], model: LoadedModel, language: str, moment: Moment
) -> dict[int, Answer]:
    """By its place in the request, the answer for every household that can be scored and is in the cohort."""
    bundle = model.bundle
    sound = [(place, item) for place, item in enumerate(parsed) if isinstance(item, Item) and not item.is_out]
    if not sound:
        return {}
    panel, rows = _as_panel([item for _, item in sound])
    inside = cohort_of(panel, rows, programme=bundle.programme, dictionary=bundle.dictionary)
    if not len(inside):
        return {}
    kept = [sound[number] for number in panel.household[inside]]
    days = np.array([item.scored_on for _, item in kept], dtype=np.int32)
    scored = score_rows(panel, inside, as_of=days, bundle=bundle)
    answers = _answers([item for _, item in kept], scored, model, language, moment)
    return {place: answer for (place, _), answer in zip(kept, answers, strict=True)}


def _as_panel(items: Sequence[Item]) -> tuple[Panel, npt.NDArray[np.intp]]:
    """All snapshots as one panel in the request's order, and the row of each household's own snapshot."""
    counts = [len(item.snapshots) for item in items]
    snapshots = [snapshot for item in items for snapshot in item.snapshots]
    household = np.repeat(np.arange(len(items), dtype=np.int32), counts)
    panel = Panel(
        household_id=_each([item.household_id for item in items], counts),
        household=household,
        as_of=np.array([snapshot.as_of for snapshot in snapshots], dtype=np.int32),
        known_on=np.array([snapshot.known_on for snapshot in snapshots], dtype=np.int32),
        mentor_id=_each([item.mentor_id for item in items], counts),
        area_code=_each([item.area_code for item in items], counts),
        values=np.array([snapshot.values for snapshot in snapshots]),
    )
    return panel, np.cumsum(counts, dtype=np.intp) - 1


def _each(texts: Sequence[str | None], counts: Sequence[int]) -> pa.Array:
    """Each household's text once for each of its snapshots."""
    return pa.array([text for text, count in zip(texts, counts, strict=True) for _ in range(count)], pa.string())


def _answers(items: Sequence[Item], scored: Scored, model: LoadedModel, language: str, moment: Moment) -> list[Answer]:
    bundle = model.bundle
    wording = Wording(bundle.dictionary, bundle.programme, language)
    reasons = reason_rows_of(scored, bundle, count=REASONS)
    scores, margins = scored.explained.score.tolist(), scored.explained.margin.tolist()
    told = [sum(reason["contribution"] for reason in row) for row in reasons]
    other = (scored.explained.contributions.sum(axis=1) - told).tolist()
    labels = words_in(language)["status"]
    passed = scored.verdicts.floor_passed
    answers = []
    for row, item in enumerate(items):
        as_of = item.snapshots[-1].as_of
        band = BANDS[scored.band[row]]
        missing = [model.feature_fields[place] for place in np.flatnonzero(scored.missing[row])]
        answers.append(
            {
                "household_id": item.household_id,
                "status": "success",
                "score": scores[row],
                "score_interval": None,
                "margin": margins[row],
                "base_margin": float(scored.explained.base),
                "band": band,
                "band_label": labels[band],
                "floor": {"passed": bool(passed[row]), "blocking": _blocking(scored, row, wording)},
                "reasons": [{**reason, "text": wording.reason(reason)} for reason in reasons[row]],
                "other_contribution": other[row],
                "is_complete": not missing,
                "missing_fields": missing,
                "warnings": list(item.warnings),
                "referrals": wording.referrals(reasons[row], scored.snapshots.values[row]),
                "score_id": str(uuid4()),
                "calculated_at": moment.now,
                "valid_until": from_day(as_of + bundle.programme.max_data_age_days),
            }
        )
    return answers


def _blocking(scored: Scored, row: int, wording: Wording) -> list[Mapping[str, str]]:
    """The rules that stand in the way, each with its state and a sentence."""
    rules = blocking_rules(wording.programme)
    found = np.flatnonzero(scored.verdicts.blocking[row])
    states = scored.verdicts.states[row]
    return [
        {"code": rules[place].code, "state": STATES[int(states[place])], "message": wording.rule(rules[place])}
        for place in found
    ]


def _refuse_repeats(parsed: Sequence[Item | FailedItem]) -> list[Item | FailedItem]:
    """A household that stands twice in a request fails each time: which of them counts would be a guess."""
    counted = Counter(item.household_id for item in parsed if item.household_id is not None)
    repeated = {household for household, times in counted.items() if times > 1}
    return [_repeated(item, place) if item.household_id in repeated else item for place, item in enumerate(parsed)]


def _repeated(item: Item | FailedItem, place: int) -> FailedItem:
    fault = Fault(f"/households/{place}/household_id", "duplicate_household", "Each household once in a request.")
    return FailedItem(item.household_id, (*(item.errors if isinstance(item, FailedItem) else ()), fault))


def _outside(item: Item, place: int) -> Answer:
    fault = Fault(
        f"/households/{place}",
        "outside_cohort",
        "The programme's rules do not count this household among those to be scored on that day.",
    )
    return _failed(FailedItem(item.household_id, (fault,)))


def _failed(item: FailedItem) -> Answer:
    return {"household_id": item.household_id, "status": "error", "errors": [asdict(fault) for fault in item.errors]}
