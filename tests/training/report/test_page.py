"""The report shows every figure that is there, and says why in the place of every one that is not."""

import copy
import re
import warnings
from html.parser import HTMLParser

import pytest

from graduasi_training.evaluation.interval_check import bins_that_hold
from graduasi_training.notes import note
from graduasi_training.report import report
from graduasi_training.report.drawing import draw, paint_forest
from graduasi_training.report.page import sections
from graduasi_training.report.sections import (
    calibration,
    choosing,
    explanations,
    insight,
    lists,
    moving,
    outcomes,
    over_time,
    ranking,
)
from tests.made_up.evaluation import bare, whole

SECTION_OF = {
    "list_curve": lists.lists, "calibration": calibration.by_area, "intervals": calibration.intervals, "score_drift": moving.score_drift,
    "field_drift": moving.field_drift, "stability": over_time.stability, "areas_left_out": over_time.areas_left_out, "other_labels": outcomes.other_labels, "leaks": explanations.leaks,
    "selective_labels": outcomes.selective_labels, "relapse": outcomes.relapse, "tuning": choosing.choosing, "incumbent": ranking.gains,
    "learning_curve": insight.learning_curve, "decay": insight.decay, "missed": insight.missed, "list_ranges": insight.list_ranges, "themes": insight.themes,
}  # fmt: skip
NOT_IN_A_SMALL_RUN = ("selective_labels", "relapse", "incumbent", "tuning", "areas_left_out", "themes")
PARTLY_MISSING = ("stability", "selective_labels", "field_drift", "missed")
"""The hand-made evaluation lacks a part of each of these."""


def section(page: str, key: str) -> str:
    match = re.search(rf'<section id="{key}">.*?</section>', page, flags=re.S)
    assert match
    return match[0]


@pytest.fixture(scope="module")
def page() -> str:
    return report(whole(), title="pkh 1: sustained")


def test_the_page_fetches_nothing_and_runs_nothing(page):
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert "<script" not in page
    assert "url(http" not in page


def test_every_picture_says_in_words_what_it_shows(page):
    pictures = re.findall(r"<svg [^>]*>", page)
    assert len(pictures) == 15  # and two of SHAP, which need a model
    assert all('role="img"' in picture and re.search(r'aria-label="[^"]{30,}"', picture) for picture in pictures)


def test_every_section_is_in_the_contents_and_starts_with_how_to_read_it(page):
    parts = sections(whole(), None)
    for part in parts:
        assert f'href="#{part.key}"' in page
        assert part.how.endswith(".")
        assert section(page, part.key).index('class="how"') < len(part.title) + 120
    assert len({part.key for part in parts}) == len(parts)


def test_no_two_elements_share_an_identifier(page):
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(identifiers)) == len(identifiers)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("gains", "lightgbm: worse"), ("gains", "+0.100 (+0.050\u00a0to\u00a0+0.150)"), ("lists", "400 listed"), ("lists", "n = 350 labelled"), ("lists", "n = 330 for whom it is known"), ("lists", "quota 10"),
        ("calibration", "n = 3,500"), ("areas", "too few"), ("intervals", "10 of 10 bins"), ("intervals", "both labels for 80 %"), ("groups", "too few"),
        ("groups", "0.300 (0.200\u00a0to\u00a00.400)"), ("score-drift", "<td>0.020</td>"), ("score-drift", "+0.020 (+0.010\u00a0to\u00a0+0.030)"), ("field-drift", "Alarm: income: PSI 0.31 (limit 0.25)"),
        ("field-drift", "driver 120"), ("field-drift", "Not enough data to compare 1 of 3 fields"), ("field-drift", "2 %</td><td>9 %"), ("gains", "Against version 7"), ("gains", "+0.125"), ("stability", "0.610"), ("areas-left-out", "0.690 (0.650\u00a0to\u00a00.730)"),
        ("leaks", "0.712 (0.690)"), ("leaks", "No feature is too good to be true."),
        ("other-labels", "moved 7"), ("selective", "truth 0.580 (0.480"), ("selective", "67 of 120"), ("selective", "2% (chances 0.11\u00a0to\u00a00.84)"), ("selective", "0.41 and 0.06 sd"), ("selective", "sustained: too few: the outcome of 14 families"), ("notes", "There are no events"), ("relapse", "judged on the n = 400"), ("relapse", "10 of 10"), ("areas-left-out", "0.800 (0.700"), ("stability", "0.800"), ("calibration", "slope 0.900 (0.800"), ("groups", "<td>54</td>"), ("choosing", "blend"), ("choosing", "61"),
        ("learning-curve", "AUC +0.0300 (+0.0100\u00a0to\u00a0+0.0500): better"), ("decay", "-0.31"), ("missed", "driver = true and income &lt; 900000"), ("missed", "1.520 (1.320"), ("missed", "too few to look"),
        ("list-ranges", "33 (0.892; nominal 0.9)"), ("list-ranges", "4.2\u00a0to\u00a08.3"), ("themes", "+0.0120 (+0.0080"), ("themes", "<td>worse</td>"),
    ],
)  # fmt: skip
def test_a_section_shows_its_figures(page, key, text):
    assert text in section(page, key)


@pytest.mark.parametrize(("key", "part"), SECTION_OF.items())
def test_a_part_that_is_not_there_says_why_in_its_place(key, part):
    for evaluation in (whole() | {key: None}, {other: value for other, value in whole().items() if other != key}):
        assert '<p class="missing">' in part(evaluation).body
    assert key in PARTLY_MISSING or '<p class="missing">' not in part(whole()).body


def test_the_page_of_a_bare_run_is_whole_and_its_notes_say_why_parts_are_missing():
    page = report(bare(note("relapse_few", graduates=11, least=150, outcomes=20), note("not_full")), title="x")
    assert "11 graduates could be followed" in section(page, "relapse")
    assert "<code>graduasi train --full</code>" in section(page, "areas-left-out")
    assert "graduates" not in section(page, "areas")


def test_without_mentors_other_labels_are_judged_by_the_top_tenth():
    body = outcomes.other_labels(whole() | {"primary_metric": "precision_at_10pct"}).body
    assert "precision at 10 %" in body
    assert "0.400 (0.300" in body


def test_where_no_truth_is_known_the_picture_names_none():
    evaluation = whole()
    for row in evaluation["selective_labels"]["by_label"].values():
        row["truth"] = None
    body = outcomes.selective_labels(evaluation).body
    assert ">truth</text>" not in body
    assert ">naive</text>" in body


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (note("intervals_failed", held=5, bins=10), "5 of 10 bins"),
        (
            note("intervals_failed_on_the_whole", observed="0.300", low="0.080", high="0.160"),
            "as a whole (observed 0.300",
        ),
    ],
)
def test_intervals_that_did_not_hold_say_that_no_score_carries_one(reason, text):
    evaluation = whole()
    evaluation["intervals"]["shown"] = False
    evaluation["notes"] = [reason]
    assert text in calibration.intervals(evaluation).body


def test_a_feature_that_is_too_good_is_named_above_its_figures_beside_households_never_seen():
    evaluation = whole()
    evaluation["notes"] = [note("telling_gap", feature="left", auc="0.950", low="0.930")]
    evaluation["folds"][-1] |= {"household_disjoint_auc": 0.493}
    evaluation["folds"][-1]["candidates"]["champion"] |= {"auc": 0.957}
    body = explanations.leaks(evaluation).body
    assert "Whether left is known ranks families by the outcome with an AUC of 0.950" in body
    assert "too good to be true" not in body
    assert "AUC is 0.957; of models that never saw the household, 0.493." in body


def test_a_champion_is_not_compared_with_itself():
    page = report(whole(), title="x")
    assert "blend" not in section(page, "gains")
    assert "blend" not in page.split("<nav")[0]


def test_fewer_log_loss_is_called_a_gain_and_not_a_difference_of_losses(page):
    gains = section(page, "gains")
    assert "+0.0012 (+0.0004\u00a0to\u00a0+0.0020) better" in gains
    assert "minus" not in gains


def test_fields_that_could_not_be_compared_are_not_said_to_be_without_alarm():
    evaluation = whole()
    drift = evaluation["field_drift"]
    drift["fields"] = {"rare_field": drift["fields"]["rare_field"]}
    drift["alarms"] = []
    body = moving.field_drift(evaluation).body
    assert "Not enough data to compare 1 of 1 fields: 200 known values" in body
    assert "No field alarms" not in body
    assert "<svg" not in body


def test_a_picture_of_very_many_areas_shows_the_largest_and_says_so():
    evaluation = whole()
    area = evaluation["calibration"]["areas"]["32.01"]
    evaluation["calibration"]["areas"] = {f"32.{number:03}": area | {"n": 100 + number} for number in range(200)}
    body = calibration.by_area(evaluation).body
    assert "30 shown; 170 smaller ones are not drawn" in body
    assert "32.199 (n = 299)" in body
    assert "32.169 (n = 269)" not in body
    assert body.count("<tr>") == 201


def test_the_evaluation_that_these_tests_draw_has_the_shape_that_training_writes(trained):
    made_up, written = whole(), trained.evaluation
    for key in made_up.keys() - {"settings", "groups", "other_labels", "missed", *NOT_IN_A_SMALL_RUN}:
        assert shape(made_up[key]) <= shape(written[key]), key
    assert all(written[key] is None or "note" in written[key] for key in NOT_IN_A_SMALL_RUN)


def shape(value) -> set[str]:
    """The keys of the value, and of the rows of each list in it."""
    if isinstance(value, list):
        return shape(value[-1]) if value else set()
    if not isinstance(value, dict):
        return set()
    keys_of_rows = {f"{key}.{inner}" for key, rows in value.items() if isinstance(rows, list) for inner in shape(rows)}
    return set(value) | keys_of_rows


def test_synthetic_data_are_called_synthetic_at_the_top_and_real_ones_are_not():
    made_up, real = whole(), copy.deepcopy(whole())
    real["data"]["synthetic"] = False
    assert "synthetic" in report(made_up, title="x").split("<nav")[0]
    assert "synthetic" not in report(real, title="x").split("</style>")[1]


def test_what_the_evaluation_says_cannot_become_markup():
    evaluation = whole()
    evaluation["groups"]["<b>"] = {"<i>": {"n": 3, "note": "<u>"}}
    evaluation["notes"] = [note("silent_fields", fields="<script>alert(1)</script>")]
    page = report(evaluation, title="<title>")
    assert not any(mark in page for mark in ("<b>", "<i>", "<u>", "<script"))


def test_a_bin_holds_when_its_rate_is_inside_give_or_take_sampling_error():
    row = {"n": 100, "low": 0.4, "high": 0.5}
    assert bins_that_hold([{**row, "observed": 0.59}, {**row, "observed": 0.61}, {**row, "observed": 0.29}]) == 1


def test_a_relapse_risk_that_does_not_rank_says_so_beside_its_figures():
    evaluation = whole()
    evaluation["relapse"]["note"] = note("relapse_not_better")
    assert "not shown to rank later graduates better than chance" in outcomes.relapse(evaluation).body


class OpenElements(HTMLParser):
    """A parser that keeps the elements that were opened and not yet closed."""

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
    parser = OpenElements()
    parser.feed(page)
    assert parser.open == []


def test_names_in_any_script_with_formula_signs_or_very_long_are_drawn_without_a_warning():
    names = ["ប្រទេសកម្ពុជា", "cost_$x_{$", "a " * 60 + "(n = 4,335)"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw(
            lambda axes: paint_forest(axes, names, [0.4, 0.5, 0.6], [(None, None)] * 3), alt="three", key="k"
        )
    assert names[0] in picture
    assert names[1] in picture
    assert "…" in picture
    assert "(n = 4,335)" in picture
