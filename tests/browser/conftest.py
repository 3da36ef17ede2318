"""A real service on this machine, and a real browser of the size of a small phone."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pydantic import SecretStr

from graduasi.lists.entries import Section
from graduasi.lists.ranking import MentorList
from graduasi_serving.accounts.accounts import add_user
from graduasi_serving.database import migration
from graduasi_serving.service import start_service
from graduasi_serving.settings import Settings
from tests.serving.factory import KNOWN, NOW, PASSWORD, entry, mentor_list, publish_lists

CHROMIUM = Path("/usr/bin/chromium")
PHONE: ViewportSize = {"width": 360, "height": 740}
START_SECONDS = 60
TIMEOUT_MILLISECONDS = 10_000


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `graduasi serve` answers, with lists for two mentors and one account of each role."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'service.db'}"
    _fill(url)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    command = [
        sys.executable,
        "-c",
        "from graduasi.commands.cli import main; main()",
        "serve",
        "--port",
        str(port),
        "--workers",
        "2",
    ]
    environment = {**os.environ, "GRADUASI_DATABASE_URL": url, "GRADUASI_MODEL": ""}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_until_started(process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh phone without scripts: every page must work without them."""
    context = browser.new_context(viewport=PHONE, base_url=address, locale="id-ID", java_script_enabled=False)
    context.set_default_timeout(TIMEOUT_MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def mentor(phone: Page) -> Page:
    return sign_in(phone, "sari")


def sign_in(page: Page, name: str) -> Page:
    """Sign in as a person does."""
    page.goto("/masuk")
    page.get_by_label("Nama pengguna").fill(name)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/daftar")
    return page


def _fill(url: str) -> None:
    service = start_service(Settings(database_url=SecretStr(url)))
    migration.upgrade(service.engine, now=NOW)
    accounts = [("sari", "mentor", "M1", None), ("tono", "supervisor", None, "32.01"), ("rina", "admin", None, None)]
    with service.transaction() as session:
        for name, role, mentor_id, area in accounts:
            add_user(session, name, role=role, mentor_id=mentor_id, area=area, password=PASSWORD, now=NOW)
    publish_lists(service, full_list("M1"), full_list("M2"), synthetic=True)
    service.engine.dispose()


def full_list(mentor_id: str) -> MentorList:
    """As much as a list can hold: ten families in each part, with long sentences."""
    hinders = tuple(
        f"Alasan penghambat nomor {number} yang cukup panjang untuk dibaca di ponsel kecil." for number in range(3)
    )
    flags = ("KPM belum bersedia; graduasi mandiri hanya atas kerelaan keluarga",)
    unmet, unknown = ("Kebutuhan makan terpenuhi",), ("Kebutuhan makan terpenuhi (belum diketahui)",)
    elderly = ("Dilindungi: semua lansia",)
    sections: tuple[tuple[Section, str, tuple[str, ...], tuple[str, ...]], ...] = (
        ("propose", "ready", (), ()),
        ("visit_first", "unsure", unknown, ()),
        ("do_not_push", "protected", unmet, elderly),
        ("natural_exit_soon", "nearly", (), ()),
    )
    entries = [
        entry(f"{mentor_id}-{section}-{rank}", section=section, rank=rank, band=band, hinders=hinders, flags=flags, conditions=conditions, protections=protections, missing=("Tabungan keluarga", "Utang keluarga", "Jenis atap terluas", "Daya listrik"), **(KNOWN if rank != 2 else {}))
        for section, band, conditions, protections in sections
        for rank in range(1, 11)
    ]  # fmt: skip
    return mentor_list(mentor_id, *entries)


def _wait_until_started(process: "subprocess.Popen[str]") -> None:
    """Read the log until the service says that it listens."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "startup complete" in line:
            # Somebody must go on reading, or the service blocks on a full pipe.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return
    pytest.fail("the service stopped while starting:\n" + "".join(lines))
