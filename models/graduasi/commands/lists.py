"""`graduasi list`: writes a ranked list for every mentor."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graduasi.commands.console import result, say
from graduasi.declarations.words import counted

if TYPE_CHECKING:
    from graduasi.lists.ranking import MentorList

QUOTA = Annotated[
    int | None, typer.Option(min=1, max=10_000, help="families a mentor and year; default: the programme's")
]
USED = Annotated[
    Path | None, typer.Option(help="CSV with mentor_id and used: how many of the quota are used this year")
]

SHOWN_SHORTFALLS = 3
"""How many reasons for short lists are printed in full."""


def make_list(
    scores: Annotated[Path, typer.Argument(help="a scores file of `graduasi score`")],
    out: Annotated[Path, typer.Argument(help="list.csv, list.xlsx or list.html")],
    quota: QUOTA = None,
    used: USED = None,
    language: Annotated[str | None, typer.Option(help="one of the dictionary's languages; default: its first")] = None,
    model: Annotated[str | None, typer.Option(help="the bundle that made a scores file in CSV")] = None,
) -> None:
    """Write each mentor's list: whom to propose, whom to visit first, and why."""
    from graduasi.batch.read_scores import read_scores
    from graduasi.batch.target import refuse_unwritable
    from graduasi.errors import Refused
    from graduasi.lists.list_files import write_lists
    from graduasi.lists.quota_used import mentors_not_in_scores, read_used
    from graduasi.lists.ranking import build_lists
    from graduasi.panel.limits import IDENTIFIERS
    from graduasi.panel.table_contract import identity_number_findings, identity_numbers

    refuse_unwritable(out)
    table, declarations = read_scores(scores, model)
    dictionary, programme = declarations.dictionary, declarations.programme
    chosen = language or dictionary.languages[0]
    if chosen not in dictionary.languages:
        raise Refused(f"--language {chosen}: the dictionary speaks {', '.join(dictionary.languages)}")
    quota_used = read_used(used)
    lists = build_lists(
        table,
        declarations=declarations,
        quota=programme.quota_per_mentor if quota is None else quota,
        used=quota_used,
        language=chosen,
        today=date.today(),
    )
    for warning in mentors_not_in_scores(quota_used, table):
        say(warning)
    for finding in identity_number_findings(identity_numbers(*(table[name] for name in IDENTIFIERS))):
        say(f"warning: {finding['text']} [{finding['code']}]")
    write_lists(out, lists, language=chosen, synthetic=dictionary.synthetic)
    for sentence in shortfalls(lists):
        say(sentence)
    families = counted(sum(len(mentor.section("propose")) for mentor in lists), "family", "families")
    mentors = sum(mentor.mentor_id != "" for mentor in lists)
    for_whom = f"for {counted(mentors, 'mentor', 'mentors')}" if mentors else "on one list, as nobody has a mentor"
    result(f"{out}: {families} proposed {for_whom}")


def shortfalls(lists: "Sequence[MentorList]") -> list[str]:
    """Why lists are short: the reasons that most mentors share, and then how many other lists are short."""
    mentors_by_reason: dict[str, list[str]] = {}
    for mentor in lists:
        if mentor.shortfall:
            mentors_by_reason.setdefault(mentor.shortfall, []).append(mentor.mentor_id or "(no mentor)")
    by_size = sorted(mentors_by_reason.items(), key=lambda entry: -len(entry[1]))
    sentences = [
        f"{mentors[0] if len(mentors) == 1 else f'{len(mentors):,} mentors'}: {reason}"
        for reason, mentors in by_size[:SHOWN_SHORTFALLS]
    ]
    others = sum(len(mentors) for _, mentors in by_size[SHOWN_SHORTFALLS:])
    if others:
        sentences.append(
            f"{counted(others, 'other list is', 'other lists are')} shorter than asked for; .xlsx and .html say why for each"
        )
    return sentences
