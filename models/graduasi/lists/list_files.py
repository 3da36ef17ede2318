"""Lists as files: CSV for programs, a spreadsheet, and a page to print for people.

CSV and the spreadsheet's first sheet hold only who is listed. The spreadsheet's second sheet and the page hold the other
sections too.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from graduasi.declarations.words import phrases
from graduasi.errors import Refused
from graduasi.lists.entries import LISTED, NOT_LISTED, ListEntry, Section
from graduasi.lists.list_page import list_page
from graduasi.lists.ranking import MentorList
from graduasi.panel.files import replace_atomically
from graduasi.panel.identifiers import harmless

LIST_COLUMNS = (
    "mentor_id", "section", "rank", "household_id", "area_code", "band", "score", "helps", "hinders", "blocking", "flags", "as_of", "model_version",
    "score_low", "score_high", "relapse_risk", "missing",
)  # fmt: skip
"""New columns come last, so that a program which reads a list by position still finds the earlier ones."""

COLUMN_WIDTHS = {
    "helps": 48,
    "hinders": 48,
    "blocking": 48,
    "flags": 48,
    "missing": 48,
    "shortfall": 72,
    "expected": 72,
    "as_of": 12,
    "model_version": 20,
}
"""Of the spreadsheet, in characters."""
DEFAULT_COLUMN_WIDTH = 14
SHEET_ROWS = 1_048_576
"""How many rows a sheet can hold, with the row of column names."""

Cell = str | int | float | None
"""None is an empty cell: nothing is known, which is not the same as 0."""

ENDINGS = (".csv", ".xlsx", ".html")


def write_lists(path: Path, lists: Sequence[MentorList], *, language: str, synthetic: bool) -> None:
    """Write the lists in the format that the file's ending names. A reader sees the old file or the new one, never half.

    Raises Refused for an ending that is not among ENDINGS and for more rows than a spreadsheet holds, and OSError if the
    file cannot be written. `synthetic` says that the households are made up, which the spreadsheet and the page then say.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise Refused(f"{path}: a list is written as {', '.join(ENDINGS)}")
    unfinished = path.with_name(f".{path.name}.unfinished{ending}")
    try:
        match ending:
            case ".csv":
                _write_csv(unfinished, lists)
            case ".xlsx":
                _write_xlsx(unfinished, lists, phrases(language)["synthetic"] if synthetic else None)
            case ".html":
                unfinished.write_text(list_page(lists, language=language, synthetic=synthetic), encoding="utf-8")
        replace_atomically(unfinished, path)
    except (OSError, FileCreateError) as error:  # xlsxwriter's FileCreateError holds the OSError
        cause = error if isinstance(error, OSError) else error.args[0]
        raise OSError(cause.errno, cause.strerror, str(path)) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _rows(lists: Sequence[MentorList], sections: Sequence[Section] = LISTED) -> list[list[Cell]]:
    return [_row(entry) for mentor in lists for section in sections for entry in mentor.section(section)]


def _row(entry: ListEntry) -> list[Cell]:
    """The cells of one family, in the order of LIST_COLUMNS."""
    probabilities = (entry.score_low, entry.score_high, entry.relapse_risk)
    return [
        entry.mentor_id,
        entry.section,
        entry.rank,
        entry.household_id,
        entry.area_code,
        entry.band,
        round(entry.score, 6),
        " ".join(entry.helps),
        " ".join(entry.hinders),
        "; ".join((*entry.conditions, *entry.protections)),  # the text of a rule has no full stop
        "; ".join(entry.flags),
        entry.as_of.isoformat(),
        entry.model_version,
        *(None if probability is None else round(probability, 6) for probability in probabilities),
        "; ".join(entry.missing),
    ]


def _write_csv(path: Path, lists: Sequence[MentorList]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(LIST_COLUMNS)
        writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in _rows(lists))


def _write_xlsx(path: Path, lists: Sequence[MentorList], notice: str | None) -> None:
    """Three sheets: who is listed, who is not, and one row a mentor; a `notice` is at the head of every printed page."""
    texts_as_texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, texts_as_texts) as book:
        _write_sheet(book, "list", LIST_COLUMNS, _rows(lists), notice)
        _write_sheet(book, "not_listed", LIST_COLUMNS, _rows(lists, NOT_LISTED), notice)
        summary: list[list[Cell]] = [
            [
                mentor.mentor_id,
                mentor.quota,
                mentor.used,
                len(mentor.section("propose")),
                mentor.shortfall or "",
                mentor.expected or "",
            ]
            for mentor in lists
        ]
        columns = ("mentor_id", "quota", "used", "proposed", "shortfall", "expected")
        _write_sheet(book, "summary", columns, summary, notice)


def _write_sheet(
    book: xlsxwriter.Workbook, name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], notice: str | None
) -> None:
    """Raises Refused for more rows than a sheet holds below its row of column names."""
    if len(rows) >= SHEET_ROWS:
        raise Refused(f"{len(rows):,} rows do not fit a spreadsheet's {SHEET_ROWS:,}; write the list as .csv")
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, columns, bold)
    for number, row in enumerate(rows, 1):
        sheet.write_row(number, 0, row, wrap)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, COLUMN_WIDTHS.get(column, DEFAULT_COLUMN_WIDTH))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if notice:
        sheet.set_header(f"&C{notice}")
