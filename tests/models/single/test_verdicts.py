"""What the rules say about one household, as far as no household in a panel shows it."""

import pytest

from graduasi.single.verdicts import SingleRules
from tests.made_up.small_programme import DECLARED, RULES, household, panel_of


@pytest.mark.parametrize(("receives_aid", "is_named"), [(True, False), (False, True), (None, True)])
def test_a_cohort_rule_that_is_unmet_or_unknown_keeps_a_household_out_and_is_named(receives_aid, is_named):
    values = panel_of(household(receives_aid=receives_aid)).values[0].tolist()
    rules = SingleRules(DECLARED)
    assert rules.in_cohort(values) is not is_named
    assert rules.kept_out_by(values) == (list(RULES.cohort) if is_named else [])
