"""graduasi publish: put lists on the mentors' pages."""

from pathlib import Path
from typing import Annotated

import typer


def publish(
    scores: Annotated[Path, typer.Argument(help="A scores file of graduasi score.")],
    quota: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Families a mentor may graduate a year; default: the programme's."),
    ] = None,
    used: Annotated[
        Path | None, typer.Option(help="A CSV of mentor_id, used: what is used of this year's quota.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The bundle that made a scores file in CSV.")] = None,
    withdraw_others: Annotated[
        bool,
        typer.Option("--withdraw-others", help="Take the lists of mentors who are not in SCORES off their pages."),
    ] = False,
) -> None:
    """Make each mentor's list from SCORES and show it on the pages, in place of the one before, which is kept."""
    from graduasi.batch.read_scores import read_scores
    from graduasi.commands.console import say
    from graduasi.declarations.words import counted
    from graduasi.lists.quota_used import mentors_not_in_scores, read_used
    from graduasi_serving.commands.environment import database_session, utc_now
    from graduasi_serving.pages import publishing

    table, declarations = read_scores(scores, model)
    now = utc_now()
    edition = publishing.edition_of(table, declarations.dictionary, now=now)
    used_by_mentor = read_used(used)
    for warning in mentors_not_in_scores(used_by_mentor, table):
        say(warning)
    lists = publishing.lists_by_language(table, declarations, quota=quota, used=used_by_mentor, today=now.date())
    with database_session() as session:
        counts = publishing.publish(
            session, lists, edition=edition, programme=declarations.programme, withdraw_others=withdraw_others
        )
    say(f"published {counted(counts.lists, 'list', 'lists')}")
    if counts.other_mentors and withdraw_others:
        say(f"took off {counted(counts.other_mentors, 'list', 'lists')} of mentors who are not in the scores")
    elif counts.other_mentors:
        say(
            f"{counted(counts.other_mentors, 'mentor is', 'mentors are')} not in the scores and keep the list they had; "
            "--withdraw-others takes such lists off the pages"
        )
