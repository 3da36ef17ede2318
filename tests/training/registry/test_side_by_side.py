"""Two bundles on one panel: whom each would list, who is on one list only, and why."""

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow.parquet as pq
import pytest

from graduasi.errors import Refused
from graduasi.lists.ranking import build_lists
from graduasi.scoring.scores import to_table
from graduasi_training.registry import side_by_side
from graduasi_training.registry.side_by_side import compare_bundles
from tests.made_up.learned_model import open_unchecked, save_learned_bundle
from tests.made_up.small_programme import draw_table


@pytest.fixture(scope="module")
def blend(tmp_path_factory):
    return open_unchecked(save_learned_bundle(tmp_path_factory.mktemp("a") / "blend"))


@pytest.fixture(scope="module")
def logistic(tmp_path_factory):
    return open_unchecked(save_learned_bundle(tmp_path_factory.mktemp("b") / "logistic", "logistic"))


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    path = tmp_path_factory.mktemp("panel") / "households.parquet"
    pq.write_table(draw_table(np.random.default_rng(10), households=150, unknown=0.03), path)
    return path


@pytest.fixture(scope="module")
def report(blend, logistic, panel):
    return compare_bundles(blend, logistic, panel, events=None, as_of=18_750)


def test_a_bundle_beside_itself_lists_the_same(blend, panel):
    report = compare_bundles(blend, blend, panel, events=None, as_of=18_750)
    assert report["listed"]["a"] == report["listed"]["both"] > 0
    assert (report["only_a"], report["only_b"], report["bands"]) == ([], [], [])
    assert report["rank_correlation"] == pytest.approx(1)
    assert report["score_shift"]["mean_absolute"] == 0


@pytest.fixture(scope="module")
def sides(blend, logistic, panel):
    """Both bundles' scores of the cohort, as the comparison sees them."""
    both = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "_report", lambda a, b: both.extend([a, b]) or {})
        compare_bundles(blend, logistic, panel, events=None, as_of=18_750)
    return both


def test_each_side_lists_whom_its_own_lists_propose(sides, report):
    proposed = []
    for side in sides:
        lists = build_lists(
            to_table(side.scored, side.bundle),
            declarations=side.bundle.declarations,
            quota=3,
            used={},
            language="en",
            today=date(2026, 11, 27),
        )
        proposed.append({entry.household_id for mentor in lists for entry in mentor.section("propose")})
    assert report["listed"] == {"a": len(proposed[0]), "b": len(proposed[1]), "both": len(proposed[0] & proposed[1])}
    assert {row["household_id"] for row in report["only_a"]} == proposed[0] - proposed[1]
    assert {row["household_id"] for row in report["only_b"]} == proposed[1] - proposed[0]


def test_scores_and_bands_move_from_a_to_b(sides, report):
    a, b = sides
    assert report["score_shift"]["mean"] == pytest.approx(b.score.mean() - a.score.mean())
    moved = Counter((a.band(row), b.band(row)) for row in range(len(a.score)) if a.band(row) != b.band(row))
    assert {(row["a"], row["b"]): row["households"] for row in report["bands"]} == moved


def test_a_household_that_has_left_is_on_neither_list(blend, panel, report, tmp_path):
    (tmp_path / "events.csv").write_text(
        "household_id,event,event_date\nK00001,graduated,2020-06-01\n", encoding="utf-8"
    )
    left = compare_bundles(blend, blend, panel, events=tmp_path / "events.csv", as_of=18_750)
    assert left["households"] == report["households"] - 1


def test_a_column_that_only_one_of_them_knows_is_no_fault_of_the_panel(blend, panel):
    fields = {name: field for name, field in blend.dictionary.fields.items() if name != "graduated"}
    other = _speaking(blend, blend.dictionary.model_copy(update={"fields": fields}))
    assert compare_bundles(blend, other, panel, events=None, as_of=18_750)["score_shift"]["mean_absolute"] == 0


def test_a_household_on_one_list_only_has_what_moved_it(report):
    rows = [*report["only_a"], *report["only_b"]]
    assert rows
    for row in rows:
        assert row["because"]
        sizes = [abs(entry["difference"]) for entry in row["why"]]
        assert sizes == sorted(sizes, reverse=True)
        assert all(entry["difference"] == pytest.approx(entry["b"] - entry["a"]) for entry in row["why"])


def test_mentors_add_up_to_the_whole(report):
    assert {side: sum(row[side] for row in report["mentors"]) for side in ("a", "b", "both")} == report["listed"]


def _speaking(bundle, dictionary):
    return replace(bundle, declarations=replace(bundle.declarations, dictionary=dictionary))


def _with(bundle, **changes):
    return replace(
        bundle, declarations=replace(bundle.declarations, programme=bundle.programme.model_copy(update=changes))
    )


def test_other_rules_of_the_programme_are_named(blend, panel):
    other = _with(blend, floor=())
    report = compare_bundles(blend, other, panel, events=None, as_of=18_750)
    assert report["rules_differ"] == ["floor"]
    assert report["listed"]["b"] >= report["listed"]["a"]
    assert all(row["blocking"]["b"] == [] for row in report["only_b"])


def test_bundles_for_other_cohorts_are_refused_with_what_differs(blend, panel):
    header = blend.programme.programme.model_copy(update={"ends": ("graduated",)})
    fields = blend.dictionary.fields
    aid = fields["receives_aid"].model_copy(update={"type": "category", "categories": ("a", "b")})
    foreign = blend.dictionary.model_copy(update={"fields": {**fields, "receives_aid": aid}})
    with pytest.raises(Refused) as refused:
        compare_bundles(blend, _speaking(_with(blend, programme=header), foreign), panel, events=None, as_of=None)
    reasons = "\n".join(refused.value.reasons)
    assert "[programme] ends" in reasons
    assert "receives_aid" in reasons
    with pytest.raises(Refused, match="cohort"):
        compare_bundles(blend, _with(blend, cohort=()), panel, events=None, as_of=None)


def test_a_day_on_which_nobody_is_in_the_cohort_is_refused(blend, panel):
    with pytest.raises(Refused, match="nobody is in the cohort on 2010"):
        compare_bundles(blend, blend, panel, events=None, as_of=14_700)
