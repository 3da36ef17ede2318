"""Each house rule names a violation that was made up for it, and lets the allowed through."""

from pathlib import Path

import pytest

from tools import house_rules
from tools.house_rules import code_faults, document_faults, folder_faults

ROOT = Path(__file__).resolve().parents[2]


def _faults_of(folder: Path, text: str, name: str = "subject.py") -> list[str]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return list(code_faults(path))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1\n" * 401, "401 lines, at most 400"),
        ("def long():\n" + "    x = 1\n" * 60, "long has 61 lines, at most 60"),
        ("def many(a, b, c, d, e, f, g): ...\n", "many has 7 parameters that may be given by position, at most 6"),
    ],
)
def test_what_is_too_long_or_takes_too_much_by_position_is_named(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = _faults_of(tmp_path, text)
    assert fault in found


@pytest.mark.parametrize(
    "text",
    [
        "def six(a, b, c, d, e, f): ...\n",
        "def by_name(a, *, b, c, d, e, f, g, h): ...\n",
        "class One:\n    def six(self, a, b, c, d, e, f): ...\n",
    ],
)
def test_six_by_position_and_any_number_by_name_are_allowed(tmp_path: Path, text: str) -> None:
    assert _faults_of(tmp_path, text) == []


def test_options_of_a_command_are_not_counted(tmp_path: Path) -> None:
    assert _faults_of(tmp_path, "def train(a, b, c, d, e, f, g): ...\n", "commands/train.py") == []


def test_a_name_that_says_nothing_is_named(tmp_path: Path) -> None:
    (found,) = _faults_of(tmp_path, "", "utils.py")
    assert "name the subject" in found


@pytest.mark.parametrize(("modules", "faults"), [(12, 0), (13, 1)])
def test_a_folder_holds_twelve_modules_beside_its_init(tmp_path: Path, modules: int, faults: int) -> None:
    for number in range(modules):
        (tmp_path / f"module_{number}.py").touch()
    (tmp_path / "__init__.py").touch()
    assert len(list(folder_faults(tmp_path))) == faults


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("`models/graduasi/panel/files.py` reads", None),
        ("`models/graduasi/files.py` reads", "no such file"),
        ("`graduasi.panel.files.read_table` reads", None),
        ("`graduasi.panel.files.read_everything` reads", "no such module"),
        ("`graduasi.files` reads", "no such module"),
        ("`graduasi.bundle.load_bundle` loads", None),
        ("the key `graduasi.dictionary` holds", None),
        ("it is written to `models/artifacts/mine.toml`", None),
    ],
)
def test_a_path_in_a_document_leads_somewhere(tmp_path: Path, words: str, fault: str | None) -> None:
    page = tmp_path / "page.md"
    page.write_text(words, encoding="utf-8")
    found = list(document_faults(page, ROOT))
    assert [fault in each for each in found] == ([] if fault is None else [True])


def test_this_project_keeps_the_rules(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert house_rules.main() == 0, capsys.readouterr().err
