"""The `graduasi` command, with the subcommands of all installed packages."""

import os
import sys
from importlib.metadata import entry_points

import typer

from graduasi.commands.console import say
from graduasi.errors import GraduasiError, Refused

COMMANDS = "graduasi.commands"
"""The group of entry points that are subcommands: functions, or Typer applications with subcommands of their own."""
REFUSED = 1
"""The exit code of a command that was refused."""


def build_app() -> typer.Typer:
    """The command with every subcommand whose package is installed, by name."""
    app = typer.Typer(
        name="graduasi", help="Which families are most ready to graduate out of aid, why, and which must not be pushed yet.",
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    )  # fmt: skip
    for entry in sorted(entry_points(group=COMMANDS), key=lambda entry: entry.name):
        try:
            command = entry.load()
        except ModuleNotFoundError:
            continue  # an installation without training or serving lacks their commands
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(name=entry.name)(command)
    return app


def main() -> None:
    """Run one subcommand. Exit code 0: done; 1: refused, with every reason on standard error; 2: wrong usage."""
    # Threads that spin while they wait make LightGBM tens of times slower as soon as the machine has other work.
    # The OpenMP runtime and BLAS read their variables when they are loaded, so they are set before any command imports that.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # The matrices here are tall and narrow: handing them out to BLAS threads costs more than it saves (docs/performance.md).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        build_app()()
    except Refused as refusal:
        for reason in refusal.reasons:
            say(reason)
        sys.exit(REFUSED)
    except GraduasiError as error:
        say(str(error))
        sys.exit(REFUSED)
    except BrokenPipeError:
        sys.exit(REFUSED)
    except OSError as error:  # a full disk, a folder that cannot be written to
        say(f"{error.filename or 'graduasi'}: {error.strerror or type(error).__name__}")
        sys.exit(REFUSED)
