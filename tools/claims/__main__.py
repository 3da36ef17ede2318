"""`python -m tools.claims`: measure what the documents promise, in worlds whose truth is known, and write docs/metrics.md.

Each module of this folder with a function `claims(seeds)` measures one kind of claim. Figures depend on the seeds alone.
"""

import argparse
import importlib
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tools.claims.claim import Claim

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "metrics.md"
START, END = "<!-- claims: written by python -m tools.claims -->", "<!-- end of claims -->"
HEADER = "| what is claimed | at 7946491 | today | promised | holds |\n|---|---|---|---|---|"
NOT_A_CLAIM = {"__main__", "claim"}


def names() -> list[str]:
    """The kinds of claims: the modules of this folder that measure some."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in NOT_A_CLAIM)


def measure(name: str, seeds: int) -> list[Claim]:
    """The claims of one module."""
    return list(importlib.import_module(f"tools.claims.{name}").claims(seeds))


def main(arguments: list[str]) -> int:
    """Print the table; with --write, put it into docs/metrics.md. Ends with 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tools.claims", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(names())}; all if none is named")
    parser.add_argument("--seeds", type=int, default=60, help="worlds of each kind (60)")
    parser.add_argument("--write", action="store_true", help="write the table into docs/metrics.md")
    options = parser.parse_args(arguments)
    chosen = options.names or names()
    with ProcessPoolExecutor(max_workers=2) as pool:
        measured = list(pool.map(measure, chosen, [options.seeds] * len(chosen)))
    claims = [claim for of_module in measured for claim in of_module]
    table = "\n".join([HEADER, *(claim.row() for claim in claims)])
    print(table)
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        before, after = text.split(START)[0], text.split(END)[1]
        PAGE.write_text(f"{before}{START}\n\n{table}\n\n{END}{after}", encoding="utf-8")
    return 0 if all(claim.holds for claim in claims) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
