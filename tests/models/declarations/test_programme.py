"""programme.toml: contradictions in it, and with the dictionary, are named by file, table and key."""

import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi.errors import DeclarationError
from tests.made_up.small_programme import PROGRAMME, RULES, programme_of, write_declarations


def _changed(old, new):
    """The small programme's text with the first `old` replaced."""
    assert old in PROGRAMME
    return PROGRAMME.replace(old, new, 1)


APPLIED_ON_THE_DAY_OF_SCORING = {
    "cohort": "cohort",
    "floor.rules": "floor.ABOVE_LINE.rules",
    "protected.rules": "protected.ONLY_ELDERLY.rules",
    "flags.rules": "flags.NO_LAND.rules",
    "referrals.rules": "referrals.PENA.rules",
}
"""Tables of conditions, and the name under which a fault in the last entry of each is reported."""


def _with_condition(table, condition):
    """The small programme's text with one more condition in the last entry of `table`."""
    before, mark, after = PROGRAMME.rpartition(f"[[{table}]]\n")
    if not mark:
        return f"{PROGRAMME}\n[[{table}]]\n{condition}\n"
    return f"{before}{mark}{condition}\n[[{table}]]\n{after}"


BANDS = "[bands]\nready = 0.40\nnearly = 0.20\n"
CONTRADICTIONS = [
    (_changed('name = "small"', 'name = "small"\nquota = 3'), "[programme] quota: unknown key"),
    (_changed("quota_per_mentor = 3", "quota_per_mentor = 0"), "[programme] quota_per_mentor:"),
    (_changed("max_data_age_days = 200", ""), "[programme] max_data_age_days: required"),
    (
        _changed("quota_per_mentor = 3", 'quota_per_mentor = "3"'),
        "[programme] quota_per_mentor: Input should be a valid integer",
    ),
    (
        _changed("quota_per_mentor = 3", "quota_per_mentor = true"),
        "[programme] quota_per_mentor: Input should be a valid integer",
    ),
    (
        _changed('code = "ONLY_ELDERLY"', 'code = "FED"'),
        "[protected] FED: a floor rule has this code; scores tell what stands in the way by code",
    ),
    (_changed("ready = 0.40", 'ready = "0.40"'), "[bands] ready: Input should be a valid number"),
    (_changed(BANDS, ""), "[bands]: required"),
    (_changed("ready = 0.40", "ready = 1.4"), "[bands] ready:"),
    (_changed("nearly = 0.20", "nearly = 0.50"), "[bands] nearly: must not be above ready"),
    (_changed('op = "=="\nvalue = true', 'op = "="\nvalue = true'), "[cohort.0] op:"),
    (_changed('field = "receives_aid"', 'field = "receives"'), "[cohort] field: receives is not in the dictionary"),
    *(
        (_with_condition(table, 'field = "graduated"\nop = "known"'), f"[{fault_table}] field: graduated is an outcome")
        for table, fault_table in APPLIED_ON_THE_DAY_OF_SCORING.items()
    ),
    (
        _with_condition("cohort", 'field = "income_idr"\nop = ">="\nvalue_field = "graduated"'),
        "[cohort] value_field: graduated is an outcome",
    ),
    *(
        (
            _with_condition(table, 'field = "income"\nop = "known"'),
            f"[{fault_table}] field: income is not in the dictionary",
        )
        for table, fault_table in (APPLIED_ON_THE_DAY_OF_SCORING | {"harm.rules": "harm.rules"}).items()
    ),
    (_changed('op = "=="\nvalue = true', 'op = "=="\nvalue = 1'), "[cohort] value: receives_aid is true or false"),
    (_changed('op = "=="\nvalue = true', 'op = "=="'), "[cohort] value: give either value or value_field"),
    (_changed('op = "=="\nvalue = true', 'op = "known"\nvalue = true'), "[cohort] op: known takes no value"),
    (_changed('op = "=="\nvalue = true', 'op = "=="\nvalue = nan'), "[cohort] value: receives_aid is true or false"),
    (
        _with_condition("cohort", 'field = "members"\nop = ">="\nvalue = nan'),
        "[cohort] value: a finite number; unknown is asked for",
    ),
    (_with_condition("cohort", 'field = "members"\nop = ">="\nvalue = inf'), "[cohort] value: a finite number"),
    (
        _with_condition("cohort", 'field = "income_idr"\nop = ">="\nvalue_field = "line_idr"\nfactor = nan'),
        "[cohort] factor: a finite number",
    ),
    (_changed('op = "=="\nvalue = true', 'op = "in"\nvalue = true'), "[cohort] value: in takes a list"),
    (_changed('op = "=="\nvalue = true', 'op = "=="\nvalue = [true]'), "[cohort] value: == takes one value"),
    (
        _changed('field = "receives_aid"\nop = "=="\nvalue = true', 'field = "floor"\nop = "<"\nvalue = "tile"'),
        "[cohort] op: floor has no order",
    ),
    (
        _changed('field = "receives_aid"\nop = "=="\nvalue = true', 'field = "floor"\nop = "=="\nvalue = "marble"'),
        "[cohort] value: floor is one of",
    ),
    (
        _changed('value_field = "line_idr"\nfactor = 1.2', 'value_field = "line"'),
        "[labels.held.rules] value_field: line is not in the dictionary",
    ),
    (
        _changed('value_field = "line_idr"\nfactor = 1.2', 'value_field = "floor"'),
        "[labels.held.rules] value_field: compare two numbers",
    ),
    (
        _changed('op = ">="\nvalue_field = "line_idr"\nfactor = 1.2', 'op = "in"\nvalue_field = "line_idr"'),
        "[labels.held.rules] value_field: compare two numbers",
    ),
    (
        _changed('value_field = "line_idr"\nfactor = 1.2', 'value_field = "line_idr"\nvalue = 3'),
        "[labels.held.rules] value: give either value or value_field",
    ),
    (
        _changed('op = ">="\nvalue_field = "line_idr"\nfactor = 1.2', 'op = "known"\nvalue_field = "line_idr"'),
        "[labels.held.rules] op: known takes no value",
    ),
    (_changed('kind = "snapshots"', 'kind = "photos"'), "[labels] 0:"),
    (_changed("hold = 2", "hold = 0"), "[labels.0.snapshots] hold:"),
    (
        _changed('column = "graduated"', 'column = "missed_meals"'),
        "[labels.given] column: missed_meals is not a boolean field of kind outcome",
    ),
    (
        _changed('undone_by = ["re_entered"]', 'undone_by = ["graduated"]'),
        "[labels.stayed_out] event: graduated cannot also undo",
    ),
    (
        _changed('competing = ["exited_naturally", "moved_or_died"]', 'competing = ["graduated"]'),
        "[labels.stayed_out] event: graduated cannot also undo or compete",
    ),
    (
        _changed('returns = ["re_entered"]', 'returns = ["graduated"]'),
        "[programme] ends, returns: graduated cannot be both",
    ),
    (_changed('code = "ABOVE_LINE"', 'code = "FED"'), "[floor] FED: stands twice"),
    (_changed(', en = "The family had enough to eat"', ""), "[floor.FED] text.en: required"),
    (_changed(', en = "PENA (business)"', ""), "[referrals.PENA] text.en: required"),
    (_changed('levers = ["income_idr"]', 'levers = ["members"]'), "[referrals.PENA] levers: members is not a lever"),
    (
        _changed('groups = ["missed_meals", "area_code"]', 'groups = ["income_idr"]'),
        "[evaluation] groups: income_idr is not",
    ),
    (_changed('name = "stayed_out"', 'name = "held"'), "[labels] held: stands twice"),
    (_changed(BANDS, BANDS + "[drift]\npsi_limit = 0.1\n"), "[drift] psi_limit: unknown key"),
    (_changed(BANDS, BANDS + "[drift]\nmin_rows = 5\n"), "[drift] min_rows:"),
]


@pytest.mark.parametrize(("text", "message"), CONTRADICTIONS, ids=[message for _, message in CONTRADICTIONS])
def test_a_contradiction_is_named_by_file_table_and_key(text, message):
    with pytest.raises(DeclarationError) as refusal:
        programme_of(text)
    assert any(reason.startswith(f"programme.toml: {message}") for reason in refusal.value.reasons), (
        refusal.value.reasons
    )


def test_all_contradictions_are_reported_at_once():
    text = _changed('code = "ABOVE_LINE"', 'code = "FED"').replace("nearly = 0.20", "nearly = 0.50")
    with pytest.raises(DeclarationError) as refusal:
        programme_of(text)
    assert len(refusal.value.reasons) == 2


def test_only_programme_one_label_and_bands_are_required():
    text = (
        '[programme]\nname="a"\nversion="1"\nquota_per_mentor=1\nmax_data_age_days=9\n[[labels]]\nname="l"\nkind="column"\ncolumn="graduated"\n'
        + BANDS
    )
    assert programme_of(text).target.name == "l"


def test_the_first_label_is_the_target():
    assert RULES.target.name == "held"


def test_the_first_event_label_that_something_undoes_defines_relapse():
    assert RULES.relapse_label.name == "stayed_out"
    assert programme_of(_changed('undone_by = ["re_entered"]', "undone_by = []")).relapse_label is None


def test_a_programme_carries_the_text_of_its_file(tmp_path):
    dictionary, programme = write_declarations(tmp_path)
    assert read_programme(programme, read_dictionary(dictionary)).text == PROGRAMME


PKH = read_programme(default_programme(), read_dictionary(default_dictionary()))


def test_the_shipped_programme_asks_for_ten_families_a_mentor_among_those_who_receive_pkh():
    assert PKH.quota_per_mentor == 10
    assert [(rule.field, rule.op, rule.value) for rule in PKH.cohort] == [("receives_pkh", "==", True)]


def test_every_shipped_rule_has_a_source_and_both_languages():
    for rule in (*PKH.floor, *PKH.protected, *PKH.flags):
        assert set(rule.text) == {"id", "en"}, rule.code
        assert rule.source or rule.needs_check, rule.code


def test_shipped_labels_take_natural_exits_as_competing_never_as_graduation():
    events = [label for label in PKH.labels if label.kind == "event"]
    assert events
    assert all("exited_naturally" in label.competing and label.event != "exited_naturally" for label in events)


def test_the_shipped_programme_has_a_floor_a_protection_flags_and_referrals():
    assert all((PKH.floor, PKH.protected, PKH.flags, PKH.referrals))


def test_the_limits_for_promotion_have_defaults_and_can_be_set():
    assert programme_of(PROGRAMME).promotion.max_loss == 0.02
    assert programme_of(PROGRAMME + "\n[promotion]\nmax_loss = 0.01\n").promotion.max_loss == 0.01
    with pytest.raises(DeclarationError, match=r"\[promotion\] calibration_slope_min"):
        programme_of(PROGRAMME + "\n[promotion]\ncalibration_slope_min = 2\n")


def test_a_list_with_one_wrong_entry_is_not_also_called_too_short():
    first, mark, rest = PROGRAMME.partition("[[labels.rules]]\n")
    with pytest.raises(DeclarationError) as refusal:
        programme_of(first + mark + rest.replace('op = "', 'op = "=>', 1))
    (reason,) = refusal.value.reasons
    assert "[labels.0.snapshots.rules.0] op:" in reason
