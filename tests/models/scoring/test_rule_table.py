"""Many rules evaluated at once give what their conditions give one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graduasi.declarations.conditions import Condition, all_of
from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi.scoring.rule_table import RuleTable

DICTIONARY = read_dictionary(default_dictionary())
PROGRAMME = read_programme(default_programme(), DICTIONARY)
FIELD = next(iter(DICTIONARY.fields))
RULES = [
    *(rule.rules for rule in (*PROGRAMME.floor, *PROGRAMME.protected, *PROGRAMME.flags, *PROGRAMME.referrals)),
    PROGRAMME.cohort,
    (),
    (Condition(field=FIELD, op="known"), Condition(field=FIELD, op="!=", value=0)),
    (Condition(field=FIELD, op="unknown"),),
]


def draw_values(seed: int, rows: int) -> np.ndarray:
    """Small whole numbers, so that comparisons often are of equal numbers; a fifth is unknown."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, (rows, len(DICTIONARY.fields))).astype(float)
    return np.where(rng.random(values.shape) < 0.2, np.nan, values)


@given(seed=st.integers(0, 10_000))
def test_all_rules_at_once_give_what_they_give_one_by_one(seed):
    values = draw_values(seed, rows=20)
    one_by_one = np.column_stack([all_of(rule, values, DICTIONARY) for rule in RULES])
    assert (RuleTable(RULES, DICTIONARY).truth(values) == one_by_one).all()


def test_no_rules_at_all_give_no_columns():
    assert RuleTable([], DICTIONARY).truth(draw_values(0, rows=3)).shape == (3, 0)
