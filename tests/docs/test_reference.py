"""docs/reference is what tools/reference.py makes of the code, and has an entry for everything a reader may look up."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi.readiness.features import features_of
from graduasi_serving.settings import PREFIX, Settings
from graduasi_training.notes import sentences

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
NAMES = ("commands", "errors", "fields", "files", "findings", "http", "programme", "reasons", "settings")
DICTIONARY = read_dictionary(default_dictionary())


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "tools" / "reference.py"))


@pytest.fixture(scope="module")
def generated(generator: dict[str, Any]) -> dict[str, str]:
    pages: dict[str, str] = generator["pages"]()
    return pages


def committed(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_page_is_what_the_code_says(name: str, generated: dict[str, str]) -> None:
    assert committed(name) == generated[f"{name}.md"], "run: .venv/bin/python tools/reference.py"


def test_the_folder_holds_no_other_page(generated: dict[str, str]) -> None:
    assert {path.name for path in REFERENCE.iterdir()} == set(generated) == {f"{name}.md" for name in NAMES}


def test_every_field_has_its_row_with_its_words_in_both_languages() -> None:
    rows = {
        line.split(" | ")[0].strip("| `"): line for line in committed("fields").splitlines() if line.startswith("| `")
    }
    assert set(rows) == set(DICTIONARY.fields)
    for name, field in DICTIONARY.fields.items():
        assert [field.label[language] for language in ("id", "en") if field.label[language] not in rows[name]] == []


def test_every_feature_has_a_sentence_each_way_in_both_languages() -> None:
    rows = [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in committed("reasons").splitlines()]
    sentences = {(row[0], row[1]): row[2:] for row in rows if len(row) == 4}
    for feature in features_of(DICTIONARY):
        for direction in ("helps", "hinders"):
            indonesian, english = sentences[feature.name, direction]
            assert len({"", indonesian.strip("| "), english.strip("| ")}) == 3


def test_no_sentence_shows_the_sample_value(generator: dict[str, Any]) -> None:
    assert not any(sample in committed("reasons") for sample in (generator["SAMPLE"], "98.765", "98,765"))


@pytest.mark.parametrize("key", sentences())
def test_every_finding_has_an_anchor_with_its_sentences_and_what_to_do(key: str) -> None:
    finding = sentences()[key]
    section = committed("findings").split(f"\n## {finding['code']}\n")[1].split("\n## ")[0]
    assert [finding[part] for part in ("en", "id", "why", "do") if finding[part] not in section] == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_its_row(name: str) -> None:
    assert f"| `{PREFIX}{name.upper()}` |" in committed("settings")


def test_every_rule_and_referral_has_its_row_with_its_source() -> None:
    programme = read_programme(default_programme(), DICTIONARY)
    rows = {line.split("`")[1]: line for line in committed("programme").splitlines() if line.startswith("| `")}
    for rule in (*programme.floor, *programme.protected, *programme.flags, *programme.referrals):
        assert str(rule.source) in rows[rule.code]
        assert ("to be confirmed" in rows[rule.code]) == rule.needs_check


def test_a_default_of_zero_is_shown_and_an_absent_one_is_not(generator: dict[str, Any]) -> None:
    section = committed("commands").split("## graduasi train")[1].split("##")[0]
    assert "the same model | `0` |" in section
    assert "| `--events` | events.csv or events.parquet |  |" in section


def test_check_names_a_page_that_is_out_of_date_and_changes_nothing(
    generator: dict[str, Any], generated: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fields.md").write_text("old")
    main = generator["main"]
    main.__globals__.update(OUT=tmp_path, pages=lambda: {"fields.md": generated["fields.md"]})
    assert main(["--check"]) == 1
    assert "fields.md" in capsys.readouterr().err
    assert (tmp_path / "fields.md").read_text() == "old"
