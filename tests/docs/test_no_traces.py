"""Nothing in the repository shows on which machine or from which mirror it was made."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".html", ".css", ".svg", ".mako", ".sh", ".cfg", ".csv", ".ini", ""}
# Put together from parts, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(("work", "home", "root", "Users", "opt")) + r")/\w")
REGISTRIES = re.compile(
    "|".join(("--(?:extra-)?" + "index-url", "--" + "find-links", "files.python" + "hosted", "pypi" + r"\.org/simple", "registry" + r"\.npmjs"))
)  # fmt: skip


IGNORED = tuple(line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line)


@cache
def tracked() -> tuple[Path, ...]:
    """The text files that git tracks or would track; on a machine without git, all that .gitignore does not name."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        top = [path for path in ROOT.iterdir() if not is_ignored(path)]  # so that .venv is never searched
        paths = [*top, *(path for folder in top if folder.is_dir() for path in folder.rglob("*"))]
        names = [path.relative_to(ROOT).as_posix() for path in paths if not is_ignored(path)]
    files = (ROOT / name for name in names if name and Path(name).suffix in TEXT_SUFFIXES)
    return tuple(path for path in files if path.is_file())


def is_ignored(path: Path) -> bool:
    """Whether .gitignore names the file or a folder that it stands in, or it is git's own."""
    name = path.relative_to(ROOT)
    parents = [name, *name.parents]
    return ".git" in name.parts or any(part.match(pattern) for part in parents for pattern in IGNORED)


def matches_in_files(pattern: re.Pattern[str]) -> list[str]:
    """The first match in each tracked file that has one."""
    matches = []
    for path in tracked():
        if hit := pattern.search(path.read_text(encoding="utf-8")):
            matches.append(f"{path.relative_to(ROOT)}: {hit[0]}")
    return matches


def test_no_tracked_file_names_a_path_of_a_machine() -> None:
    assert matches_in_files(MACHINE_PATHS) == []


def test_no_tracked_file_names_a_package_registry() -> None:
    assert matches_in_files(REGISTRIES) == []


@pytest.mark.parametrize("text", ["see /wor" + "k/shared", "cd /hom" + "e/x", '"/op' + 't/wheels"'])
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert MACHINE_PATHS.search(text)
    assert REGISTRIES.search("--index" + "-url https://mirror.example")


def test_the_search_reads_the_same_files_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    with_git = set(tracked.__wrapped__())
    monkeypatch.setenv("PATH", "")
    without_git = set(tracked.__wrapped__())
    assert with_git == without_git
    assert ROOT / "README.md" in without_git
