"""Studies with a planted truth about what a model can and cannot know: mentors, themes, and a field that no model reads."""

import tomllib
from datetime import date

import numpy as np
import pyarrow as pa
from scipy.special import expit

from graduasi.arrays import Array
from graduasi.dates import add_months, to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import parse_dictionary
from graduasi.declarations.programme import parse_programme
from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.study.study import Study, prepare

FIELDS = {"told": "money", "told_again": "copy", "needed": "work", "noise_1": "noise", "noise_2": "noise"}
DICTIONARY = """
[dictionary]
name = "insight"
version = "1"
languages = ["en"]

[fields.odd]
type = "boolean"
kind = "audit"
label.en = "Odd"
source = "test"

[fields.outcome]
type = "boolean"
kind = "outcome"
label.en = "Came out ready"
source = "test"
""" + "".join(
    f"""
[fields.{name}]
type = "number"
kind = "context"
theme = "{theme}"
label.en = "{name}"
source = "test"
"""
    for name, theme in FIELDS.items()
)
PROGRAMME = """
[programme]
name = "insight"
version = "1"
quota_per_mentor = 10
max_data_age_days = 400

[[labels]]
name = "came_out_ready"
kind = "column"
column = "outcome"
known_after_months = 12

[bands]
ready = 0.40
nearly = 0.20

[evaluation]
folds = 2
every_months = 12
"""


def declarations() -> Declarations:
    fields = parse_dictionary(DICTIONARY, tomllib.loads(DICTIONARY), file="dictionary.toml")
    rules = parse_programme(PROGRAMME, tomllib.loads(PROGRAMME), dictionary=fields, file="programme.toml")
    return Declarations(fields, rules)


def planted_study(
    seed: int,
    *,
    families: int = 1600,
    years: int = 5,
    mentors: int = 40,
    signal: float = 1.0,
    odd_share: float = 0.0,
    level: Array | None = None,
    mentor_sd: float = 0.0,
    product: bool = False,
) -> Study:
    """Every year new families, each seen once, so that nothing is known of one from another.

    `told` and its exact copy raise readiness, and so does `needed`; all of it `signal` times. Among the odd (an audit field)
    what is told counts the other way round. `level` moves each year, `mentor_sd` each mentor in each year, in log-odds. With
    `product`, what is told counts for those who need nothing and against the others, which takes many families to learn.
    """
    rng = np.random.default_rng(seed)
    level = np.zeros(years) if level is None else level
    tables = []
    for year in range(years):
        told, needed = rng.normal(size=(2, families))
        odd = rng.random(families) < odd_share
        mentor = np.arange(families) % mentors
        shock = rng.normal(0, mentor_sd, mentors)[mentor] if mentor_sd else 0.0
        shown = 2 * told * np.sign(needed) if product else np.where(odd, -1.0, 1.0) * told + needed
        truth = signal * shown - 0.7 + level[year] + shock
        noise = rng.normal(size=(2, families))
        day = add_months(np.array([to_day(date(2012, 6, 30))], dtype=np.int32), 12 * year)
        tables.append({
            "household_id": [f"F{year}-{number:05}" for number in range(families)],
            "as_of": pa.array(np.repeat(day, families)).cast(pa.date32()),
            "mentor_id": [f"M{number:03}" for number in mentor],
            "area_code": ["A0"] * families,
            "odd": odd, "outcome": rng.random(families) < expit(truth),
            "told": told, "told_again": told, "needed": needed, "noise_1": noise[0], "noise_2": noise[1],
        })  # fmt: skip
    table = pa.concat_tables([pa.table(columns) for columns in tables])
    declared = declarations()
    return prepare(check_panel(table, declared.dictionary)[0], NO_EVENTS, declared)
