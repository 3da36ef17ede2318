"""Links resolve, the readme names only commands and addresses that exist, and the glossary has the code's words."""

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pytest
import typer
from pydantic import SecretStr

from graduasi.commands.cli import build_app
from graduasi.declarations.dictionary import FieldKind, read_dictionary
from graduasi.declarations.shipped import default_dictionary
from graduasi.errors import PanelError
from graduasi.lists.entries import Section
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.verdicts import BANDS
from graduasi_serving.app import create_api
from graduasi_serving.service import start_service
from graduasi_serving.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(path: Path) -> str:
    """The page without its code blocks, in which brackets are code and not links."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)


def anchors_of(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(path), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_internal_links_resolve(page: Path) -> None:
    for target in LINK.findall(text_of(page)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors_of(linked), target


@cache
def commands() -> frozenset[str]:
    """Every subcommand, and `name sub` for those that have subcommands of their own."""
    names = set()
    for name, command in typer.main.get_command(build_app()).commands.items():
        names.add(name)
        names |= {f"{name} {sub}" for sub in getattr(command, "commands", {})}
    return frozenset(names)


@pytest.fixture(scope="module")
def addresses() -> set[str]:
    service = start_service(Settings(database_url=SecretStr("sqlite:///never-opened.db"), model="", pinned_models=""))
    try:
        return set(create_api(service).openapi()["paths"])
    finally:
        service.engine.dispose()


def readme_parts() -> tuple[str, str]:
    """The readme without its section "Not there yet", and that section."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = re.search(r"^## Not there yet\n.*?(?=^## )", readme, flags=re.S | re.M)
    assert missing is not None
    return readme.replace(missing[0], ""), missing[0]


def named_commands(text: str) -> set[str]:
    return set(re.findall(r"(?:^|`)graduasi ([a-z]+)", text, flags=re.M))


def test_the_readme_names_only_commands_and_addresses_that_exist(addresses: set[str]) -> None:
    promised, _ = readme_parts()
    assert named_commands(promised) <= commands()
    assert set(re.findall(r"[A-Z]+ (/v\d/\S+)", promised)) <= addresses


def test_what_the_readme_calls_missing_is_missing(addresses: set[str]) -> None:
    _, missing = readme_parts()
    missing_addresses = set(re.findall(r"`(/[^`]+)`", missing))
    assert not named_commands(missing) & commands()
    assert {"/v1/decisions", "/metrics"} <= missing_addresses
    assert not missing_addresses & addresses


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_in_code_blocks_exist(page: Path) -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    used = {name for block in blocks for name in re.findall(r"^graduasi ([a-z]+)", block, flags=re.M)}
    assert used <= commands()


def test_make_targets_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    for page in PAGES:
        used = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), flags=re.M)
        assert set(used) <= targets, page.name


@pytest.mark.parametrize("word", [*BANDS, *get_args(Section), *get_args(FieldKind)])
def test_the_glossary_has_the_words_of_the_code(word: str) -> None:
    assert re.search(rf"^\| \*\*{word}\*\*", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), flags=re.M)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_every_decision_has_its_four_parts_and_is_in_the_index(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
    assert f"({page.name})" in (page.parent / "README.md").read_text(encoding="utf-8")


def test_files_that_carry_privacy_promises_exist() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Privacy promises")[1]
    rows = re.findall(r"^\| [^|]+ \| (.*`.*) \|$", section, flags=re.M)
    assert len(rows) > 5
    for row in rows:
        folder = ROOT
        for name in re.findall(r"`([^`]+)`", row):
            folder = (ROOT / name).parent if "/" in name else folder
            assert (folder / Path(name).name).exists(), name


def test_the_good_error_message_is_the_one_that_is_given() -> None:
    table = pa.table({"household_id": ["a", "b", "c"], "as_of": ["2026-09-30"] * 3, "savings_idr": ["1", "x", "y"]})
    with pytest.raises(PanelError) as refusal:
        check_panel(table, read_dictionary(default_dictionary()), file="households.csv")
    assert f"| good | `{refusal.value}` |" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
