"""Each house rule names a violation that was made up for it, and accepts what is allowed."""

from pathlib import Path

import grimp
import pytest

from tools import house_rules
from tools.house_rules import code_faults, cycle_faults, document_faults, folder_faults

ROOT = Path(__file__).resolve().parents[2]


def faults_of_code(folder: Path, text: str, name: str = "subject.py") -> list[str]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return list(code_faults(path))


def faults_of_page(folder: Path, text: str) -> list[str]:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return list(document_faults(page, ROOT))


def import_graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported)
    return graph


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1\n" * 401, "401 lines, at most 400"),
        ("def long():\n" + "    x = 1\n" * 60, "long has 61 lines, at most 60"),
        ("def many(a, b, c, d, e, f, g): ...\n", "many has 7 parameters that may be given by position, at most 6"),
        (
            "class One:\n    def many(self, a, b, c, /, d, e, f, g): ...\n",
            "many has 7 parameters that may be given by position, at most 6",
        ),
    ],
)
def test_what_is_too_long_or_takes_too_much_by_position_is_named(tmp_path: Path, text: str, fault: str) -> None:
    (message,) = faults_of_code(tmp_path, text)
    assert fault in message


@pytest.mark.parametrize(
    "text",
    [
        "def six(a, b, c, d, e, f): ...\n",
        "def by_name(a, *, b, c, d, e, f, g, h): ...\n",
        "class One:\n    def six(self, a, b, c, d, e, f): ...\n",
    ],
)
def test_six_by_position_and_any_number_by_name_are_allowed(tmp_path: Path, text: str) -> None:
    assert faults_of_code(tmp_path, text) == []


@pytest.mark.parametrize(
    ("file", "function", "faults"),
    [("commands/train.py", "train", 0), ("routes/scores.py", "post", 0), ("commands/train.py", "_fit", 1)],
)
def test_options_of_a_command_or_request_are_not_counted(tmp_path: Path, file: str, function: str, faults: int) -> None:
    assert len(faults_of_code(tmp_path, f"def {function}(a, b, c, d, e, f, g): ...\n", file)) == faults


def test_a_module_name_that_says_nothing_is_named(tmp_path: Path) -> None:
    (message,) = faults_of_code(tmp_path, "", "utils.py")
    assert "name the subject" in message


@pytest.mark.parametrize(("modules", "faults"), [(12, 0), (13, 1)])
def test_a_folder_holds_twelve_modules_besides_its_init(tmp_path: Path, modules: int, faults: int) -> None:
    for number in range(modules):
        (tmp_path / f"module_{number}.py").touch()
    (tmp_path / "__init__.py").touch()
    assert len(list(folder_faults(tmp_path))) == faults


@pytest.mark.parametrize(
    "text",
    [
        "`models/graduasi/panel/files.py` reads",
        "`graduasi.panel.files` reads",
        "`graduasi.panel.files.read_table` reads",
        "`graduasi.bundle.load_bundle` loads",
        "`graduasi.readiness.trees.MAX_LEAVES` limits",
        "the metadata key `graduasi.dictionary` holds",
        "the entry points `graduasi.model_sources` and `graduasi.commands`",
        "the logger `graduasi.fault`",
        "the database `sqlite:///graduasi.db`",
        "it is written to `models/artifacts/mine.toml`",
    ],
)
def test_a_document_may_name_what_exists(tmp_path: Path, text: str) -> None:
    assert faults_of_page(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("`models/graduasi/files.py` reads", "models/graduasi/files.py: no such file"),
        ("`graduasi.files` reads", "graduasi.files: no such module"),
        ("`graduasi.panel.files.read_everything` reads", "graduasi.panel.files.read_everything: no such module"),
        ("`graduasi_training.judging.metric.auc` is", "graduasi_training.judging.metric.auc: no such module"),
        ("`graduasi.commands.absent` is", "graduasi.commands.absent: no such module"),
        ("the metadata key `graduasi.dictionaries` holds", "graduasi.dictionaries: no such module"),
    ],
)
def test_a_document_may_not_name_what_does_not_exist(tmp_path: Path, text: str, fault: str) -> None:
    (message,) = faults_of_page(tmp_path, text)
    assert fault in message


def test_a_circle_of_imports_is_named_from_module_to_module() -> None:
    (message,) = cycle_faults(import_graph(("p.a", "p.b"), ("p.b", "p.a"), ("p.c", "p.a")))
    assert message in ("import cycle: p.a imports p.b imports p.a", "import cycle: p.b imports p.a imports p.b")


def test_a_circle_through_the_init_of_a_folder_is_one() -> None:
    assert list(cycle_faults(import_graph(("p.room", "p.room.a"), ("p.room.a", "p.room"))))


def test_imports_that_lead_to_one_module_by_two_ways_are_no_circle() -> None:
    assert list(cycle_faults(import_graph(("p.a", "p.b"), ("p.a", "p.c"), ("p.b", "p.d"), ("p.c", "p.d")))) == []


def test_this_project_keeps_the_rules(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert house_rules.main() == 0, capsys.readouterr().err
