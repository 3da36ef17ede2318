"""House rules that no linter knows: sizes of modules, functions and folders, numbers of parameters, names that say nothing,
module paths in documents, and import cycles.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp

PACKAGES = {"graduasi": "models", "graduasi_training": "training", "graduasi_serving": "serving"}
"""Each package with its top-level folder."""
CODE_ROOTS = (*(f"{folder}/{package}" for package, folder in PACKAGES.items()), "tests", "tools")
MAX_MODULE, MAX_FUNCTION, MAX_FOLDER, MAX_PARAMETERS = 400, 60, 12, 6
EMPTY_NAMES = {"utils", "util", "helpers", "common", "misc"}
OPTION_FOLDERS = {"commands", "routes"}
"""There a function's parameters are the options of a command or the fields of a request, which have names where they are used."""

FILE_PATH = re.compile(
    r"\b(?!models/artifacts/)(?:models|training|serving|tests|tools|notebooks)/[\w./-]*\w\.(?:py|toml|html|css|svg)\b"
)
MODULE_PATH = re.compile(r"\bgraduasi(?:_training|_serving)?(?:\.\w+)+")
NO_MODULE = re.compile(
    r"graduasi\.(?:commands|model_sources|db|dictionary|programme|as_of|fingerprint|warnings|notes|history)\b"
)
"""Entry-point groups, the database's file, and keys of metadata, which have the form of a module's path."""


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
            if count > MAX_PARAMETERS and not OPTION_FOLDERS.intersection(path.parts):
                yield (
                    f"{path}:{node.lineno}: {node.name} has {count} parameters that may be given by position, at most "
                    f"{MAX_PARAMETERS}; put a * before those that are better named"
                )


def folder_faults(root: Path) -> Iterator[str]:
    """Folders of a package with too many modules to find one's way in."""
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        count = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
        if count > MAX_FOLDER:
            yield f"{folder}: {count} modules, at most {MAX_FOLDER}; a full folder holds two subjects"


def document_faults(page: Path, root: Path) -> Iterator[str]:
    """File and module paths in a document that lead nowhere; `root` is the project's folder."""
    text = page.read_text(encoding="utf-8")
    for name in dict.fromkeys(FILE_PATH.findall(text)):
        if not (root / name).is_file():
            yield f"{page}: {name}: no such file"
    for name in dict.fromkeys(MODULE_PATH.findall(text)):
        if not NO_MODULE.match(name) and not module_exists(name, root):
            yield f"{page}: {name}: no such module, nor a name in one"


def module_exists(name: str, root: Path) -> bool:
    """Whether a dotted name is a module or a package of the project, or the name of something in one."""
    package, *parts = name.split(".")
    place = root / PACKAGES[package] / package
    for part in parts:
        if (place / part).is_dir() or (place / f"{part}.py").is_file():
            place /= part
            continue
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        return file.is_file() and re.search(rf"\b{part}\b", file.read_text(encoding="utf-8")) is not None
    return True


def cycle_faults() -> Iterator[str]:
    """Modules of a package that import each other in a circle, whatever the folders they stand in."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    for module in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            # A package's own face imports what stands in it; that is not a circle.
            if (
                not module.startswith(imported)
                and not imported.startswith(module)
                and graph.chain_exists(imported, module)
            ):
                yield f"{module} imports {imported}, which imports it again in the end"


def documents() -> list[Path]:
    """Every page for readers, in the project's folder."""
    return [*Path().glob("*.md"), *Path("docs").rglob("*.md"), *Path().glob("*/README.md")]


def main() -> int:
    """Print every fault; 1 if there is any."""
    faults = [fault for root in CODE_ROOTS for path in sorted(Path(root).rglob("*.py")) for fault in code_faults(path)]
    faults += [fault for package, folder in PACKAGES.items() for fault in folder_faults(Path(folder) / package)]
    faults += [fault for page in documents() if page.name != "CHANGELOG.md" for fault in document_faults(page, Path())]
    faults += cycle_faults()
    for fault in faults:
        sys.stderr.write(fault + "\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
