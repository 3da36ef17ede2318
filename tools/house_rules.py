"""House rules that no linter knows, for `make check`: prints every violation, and exits with 1 if there is one.

They limit the sizes of modules, functions and folders and the number of parameters, and refuse names that say nothing,
import cycles, and documents that name a module or file which does not exist.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

PACKAGES = {"graduasi": "models", "graduasi_training": "training", "graduasi_serving": "serving"}
"""Each package with its top-level folder."""
CODE_ROOTS = (*(f"{folder}/{package}" for package, folder in PACKAGES.items()), "tests", "tools")
MAX_MODULE, MAX_FUNCTION, MAX_FOLDER, MAX_PARAMETERS = 400, 60, 12, 6
EMPTY_NAMES = {"utils", "util", "helpers", "common", "misc"}
OPTION_FOLDERS = {"commands", "routes"}
"""Public functions in these folders may have any number of parameters: they are the options of a command or the fields
of a request, and whoever gives them gives them by name."""

FILE_PATH = re.compile(
    r"\b(?!models/artifacts/)(?:models|training|serving|tests|tools|notebooks)/[\w./-]*\w\.(?:py|toml|html|css|svg)\b"
)
MODULE_PATH = re.compile(r"\bgraduasi(?:_training|_serving)?(?:\.\w+)+")
QUOTED_NAME = re.compile(r"""["'/](graduasi\w*(?:\.\w+)+)\.?["']""")
"""A string that has the form of a module's path: an entry-point group, a metadata key, a logger, the database's file."""


def code_faults(path: Path) -> Iterator[str]:
    """What breaks a rule in one Python file."""
    text = path.read_text(encoding="utf-8")
    if path.stem in EMPTY_NAMES:
        yield f"{path}: the name says nothing; name the subject"
    if (lines := text.count("\n")) > MAX_MODULE:
        yield f"{path}: {lines} lines, at most {MAX_MODULE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION}"
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            count = len([name for name in names if name not in ("self", "cls")])
            takes_options = not node.name.startswith("_") and OPTION_FOLDERS.intersection(path.parts)
            if count > MAX_PARAMETERS and not takes_options:
                yield (
                    f"{path}:{node.lineno}: {node.name} has {count} parameters that may be given by position, at most "
                    f"{MAX_PARAMETERS}; put a * before those that are better named"
                )


def folder_faults(root: Path) -> Iterator[str]:
    """Folders below `root` with too many modules; `__init__.py` does not count."""
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        count = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
        if count > MAX_FOLDER:
            yield f"{folder}: {count} modules, at most {MAX_FOLDER}; divide it by subject"


def document_faults(page: Path, root: Path) -> Iterator[str]:
    """File and module paths in a document that do not exist; `root` is the project's folder."""
    text = page.read_text(encoding="utf-8")
    for name in dict.fromkeys(FILE_PATH.findall(text)):
        if not (root / name).is_file():
            yield f"{page}: {name}: no such file"
    for name in dict.fromkeys(MODULE_PATH.findall(text)):
        if not module_exists(name, root) and name not in quoted_names(root):
            yield f"{page}: {name}: no such module, and no such name in one"


def module_exists(name: str, root: Path) -> bool:
    """Whether a dotted name is a module or package of the project, or is defined in one. Nothing is imported."""
    package, *parts = name.split(".")
    path = root / PACKAGES[package] / package
    for part in parts:
        if (path / part).is_dir() or (path / f"{part}.py").is_file():
            path /= part
        else:
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            return part in defined_names(file)
    return True


def defined_names(file: Path) -> set[str]:
    """Functions, classes, variables and imported names at the top level of a Python file."""
    names: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = [
                part for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            ]
            names.update(target.id for target in targets)
    return names


@cache
def quoted_names(root: Path) -> frozenset[str]:
    """Every QUOTED_NAME in pyproject.toml and in the code of the packages."""
    files = [root / "pyproject.toml"]
    files += [path for package, folder in PACKAGES.items() for path in (root / folder / package).rglob("*.py")]
    return frozenset(name for file in files for name in QUOTED_NAME.findall(file.read_text(encoding="utf-8")))


def cycle_faults(graph: grimp.ImportGraph) -> Iterator[str]:
    """One circle of modules that import one another, if there is any; import-linter forbids circles only between rooms."""
    try:
        TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()
    except CycleError as error:
        # Each module of the circle is imported by the next one.
        yield f"import cycle: {' imports '.join(reversed(error.args[1]))}"


def documents() -> list[Path]:
    """Every page for readers but the changelog, which also speaks of what is gone."""
    pages = [*Path().glob("*.md"), *Path("docs").rglob("*.md"), *Path().glob("*/README.md")]
    return sorted(page for page in pages if page.name != "CHANGELOG.md")


def main() -> int:
    """Print every fault of the project in the current folder; 1 if there is any."""
    faults = [fault for root in CODE_ROOTS for path in sorted(Path(root).rglob("*.py")) for fault in code_faults(path)]
    faults += [fault for package, folder in PACKAGES.items() for fault in folder_faults(Path(folder) / package)]
    faults += [fault for page in documents() for fault in document_faults(page, Path())]
    faults += cycle_faults(grimp.build_graph(*PACKAGES, cache_dir=None))
    for fault in faults:
        sys.stderr.write(fault + "\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
