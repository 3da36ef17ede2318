"""Small things to test with: a bundle, lists, a household to score, and signing in."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from graduasi.bundle import Bundle, save_bundle
from graduasi.bundle.golden import make_golden
from graduasi.dates import to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, parse_dictionary
from graduasi.declarations.programme import Programme, parse_programme
from graduasi.lists.ranking import ListEntry, MentorList
from graduasi.readiness.features import features_of
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.linear import LinearPart
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.preparation import Preparation
from graduasi.readiness.relapse import RelapseModel
from graduasi_serving.pages.publishing import Edition, publish
from graduasi_serving.service import Service

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PASSWORD = "kuda-laut-biru"
NIK = "3201234567890001"

DICTIONARY = """
[dictionary]
name = "small"
version = "7"
languages = ["id", "en"]
synthetic = true
[fields.income_idr]
type = "number"
min = 0
max = 50_000_000
kind = "lever"
effect = "increasing"
label = {id = "Penghasilan", en = "Income"}
helps = {id = "Penghasilan Rp{value} menguatkan.", en = "Income of Rp{value} helps."}
hinders = {id = "Penghasilan baru Rp{value}.", en = "Income is only Rp{value}."}
source = "test"
[fields.missed_meals]
type = "boolean"
kind = "context"
effect = "decreasing"
label = {id = "Pernah tidak makan", en = "Missed meals"}
source = "test"
[fields.work]
type = "category"
categories = ["none", "casual", "regular"]
ordered = true
unknown_category = "missing"
kind = "lever"
effect = "increasing"
label = {id = "Pekerjaan", en = "Work"}
source = "test"
[fields.receives_pkh]
type = "boolean"
kind = "audit"
label = {id = "Menerima PKH", en = "Receives PKH"}
source = "test"
[fields.all_elderly]
type = "boolean"
kind = "audit"
label = {id = "Semua lansia", en = "All elderly"}
source = "test"
[fields.graduated]
type = "boolean"
kind = "outcome"
label = {id = "Lulus", en = "Graduated"}
source = "test"
"""
PROGRAMME = """
[programme]
name = "small"
version = "1"
quota_per_mentor = 10
max_data_age_days = 180
ends = ["graduated"]
returns = ["re_entered"]
[[cohort]]
field = "receives_pkh"
op = "=="
value = true
[[labels]]
name = "given"
kind = "column"
column = "graduated"
[[labels]]
name = "stayed_out"
kind = "event"
event = "graduated"
within_months = 12
undone_by = ["re_entered"]
undone_within_months = 12
[[floor]]
code = "FOOD_SECURE"
text = {id = "Kebutuhan makan terpenuhi", en = "The family had enough to eat"}
[[floor.rules]]
field = "missed_meals"
op = "=="
value = false
[[protected]]
code = "ONLY_ELDERLY"
text = {id = "Dilindungi: semua lansia", en = "Protected: everyone is elderly"}
[[protected.rules]]
field = "all_elderly"
op = "=="
value = true
[[referrals]]
code = "PENA"
name = {id = "PENA (usaha)", en = "PENA (business)"}
levers = ["income_idr"]
[[referrals.rules]]
field = "all_elderly"
op = "=="
value = false
[bands]
ready = 0.4
nearly = 0.2
"""


def small_dictionary() -> Dictionary:
    return parse_dictionary(DICTIONARY, tomllib.loads(DICTIONARY), file="dictionary.toml")


def small_programme() -> Programme:
    return parse_programme(PROGRAMME, tomllib.loads(PROGRAMME), dictionary=small_dictionary(), file="programme.toml")


def save_small_bundle(folder: Path) -> Path:
    """A bundle of one logistic regression: income of three million is even odds, a missed meal takes one off."""
    declarations = Declarations(small_dictionary(), small_programme())
    features = features_of(declarations.dictionary)
    empty = np.zeros(0)
    linear = LinearPart(0.0, np.array([1e-6, -1.0, 0.5]), np.array([3e6, 0.0, 1.0]), empty, empty, {})
    preparation = Preparation(np.array([1e6, 1.0, 0.0]), np.zeros(3, dtype=bool), np.zeros(3, dtype=bool))
    zeros = np.zeros(len(features))
    intervals = Intervals(0.9, 1.645, {"32.01": Area(-0.3, 0.1)}, Area(0.0, 0.1), zeros, zeros)
    model = ReadinessModel(features, preparation, linear, None, 1.0, 1.0, 0.0, intervals)
    relapse = RelapseModel(model, np.array([4e6, 0.5, 1.0]), np.array([2e6, 1.0, 1.0]), limit=5.0)
    unsealed = Bundle(declarations, model, "0" * 64, {}, {}, "", relapse=relapse)
    day = to_day(NOW.date())
    golden = make_golden(unsealed, {"income_idr": (0.0, 6e6)}, day=day, rng=np.random.default_rng(1))
    save_bundle(
        folder,
        declarations=declarations,
        model=model,
        golden=golden,
        card="# Small model",
        about={"made_by": "test"},
        relapse=relapse,
    )
    return folder


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
        helps=("Penghasilan Rp3.500.000 menguatkan.",), hinders=("Tabungan belum ada.",), conditions=(), protections=(), missing=(), flags=(), referrals=("PENA (usaha)",),
        as_of=date(2026, 10, 1), model_version="small-1-abc",
        score_low=None, score_high=None, relapse_risk=None, relapse_low=None, relapse_high=None,
    )  # fmt: skip
    return replace(proposed, **changes)


KNOWN = {"score_low": 0.381, "score_high": 0.519, "relapse_risk": 0.277, "relapse_low": 0.184, "relapse_high": 0.401}
"""The numbers of a family whose score has an interval and for whom the relapse risk is known."""


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
