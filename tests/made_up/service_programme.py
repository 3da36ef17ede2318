"""A programme of three fields that the service's tests score with, and a bundle for it whose weights are set by hand."""

import tomllib
from datetime import date
from pathlib import Path

import numpy as np

from graduasi.bundle import Bundle, save_bundle
from graduasi.bundle.golden import make_golden
from graduasi.dates import to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, parse_dictionary
from graduasi.declarations.programme import Programme, parse_programme
from graduasi.readiness.features import features_of
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.linear import LinearPart
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.preparation import Preparation, Ranges
from graduasi.readiness.relapse import RelapseModel

MADE_ON = date(2026, 11, 24)
"""The day of the golden households, and of the clock in the tests of the service."""


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
known_after_months = 12
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
    preparation = Preparation(
        np.array([1e6, 1.0, 0.0]), np.zeros(3, dtype=bool), np.zeros(3, dtype=bool), Ranges.without_limits(3)
    )
    zeros = np.zeros(len(features))
    intervals = Intervals(0.9, 1.645, {"32.01": Area(-0.3, 0.1)}, Area(0.0, 0.1), zeros, zeros)
    model = ReadinessModel(features, preparation, linear, None, 1.0, 1.0, 0.0, intervals)
    relapse = RelapseModel(model, np.array([4e6, 0.5, 1.0]), np.array([2e6, 1.0, 1.0]), limit=5.0)
    unsealed = Bundle(declarations, model, "0" * 64, {}, {}, "", relapse=relapse)
    day = to_day(MADE_ON)
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
