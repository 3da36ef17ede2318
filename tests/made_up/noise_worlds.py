"""Worlds without signal: the fields are noise, and so is the outcome. They differ in what stays the same from year to year."""

import numpy as np
import pyarrow as pa

from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.study.study import Study, prepare
from tests.made_up.worlds import DICTIONARY, PROGRAMME, declarations_of, visit_days

NOISE_FIELD = """
[fields.noise_{number}]
type = "number"
kind = "context"
label.en = "Nothing"
source = "test"
"""


def noise_study(
    seed: int, *, fields: int, households: int = 500, persistent: bool, mentors: int | None = None, years: int = 6
) -> Study:
    """Families visited once a year. `persistent`: a family's fields and outcome never change; else they are new every year.

    Every fourth family is ready. With `mentors`, whole caseloads share part of the first field and part of the outcome of
    each year.
    """
    rng = np.random.default_rng(seed)
    days = visit_days(4 * years)[::4]
    household, year = (index.ravel() for index in np.indices((households, years)))
    shape = (households, 1) if persistent else (households, years)
    mentor = np.arange(households) % (mentors or 1)
    shared_field = rng.normal(size=mentors)[mentor, None] if mentors else 0.0
    shared_shock = 0.7 * rng.normal(size=(mentors, years))[mentor] if mentors else 0.0
    values = [np.broadcast_to(rng.normal(size=shape), (households, years)) for _ in range(fields)]
    values[0] = values[0] + 2 * shared_field
    welfare = np.broadcast_to(rng.normal(-0.67, 1, size=shape), (households, years)) + shared_shock
    columns = {f"noise_{number}": drawn[household, year] for number, drawn in enumerate(values)}
    table = pa.table({
        "household_id": [f"W{number:06}" for number in household],
        "as_of": pa.array(days[year]).cast(pa.date32()),
        "mentor_id": pa.array([f"M{number:03}" if mentors else None for number in mentor[household]], pa.string()),
        "area_code": ["A" for _ in household],
        "shown": rng.normal(size=len(household)) if not persistent else columns["noise_0"],
        "noise": columns["noise_0"],
        "welfare": welfare[household, year],
        **columns,
    })  # fmt: skip
    dictionary = DICTIONARY + "".join(NOISE_FIELD.format(number=number) for number in range(fields))
    programme = PROGRAMME.replace("folds = 2\nevery_months = 3", "folds = 1\nevery_months = 12")
    declarations = declarations_of(programme, dictionary)
    return prepare(check_panel(table, declarations.dictionary)[0], NO_EVENTS, declarations)
