"""`graduasi demo`: the whole path on a synthetic programme, by the same commands a user types."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="stop before serving")] = False,
    households: Annotated[int, typer.Option(min=500, help="how many synthetic households")] = 20_000,
    folder: Annotated[Path, typer.Option("--dir", help="where everything is written")] = Path("demo"),
    port: Annotated[int, typer.Option(min=1, max=65534, help="of the mentor's page; MLflow takes the next")] = 8000,
) -> None:
    """Simulate, train, promote, score, list and serve; says where to look and how to log in."""
    from graduasi_training.commands.demo_steps import run_demo

    run_demo(folder, households=households, serve=not no_serve, port=port)
