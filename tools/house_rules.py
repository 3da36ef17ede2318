"""House rules that no linter knows: sizes of modules and functions, and names that say nothing."""

import ast
import sys
from pathlib import Path

ROOTS = ("models/graduasi", "training/graduasi_training", "serving/graduasi_serving", "tests", "tools")
MAX_MODULE, MAX_FUNCTION = 400, 60
EMPTY_NAMES = {"utils", "util", "helpers", "common", "misc"}


def faults(path: Path) -> list[str]:
    """What breaks a house rule in one file."""
    text = path.read_text(encoding="utf-8")
    found = []
    if path.stem in EMPTY_NAMES:
        found.append(f"{path}: the name says nothing; name the subject")
    if (lines := text.count("\n")) > MAX_MODULE:
        found.append(f"{path}: {lines} lines, at most {MAX_MODULE}")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION:
                found.append(f"{path}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION}")
    return found


def main() -> int:
    """Print every fault; 1 if there is any."""
    found = [fault for root in ROOTS for path in sorted(Path(root).rglob("*.py")) for fault in faults(path)]
    for fault in found:
        sys.stderr.write(fault + "\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
