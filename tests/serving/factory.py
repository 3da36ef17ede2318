"""Small things to test with: a bundle, lists, a household to score, and signing in."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from starlette.testclient import TestClient

from graduasi.lists.entries import ListEntry
from graduasi.lists.ranking import MentorList
from graduasi_serving.pages.publishing import Edition, publish
from graduasi_serving.service import Service
from tests.made_up.service_programme import small_programme

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PASSWORD = "kuda-laut-biru"
NIK = "3201234567890001"

KNOWN = {"score_low": 0.381, "score_high": 0.519, "relapse_risk": 0.277, "relapse_low": 0.184, "relapse_high": 0.401}
"""The numbers of a family whose score has an interval and for whom the relapse risk is known."""


def household(household_id: str = "KPM-1", **changes: Any) -> dict[str, Any]:
    """A household to score that is in the cohort, fed, and not protected."""
    fields = {
        "income_idr": 3_500_000,
        "missed_meals": False,
        "work": "regular",
        "receives_pkh": True,
        "all_elderly": False,
    }
    item = {"household_id": household_id, "as_of": "2026-10-01", "fields": fields}
    return {**item, **changes}


def with_fields(household_id: str = "KPM-1", **fields: Any) -> dict[str, Any]:
    """The same household with other fields."""
    item = household(household_id)
    return {**item, "fields": {**item["fields"], **fields}}


def entry(household_id: str = "KPM-1", **changes: Any) -> ListEntry:
    """A family that is proposed."""
    proposed = ListEntry(
        mentor_id="M1", section="propose", rank=1, household_id=household_id, area_code="32.01.07", band="ready", score=0.43,
        helps=("Penghasilan Rp3.500.000 menguatkan.",), hinders=("Tabungan belum ada.",), facts=(), conditions=(), protections=(), missing=(), flags=(), referrals=("PENA (usaha)",),
        as_of=date(2026, 10, 1), model_version="small-1-abc",
        score_low=None, score_high=None, relapse_risk=None, relapse_low=None, relapse_high=None,
    )  # fmt: skip
    return replace(proposed, **changes)


def mentor_list(mentor_id: str = "M1", *entries: ListEntry, **changes: Any) -> MentorList:
    """A mentor's list; without entries, one family is proposed."""
    own_entries = tuple(replace(listed, mentor_id=mentor_id) for listed in entries or (entry(f"{mentor_id}-KPM-1"),))
    return replace(MentorList(mentor_id, 10, 4, own_entries, "Hanya 1 keluarga yang siap."), **changes)


def publish_lists(service: Service, *lists: MentorList, synthetic: bool = False) -> None:
    """Publish the same sentences in both languages."""
    edition = Edition(as_of=date(2026, 11, 1), model_version="small-1-abc", synthetic=synthetic, made_at=NOW)
    with service.transaction() as session:
        publish(session, {"id": lists, "en": lists}, edition=edition, programme=small_programme())


def sign_in(web: TestClient, name: str, password: str = PASSWORD) -> TestClient:
    """Sign in as a browser does: load the form, send it back."""
    web.post("/masuk", data={"name": name, "password": password, "csrf": form_token(web, "/masuk")})
    return web


def form_token(web: TestClient, address: str) -> str:
    """The hidden token of the form at `address`."""
    token = re.search(r'name="csrf" value="([^"]+)"', web.get(address).text)
    assert token, f"no form at {address}"
    return token[1]
