"""How commands speak: results on standard output, progress and remarks on standard error."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def say(text: str) -> None:
    """A remark for the person at the keyboard."""
    sys.stderr.write(text + "\n")


def result(text: str) -> None:
    """What the command was asked for."""
    sys.stdout.write(text + "\n")


def result_json(value: Any) -> None:
    """The result as one JSON object for another program."""
    result(json.dumps(value, indent=1, default=str))


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A function to report (done, total) to; a bar shows when a person is watching, nothing otherwise."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
