"""Modules, files, constants and layers that documents name are those of the code."""

import re
import tomllib
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PACKAGES = {
    "graduasi": ROOT / "models",
    "graduasi_training": ROOT / "training",
    "graduasi_serving": ROOT / "serving",
}
CODE = re.compile(r"`([^`\n]+)`")
DOTTED = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
SLASHED = re.compile(r"(?:models|training|serving|tests|tools|docs|notebooks)/[\w./]+")
INSIDE_A_PACKAGE = re.compile(r"[a-z_]+/[\w/]+\.py")
CONSTANT = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)*|_?[A-Z][a-z]+(?:[A-Z][a-z]+)+")
NAME_IN_A_FILE = re.compile(r"`(\w+)`(?: and `(\w+)`)? (?:in|of)\s+`([\w/]+/\w+\.py)`")
MADE_BY_COMMANDS = ("models/artifacts",)
ENVIRONMENT = "GRADUASI_"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


def named(page: Path, pattern: re.Pattern[str]) -> list[str]:
    """What stands between backticks outside code blocks and has the pattern's form."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    return [name for name in CODE.findall(text) if pattern.fullmatch(name)]


@cache
def project_file() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@cache
def sources() -> str:
    """All code of the packages and the tools."""
    folders = [*(root / name for name, root in PACKAGES.items()), ROOT / "tools"]
    return "\n".join(file.read_text(encoding="utf-8") for folder in folders for file in folder.rglob("*.py"))


@pages
def test_modules_functions_and_classes_exist(page: Path) -> None:
    entry_points = re.findall(r'entry-points\."([\w.]+)"', project_file())
    for name in named(page, DOTTED):
        if name not in entry_points and not name.endswith(".db"):
            resolve_name(name)


@pages
def test_files_and_folders_exist(page: Path) -> None:
    for name in named(page, SLASHED):
        assert name.startswith(MADE_BY_COMMANDS) or (ROOT / name).exists(), name


@pages
def test_files_named_within_a_package_exist(page: Path) -> None:
    for name in named(page, INSIDE_A_PACKAGE):
        inside = [root / package / name for package, root in PACKAGES.items()]
        assert any(place.exists() for place in (ROOT / name, *inside)), name


@pages
def test_a_name_said_to_be_in_a_file_is_in_it(page: Path) -> None:
    for *names, file in NAME_IN_A_FILE.findall(page.read_text(encoding="utf-8")):
        code = (ROOT / file).read_text(encoding="utf-8")
        assert all(re.search(rf"\b{name}\b", code) for name in names), (names, file)


@pytest.mark.parametrize("page", [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "decisions").glob("0*.md"))])
def test_constants_and_classes_stand_in_the_code(page: Path) -> None:
    for name in named(page, CONSTANT):
        assert name.startswith(ENVIRONMENT) or re.search(rf"\b{name}\b", sources()), name


def test_the_decision_on_the_layout_has_the_layers_that_import_linter_holds() -> None:
    page = (ROOT / "docs" / "decisions" / "0007-layout.md").read_text(encoding="utf-8")
    shown = {name: layers.strip() for name, layers in re.findall(r"^(graduasi\w*): +(.+)$", page, flags=re.M)}
    contracts = tomllib.loads(project_file())["tool"]["importlinter"]["contracts"]
    held = {one["containers"][0]: ", ".join(one["layers"]) for one in contracts if "containers" in one}
    assert shown == held


@pytest.mark.parametrize("name", ["graduasi.scoring.no_such_module", "graduasi.scoring.verdicts.no_such_name"])
def test_a_name_that_is_not_there_is_found_out(name: str) -> None:
    assert DOTTED.fullmatch(name)
    with pytest.raises((ImportError, AttributeError)):
        resolve_name(name)
