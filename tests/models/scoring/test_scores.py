"""From snapshots to a scores table: what is unknown to a rule, and what the latest visit left unknown."""

from graduasi.scoring.scores import score_rows, to_table
from tests.made_up.learned_model import UnsavedBundle, candidate
from tests.made_up.small_programme import (
    DECLARED,
    DICTIONARY,
    PROGRAMME,
    declared,
    dictionary_of,
    household,
    panel_of,
    programme_of,
)

REFERRAL_WITHOUT_DEBT = PROGRAMME + '[[referrals.rules]]\nfield = "debt_idr"\nop = "=="\nvalue = 0\n'


def _score_table(panel, day, declarations=DECLARED):
    """The scores of every household of the panel, by a model whose scores do not matter here."""
    bundle = UnsavedBundle(declarations, candidate("logistic"), "test", None)
    return to_table(score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle), bundle)


def test_rules_that_block_because_something_is_unknown_are_named():
    panel = panel_of(
        household("met"),
        household("unknown", missed_meals=None, all_elderly=None),
        household("unmet", missed_meals=True, all_elderly=True),
    )
    table = _score_table(panel, int(panel.as_of[0]))
    assert table["blocking"].to_pylist() == [[], ["FED", "ONLY_ELDERLY"], ["FED", "ONLY_ELDERLY"]]
    assert table["unknown_rules"].to_pylist() == [[], ["FED", "ONLY_ELDERLY"], []]


def test_fields_that_the_latest_visit_left_unknown_are_named_and_make_a_snapshot_incomplete():
    panel = panel_of(
        household("complete"),
        household("earlier", "2020-12-01"),
        household("earlier", debt_idr=None, work=None),
        household("not a feature", line_idr=None),
    )
    table = _score_table(panel, int(panel.as_of.max()))
    assert table["missing_fields"].to_pylist() == [[], ["debt_idr", "work"], []]
    assert table["is_complete"].to_pylist() == [True, False, True]


def test_a_value_that_is_not_known_yet_on_the_day_of_scoring_is_missing():
    late_debt = dictionary_of(DICTIONARY.replace("[fields.debt_idr]", "[fields.debt_idr]\nlag_days = 90"))
    panel = panel_of(household())
    tables = [_score_table(panel, int(panel.as_of[0]) + days, declared(late_debt)) for days in (0, 89, 90)]
    assert [table["missing_fields"].to_pylist() for table in tables] == [[["debt_idr"]], [["debt_idr"]], [[]]]


def test_an_unknown_flag_is_not_shown_and_a_programme_of_unknown_eligibility_is_not_ruled_out():
    panel = panel_of(
        household("met", members=1, debt_idr=0.0),
        household("unknown", members=None, debt_idr=None),
        household("unmet", members=2, debt_idr=1.0),
    )
    without_debt = declared(programme=programme_of(REFERRAL_WITHOUT_DEBT))
    table = _score_table(panel, int(panel.as_of[0]), without_debt)
    assert table["flags"].to_pylist() == [["NATURAL_EXIT_SOON"], [], []]
    assert table["eligible_referrals"].to_pylist() == [["PENA"], ["PENA"], []]
