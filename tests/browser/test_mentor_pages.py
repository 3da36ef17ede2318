"""What a mentor does on a phone, in a real browser."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.conftest import PHONE, sign_in
from tests.serving.factory import PASSWORD

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
FIRST_VIEW_BYTES = 50 * 1024  # the list on a 400 kbit/s line in about a second
TOUCH_PIXELS = 44
PAGES = [
    (None, "/masuk"),
    (None, "/tidak-ada"),
    (None, "/docs"),
    ("sari", "/daftar"),
    ("sari", "/daftar?bahasa=en"),
    ("sari", "/daftar/M1-propose-1"),
    ("sari", "/daftar/M1-propose-2"),
    ("sari", "/daftar/M1-do_not_push-1"),
    ("sari", "/pendamping/M1/bagian/do_not_push"),
    ("tono", "/daftar"),
    ("rina", "/pendamping/M2"),
]


@pytest.fixture
def scripted(browser: Browser, address: str) -> Iterator[Page]:
    """axe is a script, so this phone runs scripts."""
    context = browser.new_context(viewport=PHONE, base_url=address, locale="id-ID")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("name", "page"), PAGES)
def test_a_page_has_no_accessibility_violation(scripted: Page, name: str | None, page: str) -> None:
    if name:
        sign_in(scripted, name)
    scripted.goto(page)
    results = Axe().run(scripted, options=WCAG)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize(("name", "page"), PAGES)
def test_a_page_is_never_wider_than_the_screen(scripted: Page, name: str | None, page: str, width: int) -> None:
    if name:
        sign_in(scripted, name)
    scripted.set_viewport_size({"width": width, "height": 640})
    scripted.goto(page)
    assert scripted.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("name", "page"), PAGES)
def test_whatever_is_touched_is_large_enough(scripted: Page, name: str | None, page: str) -> None:
    if name:
        sign_in(scripted, name)
    scripted.goto(page)
    small = [
        (element.inner_text(), box)
        for element in scripted.locator("a:visible, button:visible, input:visible").all()
        if "skip" not in (element.get_attribute("class") or "")
        and (box := element.bounding_box())
        and box["height"] < TOUCH_PIXELS
    ]
    assert small == []


def test_a_mentor_signs_in_reads_the_list_and_one_family_and_signs_out(mentor: Page) -> None:
    assert mentor.get_by_role("heading", name="Siap diverifikasi 10").is_visible()
    assert mentor.get_by_text("Data sintetis – bukan keluarga nyata").is_visible()
    mentor.get_by_role("link", name="KPM M1-propose-1", exact=True).click()
    assert mentor.get_by_role("heading", name="KPM M1-propose-1").is_visible()
    mentor.get_by_role("button", name="Keluar").click()
    mentor.goto("/daftar")
    assert mentor.url.endswith("/masuk")


def test_ten_families_take_two_screens_of_a_phone_and_every_part_is_a_touch_away(mentor: Page) -> None:
    rows = mentor.locator("#propose .row")
    first, last = rows.first.bounding_box(), rows.nth(9).bounding_box()
    assert first is not None
    assert last is not None
    assert last["y"] + last["height"] - first["y"] <= 2 * PHONE["height"]
    mentor.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
    assert mentor.get_by_role("navigation", name="Bagian daftar").is_visible()


def test_a_mentor_reads_how_sure_the_score_is_and_what_happened_to_graduates_alike(mentor: Page) -> None:
    mentor.goto("/daftar/M1-propose-1")
    assert mentor.get_by_text("38 sampai 52 diperkirakan").is_visible()
    assert mentor.get_by_text("sekitar 28 (18 sampai 40) perlu dibantu lagi").is_visible()
    mentor.goto("/daftar/M1-propose-2")
    assert mentor.get_by_text("Keluarga serupa yang pernah graduasi belum cukup banyak").is_visible()
    assert mentor.get_by_text("Data sintetis – bukan keluarga nyata").is_visible()


def test_signing_in_needs_nothing_but_a_keyboard(phone: Page) -> None:
    phone.goto("/masuk")
    for _ in range(4):  # skip link, name of the service, language, user name
        phone.keyboard.press("Tab")
    phone.keyboard.type("sari")
    phone.keyboard.press("Tab")
    phone.keyboard.type(PASSWORD)
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/daftar")
    assert phone.get_by_role("heading", name="Daftar Prioritas").is_visible()


def test_the_first_key_leads_past_the_header(mentor: Page) -> None:
    mentor.keyboard.press("Tab")
    mentor.keyboard.press("Enter")
    assert mentor.url.endswith("#isi")


def test_a_wrong_password_is_told_beside_the_form(phone: Page) -> None:
    phone.goto("/masuk")
    phone.get_by_label("Nama pengguna").fill("rina")
    phone.get_by_label("Kata sandi").fill("salah-salah-salah")
    phone.get_by_role("button", name="Masuk").click()
    assert "tidak cocok" in phone.get_by_role("alert").inner_text()
    assert phone.get_by_label("Nama pengguna").input_value() == ""


def test_the_first_view_of_the_list_is_small(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=PHONE, base_url=address, java_script_enabled=False)
    page = sign_in(context.new_page(), "sari")
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/daftar", wait_until="networkidle")
    context.close()
    assert 2 <= len(sizes) <= 5
    assert 1_000 < sum(sizes) <= FIRST_VIEW_BYTES


PRINTED: ViewportSize = {"width": 688, "height": 1016}
"""A4 without margins of 14 mm, at 96 dots an inch."""


def test_the_printed_list_fits_the_paper(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=PHONE, base_url=address)
    page = sign_in(context.new_page(), "sari")
    page.emulate_media(media="print")
    assert page.get_by_text("Hasil kunjungan").first.is_visible()
    assert not page.get_by_role("button", name="Keluar").is_visible()
    page.set_viewport_size(PRINTED)
    ten = page.locator("#propose").bounding_box()
    assert ten is not None
    assert ten["height"] <= 2 * PRINTED["height"]
    assert page.pdf(format="A4").startswith(b"%PDF")
    context.close()
