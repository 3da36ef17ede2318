"""`graduasi card`: prints what a model is for, how good it is, and what it must not be used for."""

from typing import Annotated

import typer


def card(
    model: Annotated[str, typer.Option(help="a bundle's folder, or a name the registry knows")] = "champion",
    lang: Annotated[
        str | None, typer.Option(help="id or en; default: the language chosen when the model was trained")
    ] = None,
) -> None:
    """Print a model's card, as Markdown."""
    from graduasi.bundle.by_name import load_by_name
    from graduasi.commands.console import result

    if lang not in (None, "id", "en"):
        raise typer.BadParameter("a card is written in id and en", param_hint="--lang")
    result(load_by_name(model).card_in(lang).rstrip())
