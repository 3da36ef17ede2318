"""The report shows every figure that is there, and says why in the place of every one that is not."""

import copy
import re
import warnings
from html.parser import HTMLParser

import pytest

from graduasi_training.report import report
from graduasi_training.report.calibration import bins_that_hold
from graduasi_training.report.drawing import draw, forest
from graduasi_training.report.page import sections
from tests.training.report.hand_made import NULLABLE, bare, whole


def section(page: str, key: str) -> str:
    found = re.search(rf'<section id="{key}">.*?</section>', page, flags=re.S)
    assert found
    return found[0]


@pytest.fixture(scope="module")
def page() -> str:
    return report(whole(), title="pkh 1: sustained")


def test_the_page_fetches_nothing_and_runs_nothing(page):
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert "<script" not in page
    assert "url(http" not in page


def test_every_picture_says_in_words_what_it_shows(page):
    pictures = re.findall(r"<svg [^>]*>", page)
    assert len(pictures) == 14
    assert all('role="img"' in picture and re.search(r'aria-label="[^"]{30,}"', picture) for picture in pictures)


def test_every_section_stands_in_the_contents_and_starts_with_how_to_read_it(page):
    parts = sections(whole(), None)
    for part in parts:
        assert f'href="#{part.key}"' in page
        assert part.how.endswith(".")
        assert section(page, part.key).index('class="how"') < len(part.title) + 120
    assert len({part.key for part in parts}) == len(parts)


def test_no_two_elements_share_an_identifier(page):
    found = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("gains", "lightgbm: worse"), ("gains", "+0.100 (+0.050\u00a0to\u00a0+0.150)"), ("lists", "400 listed, 350 labelled"), ("lists", "quota 10"),
        ("calibration", "n = 3,500"), ("areas", "too few"), ("intervals", "10 of 10 bins"), ("intervals", "both labels for 80 %"), ("groups", "too few"),
        ("groups", "0.300 (0.200\u00a0to\u00a00.400)"), ("score-drift", "PSI 0.020"), ("stability", "0.610"), ("areas-left-out", "0.690 (0.650\u00a0to\u00a00.730)"),
        ("other-labels", "moved 7"), ("selective", "truth 0.580"), ("relapse", "400 graduates"), ("relapse", "tells something"), ("choosing", "blend"), ("choosing", "61"),
    ],
)  # fmt: skip
def test_a_section_shows_its_figures(page, key, said):
    assert said in section(page, key)


@pytest.mark.parametrize("key", NULLABLE)
def test_the_page_stands_without_any_one_part(key):
    evaluation = whole() | {key: None}
    assert 'class="missing"' in report(evaluation, title="x")
    del evaluation[key]
    assert 'class="missing"' in report(evaluation, title="x")


def test_a_part_that_is_null_says_why_in_its_place():
    page = report(bare("There were 11 graduates: too few for a relapse risk."), title="x")
    assert "There were 11 graduates" in section(page, "relapse")
    assert "--full" in section(page, "areas-left-out")
    for key in ("lists", "calibration", "areas", "intervals", "score-drift", "stability", "selective", "relapse"):
        assert '<p class="missing">' in section(page, key)


def test_synthetic_data_are_called_synthetic_at_the_top_and_real_ones_are_not():
    made_up, real = whole(), copy.deepcopy(whole())
    real["data"]["synthetic"] = False
    assert "synthetic" in report(made_up, title="x").split("<nav")[0]
    assert "synthetic" not in report(real, title="x").split("</style>")[1]


def test_what_the_evaluation_says_cannot_become_markup():
    evaluation = whole()
    evaluation["groups"]["<b>"] = {"<i>": {"n": 3, "note": "<u>"}}
    evaluation["notes"] = ["<script>alert(1)</script>"]
    page = report(evaluation, title="<title>")
    assert not any(mark in page for mark in ("<b>", "<i>", "<u>", "<script"))


def test_a_bin_holds_when_its_rate_is_inside_give_or_take_sampling_error():
    row = {"n": 100, "low": 0.4, "high": 0.5}
    assert bins_that_hold([{**row, "observed": 0.59}, {**row, "observed": 0.61}, {**row, "observed": 0.29}]) == 1


def test_a_relapse_risk_whose_interval_holds_chance_is_not_said_to_tell_anything():
    evaluation = whole()
    evaluation["relapse"]["auc_low"] = 0.49
    assert "is not shown to tell more" in section(report(evaluation, title="x"), "relapse")


class Balance(HTMLParser):
    """Elements that were opened and not closed."""

    VOID = ("meta", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_every_element_is_closed(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []


def test_names_in_any_script_with_signs_of_formulas_or_very_long_are_drawn_without_a_fault():
    names = ["ប្រទេសកម្ពុជា", "cost_$x_{$", "a " * 60 + "(n = 4,335)"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw(lambda axes: forest(axes, names, [0.4, 0.5, 0.6], [(None, None)] * 3), alt="three", key="k")
    assert names[0] in picture
    assert names[1] in picture
    assert "…" in picture
    assert "(n = 4,335)" in picture
