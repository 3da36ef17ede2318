"""What commands print: results on standard output, progress and remarks on standard error."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from graduasi.panel.identifiers import mask_identity_numbers


def say(text: str) -> None:
    """Print a remark, for the person who runs the command, on standard error, without identity numbers: it may be mailed or kept."""
    sys.stderr.write(mask_identity_numbers(text) + "\n")


def result(text: str) -> None:
    """Print what the command was run for, on standard output."""
    sys.stdout.write(text + "\n")


def result_json(value: Any) -> None:
    """Print the result as JSON, for another program; dates and paths as text."""
    result(json.dumps(value, indent=1, default=str))


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A function to call with (done, total). It shows a bar if standard error is a terminal, and else nothing."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
