"""A mentor's list: only ready families up to the places left, visits apart, protected families never."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.commands.lists import shortfalls
from graduasi.declarations.words import counted
from graduasi.errors import PanelError
from graduasi.lists.list_files import write_lists
from graduasi.lists.quota_used import read_used
from graduasi.lists.ranking import LISTED, MentorList
from tests.made_up.score_rows import CHANCES, REASONS, list_of, lists_of, scored

BANDS = ("protected", "stale", "unsure", "ready", "nearly", "not_yet")


def _names(mentor, section="propose"):
    return [entry.household_id for entry in mentor.section(section)]


def test_the_highest_scores_are_proposed_up_to_the_quota_and_equals_in_order_of_identifier():
    mentor = list_of(scored("D", score=0.6), scored("C", score=0.6), scored("A", score=0.5), scored("B", score=0.9))
    assert _names(mentor) == ["B", "C", "D"]
    assert [entry.rank for entry in mentor.section("propose")] == [1, 2, 3]
    assert mentor.shortfall is None


@pytest.mark.parametrize(("used", "proposed"), [(0, 3), (1, 2), (3, 0), (9, 0)])
def test_what_is_used_of_the_year_s_quota_is_taken_off(used, proposed):
    mentor = list_of(*(scored(name) for name in "ABCDE"), used={"M1": used, "M2": 3})
    assert len(_names(mentor)) == mentor.places == proposed


@pytest.mark.parametrize("band", BANDS)
def test_only_ready_families_are_proposed_and_only_unsure_and_stale_ones_visited_first(band):
    mentor = list_of(scored("A", band, 0.9))
    assert bool(_names(mentor)) is (band == "ready")
    assert bool(_names(mentor, "visit_first")) is (band in ("unsure", "stale"))


def test_visits_are_at_most_the_quota_again_most_promising_first_whatever_is_used():
    rows = [scored(name, "unsure" if place % 2 else "stale", 0.1 * place) for place, name in enumerate("ABCDE")]
    assert _names(list_of(*rows, used={"M1": 3}), "visit_first") == ["E", "D", "C"]


@pytest.mark.parametrize(
    ("band", "score", "told"),
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
def test_strong_families_that_a_rule_holds_back_are_told_apart(band, score, told):
    assert bool(_names(list_of(scored("A", band, score)), "do_not_push")) is told


def test_families_that_leave_naturally_soon_are_told_apart():
    assert _names(
        list_of(scored("A", "not_yet", 0.1, flags=["NATURAL_EXIT_SOON"]), scored("B", flags=["NO_LAND"])),
        "natural_exit_soon",
    ) == ["A"]


@pytest.mark.parametrize(
    ("band", "section"),
    [("ready", "propose"), ("stale", "visit_first"), ("protected", "do_not_push"), ("not_yet", "natural_exit_soon")],
)
def test_a_family_that_leaves_naturally_soon_stands_once_and_its_flag_says_so(band, section):
    (found,) = list_of(scored("A", band, flags=["NATURAL_EXIT_SOON"])).entries
    assert found.section == section
    assert found.flags == ("Will leave naturally soon",)


def test_whom_the_limits_leave_out_is_still_told_to_leave_naturally_soon():
    mentor = list_of(*(scored(name, flags=["NATURAL_EXIT_SOON"]) for name in "ABCD"), quota=3)
    assert (_names(mentor), _names(mentor, "natural_exit_soon")) == (["A", "B", "C"], ["D"])


@pytest.mark.parametrize("section", ["do_not_push", "natural_exit_soon"])
def test_what_is_only_told_has_no_limit(section):
    rows = [scored(f"P{n}", "protected") for n in range(9)]
    rows += [scored(f"N{n}", "not_yet", 0.1, flags=["NATURAL_EXIT_SOON"]) for n in range(9)]
    mentor = list_of(*rows, quota=2)
    assert len(mentor.section(section)) == 9


def test_what_the_latest_visit_left_unknown_is_named():
    (found,) = list_of(scored("A", "unsure", missing_fields=["income_idr", "work"]), language="id").entries
    assert found.missing == ("Penghasilan", "Pekerjaan")


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
        scored(f"K{place:02}", band, score / 20, mentor=mentor) for place, (band, score, mentor) in enumerate(drawn)
    ]
    lists = lists_of(*rows, quota=quota, used={"M1": used})
    assert {mentor.mentor_id for mentor in lists} == {row["mentor_id"] or "" for row in rows}
    for mentor in lists:
        assert len(_names(mentor)) <= mentor.places
        assert len(_names(mentor, "visit_first")) <= quota
        assert {entry.band for entry in mentor.section("propose")} <= {"ready"}
        assert "protected" not in {entry.band for section in LISTED for entry in mentor.section(section)}
        assert len({entry.household_id for entry in mentor.entries}) == len(mentor.entries)
        assert (mentor.shortfall is None) == (len(_names(mentor)) == mentor.places > 0)


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_shortfall_says_how_many_how_many_were_asked_for_and_what_the_others_are(language):
    rows = [scored("A"), scored("B", "unsure"), scored("C", "stale"), scored("D", "protected", 0.7)]
    said = list_of(*rows, language=language).shortfall
    assert [word for word in re.split(r"\W+", said) if word.isdecimal()] == ["1", "3", "2", "1"]
    assert "{" not in said
    assert "  " not in said


def test_a_used_up_quota_is_said():
    assert list_of(scored("A"), used={"M1": 3}).shortfall == "All 3 places of this year are used."


@pytest.mark.parametrize("language", ["id", "en"])
def test_sentences_are_ready_to_be_read(language):
    row = scored("A", "unsure", blocking=["FED", "ONLY_ELDERLY"], flags=["NO_LAND"])
    (entry,) = list_of(row, language=language).section("visit_first")
    sentences = [*entry.helps, *entry.hinders, *entry.conditions, *entry.protections, *entry.flags, *entry.referrals]
    assert len(sentences) == 6
    assert not any("{" in sentence or "_" in sentence for sentence in sentences)


def test_a_rule_that_stands_in_the_way_because_something_is_unknown_says_so(tmp_path):
    row = scored("A", "unsure", blocking=["FED", "ABOVE_LINE", "ONLY_ELDERLY"], unknown_rules=["FED", "ONLY_ELDERLY"])
    mentor = list_of(row)
    (entry,) = mentor.section("visit_first")
    assert entry.conditions == ("The family had enough to eat (not known)", "Above the poverty line (not met)")
    assert entry.protections == ("Protected: everyone is elderly (not known)",)
    write_lists(tmp_path / "list.csv", [mentor], language="en", synthetic=False)
    assert "eat (not known); Above the poverty line (not met); Protected" in (tmp_path / "list.csv").read_text()


def test_what_nothing_helps_is_said():
    (entry,) = list_of(scored("A", reasons=[])).entries
    assert entry.helps == ("Nothing stands out yet.",)
    assert entry.hinders == ()


@pytest.mark.parametrize(
    ("change", "referred"),
    [
        ({}, True),
        ({"direction": "helps"}, False),
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


def test_mentors_whose_lists_are_short_for_the_same_reason_are_told_once():
    lists = [MentorList(name, 3, 0, (), "Nobody.") for name in ("M1", "M2")] + [MentorList("M3", 3, 0, (), "One.")]
    assert shortfalls(lists) == ["2 mentors: Nobody.", "M3: One."]


def test_of_many_reasons_for_short_lists_the_most_shared_are_told_and_the_others_counted():
    reasons = ["a", "b", "c", "c", "d", "e"]
    lists = [MentorList(f"M{place}", 10, 0, (), why) for place, why in enumerate(reasons)]
    assert [line.partition(":")[0] for line in shortfalls(lists)[:3]] == ["2 mentors", "M0", "M1"]
    assert shortfalls(lists)[3].startswith("2 other lists are shorter")
    assert [counted(n, "mentor", "mentors") for n in (0, 1, 1200)] == ["0 mentors", "1 mentor", "1,200 mentors"]


@pytest.mark.parametrize(
    ("content", "used"),
    [
        ("mentor_id,used\nM1,3\nM2,0\n", {"M1": 3, "M2": 0}),
        ("\ufeffmentor_id,used\nM1,3\n", {"M1": 3}),
        ("used,mentor_id\n 3 ,M1\n", {"M1": 3}),
    ],
)
def test_used_places_are_read_by_mentor(tmp_path, content, used):
    (tmp_path / "used.csv").write_text(content, encoding="utf-8")
    assert read_used(tmp_path / "used.csv") == used


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("mentor_id\nM1\n", "needs the columns"), ("mentor,used\nM1,3\n", "needs the columns"), ("mentor_id,used\nM1,-1\n", "row 1"),
        ("mentor_id,used\nM1,1.5\n", "row 1"), ("mentor_id,used\nM1,1\nM1,2\n", "row 2"), ("mentor_id,used\nM1,\n", "row 1"), ("", "needs the columns"),
        ("mentor_id,quota\nM1,3\n", "needs the columns"), ("mentor_id,used\n,3\n", "mentor_id: empty"), ("mentor_id,used\nM1\n", "row 1"),
    ],
)  # fmt: skip
def test_a_bad_file_of_used_places_is_refused_by_row(tmp_path, content, said):
    (tmp_path / "used.csv").write_text(content, encoding="utf-8")
    with pytest.raises(PanelError, match=said):
        read_used(tmp_path / "used.csv")


def test_an_entry_has_the_interval_and_the_relapse_risk_of_its_scores_and_none_where_they_have_none():
    known, unknown = list_of(scored("A", **CHANCES), scored("B")).entries
    assert {name: getattr(known, name) for name in CHANCES} == CHANCES
    assert {name: getattr(unknown, name) for name in CHANCES} == dict.fromkeys(CHANCES)
