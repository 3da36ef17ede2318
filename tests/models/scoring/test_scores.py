"""From snapshots to a scores table: what is unknown to a rule."""

from graduasi.scoring.scores import score_rows, to_table
from tests.made_up.learned_model import Made, candidate
from tests.made_up.small_programme import DECLARED, PROGRAMME, declared, household, panel_of, programme_of

WITHOUT_DEBT = PROGRAMME + '[[referrals.rules]]\nfield = "debt_idr"\nop = "=="\nvalue = 0\n'


def test_rules_that_block_because_something_is_unknown_are_named():
    bundle = Made(DECLARED, candidate("logistic"), "test", None)
    panel = panel_of(
        household("met"),
        household("unknown", missed_meals=None, all_elderly=None),
        household("unmet", missed_meals=True, all_elderly=True),
    )
    day = int(panel.as_of[0])
    table = to_table(score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle), bundle)
    assert table["blocking"].to_pylist() == [[], ["FED", "ONLY_ELDERLY"], ["FED", "ONLY_ELDERLY"]]
    assert table["unknown_rules"].to_pylist() == [[], ["FED", "ONLY_ELDERLY"], []]


def test_an_unknown_flag_is_not_shown_and_an_unknown_eligibility_rules_no_programme_out():
    bundle = Made(declared(programme=programme_of(WITHOUT_DEBT)), candidate("logistic"), "test", None)
    panel = panel_of(
        household("met", members=1, debt_idr=0.0),
        household("unknown", members=None, debt_idr=None),
        household("unmet", members=2, debt_idr=1.0),
    )
    day = int(panel.as_of[0])
    table = to_table(score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle), bundle)
    assert table["flags"].to_pylist() == [["NATURAL_EXIT_SOON"], [], []]
    assert table["eligible_referrals"].to_pylist() == [["PENA"], ["PENA"], []]
