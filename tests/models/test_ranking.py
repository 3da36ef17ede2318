"""A mentor's list: only ready families up to the places left, visits apart, protected families never."""

import csv
import re
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.commands.lists import shortfalls
from graduasi.console import counted
from graduasi.errors import PanelError
from graduasi.list_files import COLUMNS, write_lists
from graduasi.ranking import LISTED, MentorList, build_lists
from graduasi.scoring import SCORES
from graduasi.used_places import read_used
from tests.models.small_programme import RULES, SMALL

BANDS = ("protected", "stale", "unsure", "ready", "nearly", "not_yet")
REASONS = [
    {"feature": "work", "kind": "lever", "direction": "helps", "contribution": 0.4, "value": "regular"},
    {"feature": "income_idr", "kind": "lever", "direction": "hinders", "contribution": -0.3, "value": "900000"},
]


def _row(household_id, band="ready", score=0.5, *, mentor="M1", **changes):
    row = dict.fromkeys(SCORES.names)
    row |= {
        "household_id": household_id, "as_of": date(2026, 10, 1), "mentor_id": mentor, "area_code": "32.01", "score": score, "margin": 0.0,
        "base_margin": 0.0, "band": band, "floor_passed": band == "ready", "blocking": [], "is_complete": True, "missing_fields": [], "flags": [],
        "reasons": REASONS, "other_contribution": 0.0, "model_version": "small-1-abc", "eligible_referrals": ["PENA"],
        "unknown_rules": [],
    }  # fmt: skip
    return row | changes


def _lists(*rows, quota=3, used=None, language="en"):
    scores = pa.Table.from_pylist(list(rows), schema=SCORES)
    return build_lists(scores, dictionary=SMALL, programme=RULES, quota=quota, used=used or {}, language=language)


def _one(*rows, **options):
    (mentor,) = _lists(*rows, **options)
    return mentor


def _names(mentor, section="propose"):
    return [entry.household_id for entry in mentor.section(section)]


def test_the_highest_scores_are_proposed_up_to_the_quota_and_equals_in_order_of_identifier():
    mentor = _one(_row("D", score=0.6), _row("C", score=0.6), _row("A", score=0.5), _row("B", score=0.9))
    assert _names(mentor) == ["B", "C", "D"]
    assert [entry.rank for entry in mentor.section("propose")] == [1, 2, 3]
    assert mentor.shortfall is None


@pytest.mark.parametrize(("used", "proposed"), [(0, 3), (1, 2), (3, 0), (9, 0)])
def test_what_is_used_of_the_year_s_quota_is_taken_off(used, proposed):
    mentor = _one(*(_row(name) for name in "ABCDE"), used={"M1": used, "M2": 3})
    assert len(_names(mentor)) == mentor.places == proposed


@pytest.mark.parametrize("band", BANDS)
def test_only_ready_families_are_proposed_and_only_unsure_and_stale_ones_visited_first(band):
    mentor = _one(_row("A", band, 0.9))
    assert bool(_names(mentor)) is (band == "ready")
    assert bool(_names(mentor, "visit_first")) is (band in ("unsure", "stale"))


def test_visits_are_at_most_the_quota_again_most_promising_first_whatever_is_used():
    rows = [_row(name, "unsure" if place % 2 else "stale", 0.1 * place) for place, name in enumerate("ABCDE")]
    assert _names(_one(*rows, used={"M1": 3}), "visit_first") == ["E", "D", "C"]


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
    assert bool(_names(_one(_row("A", band, score)), "do_not_push")) is told


def test_families_that_leave_naturally_soon_are_told_apart():
    assert _names(
        _one(_row("A", "not_yet", 0.1, flags=["NATURAL_EXIT_SOON"]), _row("B", flags=["NO_LAND"])), "natural_exit_soon"
    ) == ["A"]


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
    rows = [_row(f"K{place:02}", band, score / 20, mentor=mentor) for place, (band, score, mentor) in enumerate(drawn)]
    lists = _lists(*rows, quota=quota, used={"M1": used})
    assert {mentor.mentor_id for mentor in lists} == {row["mentor_id"] or "" for row in rows}
    for mentor in lists:
        assert len(_names(mentor)) <= mentor.places
        assert len(_names(mentor, "visit_first")) <= quota
        assert {entry.band for entry in mentor.section("propose")} <= {"ready"}
        assert "protected" not in {entry.band for section in LISTED for entry in mentor.section(section)}
        assert (mentor.shortfall is None) == (len(_names(mentor)) == mentor.places > 0)


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_shortfall_says_how_many_how_many_were_asked_for_and_what_the_others_are(language):
    rows = [_row("A"), _row("B", "unsure"), _row("C", "stale"), _row("D", "protected", 0.7)]
    said = _one(*rows, language=language).shortfall
    assert [word for word in re.split(r"\W+", said) if word.isdecimal()] == ["1", "3", "2", "1"]
    assert "{" not in said
    assert "  " not in said


def test_a_used_up_quota_is_said():
    assert _one(_row("A"), used={"M1": 3}).shortfall == "All 3 places of this year are used."


@pytest.mark.parametrize("language", ["id", "en"])
def test_sentences_are_ready_to_be_read(language):
    row = _row("A", "unsure", blocking=["FED", "ONLY_ELDERLY"], flags=["NO_LAND"])
    (entry,) = _one(row, language=language).section("visit_first")
    sentences = [*entry.helps, *entry.hinders, *entry.conditions, *entry.protections, *entry.flags, *entry.referrals]
    assert len(sentences) == 6
    assert not any("{" in sentence or "_" in sentence for sentence in sentences)


def test_a_rule_that_stands_in_the_way_because_something_is_unknown_says_so(tmp_path):
    row = _row("A", "unsure", blocking=["FED", "ABOVE_LINE", "ONLY_ELDERLY"], unknown_rules=["FED", "ONLY_ELDERLY"])
    mentor = _one(row)
    (entry,) = mentor.section("visit_first")
    assert entry.conditions == ("The family had enough to eat (not known)", "Above the poverty line (not met)")
    assert entry.protections == ("Protected: everyone is elderly (not known)",)
    write_lists(tmp_path / "list.csv", [mentor])
    assert "eat (not known); Above the poverty line (not met); Protected" in (tmp_path / "list.csv").read_text()


def test_what_nothing_helps_is_said():
    (entry,) = _one(_row("A", reasons=[])).entries
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
    (entry,) = _one(_row("A", reasons=[REASONS[1] | change])).entries
    assert entry.referrals == (("PENA (business)",) if referred else ())


def test_a_programme_that_the_family_is_not_eligible_for_is_not_named():
    (entry,) = _one(_row("A", eligible_referrals=[])).entries
    assert entry.referrals == ()


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_run_is_shown_as_text(tmp_path, name):
    write_lists(tmp_path / "list.csv", _lists(_row("K1", area_code=name)))
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["area_code"] == f"'{name}"


def test_a_list_file_has_the_documented_columns_ordered_by_mentor_section_and_rank(tmp_path):
    rows = [
        _row(name, band, mentor=mentor)
        for mentor in ("M2", "M1")
        for name, band in (("C", "unsure"), ("B", "ready"), ("A", "ready"), ("D", "protected"))
    ]
    rows = [row | {"household_id": row["mentor_id"] + row["household_id"]} for row in rows]
    write_lists(tmp_path / "list.csv", _lists(*rows))
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert tuple(written[0]) == COLUMNS
    assert [(row["household_id"], row["section"], row["rank"]) for row in written[:3]] == [
        ("M1A", "propose", "1"), ("M1B", "propose", "2"), ("M1C", "visit_first", "1"),
    ]  # fmt: skip
    assert [row["mentor_id"] for row in written] == ["M1"] * 3 + ["M2"] * 3


def test_a_page_escapes_what_it_is_given(tmp_path):
    write_lists(tmp_path / "list.html", _lists(_row("<script>alert(1)</script>")))
    page = (tmp_path / "list.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_spreadsheet_has_a_summary_that_says_why_a_list_is_short(tmp_path):
    import zipfile

    write_lists(tmp_path / "list.xlsx", _lists(_row("A"), _row("=1+1")))
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "only 2. Places left" in text
    assert "<f>" not in text


def test_mentors_whose_lists_are_short_for_the_same_reason_are_told_once():
    lists = [MentorList(name, 3, 0, (), "Nobody.") for name in ("M1", "M2")] + [MentorList("M3", 3, 0, (), "One.")]
    assert shortfalls(lists) == ["2 mentors: Nobody.", "M3: One."]


def test_of_many_reasons_for_short_lists_the_most_shared_are_told_and_the_others_counted():
    reasons = ["a", "b", "c", "c", "d", "e"]
    lists = [MentorList(f"M{place}", 10, 0, (), why) for place, why in enumerate(reasons)]
    assert [line.partition(":")[0] for line in shortfalls(lists)[:3]] == ["2 mentors", "M0", "M1"]
    assert shortfalls(lists)[3].startswith("2 other lists are shorter")
    assert [counted(n, "mentor", "mentors") for n in (0, 1, 1200)] == ["0 mentors", "1 mentor", "1,200 mentors"]


def test_a_list_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.csv, \.xlsx, \.html"):
        write_lists(tmp_path / "list.pdf", [])


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
    ],
)  # fmt: skip
def test_a_bad_file_of_used_places_is_refused_by_row(tmp_path, content, said):
    (tmp_path / "used.csv").write_text(content, encoding="utf-8")
    with pytest.raises(PanelError, match=said):
        read_used(tmp_path / "used.csv")


CHANCES = {"score_low": 0.4, "score_high": 0.6, "relapse_risk": 0.25, "relapse_low": 0.1, "relapse_high": 0.5}


def test_an_entry_has_the_interval_and_the_relapse_risk_of_its_scores_and_none_where_they_have_none():
    known, unknown = _one(_row("A", **CHANCES), _row("B")).entries
    assert {name: getattr(known, name) for name in CHANCES} == CHANCES
    assert {name: getattr(unknown, name) for name in CHANCES} == dict.fromkeys(CHANCES)


def test_a_list_file_ends_with_interval_and_relapse_risk_left_empty_where_unknown(tmp_path):
    assert COLUMNS[-4:] == ("model_version", "score_low", "score_high", "relapse_risk")
    lists = _lists(_row("A", **CHANCES), _row("B"))
    write_lists(tmp_path / "list.csv", lists)
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        assert [row[-3:] for row in csv.reader(file)][1:] == [["0.4", "0.6", "0.25"], ["", "", ""]]
    write_lists(tmp_path / "list.html", lists)
    page = (tmp_path / "list.html").read_text(encoding="utf-8")
    assert "<td>0.4</td><td>0.6</td><td>0.25</td></tr>" in page
    assert "<td></td><td></td><td></td></tr>" in page
    assert "None" not in page


def test_a_spreadsheet_has_the_chances_as_numbers_in_the_last_columns(tmp_path):
    import zipfile

    write_lists(tmp_path / "list.xlsx", _lists(_row("A", **CHANCES), _row("B")))
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert [f"<v>{value}</v>" in sheet for value in (0.4, 0.6, 0.25)] == [True] * 3
    assert 'r="P2"' in sheet
