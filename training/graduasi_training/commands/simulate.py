"""`graduasi simulate`: a made-up programme to try everything on."""

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    out: Annotated[Path, typer.Argument(help="a folder for the five files")],
    households: Annotated[int, typer.Option(min=1, help="how many households on the first day")] = 20_000,
    quarters: Annotated[int, typer.Option(min=1, max=80, help="how many quarters")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="the same seed gives the same files")] = 0,
    ready_visited: Annotated[
        float,
        typer.Option(min=0, max=1, help="of the visits to families above the target's line, the share that is made"),
    ] = 1.0,
) -> None:
    """Simulate PKH households: synthetic data, never evidence about real families."""
    from graduasi.commands.console import progress_bar, result
    from graduasi_training.simulation import simulate as write_files

    with progress_bar("simulating") as progress:
        write_files(
            out, households=households, quarters=quarters, seed=seed, progress=progress, ready_visited=ready_visited
        )
    result(
        f"{out}: households, events and truth of a synthetic programme ({households:,} households, {quarters} quarters, seed {seed})"
    )
