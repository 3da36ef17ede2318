"""Folders, constants and layers that documents name are those of the code; `tools/house_rules.py` looks for modules and files."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SOURCES = ("models/graduasi", "training/graduasi_training", "serving/graduasi_serving", "tools")
CODE = re.compile(r"`([^`\n]+)`")
FOLDER = re.compile(r"(?:models|training|serving|tests|tools|docs|notebooks)/[\w/]+")
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
def sources() -> str:
    """All code of the packages and the tools."""
    files = [file for folder in SOURCES for file in (ROOT / folder).rglob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@pages
def test_folders_exist(page: Path) -> None:
    for name in named(page, FOLDER):
        assert name.startswith(MADE_BY_COMMANDS) or (ROOT / name).exists(), name


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
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = [contract for contract in project["tool"]["importlinter"]["contracts"] if "containers" in contract]
    assert shown == {contract["containers"][0]: ", ".join(contract["layers"]) for contract in rooms}
