"""Claims about leaks: what is tested was not learned by heart, and a field that holds the outcome is refused or named."""

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Array
from graduasi.dates import to_day
from graduasi.declarations.declarations import Declarations, read_declarations
from graduasi.declarations.dictionary import parse_dictionary
from graduasi.declarations.programme import parse_programme
from graduasi.errors import DeclarationError, PanelError
from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation.leaks.screen import findings, screen
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.judging.metrics import auc
from graduasi_training.study.splits import temporal_folds
from graduasi_training.study.study import Study, prepare
from tools.claims.claim import Claim

HOUSEHOLDS, YEARS, FIRST_DAY = 600, 5, to_day(date(2015, 1, 15))
FIELDS = ("a", "b", "c", "d")
DICTIONARY = '[dictionary]\nname = "coins"\nversion = "1"\nlanguages = ["en"]\n' + "".join(
    f'[fields.{name}]\ntype = "{field_type}"\nkind = "{kind}"\nlabel.en = "{name}"\nsource = "made up"\n'
    for name, field_type, kind in (
        *((name, "number", "context") for name in FIELDS),
        ("left", "date", "context"),
        ("months_left", "number", "context"),
        ("need", "number", "audit"),
        ("turned_out", "boolean", "outcome"),
    )
)
PROGRAMME = """
[programme]
name = "coins"
version = "1"
quota_per_mentor = 10
max_data_age_days = 400
[[labels]]
name = "given"
kind = "column"
column = "turned_out"
known_after_months = {months}
[bands]
ready = 0.6
nearly = 0.4
[evaluation]
folds = 1
every_months = 3
"""


def claims(seeds: int) -> Iterator[Claim]:
    """Noise labels with yearly visits on a quarterly grid, dates and months of leaving, ratios to audit fields."""
    for months in (0, 6):
        yield from _noise(seeds, months)
    yield _date_of_leaving()
    yield _months_until_leaving(seeds)
    yield _ratio_to_audit()


def _noise(seeds: int, months: int) -> Iterator[Claim]:
    studies = [_study(_coins(np.random.default_rng(seed)), months) for seed in range(seeds)]
    world = f"noise label, yearly visits, quarterly grid, known after {months} months"
    shared = float(np.mean([_share_learned(study) for study in studies]))
    yield Claim(f"{world}: test snapshots among the training rows", "74 % (lag 0)", f"{shared:.0%}", "0 %", shared == 0)
    areas = np.array([_auc_of_trees(study) for study in studies])
    error = 1.96 * float(areas.std(ddof=1)) / np.sqrt(seeds)
    holds = abs(areas.mean() - 0.5) <= max(error, 0.01)
    yield Claim(f"{world}: mean AUC of the trees", "0.618 (lag 0)", f"{areas.mean():.3f} ± {error:.3f}", "0.5", holds)


def _share_learned(study: Study) -> float:
    """The share of the test snapshots that the last fold trained on."""
    (fold,) = temporal_folds(study.observations, study.labels, count=1)
    snapshot = study.observations.snapshot
    return float(np.isin(snapshot[fold.test], snapshot[fold.train]).mean())


def _auc_of_trees(study: Study) -> float:
    (fold,) = temporal_folds(study.observations, study.labels, count=1)
    fitted = fit_and_choose(study.training_rows(fold.train), study.features, settings=Settings())
    known = study.labels.is_labelled[fold.test]
    score = fitted.candidates["lightgbm"].explain(study.values[fold.test][known]).score
    return auc(score, study.labels.value[fold.test][known])


def _date_of_leaving() -> Claim:
    columns = _coins(np.random.default_rng(0))
    ready = np.asarray(columns["turned_out"], dtype=bool)
    ahead = pa.array(np.where(ready, columns["day"] + 200, columns["day"] - 200).astype(np.int32)).cast(pa.date32())
    try:
        _study({**columns, "left": ahead}, 12)
    except PanelError as refusal:
        named = "left: after as_of" in refusal.reasons[0]
        return Claim(
            "a date of leaving, after its row",
            "accepted, AUC 1.000",
            "refused by field and row",
            "refused or named",
            named,
        )
    return Claim("a date of leaving, after its row", "accepted, AUC 1.000", "accepted", "refused or named", False)


def _months_until_leaving(seeds: int) -> Claim:
    """The same told as a number, and with noise: no contract can refuse it."""
    named = false = 0
    for seed in range(seeds):
        rng = np.random.default_rng(1000 + seed)
        columns = _coins(rng)
        months = np.where(columns["turned_out"], 4.0, 14.0) + rng.normal(0, 3, len(columns["day"]))
        study = _study({**columns, "months_left": months}, 12)
        (fold,) = temporal_folds(study.observations, study.labels, count=1)
        found = [note["values"]["feature"] for note in findings(screen(study, fold.train))]
        named, false = named + ("months_left" in found), false + bool(set(found) - {"months_left"})
    measured = f"named in {named} of {seeds}; a noise field in {false}"
    return Claim("months until leaving, with noise, as a number", "no note, no gate", measured, "named; no noise field is", named == seeds and not false)  # fmt: skip


def _ratio_to_audit() -> Claim:
    with TemporaryDirectory() as folder:
        dictionary, programme = Path(folder, "dictionary.toml"), Path(folder, "programme.toml")
        dictionary.write_text(DICTIONARY.replace("[fields.a]\n", '[fields.a]\nper = "need"\n'), encoding="utf-8")
        programme.write_text(PROGRAMME.format(months=12), encoding="utf-8")
        try:
            read_declarations(dictionary, programme)
        except DeclarationError as refusal:
            named = "need is of kind audit" in refusal.reasons[0]
            return Claim("a constant as a ratio to an audit field", "accepted, AUC 0.758", "refused", "refused", named)
    return Claim("a constant as a ratio to an audit field", "accepted, AUC 0.758", "accepted", "refused", False)


def _coins(rng: np.random.Generator) -> dict[str, Array | npt.NDArray[np.int32] | pa.Array]:
    """Columns of households that are visited once a year, in a quarter of their own, with a coin at each visit as its outcome."""
    household, year = (part.ravel() for part in np.meshgrid(np.arange(HOUSEHOLDS), np.arange(YEARS), indexing="ij"))
    first = rng.integers(0, 4, HOUSEHOLDS) * 91 + rng.integers(0, 30, HOUSEHOLDS)
    day = (FIRST_DAY + first[household] + 365 * year).astype(np.int32)
    noise = {name: rng.normal(size=len(day)) for name in FIELDS}
    return {"household": household, "day": day, **noise, "turned_out": rng.random(len(day)) < 0.5}


def _study(columns: dict[str, Array | npt.NDArray[np.int32] | pa.Array], months: int) -> Study:
    fields = parse_dictionary(DICTIONARY, tomllib.loads(DICTIONARY), file="dictionary.toml")
    text = PROGRAMME.format(months=months)
    programme = parse_programme(text, tomllib.loads(text), dictionary=fields, file="programme.toml")
    named = {
        "household_id": [f"C{number:05}" for number in columns["household"]],
        "as_of": pa.array(columns["day"]).cast(pa.date32()),
    }
    told = {name: values for name, values in columns.items() if name not in ("household", "day")}
    panel, _ = check_panel(pa.table({**named, **told}), fields)
    return prepare(panel, NO_EVENTS, Declarations(fields, programme))
