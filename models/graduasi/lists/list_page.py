"""Lists as one HTML page to print: each mentor starts a new sheet, in the list's language, without scores to misread."""

from collections.abc import Iterable, Sequence
from html import escape

from graduasi.declarations.words import phrases
from graduasi.lists.entries import SECTIONS, ListEntry, Section
from graduasi.lists.ranking import MentorList

STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:1rem}h1{margin:0 0 .25rem}h2{margin:1rem 0 0}p{margin:.25rem 0}"
    "table{border-collapse:collapse;width:100%;table-layout:fixed;overflow-wrap:anywhere}"
    "td,th{border:1px solid #999;padding:4px 6px;vertical-align:top;text-align:left}"
    "th:first-child{width:2rem}th:nth-child(2){width:9rem}ul{margin:0;padding-left:1.1rem}"
    "@media screen and (max-width:40rem){table,tbody,tr,td{display:block;border:0}thead{display:none}tr{border:1px solid #999;margin:0 0 .75rem;padding:.25rem .5rem}"
    "td:empty{display:none}td[data-head]::before{content:attr(data-head);font-weight:bold}}"
    ".notice{border:1px solid;padding:4px 6px;font-weight:bold}"
    "@media print{@page{size:A4 landscape;margin:12mm}body{margin:0;font-size:11px}.mentor{break-after:page}tr{break-inside:avoid}}"
)


def list_page(lists: Sequence[MentorList], *, language: str, synthetic: bool) -> str:
    """The page as HTML, with a notice if the families are made up, and with what the lists do not mean."""
    words = phrases(language)
    notice = f'<p class="notice">{escape(words["synthetic"])}</p>' if synthetic else ""
    title = escape(words["title"])
    meaning = "".join(
        f"<p>{escape(words[key])}</p>" for key in ("meaning_forecast", "meaning_levers", "meaning_person")
    )
    return (
        f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
        + "".join(_mentor(mentor, words, notice, meaning) for mentor in lists)
    )


def _mentor(mentor: MentorList, words: dict[str, str], notice: str, meaning: str) -> str:
    name = words["mentor"].format(mentor=mentor.mentor_id) if mentor.mentor_id else words["no_mentor"]
    target = words["target"].format(used=mentor.used, quota=mentor.quota)
    paragraphs = [target, words["advice"], *(text for text in (mentor.shortfall, mentor.expected) if text)]
    head = f"{notice}<h1>{escape(name)}</h1>" + "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    sections = (_section(section, mentor, words) for section in SECTIONS)
    return f'<section class="mentor">{head}{"".join(sections)}{meaning}</section>'


def _section(section: Section, mentor: MentorList, words: dict[str, str]) -> str:
    """One section as a heading and a table; empty if there is nobody in it."""
    entries = mentor.section(section)
    if not entries:
        return ""
    headings = [words[f"heading_{column}"] for column in ("helps", "hinders", "attention")]
    heading_cells = "".join(f'<th scope="col">{escape(text)}</th>' for text in ("#", words["family"], *headings))
    about = escape(words[f"about_{section}"].format(quota=mentor.quota))
    rows = "".join(_row(entry, words, headings) for entry in entries)
    return (
        f"<h2>{escape(words[f'section_{section}'])} ({len(entries)})</h2><p>{about}</p>"
        f"<table><thead><tr>{heading_cells}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(entry: ListEntry, words: dict[str, str], headings: Sequence[str]) -> str:
    """One family as a table row."""
    names_missing = entry.section == "visit_first" and entry.missing  # as on the mentor's page
    missing = [f"{words['heading_missing']}: {', '.join(entry.missing)}"] if names_missing else []
    attention = (*entry.protections, *entry.conditions, *missing, *entry.flags)
    family = [entry.household_id, *([entry.area_code] if entry.area_code else []), entry.as_of.isoformat()]
    columns = zip(headings, (entry.helps, entry.hinders, attention), strict=True)
    cells = "".join(_cell(heading, sentences) for heading, sentences in columns)
    return f"<tr><td>{entry.rank}</td><td>{'<br>'.join(map(escape, family))}</td>{cells}</tr>"


def _cell(heading: str, sentences: Iterable[str]) -> str:
    """A cell with its sentences as a list. It carries its heading for narrow screens, which show no columns."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<td data-head="{escape(heading)}"><ul>{items}</ul></td>' if items else "<td></td>"
