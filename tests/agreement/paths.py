"""Every path that a household can take to its score, and what each of them cannot carry or does not say.

A path takes households as `tests.agreement.households` describes them and answers with one dict a scored household, by
identifier, with the columns of a scores file; `referrals` are the programmes that are named to the mentor.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from starlette.testclient import TestClient

from graduasi.batch.job import Job
from graduasi.batch.read_scores import read_scores
from graduasi.batch.score_file import score_file
from graduasi.bundle import Bundle
from graduasi.dates import to_day
from graduasi.lists.entries import referrals_for
from graduasi.panel.events import check_events, read_events
from graduasi.panel.row_contract import RowContract
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi.scoring.scores import SCORES, score_rows, to_table
from graduasi.scoring.verdicts import STATES, blocking_rules
from graduasi.single.features import Snapshot
from graduasi.single.scores import ScoredHousehold, SingleScorer
from tests.agreement.households import DAY, SCORED_ON, Household, Visit, events_table, panel_table

Scores = dict[str, dict[str, Any]]
REASONS = 5
FOR_LISTS = ("earlier_values", "further_reasons", "flag_values", "themes")
"""Columns that only mentors' lists make use of."""


def without_events(household: Household) -> Household:
    return replace(household, events=())


def visited_when_it_became_known(household: Household) -> Household:
    """The household, with its visit to score known on the day of the visit."""
    if not household.visits_to_score():
        return household
    *earlier, latest = household.visits_to_score()
    return replace(household, visits=(*earlier, replace(latest, known_on=latest.as_of)))


@dataclass(frozen=True)
class ScoringPath:
    """`reduced` is a household without what the path cannot carry; `silent_on` are the columns that it does not tell."""

    name: str
    score: Callable[[Sequence[Household]], Scores]
    reduced: Callable[[Household], Household] = field(default=lambda household: household)
    silent_on: frozenset[str] = frozenset()

    def __call__(self, *households: Household) -> Scores:
        return self.score(households)


def arrays(bundle: Bundle) -> ScoringPath:
    """What defines a score: a checked panel, its cohort on the day, and the arrays of `graduasi.scoring`."""

    def score(households: Sequence[Household]) -> Scores:
        panel, _ = check_panel(panel_table(households), bundle.dictionary)
        events = check_events(events_table(households), bundle.programme)
        out = households_out(events, bundle.programme, day=DAY)
        rows = cohort_on(panel, DAY, bundle.declarations, out=out)
        scored = score_rows(panel, rows, as_of=DAY, bundle=bundle)
        return _by_household(to_table(scored, bundle, reasons=REASONS), bundle)

    return ScoringPath("arrays", score)


def bulk(bundle: Bundle, folder: Path, *, suffix: str, model: str | None = None) -> ScoringPath:
    """`graduasi score` from files to a file, and the file as lists read it: Parquet, or CSV with the name of its model."""

    def score(households: Sequence[Household]) -> Scores:
        panel, events, target = (folder / f"{name}{suffix}" for name in ("households", "events", "scores"))
        _write(panel_table(households), panel)
        _write(events_table(households), events)
        score_file(Job(panel, target, bundle, read_events(events, bundle.programme), events_file=events, as_of=DAY))
        return _by_household(read_scores(target, model)[0], bundle)

    return ScoringPath(f"bulk{suffix}", score)


def pyfunc(bundle: Bundle, model: Any) -> ScoringPath:
    """The model that MLflow keeps. It takes one frame, a panel, and therefore no events: it scores who has left, too."""

    def score(households: Sequence[Household]) -> Scores:
        frame = model.predict(panel_table(households).to_pandas(), params={"as_of": SCORED_ON.isoformat()})
        assert frame.columns.tolist() == SCORES.names
        return _by_household(pa.Table.from_pandas(frame, schema=SCORES, preserve_index=False), bundle)

    return ScoringPath("pyfunc", score, reduced=without_events)


def single(bundle: Bundle) -> ScoringPath:
    """The scorer of one household, to which the service hands those whom no event has ended: it takes no events.

    It says nothing of flags, of which only lists make use.
    """
    scorer, contract = SingleScorer(bundle), RowContract(bundle.dictionary)

    def snapshot(visit: Visit) -> Snapshot:
        values, faults = contract.parse(_as_json(visit), to_day(visit.as_of))
        assert faults == []
        return Snapshot(to_day(visit.as_of), to_day(visit.known_on), values)

    def score(households: Sequence[Household]) -> Scores:
        scores = {}
        for household in households:
            snapshots = [snapshot(visit) for visit in household.visits_to_score()]
            if snapshots and scorer.rules.in_cohort(snapshots[-1].values):
                area = household.area_code
                scored = scorer.score(snapshots, scored_on=DAY, reasons=REASONS, area_code=area)
                scores[household.household_id] = _of_single(scored, scorer, bundle)
        return scores

    silent_on = frozenset({"household_id", "as_of", "mentor_id", "area_code", "model_version", "flags", *FOR_LISTS})
    return ScoringPath("single", score, reduced=without_events, silent_on=silent_on)


def http(bundle: Bundle, api: TestClient) -> ScoringPath:
    """POST /v1/scores. A request is made on the day of the visit or later, so the visit itself has no day on which it
    became known: what is late in it counts from its own day.

    An answer says nothing of flags, and names the programmes for what holds back instead of all eligible ones.
    """

    def score(households: Sequence[Household]) -> Scores:
        answers = post_scores(api, households, language="en")
        return {
            answer["household_id"]: _of_answer(answer, bundle) for answer in answers if answer["status"] == "success"
        }

    silent_on = frozenset({"as_of", "mentor_id", "area_code", "flags", "eligible_referrals", *FOR_LISTS})
    return ScoringPath("http", score, reduced=visited_when_it_became_known, silent_on=silent_on)


def post_scores(api: TestClient, households: Sequence[Household], *, language: str) -> list[dict[str, Any]]:
    """The answers for all that have a visit to score. Fails for any fault but that of being outside the cohort."""
    items = [_item(household) for household in households if household.visits_to_score()]
    answers = []
    for start in range(0, len(items), 40):
        body = {"households": items[start : start + 40]}
        answer = api.post("/v1/scores", json=body, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        answers += [{**result, "model_version": answer.json()["model_version"]} for result in answer.json()["results"]]
    codes = {error["code"] for answer in answers for error in answer.get("errors", [])}
    assert codes <= {"outside_cohort"}
    return answers


def _item(household: Household) -> dict[str, Any]:
    """A household as a case-management system would send it: its history in no order that anybody promised."""
    *earlier, latest = household.visits_to_score()
    days = [{"as_of": visit.as_of.isoformat(), "known_on": visit.known_on.isoformat()} for visit in earlier]
    history = [{**day, "fields": _as_json(visit)} for day, visit in zip(days, earlier, strict=True)]
    events = [
        {"event": entry.event, "event_date": entry.event_date.isoformat(), "known_on": entry.known_on.isoformat()}
        for entry in household.events
    ]
    return {
        "household_id": household.household_id,
        "mentor_id": household.mentor_id,
        "area_code": household.area_code,
        "scored_on": SCORED_ON.isoformat(),
        "as_of": latest.as_of.isoformat(),
        "fields": _as_json(latest),
        "history": history[::-1],
        "events": events,
    }


def _as_json(visit: Visit) -> dict[str, Any]:
    """The fields of a request, in which outcomes have no place."""
    fields = {name: value for name, value in visit.fields.items() if name != "graduated"}
    return {**fields, "joined": fields["joined"].isoformat()}


def _write(table: pa.Table, file: Path) -> None:
    if file.suffix == ".csv":
        pyarrow.csv.write_csv(table, file)
    else:
        pq.write_table(table, file)


def _by_household(scores: pa.Table, bundle: Bundle) -> Scores:
    rows = scores.to_pylist()
    named = [referrals_for(row["reasons"], bundle.programme, eligible=row["eligible_referrals"]) for row in rows]
    return {
        row["household_id"]: {**row, "referrals": [referral.code for referral in referrals]}
        for row, referrals in zip(rows, named, strict=True)
    }


def _of_single(scored: ScoredHousehold, scorer: SingleScorer, bundle: Bundle) -> dict[str, Any]:
    rules, referrals = blocking_rules(bundle.programme), bundle.programme.referrals
    eligible = [item.code for item in referrals if scorer.rules.may_be_eligible(scored.values, item.code)]
    named = referrals_for(scored.reasons, bundle.programme, eligible=eligible)
    blocking = {rules[number].code: STATES[state] for number, state in scored.verdict.blocking}
    low, high = scored.interval or (None, None)
    return {
        "score": scored.score,
        "score_low": low,
        "score_high": high,
        "margin": scored.margin,
        "base_margin": scored.base,
        "band": scored.band,
        "floor_passed": scored.verdict.floor_passed,
        "missing_fields": scored.missing,
        "is_complete": not scored.missing,
        "reasons": scored.reasons,
        "far_numbers": scored.far_numbers,
        "other_contribution": scored.other_contribution,
        "eligible_referrals": eligible,
        "referrals": [referral.code for referral in named],
        **_blocked(blocking),
        **_relapse(None if scored.relapse is None else scored.relapse._asdict()),
    }


def _of_answer(answer: Mapping[str, Any], bundle: Bundle) -> dict[str, Any]:
    columns = (
        "household_id", "score", "margin", "base_margin", "other_contribution", "band", "is_complete", "missing_fields",
        "model_version",
    )  # fmt: skip
    blocking = {entry["code"]: entry["state"] for entry in answer["floor"]["blocking"]}
    return {
        **{name: answer[name] for name in columns},
        "score_low": answer["score_interval"]["low"],
        "score_high": answer["score_interval"]["high"],
        "floor_passed": answer["floor"]["passed"],
        "reasons": [{key: reason[key] for key in reason if key != "text"} for reason in answer["reasons"]],
        "far_numbers": [{key: far[key] for key in far if key != "text"} for far in answer["far_numbers"]],
        "referrals": [referral["code"] for referral in answer["referrals"]],
        **_blocked(blocking),
        **_relapse(answer["relapse"]),
    }


def _blocked(states: Mapping[str, str]) -> dict[str, list[str]]:
    """The rules that stand in the way, and those of them that are unknown, as a scores file has them."""
    return {"blocking": [*states], "unknown_rules": [code for code, state in states.items() if state == "unknown"]}


def _relapse(risk: Mapping[str, float | None] | None) -> dict[str, float | None]:
    return {f"relapse_{name}": None if risk is None else risk[name] for name in ("risk", "low", "high")}
