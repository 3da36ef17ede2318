"""Lists as files that people open: CSV, a spreadsheet, a page to print."""

import csv
import html
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from graduasi.ranking import LISTED, ListEntry, MentorList

COLUMNS = (
    "mentor_id", "section", "rank", "household_id", "area_code", "band", "score", "helps", "hinders", "blocking", "flags", "as_of", "model_version",
    "score_low", "score_high", "relapse_risk",
)  # fmt: skip
"""New columns come last, so that whoever reads a list by place goes on finding what was there."""

Cell = str | int | float | None
"""None is an empty cell: nothing is known, which is not the same as 0."""


def write_lists(path: Path, lists: Sequence[MentorList]) -> None:
    """Write the listed families in the form that the file's ending asks for. Raises ValueError for another ending."""
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx, ".html": _write_html}
    if path.suffix.lower() not in writers:
        raise ValueError(f"{path}: a list is written as {', '.join(writers)}")
    writers[path.suffix.lower()](path, lists)


def _rows(lists: Sequence[MentorList]) -> list[list[Cell]]:
    return [_row(entry) for mentor in lists for section in LISTED for entry in mentor.section(section)]


def _row(entry: ListEntry) -> list[Cell]:
    rules = ((*entry.conditions, *entry.protections), entry.flags)
    sentences = [*map(" ".join, (entry.helps, entry.hinders)), *map("; ".join, rules)]  # a rule's text has no full stop
    head: list[Cell] = [
        entry.mentor_id,
        entry.section,
        entry.rank,
        entry.household_id,
        entry.area_code,
        entry.band,
        round(entry.score, 6),
    ]
    chances = (entry.score_low, entry.score_high, entry.relapse_risk)
    tail = [None if chance is None else round(chance, 6) for chance in chances]
    return [*head, *sentences, entry.as_of.isoformat(), entry.model_version, *tail]


def _write_csv(path: Path, lists: Sequence[MentorList]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_harmless(cell) for cell in row] for row in _rows(lists))


def _harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet would run as a formula is shown as text (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _write_xlsx(path: Path, lists: Sequence[MentorList]) -> None:
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, plain) as book:
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("list")
        sheet.write_row(0, 0, COLUMNS, bold)
        for number, row in enumerate(_rows(lists), 1):
            sheet.write_row(number, 0, row, wrap)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 6, 14)
        sheet.set_column(7, 10, 48)
        sheet.set_column(11, 12, 20)
        sheet.set_column(13, 15, 14)
        summary = book.add_worksheet("summary")
        summary.write_row(0, 0, ("mentor_id", "quota", "used", "proposed", "shortfall"), bold)
        for number, mentor in enumerate(lists, 1):
            summary.write_row(
                number,
                0,
                (mentor.mentor_id, mentor.quota, mentor.used, len(mentor.section("propose")), mentor.shortfall or ""),
                wrap,
            )


def _write_html(path: Path, lists: Sequence[MentorList]) -> None:
    """One plain page that prints on A4, each mentor on a sheet of their own."""
    head = "<tr>" + "".join(f"<th scope=col>{column}</th>" for column in COLUMNS[1:]) + "</tr>"
    parts = []
    for mentor in lists:
        rows = "".join(
            "<tr>" + "".join(f"<td>{'' if cell is None else html.escape(str(cell))}</td>" for cell in row[1:]) + "</tr>"
            for row in _rows([mentor])
        )
        note = f"<p>{html.escape(mentor.shortfall)}</p>" if mentor.shortfall else ""
        parts.append(f"<section><h2>{html.escape(mentor.mentor_id)}</h2>{note}<table>{head}{rows}</table></section>")
    style = "body{font:14px system-ui}table{border-collapse:collapse}td,th{border:1px solid #999;padding:4px;vertical-align:top}section{break-after:page}"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><title>graduasi</title><style>{style}</style>{''.join(parts)}",
        encoding="utf-8",
    )
