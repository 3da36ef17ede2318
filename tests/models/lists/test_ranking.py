"""A mentor's list: only ready families, up to the places left; visits apart from them; protected families never."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.commands.lists import shortfalls
from graduasi.declarations.words import counted
from graduasi.lists.entries import LISTED
from graduasi.lists.list_files import write_lists
from graduasi.lists.ranking import MentorList
from tests.made_up.score_rows import CHANCES, REASONS, list_of, lists_of, scored

BANDS = ("protected", "stale", "unsure", "ready", "nearly", "not_yet")


def _ids(mentor, section="propose"):
    return [entry.household_id for entry in mentor.section(section)]


def test_the_highest_scores_are_proposed_up_to_the_quota_and_equals_in_order_of_identifier():
    mentor = list_of(scored("D", score=0.6), scored("C", score=0.6), scored("A", score=0.5), scored("B", score=0.9))
    assert _ids(mentor) == ["B", "C", "D"]
    assert [entry.rank for entry in mentor.section("propose")] == [1, 2, 3]
    assert mentor.shortfall is None


@pytest.mark.parametrize(("used", "proposed"), [(0, 3), (1, 2), (3, 0), (9, 0)])
def test_what_is_used_of_the_year_s_quota_is_taken_off(used, proposed):
    mentor = list_of(*(scored(name) for name in "ABCDE"), used={"M1": used, "M2": 3})
    assert len(_ids(mentor)) == mentor.places == proposed


@pytest.mark.parametrize("band", BANDS)
def test_only_ready_families_are_proposed_and_only_unsure_and_stale_ones_visited_first(band):
    mentor = list_of(scored("A", band, 0.9))
    assert bool(_ids(mentor)) is (band == "ready")
    assert bool(_ids(mentor, "visit_first")) is (band in ("unsure", "stale"))


def test_visits_are_at_most_the_quota_again_most_promising_first_whatever_is_used():
    rows = [scored(name, "unsure" if number % 2 else "stale", 0.1 * number) for number, name in enumerate("ABCDE")]
    assert _ids(list_of(*rows, used={"M1": 3}), "visit_first") == ["E", "D", "C"]


@pytest.mark.parametrize(
    ("band", "score", "expected"),
    [
        ("protected", 0.9, True),
        ("nearly", 0.9, True),
        ("nearly", 0.4, True),
        ("nearly", 0.3999, False),
        ("protected", 0.4, True),
        ("protected", 0.3999, False),
        ("ready", 0.9, False),
    ],
)
def test_strong_families_that_a_rule_holds_back_have_a_section_of_their_own(band, score, expected):
    assert bool(_ids(list_of(scored("A", band, score)), "do_not_push")) is expected


def test_families_that_leave_naturally_soon_have_a_section_of_their_own():
    flagged = {"A": "NATURAL_EXIT_SOON", "B": "NO_LAND", "C": "NATURAL_EXIT_NEXT_YEAR", "D": "NO_NATURAL_EXIT"}
    mentor = list_of(*(scored(name, "not_yet", 0.1, flags=[flag]) for name, flag in flagged.items()))
    assert _ids(mentor, "natural_exit_soon") == ["C", "A"]


def test_of_those_who_leave_naturally_the_weakest_come_first():
    rows = [
        scored(name, "not_yet", score, flags=["NATURAL_EXIT_SOON"])
        for name, score in (("A", 0.3), ("B", 0.1), ("C", 0.2))
    ]
    assert _ids(list_of(*rows), "natural_exit_soon") == ["B", "C", "A"]


@pytest.mark.parametrize(
    ("score", "flags", "section"),
    [
        (0.4, [], "do_not_push"),
        (0.3999, [], None),
        (0.4, ["NATURAL_EXIT_SOON"], "do_not_push"),
        (0.1, ["NATURAL_EXIT_SOON"], "natural_exit_soon"),
        (0.1, ["NO_LAND"], None),
    ],
)
def test_a_protected_family_is_shown_only_for_its_high_score_or_its_natural_exit(score, flags, section):
    entries = list_of(scored("A", "protected", score, flags=flags)).entries
    assert [entry.section for entry in entries] == ([] if section is None else [section])


@pytest.mark.parametrize(
    ("band", "section"),
    [("ready", "propose"), ("stale", "visit_first"), ("protected", "do_not_push"), ("not_yet", "natural_exit_soon")],
)
def test_a_family_that_leaves_naturally_soon_stands_once_and_its_flag_says_so(band, section):
    (entry,) = list_of(scored("A", band, flags=["NATURAL_EXIT_SOON"])).entries
    assert entry.section == section
    assert entry.flags == ("Will leave naturally soon",)


@pytest.mark.parametrize("used", [0, 3])
def test_ready_families_beyond_the_places_are_all_there_in_a_part_of_their_own(used):
    mentor = list_of(*(scored(name, flags=["NATURAL_EXIT_SOON"]) for name in "ABCDE"), quota=3, used={"M1": used})
    assert _ids(mentor) + _ids(mentor, "also_ready") == ["A", "B", "C", "D", "E"]
    assert len(_ids(mentor)) == 3 - used
    assert _ids(mentor, "natural_exit_soon") == []


def test_no_visit_is_spent_on_a_family_that_a_known_condition_keeps_from_being_ready():
    rows = [
        scored("A", "unsure", 0.5, blocking=["FED", "ABOVE_LINE"], unknown_rules=["FED"]),
        scored("B", "unsure", 0.5, blocking=["FED"], unknown_rules=["FED"]),
        scored("C", "stale", 0.5, blocking=["ABOVE_LINE"]),
    ]
    mentor = list_of(*rows)
    assert (_ids(mentor, "visit_first"), _ids(mentor, "do_not_push")) == (["B", "C"], ["A"])
    assert "something is unknown or old: 2." in mentor.shortfall


def test_what_an_unknown_condition_asks_for_is_named_first_among_what_is_unknown():
    row = scored(
        "A", "unsure", blocking=["ABOVE_LINE"], unknown_rules=["ABOVE_LINE"], missing_fields=["work", "income_idr"]
    )
    (entry,) = list_of(row, language="en").entries
    assert entry.missing == ("Income", "Work")


@pytest.mark.parametrize("section", ["do_not_push", "natural_exit_soon"])
def test_sections_that_are_not_listed_have_no_limit(section):
    rows = [scored(f"P{n}", "protected") for n in range(9)]
    rows += [scored(f"N{n}", "not_yet", 0.1, flags=["NATURAL_EXIT_SOON"]) for n in range(9)]
    mentor = list_of(*rows, quota=2)
    assert len(mentor.section(section)) == 9


def test_fields_that_the_latest_visit_left_unknown_are_named():
    (entry,) = list_of(scored("A", "unsure", missing_fields=["income_idr", "work"]), language="id").entries
    assert entry.missing == ("Penghasilan", "Pekerjaan")


@given(
    st.lists(
        st.tuples(st.sampled_from(BANDS), st.integers(0, 20), st.sampled_from(["M1", "M2", None])),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 5),
    st.integers(0, 6),
)
def test_no_list_ever_proposes_too_many_or_lists_a_protected_family(drawn, quota, used):
    rows = [
        scored(f"K{number:02}", band, score / 20, mentor=mentor) for number, (band, score, mentor) in enumerate(drawn)
    ]
    lists = lists_of(*rows, quota=quota, used={"M1": used})
    assert {mentor.mentor_id for mentor in lists} == {row["mentor_id"] or "" for row in rows}
    for mentor in lists:
        assert len(_ids(mentor)) <= mentor.places
        assert len(_ids(mentor, "visit_first")) <= quota
        assert {entry.band for entry in mentor.section("propose")} <= {"ready"}
        assert "protected" not in {entry.band for section in LISTED for entry in mentor.section(section)}
        assert len({entry.household_id for entry in mentor.entries}) == len(mentor.entries)
        assert (mentor.shortfall is None) == (len(_ids(mentor)) == mentor.places > 0)


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_shortfall_counts_the_proposed_the_places_left_those_to_visit_and_those_held_back(language):
    rows = [scored("A"), scored("B", "unsure"), scored("C", "stale"), scored("D", "protected", 0.7)]
    sentence = list_of(*rows, language=language).shortfall
    assert [word for word in re.split(r"\W+", sentence) if word.isdecimal()] == ["1", "3", "2", "1"]
    assert "{" not in sentence
    assert "  " not in sentence


def test_a_used_up_quota_is_the_reason_for_a_shortfall():
    assert list_of(scored("A"), used={"M1": 3}).shortfall == (
        "This year's target of 3 families is reached. Other families that are ready and willing may still be proposed."
    )


@pytest.mark.parametrize("language", ["id", "en"])
def test_sentences_are_ready_to_be_read(language):
    unknown = ["FED", "ONLY_ELDERLY"]
    row = scored("A", "unsure", blocking=unknown, unknown_rules=unknown, flags=["NO_LAND"])
    (entry,) = list_of(row, language=language).section("visit_first")
    sentences = [*entry.helps, *entry.hinders, *entry.conditions, *entry.protections, *entry.flags, *entry.referrals]
    assert len(sentences) == 6
    assert not any("{" in sentence or "_" in sentence for sentence in sentences)


def test_a_rule_that_blocks_because_something_is_unknown_says_so(tmp_path):
    row = scored("A", "stale", blocking=["FED", "ABOVE_LINE", "ONLY_ELDERLY"], unknown_rules=["FED", "ONLY_ELDERLY"])
    mentor = list_of(row)
    (entry,) = mentor.section("visit_first")
    assert entry.conditions == ("The family had enough to eat (not known)", "Above the poverty line (not met)")
    assert entry.protections == ("Protected: everyone is elderly (not known)",)
    write_lists(tmp_path / "list.csv", [mentor], language="en", synthetic=False)
    assert "eat (not known); Above the poverty line (not met); Protected" in (tmp_path / "list.csv").read_text()


def test_a_family_that_nothing_helps_has_a_sentence_that_says_so():
    (entry,) = list_of(scored("A", reasons=[])).entries
    assert entry.helps == ("Nothing stands out yet.",)
    assert entry.hinders == ()


def test_a_family_whose_every_strength_fell_is_not_said_to_have_none():
    fell = {
        "field": "income_idr",
        "value": "2000000",
        "as_of": "2026-10-01",
        "earlier_value": "4000000",
        "earlier_as_of": "2026-07-01",
    }
    reason = REASONS[1] | {"direction": "helps", "contribution": 0.3, "value": "2000000"}
    (entry,) = list_of(scored("A", reasons=[reason], earlier_values=[fell])).entries
    assert entry.helps == ()
    assert "down from Rp4,000,000" in entry.hinders[0]


@pytest.mark.parametrize(
    ("change", "referred"),
    [
        ({}, True),
        ({"direction": "helps", "contribution": 0.3}, False),
        ({"kind": "context"}, False),
        ({"feature": "income_idr__mean"}, True),
        ({"feature": "debt_idr"}, False),
    ],
)
def test_a_lever_that_holds_back_is_referred_to_a_programme(change, referred):
    (entry,) = list_of(scored("A", reasons=[REASONS[1] | change])).entries
    assert entry.referrals == (("PENA (business)",) if referred else ())


def test_a_programme_that_the_family_is_not_eligible_for_is_not_named():
    (entry,) = list_of(scored("A", eligible_referrals=[])).entries
    assert entry.referrals == ()


def test_mentors_whose_lists_are_short_for_the_same_reason_share_one_sentence():
    lists = [MentorList(name, 3, 0, (), "Nobody.") for name in ("M1", "M2")] + [MentorList("M3", 3, 0, (), "One.")]
    assert shortfalls(lists) == ["2 mentors: Nobody.", "M3: One."]


def test_of_many_reasons_for_short_lists_the_most_shared_are_named_and_the_others_counted():
    reasons = ["a", "b", "c", "c", "d", "e"]
    lists = [MentorList(f"M{number}", 10, 0, (), reason) for number, reason in enumerate(reasons)]
    assert [line.partition(":")[0] for line in shortfalls(lists)[:3]] == ["2 mentors", "M0", "M1"]
    assert shortfalls(lists)[3].startswith("2 other lists are shorter")
    assert [counted(n, "mentor", "mentors") for n in (0, 1, 1200)] == ["0 mentors", "1 mentor", "1,200 mentors"]


def test_an_entry_has_the_interval_and_the_relapse_risk_of_its_scores_and_none_where_they_have_none():
    with_chances, without = list_of(scored("A", **CHANCES), scored("B")).entries
    assert {name: getattr(with_chances, name) for name in CHANCES} == CHANCES
    assert {name: getattr(without, name) for name in CHANCES} == dict.fromkeys(CHANCES)


@pytest.mark.parametrize(
    ("language", "flag", "hinders"),
    [
        (
            "id",
            "Luas lahan: 30.000. Angka ini jauh di atas 2,4, batas yang terlihat pada data lama; periksa",
            "di luar kisaran biasa; periksa.",
        ),
        (
            "en",
            "Land: 30,000. This number is far above 2.4, the limit of what older data show; check it",
            "outside the usual range; check it.",
        ),
    ],
)
def test_a_number_far_from_what_training_saw_is_told_beside_the_family_and_in_its_reason(language, flag, hinders):
    far = [{"field": "land_ha", "side": "above", "value": "30000", "limit": "2.4"}]
    reason = {"feature": "land_ha", "kind": "context", "direction": "hinders", "contribution": -0.3, "value": "30000"}
    (entry,) = list_of(scored("A", far_numbers=far, reasons=[reason]), language=language).entries
    assert entry.flags[0].split(":")[1] == flag.split(":")[1]
    assert entry.facts[0].endswith(hinders)
