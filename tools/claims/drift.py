"""Does the drift alarm stay silent where nothing moved, and does it find a field that did?

Ten fields of a thousand families each, at training and at a later date, drawn alike but for one field, which is moved by a
part of its standard deviation.
"""

import tomllib
from collections.abc import Iterator

import numpy as np

from graduasi.arrays import Matrix
from graduasi.declarations.dictionary import parse_dictionary
from graduasi.declarations.programme import Drift
from graduasi_training.drift.alarms import alarms_of
from graduasi_training.drift.fields import compare_fields
from graduasi_training.drift.histograms import Sample, describe
from tools.claims.claim import Claim

FAMILIES, FIELDS = 1000, 10
HEADER = '[dictionary]\nname = "numbers"\nversion = "1"\nlanguages = ["en"]\n'
FIELD = '[fields.number_{0}]\ntype = "number"\nkind = "context"\nlabel.en = "Number {0}"\nsource = "made up"\n'
DICTIONARY_TEXT = HEADER + "".join(FIELD.format(index) for index in range(FIELDS))
LIMITS = Drift()
FALSE_ALARMS = 0.02
"""The share of runs in which an alarm is allowed where nothing moved: 0.1 % is promised, and one of 60 runs is 1.7 %."""
FOUND = 0.95


def claims(seeds: int) -> Iterator[Claim]:
    """One claim for each distance by which the field is moved, in standard deviations."""
    for moved, before, least, most in ((0.0, "0 %", 0.0, FALSE_ALARMS), (0.8, "100 %", FOUND, 1.0)):
        share = _alarms(moved, seeds)
        yield Claim(
            f"drift alarm, {f'one field of ten moved by {moved} sd' if moved else 'same population'}",
            before,
            f"{share:.0%}",
            "at least 95 %" if moved else "0.1 %",
            least <= share <= most,
        )
    smaller = [_alarms(moved, seeds) for moved in (0.3, 0.5)]
    yield Claim(
        "drift alarm, one field of ten moved by 0.3; by 0.5 sd",
        "0 %; 40 %",
        "; ".join(f"{share:.0%}" for share in smaller),
        "none below the limits of PSI and KS; the second the oftener",
        smaller[0] <= FALSE_ALARMS and smaller[0] <= smaller[1],
    )


def _alarms(moved: float, seeds: int) -> float:
    """The share of runs with an alarm where one field moved by so many standard deviations."""
    return float(
        np.mean([_has_alarm(np.random.default_rng([seed, round(10 * moved)]), moved) for seed in range(seeds)])
    )


def _has_alarm(rng: np.random.Generator, moved: float) -> bool:
    dictionary = parse_dictionary(DICTIONARY_TEXT, tomllib.loads(DICTIONARY_TEXT), file="numbers.toml")
    then, now = _sample(rng.normal(size=(FAMILIES, FIELDS))), rng.normal(size=(FAMILIES, FIELDS))
    now[:, 0] += moved
    _, checks = compare_fields(describe(then, dictionary), FAMILIES, _sample(now), dictionary, LIMITS)
    return bool(alarms_of(checks, significance=LIMITS.significance))


def _sample(values: Matrix) -> Sample:
    return Sample(comparable=values, own=values, extra={})
