"""A small programme with every kind of field and rule, and panels drawn for it."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from graduasi.dates import to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, parse_dictionary
from graduasi.declarations.programme import Programme, parse_programme
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel

FIRST_DAY = to_day(date(2020, 1, 1))
"""The first visits of a drawn panel are on this day or in the 20 days after it."""

DICTIONARY = """
[dictionary]
name = "small"
version = "3"
languages = ["id", "en"]
ignore = ["enumerator"]

[fields.income_idr]
type = "number"
unit = "IDR per month, household"
min = 0
max = 50_000_000
kind = "lever"
effect = "increasing"
per = "line_idr"
theme = "income"
history = ["previous", "change", "mean", "slope"]
label = {id = "Penghasilan", en = "Income"}
helps = {id = "Penghasilan Rp{value} sudah kuat.", en = "An income of Rp{value} is strong."}
hinders = {id = "Penghasilan baru Rp{value}.", en = "Income is only Rp{value}."}
source = "test"

[fields.line_idr]
type = "number"
min = 1
kind = "yardstick"
label = {id = "Garis kemiskinan", en = "Poverty line"}
source = "test"

[fields.debt_idr]
type = "number"
min = 0
kind = "lever"
effect = "decreasing"
history = ["mean"]
sensitive = true
label = {id = "Utang", en = "Debt"}
source = "test"

[fields.land_ha]
type = "number"
kind = "context"
label = {id = "Lahan", en = "Land"}
source = "test"

[fields.members]
type = "integer"
min = 1
max = 30
kind = "context"
effect = "decreasing"
label = {id = "Anggota keluarga", en = "Members"}
source = "test"

[fields.missed_meals]
type = "boolean"
kind = "lever"
effect = "decreasing"
history = ["previous"]
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
[fields.work.category_labels.regular]
id = "tetap"
en = "regular"

[fields.floor]
type = "category"
categories = ["earth", "bamboo", "tile", "cement"]
kind = "context"
label = {id = "Lantai", en = "Floor"}
source = "test"

[fields.joined]
type = "date"
kind = "context"
label = {id = "Masuk program", en = "Joined"}
source = "test"

[fields.all_elderly]
type = "boolean"
kind = "audit"
label = {id = "Semua lansia", en = "All elderly"}
source = "test"

[fields.receives_aid]
type = "boolean"
kind = "audit"
label = {id = "Menerima bantuan", en = "Receives aid"}
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
quota_per_mentor = 3
max_data_age_days = 200
ends = ["graduated", "exited_naturally", "moved_or_died"]
returns = ["re_entered"]

[[cohort]]
field = "receives_aid"
op = "=="
value = true

[[labels]]
name = "held"
kind = "snapshots"
after = 1
hold = 2
within_months = 24
[[labels.rules]]
field = "income_idr"
op = ">="
value_field = "line_idr"
factor = 1.2

[[labels]]
name = "stayed_out"
kind = "event"
event = "graduated"
within_months = 12
undone_by = ["re_entered"]
undone_within_months = 6
competing = ["exited_naturally", "moved_or_died"]

[[labels]]
name = "given"
kind = "column"
column = "graduated"
known_after_months = 0

[[floor]]
code = "FED"
text = {id = "Kebutuhan makan terpenuhi", en = "The family had enough to eat"}
[[floor.rules]]
field = "missed_meals"
op = "=="
value = false

[[floor]]
code = "ABOVE_LINE"
text = {id = "Di atas garis kemiskinan", en = "Above the poverty line"}
[[floor.rules]]
field = "income_idr"
op = ">="
value_field = "line_idr"

[[protected]]
code = "ONLY_ELDERLY"
text = {id = "Dilindungi: semua lansia", en = "Protected: everyone is elderly"}
[[protected.rules]]
field = "all_elderly"
op = "=="
value = true

[[flags]]
code = "NATURAL_EXIT_SOON"
text = {id = "Segera keluar secara alami", en = "Will leave naturally soon"}
[[flags.rules]]
field = "members"
op = "<="
value = 1

[[flags]]
code = "NO_LAND"
text = {id = "Tanpa lahan", en = "Without land"}
[[flags.rules]]
field = "land_ha"
op = "=="
value = 0

[bands]
ready = 0.40
nearly = 0.20

[evaluation]
groups = ["missed_meals", "area_code"]
folds = 1

[[referrals]]
code = "PENA"
name = {id = "PENA (usaha)", en = "PENA (business)"}
levers = ["income_idr"]
"""


def dictionary_of(text: str = DICTIONARY) -> Dictionary:
    return parse_dictionary(text, tomllib.loads(text), file="dictionary.toml")


def programme_of(text: str = PROGRAMME, dictionary: Dictionary | None = None) -> Programme:
    return parse_programme(text, tomllib.loads(text), dictionary=dictionary or dictionary_of(), file="programme.toml")


SMALL, RULES = dictionary_of(), programme_of()
"""The small dictionary and the small programme."""
DECLARED = Declarations(SMALL, RULES)


def declared(
    dictionary: Dictionary = SMALL, programme: Programme = RULES, *, max_age_days: int | None = None
) -> Declarations:
    """Dictionary and programme as one; `max_age_days` replaces the programme's own limit for the age of snapshots."""
    if max_age_days is None:
        return Declarations(dictionary, programme)
    header = programme.programme.model_copy(update={"max_data_age_days": max_age_days})
    return Declarations(dictionary, programme.model_copy(update={"programme": header}))


def write_declarations(folder: Path) -> tuple[Path, Path]:
    """Write dictionary.toml and programme.toml into the folder; their paths."""
    dictionary, programme = folder / "dictionary.toml", folder / "programme.toml"
    dictionary.write_text(DICTIONARY, encoding="utf-8")
    programme.write_text(PROGRAMME, encoding="utf-8")
    return dictionary, programme


def household(household_id: str = "K1", as_of: str = "2021-01-01", **changes: Any) -> dict[str, Any]:
    """A row of a panel: a family that is in the cohort, meets every floor rule and is not protected, but for `changes`."""
    row = {
        "household_id": household_id, "as_of": as_of, "mentor_id": "M1", "area_code": "32.01", "income_idr": 3_000_000.0,
        "line_idr": 2_000_000.0, "debt_idr": 0.0, "land_ha": 0.5, "members": 4, "missed_meals": False, "work": "regular", "floor": "tile",
        "joined": "2018-06-01", "all_elderly": False, "receives_aid": True, "graduated": None,
    }  # fmt: skip
    return {**row, **changes}


def table_of(*rows: dict[str, Any]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def panel_of(*rows: dict[str, Any]) -> Panel:
    return check_panel(table_of(*rows), SMALL)[0]


def draw_table(
    rng: np.random.Generator, *, households: int = 40, visits: int = 5, months: int = 4, unknown: float = 0.15
) -> pa.Table:
    """A panel with missed visits, rows known late and unknown values. A household's income stays near its own level, so
    that its history says something about its future.
    """
    took_place = rng.random((households, visits)) < 0.9
    household, visit = np.nonzero(took_place)
    rows = len(household)
    as_of = FIRST_DAY + visit * 30 * months + rng.integers(0, 20, rows)
    log_income = rng.normal(14.3, 0.5, households)[household] + rng.normal(0, 0.3, rows)
    columns: dict[str, Any] = {
        "income_idr": np.minimum(np.exp(log_income), 5e7).round(-3), "line_idr": np.full(rows, 2e6) + 1e4 * visit,
        "debt_idr": rng.choice([0.0, 0.0, 5e5, 2e6], rows), "land_ha": rng.exponential(0.3, rows).round(2), "members": rng.integers(1, 9, rows),
        "missed_meals": rng.random(rows) < 0.3, "work": np.array(["none", "casual", "regular"])[rng.integers(0, 3, rows)],
        "floor": np.array(["earth", "bamboo", "tile", "cement"])[rng.integers(0, 4, rows)], "all_elderly": rng.random(rows) < 0.05,
    }  # fmt: skip
    strength = log_income - 0.4 * columns["missed_meals"] - columns["debt_idr"] / 4e6 - 0.08 * columns["members"]
    strength += np.where(columns["work"] == "regular", 0.4, 0.0)
    arrays = {name: pa.array(values, mask=rng.random(rows) < unknown) for name, values in columns.items()}
    return pa.table({
        "household_id": [f"K{number:05}" for number in household], "as_of": _dates(as_of),
        "known_on": _dates(as_of + rng.choice([0, 0, 40, 400], rows)), "mentor_id": [f"M{number % 4}" for number in household],
        "area_code": [f"32.{number % 3:02}" for number in household], **arrays,
        "joined": _dates(FIRST_DAY - rng.integers(0, 2000, rows)), "receives_aid": rng.random(rows) < 0.95,
        "graduated": pa.array(strength + rng.normal(0, 0.3, rows) > 14.0),
    })  # fmt: skip


def draw_panel(seed: int = 0, **shape: Any) -> Panel:
    return check_panel(draw_table(np.random.default_rng(seed), **shape), SMALL)[0]


def _dates(days: Any) -> pa.Array:
    return pa.array(np.asarray(days, dtype=np.int32)).cast(pa.date32())
