"""A household scored alone gets what it gets in a panel: numbers to rounding, verdicts and the words of reasons the same."""

import tomllib
from collections import namedtuple
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.declarations.conditions import UNMET
from graduasi.declarations.declarations import read_declarations
from graduasi.declarations.dictionary import parse_dictionary
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi.panel.record import Panel
from graduasi.readiness.features import features_of
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.linear import LinearPart
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.preparation import fit_preparation
from graduasi.readiness.relapse import MAX_DEVIATION, RelapseModel
from graduasi.scoring.cohort import cohort_of
from graduasi.scoring.reasons import give_reasons
from graduasi.scoring.scores import score_rows
from graduasi.scoring.verdicts import BANDS
from graduasi.single.features import SingleFeatures, Snapshot
from graduasi.single.scores import SingleScorer
from tests.made_up.examples import examples
from tests.made_up.learned_model import CANDIDATES, UnsavedBundle, candidate
from tests.made_up.small_programme import DECLARED, SMALL, declared

LATE_TEXT = SMALL.text.replace('type = "number"', 'lag_days = 45\ntype = "number"').replace(
    'type = "integer"', 'lag_days = 120\ntype = "integer"'
)
LATE = parse_dictionary(LATE_TEXT, tomllib.loads(LATE_TEXT), file="late.toml")
DATA = Path(__file__).parents[2] / "data"
Household = namedtuple("Household", "as_of known_on unknown_share seed area")
TODAY = 18_900


def _random_model(dictionary, rng) -> ReadinessModel:
    """A logistic regression in which every feature, category and indicator has a drawn weight."""
    features = features_of(dictionary)
    values = np.where(rng.random((40, len(features))) < 0.2, np.nan, rng.integers(0, 2, (40, len(features))))
    preparation = fit_preparation(values.astype(float), features)
    width, indicated = len(features), int(preparation.indicated.sum())
    nominal = {
        index: rng.normal(size=len(feature.field.categories) + 1)
        for index, feature in enumerate(features)
        if feature.is_nominal
    }
    weight = np.where([feature.is_nominal for feature in features], 0.0, rng.normal(size=width) * 1e-3)
    linear = LinearPart(
        -0.3, weight, rng.random(width), rng.normal(size=indicated), rng.random(indicated), nominal
    )  # fmt: skip
    return ReadinessModel(features, preparation, linear, None, 1.0, 1.3, 0.1)


def _random_intervals(features, rng) -> Intervals:
    """Intervals with an offset for one of the areas of `households`."""
    areas = {"K1": Area(0.3, 0.2), "K2": Area(-0.1, 0.5)}
    costs, gains = rng.random((2, len(features))) * 0.2
    return Intervals(0.9, 1.645, areas, Area(0.0, 0.6), costs, gains)


def _random_relapse(dictionary, rng) -> RelapseModel:
    """A relapse model that finds about half of the drawn households unlike any graduate."""
    model = _random_model(dictionary, rng)
    width = len(model.features)
    stays_out = replace(model, intervals=_random_intervals(model.features, rng))
    return RelapseModel(stays_out, rng.random(width), np.full(width, 1e6), 1e-3)


def _without_relapse_interval(bundle: UnsavedBundle) -> UnsavedBundle:
    """The same bundle, as if the interval of its relapse risk was not tested."""
    stays_out = replace(bundle.relapse.stays_out, intervals=None)
    return bundle._replace(relapse=replace(bundle.relapse, stays_out=stays_out))


@lru_cache
def _bundle(name: str) -> UnsavedBundle:
    """A candidate of the small programme, `late` for one with late fields, or drawn models for real declarations."""
    if name in CANDIDATES:
        return UnsavedBundle(DECLARED, candidate(name), "test", None)
    if name == "late":
        return UnsavedBundle(declared(LATE), replace(candidate("blend"), features=features_of(LATE)), "test", None)
    bundle = _with_intervals_and_relapse(_random_bundle(name), np.random.default_rng(2))
    return _without_relapse_interval(bundle) if name == "teen_poverty" else bundle


def _with_intervals_and_relapse(bundle: UnsavedBundle, rng) -> UnsavedBundle:
    model = replace(bundle.model, intervals=_random_intervals(bundle.model.features, rng))
    return bundle._replace(model=model, relapse=_random_relapse(bundle.dictionary, rng))


def _random_bundle(name: str) -> UnsavedBundle:
    folder = DATA / name
    dictionary_file, programme_file = (
        (default_dictionary(), default_programme())
        if name == "pkh"
        else (folder / "dictionary.toml", folder / "programme.toml")
    )
    declarations = read_declarations(dictionary_file, programme_file)
    model = _random_model(declarations.dictionary, np.random.default_rng(1))
    return UnsavedBundle(declarations, model, "test", None)


def _draw_values(field, rng, rows):
    if field.type == "boolean":
        return rng.integers(0, 2, rows)
    if field.type == "category":
        return rng.integers(0, len(field.categories), rows)
    if field.type == "date":
        return TODAY - rng.integers(0, 4000, rows)
    low, high = field.min or 0.0, 10.0 ** rng.integers(0, 8) if field.max is None else field.max
    drawn = np.where(rng.random(rows) < 0.2, low, rng.uniform(low, max(low, high), rows))
    return np.round(drawn) if field.type == "integer" else np.round(drawn, 6)


@st.composite
def households(draw):
    """A household's visits; `_panel` draws its values from `seed`.

    Many gaps between visits are just as long as a value may be carried forward, or one day longer.
    """
    gaps = draw(st.lists(st.sampled_from([20, 90, 180, 181, 200, 201]) | st.integers(1, 500), max_size=5))
    as_of = (
        TODAY - draw(st.sampled_from([0, 45, 180, 181, 200, 201]) | st.integers(0, 400)) - np.cumsum([0, *gaps])[::-1]
    )
    delay = st.sampled_from([0, 0, 30, 900]) | st.just(None)  # None: known just on the day of scoring
    delays = [draw(delay) for _ in as_of]
    known_on = np.array([TODAY if delay is None else day + delay for day, delay in zip(as_of, delays, strict=True)])
    unknown_share, area = draw(st.sampled_from([0.0, 0.1, 0.4, 1.0])), draw(st.sampled_from(["K1", "K9", None]))
    return Household(as_of, known_on, unknown_share, draw(st.integers(0, 2**32 - 1)), area)


def _panel(bundle, household) -> Panel:
    rng, visits = np.random.default_rng(household.seed), len(household.as_of)
    columns = [_draw_values(field, rng, visits) for field in bundle.dictionary.fields.values()]
    values = np.column_stack(columns).astype(float)
    values[rng.random(values.shape) < household.unknown_share] = np.nan
    names, areas = (pa.array([name] * visits, pa.string()) for name in ("K1", household.area))
    days = [np.asarray(day, dtype=np.int32) for day in (household.as_of, household.known_on)]
    return Panel(names, np.zeros(visits, dtype=np.int32), *days, names, areas, values)


def _snapshots(panel) -> list[Snapshot]:
    rows = zip(panel.as_of.tolist(), panel.known_on.tolist(), panel.values.tolist(), strict=True)
    return [Snapshot(as_of, known_on, values) for as_of, known_on, values in rows]


@pytest.mark.parametrize("name", [*CANDIDATES, "late", "pkh", "graduation_pakistan", "teen_poverty"])
@examples(at_least=60)
@given(household=households())
def test_a_household_alone_gets_what_it_gets_in_a_panel(name, household):
    bundle = _bundle(name)
    panel, last = _panel(bundle, household), np.array([len(household.as_of) - 1])
    expected = score_rows(panel, last, as_of=TODAY, bundle=bundle)
    reasons = give_reasons(expected.explained.contributions, expected.features.shown, bundle.model.features, count=7)
    rounding = 1e-12 * max(1e3, np.abs(expected.explained.contributions).max())  # made-up incomes lie far out
    scorer = SingleScorer(bundle)
    found = scorer.score(_snapshots(panel), scored_on=TODAY, reasons=7, area_code=household.area)
    assert _numbers(found.interval) == pytest.approx(_numbers(expected.ends), abs=1e-12)
    assert _numbers(found.relapse) == pytest.approx(_numbers(expected.relapse), abs=1e-12)
    assert found.margin == pytest.approx(expected.explained.margin[0], abs=rounding)
    assert found.score == pytest.approx(expected.explained.score[0], abs=1e-12)
    assert found.base == pytest.approx(expected.explained.base, abs=1e-12)
    assert found.other_contribution == pytest.approx(reasons.other[0], abs=rounding)
    assert found.band == BANDS[expected.band[0]]
    for kind in ("floor", "protected"):
        assert getattr(found.verdict, kind) == getattr(expected.verdicts, kind)[0].tolist()
    eligible = [scorer.rules.may_be_eligible(found.values, referral.code) for referral in bundle.programme.referrals]
    assert eligible == (expected.verdicts.referrals[0] != UNMET).tolist()
    assert [rule for rule, _ in found.verdict.blocking] == np.flatnonzero(expected.verdicts.blocking[0]).tolist()
    field_names = [field.name for field in bundle.dictionary.features]
    assert found.missing == [field_names[field] for field in np.flatnonzero(expected.missing[0])]
    _assert_same_reasons(found.reasons, reasons.table.to_pylist()[0])
    in_cohort = cohort_of(panel, last, bundle.declarations)
    assert scorer.rules.in_cohort(panel.values[-1].tolist()) == bool(len(in_cohort))


def _numbers(numbers):
    """The numbers that are known, of an interval or a risk; for a panel they are arrays of one household, NaN if unknown."""
    if numbers is None:
        return []
    plain = [np.nan if number is None else float(np.ravel(number)[0]) for number in numbers]
    return [number for number in plain if not np.isnan(number)]


def _assert_same_reasons(reasons, expected):
    contributions, expected_contributions = (
        [reason["contribution"] for reason in some_reasons] for some_reasons in (reasons, expected)
    )
    assert contributions == pytest.approx(expected_contributions, abs=1e-9, rel=1e-12)
    assert [{**reason, "contribution": None} for reason in reasons] == [
        {**reason, "contribution": None} for reason in expected
    ]


@pytest.mark.parametrize("name", ["blend", "pkh", "graduation_pakistan", "teen_poverty"])
@given(household=households())
def test_features_of_a_household_alone_are_those_of_a_panel_to_a_relative_1e_12(name, household):
    bundle = _bundle(name)
    panel, last = _panel(bundle, household), np.array([len(household.as_of) - 1])
    expected = score_rows(panel, last, as_of=TODAY, bundle=bundle).features
    values, shown = SingleFeatures(bundle.declarations).build(_snapshots(panel), scored_on=TODAY)
    np.testing.assert_allclose(values, expected.values[0], rtol=1e-12)
    np.testing.assert_allclose(shown, expected.shown[0], rtol=1e-12)


def test_a_family_exactly_at_the_limit_is_like_a_graduate():
    bundle = _bundle("pkh")
    for seed in range(40):
        panel = _panel(bundle, Household(np.array([TODAY]), np.array([TODAY]), 0.1, seed, None))
        features = score_rows(panel, np.array([0]), as_of=TODAY, bundle=bundle).features
        at_limit = replace(bundle.relapse, limit=float(bundle.relapse.distance(features.values)[0]))
        scorer = SingleScorer(bundle._replace(relapse=at_limit))
        assert scorer.score(_snapshots(panel), scored_on=TODAY, reasons=1).relapse is not None, seed


def test_no_single_field_however_odd_makes_a_family_unlike_all_graduates():
    bundle = _bundle("pkh")
    width = len(bundle.model.features)
    relapse = replace(bundle.relapse, centre=np.zeros(width), spread=np.ones(width), limit=MAX_DEVIATION**2)
    panel = _panel(bundle, Household(np.array([TODAY]), np.array([TODAY]), 0.0, 1, None))  # incomes lie millions away
    expected = score_rows(panel, np.array([0]), as_of=TODAY, bundle=bundle._replace(relapse=relapse))
    found = SingleScorer(bundle._replace(relapse=relapse)).score(_snapshots(panel), scored_on=TODAY, reasons=1)
    assert found.relapse.risk == pytest.approx(expected.relapse.risk[0])
    low_limit = SingleScorer(bundle._replace(relapse=replace(relapse, limit=MAX_DEVIATION)))
    assert low_limit.score(_snapshots(panel), scored_on=TODAY, reasons=1).relapse is None
