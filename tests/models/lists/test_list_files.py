"""Lists as files: the documented columns for programs, and a spreadsheet and a page for people."""

import csv
import re
import zipfile
from html import unescape

import pytest

from graduasi.errors import Refused
from graduasi.lists.list_files import LIST_COLUMNS, write_lists
from tests.made_up.score_rows import CHANCES, list_of, lists_of, scored

EVERY_SECTION = (
    scored("A", **CHANCES),
    scored("B", "unsure", missing_fields=["income_idr"]),
    scored("C", "protected", 0.9, blocking=["ONLY_ELDERLY"]),
    scored("D", "not_yet", 0.1, flags=["NATURAL_EXIT_SOON"]),
)


def _written(path, *rows, language="en", synthetic=False):
    write_lists(path, lists_of(*rows, language=language), language=language, synthetic=synthetic)
    return path


def _records(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _sheets(path):
    """The XML of each sheet, with the texts of its cells in it."""
    with zipfile.ZipFile(path) as book:
        texts = re.findall(r"<t[^>]*>(.*?)</t>", book.read("xl/sharedStrings.xml").decode())
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2, 3)]
    return [re.sub(r' t="s"><v>(\d+)</v>', lambda index: f"><v>{texts[int(index[1])]}</v>", sheet) for sheet in sheets]


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_run_is_shown_as_text(tmp_path, name):
    (record,) = _records(_written(tmp_path / "list.csv", scored("K1", area_code=name)))
    assert record["area_code"] == f"'{name}"


def test_a_list_file_has_the_documented_columns_ordered_by_mentor_section_and_rank(tmp_path):
    rows = [
        scored(mentor + name, band, mentor=mentor)
        for mentor in ("M2", "M1")
        for name, band in (("C", "unsure"), ("B", "ready"), ("A", "ready"), ("D", "protected"))
    ]
    records = _records(_written(tmp_path / "list.csv", *rows))
    assert tuple(records[0]) == LIST_COLUMNS
    assert [(record["household_id"], record["section"], record["rank"]) for record in records[:3]] == [
        ("M1A", "propose", "1"), ("M1B", "propose", "2"), ("M1C", "visit_first", "1"),
    ]  # fmt: skip
    assert [record["mentor_id"] for record in records] == ["M1"] * 3 + ["M2"] * 3


def test_a_list_file_ends_with_interval_relapse_risk_and_missing_fields_empty_where_there_are_none(tmp_path):
    assert LIST_COLUMNS[-5:] == ("model_version", "score_low", "score_high", "relapse_risk", "missing")
    incomplete = scored("B", missing_fields=["income_idr", "work"])
    path = _written(tmp_path / "list.csv", scored("A", **CHANCES), incomplete)
    with path.open(encoding="utf-8", newline="") as file:
        last_cells = [cells[-4:] for cells in csv.reader(file)][1:]
    assert last_cells == [["0.4", "0.6", "0.25", ""], ["", "", "", "Income; Work"]]


def test_probabilities_have_six_decimals(tmp_path):
    row = scored("A", score=0.123456789, score_low=0.1, score_high=1 / 3, relapse_risk=2 / 3)
    (record,) = _records(_written(tmp_path / "list.csv", row))
    assert [record[name] for name in ("score", "score_low", "score_high", "relapse_risk")] == [
        "0.123457", "0.1", "0.333333", "0.666667",
    ]  # fmt: skip


def test_a_spreadsheet_has_a_sheet_of_the_listed_one_of_the_others_and_one_that_says_why_lists_are_short(tmp_path):
    listed, others, summary = _sheets(_written(tmp_path / "list.xlsx", *EVERY_SECTION))
    assert [f"<v>{name}</v>" in listed for name in "ABCD"] == [True, True, False, False]
    assert [f"<v>{name}</v>" in others for name in "ABCD"] == [False, False, True, True]
    assert "so far: 1. Places left" in summary
    assert all(f"<v>{value}</v>" in listed for value in (0.4, 0.6, 0.25))


def test_a_spreadsheet_runs_no_cell_and_says_on_every_printed_sheet_that_families_are_made_up(tmp_path):
    real, made_up = (
        _sheets(_written(tmp_path / f"{synthetic}.xlsx", scored("=1+1"), synthetic=synthetic))
        for synthetic in (False, True)
    )
    assert "<f>" not in real[0]
    assert "<v>=1+1</v>" in real[0]
    assert "<hyperlink" not in _sheets(_written(tmp_path / "link.xlsx", scored("A", area_code="https://a.example")))[0]
    assert ["Synthetic data" in sheet for sheet in (*real, *made_up)] == [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    "text",
    [
        "Pendamping M1",
        "Sasaran tahun ini: 0 dari 3 KPM",
        "Saran untuk diperiksa, bukan keputusan.",
        "Baru 1 keluarga yang siap",
        "Siap diverifikasi (1)",
        "Kunjungi dahulu (1)",
        "Belum diketahui; tanyakan saat berkunjung: Penghasilan",
        "Jangan didorong dulu (1)",
        "Dilindungi: semua lansia",
        "Komponen PKH habis (1)",
        "bukan tentang apa yang terjadi bila bantuan dihentikan.",
        "Data sintetis – bukan keluarga nyata",
    ],
)
def test_the_page_to_print_has_every_section_in_the_language_of_the_list(tmp_path, text):
    page = _written(tmp_path / "list.html", *EVERY_SECTION, language="id", synthetic=True).read_text(encoding="utf-8")
    assert text in unescape(page)


def test_the_page_to_print_shows_no_probability_no_code_and_no_notice_of_made_up_data_for_real_families(tmp_path):
    rows = [row | {"score": 0.7351} for row in EVERY_SECTION]
    page = _written(tmp_path / "list.html", *rows).read_text(encoding="utf-8")
    visible_text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page)
    assert not re.search(r"0\.\d|7351|visit_first|unsure|None|\{", visible_text)
    assert "Synthetic" not in visible_text


def test_the_page_to_print_names_missing_fields_only_for_families_to_visit_first(tmp_path):
    rows = [scored(name, band, 0.9, missing_fields=["work"]) for name, band in (("A", "ready"), ("B", "unsure"), ("C", "nearly"))]  # fmt: skip
    page = _written(tmp_path / "list.html", *rows).read_text(encoding="utf-8")
    sections = {part.partition("<")[0]: part for part in page.split("<h2>")[1:]}
    assert {heading for heading, part in sections.items() if "ask during the visit: Work" in part} == {
        "Visit first (1)"
    }
    assert len(sections) == 3


def test_the_page_to_print_escapes_what_it_is_given(tmp_path):
    page = _written(tmp_path / "list.html", scored("<script>alert(1)</script>")).read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_list_file_with_another_ending_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"\.csv, \.xlsx, \.html"):
        _written(tmp_path / "list.pdf", scored("A"))


@pytest.mark.parametrize("ending", ["csv", "xlsx", "html"])
def test_a_list_that_cannot_be_written_names_its_file_and_leaves_nothing(tmp_path, ending):
    with pytest.raises(OSError, match="No such file or directory") as refusal:
        _written(tmp_path / "nowhere" / f"list.{ending}", scored("A"))
    assert refusal.value.filename == str(tmp_path / "nowhere" / f"list.{ending}")
    _written(tmp_path / f"list.{ending}", scored("A"))
    assert [path.name for path in tmp_path.iterdir()] == [f"list.{ending}"]


def test_a_list_that_fails_half_way_leaves_the_one_before(tmp_path, monkeypatch):
    path = _written(tmp_path / "list.csv", scored("A"))
    before = path.read_bytes()
    monkeypatch.setattr("graduasi.lists.list_files._rows", lambda lists: [["half"], *(1 / 0 for _ in range(1))])
    with pytest.raises(ZeroDivisionError):
        _written(tmp_path / "list.csv", scored("B"))
    assert path.read_bytes() == before


def test_more_rows_than_a_sheet_holds_are_refused_with_what_to_write_instead(tmp_path, monkeypatch):
    monkeypatch.setattr("graduasi.lists.list_files.SHEET_ROWS", 3)
    with pytest.raises(Refused, match=r"3 rows do not fit a spreadsheet's 3; write the list as \.csv"):
        _written(tmp_path / "list.xlsx", *(scored(name) for name in "ABC"))


def test_households_without_a_mentor_stand_on_a_page_of_their_own(tmp_path):
    page = _written(tmp_path / "list.html", scored("A", mentor=None), scored("B")).read_text(encoding="utf-8")
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["Without a mentor", "Mentor M1"]
    assert list_of(scored("A", mentor=None)).mentor_id == ""
