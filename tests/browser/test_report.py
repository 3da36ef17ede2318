"""The report in a real browser: readable on a phone and a laptop without sideways scrolling, and free of what axe objects to."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from graduasi_training.report import report
from tests.made_up.evaluation import whole


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report(whole(), title="pkh 1: sustained"), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_and_every_picture_is_drawn(browser: Browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate(
        "[...document.querySelectorAll('svg, img')].map(picture => picture.getBoundingClientRect().toJSON())"
    )
    assert len(boxes) > 10
    assert all(
        box["height"] > 40 and box["right"] <= width for box in boxes
    )  # a phone shows each whole, without scrolling
    assert requested == [address]
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(browser: Browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.close()
