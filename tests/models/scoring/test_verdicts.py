"""Floor, protection, flags and band: rules come before the score, and missing is not met."""

import numpy as np
import pytest

from graduasi.scoring.verdicts import BANDS, bands, blocking_rules, judge
from tests.made_up.small_programme import DECLARED, RULES, household, panel_of

BLOCKING_CODES = [rule.code for rule in blocking_rules(RULES)]


def _verdicts(**changes):
    """The verdicts on one household, which meets every rule but for these changes."""
    return judge(panel_of(household(**changes)).values, DECLARED)


def _band(score, *, age=0, low=None, high=None, **changes):
    ends = {"low": None if low is None else np.array([low]), "high": None if high is None else np.array([high])}
    (index,) = bands(
        np.array([score]), _verdicts(**changes), age_days=np.array([age], dtype=np.int32), programme=RULES, **ends
    )
    return BANDS[index]


@pytest.mark.parametrize(
    ("changes", "score", "age", "band"),
    [
        ({}, 0.40, 200, "ready"),
        ({}, 0.3999, 0, "nearly"),
        ({}, 0.20, 0, "nearly"),
        ({}, 0.1999, 0, "not_yet"),
        ({}, 0.99, 201, "stale"),
        ({"missed_meals": True}, 0.99, 0, "nearly"),
        ({"missed_meals": True}, 0.10, 0, "not_yet"),
        ({"income_idr": 1_999_999}, 0.99, 0, "nearly"),
        ({"income_idr": 2_000_000}, 0.99, 0, "ready"),
        ({"missed_meals": None}, 0.99, 0, "unsure"),
        ({"missed_meals": None}, 0.01, 0, "unsure"),
        ({"line_idr": None}, 0.99, 0, "unsure"),
        ({"all_elderly": None}, 0.99, 0, "unsure"),
        ({"all_elderly": True}, 0.99, 0, "protected"),
        ({"all_elderly": True, "missed_meals": None}, 0.99, 999, "protected"),
        ({"missed_meals": None}, 0.99, 201, "stale"),
        ({"members": 1}, 0.99, 0, "ready"),
    ],
)
def test_the_band_is_the_first_that_applies(changes, score, age, band):
    assert _band(score, age=age, **changes) == band


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [(0.19, 0.40, "unsure"), (0.20, 0.60, "ready"), (0.19, 0.39, "ready"), (0.10, 0.90, "unsure")],
)
def test_an_interval_that_spans_both_thresholds_is_unsure(low, high, band):
    assert _band(0.5, low=low, high=high) == band


@pytest.mark.parametrize(
    ("changes", "blocking"),
    [
        ({}, []), ({"missed_meals": True}, ["FED"]), ({"missed_meals": None}, ["FED"]), ({"income_idr": 1}, ["ABOVE_LINE"]),
        ({"all_elderly": True}, ["ONLY_ELDERLY"]), ({"all_elderly": None}, ["ONLY_ELDERLY"]),
        ({"missed_meals": True, "income_idr": None, "all_elderly": True}, ["FED", "ABOVE_LINE", "ONLY_ELDERLY"]),
    ],
)  # fmt: skip
def test_what_blocks_is_unmet_or_unknown_floor_and_met_or_unknown_protection(changes, blocking):
    assert [
        code for code, blocks in zip(BLOCKING_CODES, _verdicts(**changes).blocking[0], strict=True) if blocks
    ] == blocking


def test_an_unknown_floor_does_not_pass_and_an_unknown_protection_does_not_protect():
    assert not _verdicts(missed_meals=None).floor_passed[0]
    assert not _verdicts(all_elderly=None).is_protected[0]
    assert _verdicts(all_elderly=None).floor_passed[0]


def test_a_flag_is_shown_and_blocks_nothing():
    verdicts = _verdicts(members=1, land_ha=0.0)
    assert verdicts.flags[0].tolist() == [1, 1]
    assert not verdicts.blocking.any()
