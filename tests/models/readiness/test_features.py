"""Features for many rows at once, against a slow and obvious oracle: one household at a time, in plain Python."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.dates import add_months, to_day
from graduasi.panel.record import Panel
from graduasi.readiness.features import HISTORY_MONTHS, build_features, features_of
from graduasi.scoring.reasons import give_reasons
from graduasi.single.features import SingleFeatures, Snapshot
from tests.made_up.small_programme import DECLARED, SMALL, declared, dictionary_of, draw_panel, household, panel_of

MAX_AGE = 200
NAMES = [feature.name for feature in features_of(SMALL)]
UNKNOWN = math.nan


def _build(panel, rows, day, max_age=MAX_AGE, *, careful=True):
    return build_features(panel, rows, as_of=day, declarations=declared(SMALL, max_age_days=max_age), careful=careful)


def _comparable(panel, row, field):
    value = float(panel.values[row, SMALL.column(field.name)])
    if field.per:
        base = float(panel.values[row, SMALL.column(field.per)])
        return value / base if base > 0 else UNKNOWN
    return (float(panel.as_of[row]) - value) / 365.25 if field.type == "date" else value


def _earlier(panel, row, day):
    """The rows of the household's earlier snapshots that count on `day`, the latest first."""
    oldest = int(add_months(panel.as_of[[row]], -HISTORY_MONTHS)[0])
    before = [other for other in range(row) if panel.household[other] == panel.household[row]]
    return [other for other in reversed(before) if panel.known_on[other] <= day and panel.as_of[other] >= oldest]


def _slope(points):
    """Least squares through points of (years, value), as a textbook has it."""
    times = [time for time, _ in points]
    if len(points) < 2 or len(set(times)) < 2:
        return UNKNOWN
    mean_time, mean_value = sum(times) / len(times), sum(value for _, value in points) / len(points)
    covariance = sum((time - mean_time) * (value - mean_value) for time, value in points)
    return covariance / sum((time - mean_time) ** 2 for time in times)


def _no_worse_than_none(trend, effect):
    to_the_worse = trend < 0 if effect == "increasing" else trend > 0
    return 0.0 if to_the_worse else trend


def _slow_features(panel, row, day, max_age=MAX_AGE, *, careful=True):
    features = {}
    for field in SMALL.features:
        own = _comparable(panel, row, field)
        past = [(other, _comparable(panel, other, field)) for other in _earlier(panel, row, day)]
        past = [(other, value) for other, value in past if not math.isnan(value)]
        within_limit = [value for other, value in past if panel.as_of[row] - panel.as_of[other] <= max_age]
        worst = {"increasing": min, "decreasing": max, "any": lambda values: values[0]}[field.effect]
        past_year = [value for other, value in past if panel.as_of[row] - panel.as_of[other] <= max(max_age, 366)]
        left_out = math.isnan(own) and field.effect != "any" and careful
        features[field.name] = worst(past_year) if math.isnan(own) and within_limit and not left_out else own
        previous = past[0][1] if past else UNKNOWN
        points = [((float(panel.as_of[other]) - float(panel.as_of[row])) / 365.25, value) for other, value in past]
        points += [] if math.isnan(own) else [(0.0, own)]
        derived = {
            "previous": previous,
            "change": own - previous,
            "mean": sum(value for _, value in past) / len(past) if past else UNKNOWN,
            "slope": UNKNOWN if left_out else _slope(points),
        }
        if field.effect != "any" and careful:
            derived |= {name: _no_worse_than_none(derived[name], field.effect) for name in ("change", "slope")}
        features.update({f"{field.name}__{history}": derived[history] for history in field.history})
    return [features[name] for name in NAMES]


@pytest.mark.parametrize("careful", [True, False], ids=["today's models", "models of version 0.1.0"])
@given(seed=st.integers(0, 10_000), day=st.integers(0, 1500), max_age=st.sampled_from([0, 130, 200, 2000]))
def test_features_are_those_of_the_slow_oracle(careful, seed, day, max_age):
    panel = draw_panel(seed, households=8, visits=6, months=4 + seed % 5, unknown=0.3)
    day = int(panel.as_of.min()) + day
    rows = panel.latest_known(day)
    expected = [_slow_features(panel, row, day, max_age, careful=careful) for row in rows]
    features = _build(panel, rows, day, max_age, careful=careful).values
    np.testing.assert_allclose(features, np.reshape(expected, features.shape), atol=1e-9, rtol=1e-9)


def test_each_row_may_have_its_own_day():
    panel = draw_panel(3, households=10)
    rows = np.arange(len(panel))
    features = _build(panel, rows, panel.known_on).values
    expected = [_slow_features(panel, row, panel.known_on[row]) for row in rows]
    np.testing.assert_allclose(features, expected, atol=1e-9, rtol=1e-9)


@given(seed=st.integers(0, 10_000), day=st.integers(0, 1200))
def test_what_became_known_after_the_day_moves_no_feature(seed, day):
    rng = np.random.default_rng(seed)
    panel = draw_panel(seed, households=12, visits=6)
    day = int(panel.as_of.min()) + day
    values, later = panel.values.copy(), np.flatnonzero(panel.known_on > day)
    values[later] = values[rng.permutation(later)] * 3 + 1
    changed = Panel(**{**vars(panel), "values": values})
    rows = panel.latest_known(day)
    before, after = _build(panel, rows, day), _build(changed, rows, day)
    np.testing.assert_array_equal(after.values, before.values)
    np.testing.assert_array_equal(after.shown, before.shown)


@given(seed=st.integers(0, 10_000), day=st.integers(0, 1200))
def test_a_panel_cut_off_on_the_day_gives_the_same_features(seed, day):
    panel = draw_panel(seed, households=12, visits=6)
    day = int(panel.as_of.min()) + day
    cut = panel.take((panel.known_on <= day) & (panel.as_of <= day))
    of_cut, of_whole = (_build(panel, panel.latest_known(day), day).values for panel in (cut, panel))
    np.testing.assert_array_equal(of_cut, of_whole)


def _features_of_last(*snapshots, day="2024-01-01", **options):
    """The features of one household's last snapshot, by name."""
    panel = panel_of(*snapshots)
    last = np.array([len(panel) - 1])
    features = _build(panel, last, to_day(np.datetime64(day).astype(object)), **options)
    return dict(zip(NAMES, features.values[0].tolist(), strict=True))


def test_money_is_a_ratio_to_its_line_and_shown_in_its_own_unit():
    panel = panel_of(household(income_idr=3_000_000, line_idr=2_000_000))
    features = _build(panel, np.array([0]), int(panel.as_of[0]))
    assert features.values[0, NAMES.index("income_idr")] == 1.5
    assert features.shown[0, NAMES.index("income_idr")] == 3_000_000


@pytest.mark.parametrize("line", [math.nan, 0.0, -1.0])
def test_a_ratio_to_a_line_that_is_unknown_or_not_above_0_is_unknown_in_a_panel_and_for_a_household_alone(line):
    panel = panel_of(household())
    panel.values[0, SMALL.column("line_idr")] = line
    day, income = int(panel.as_of[0]), NAMES.index("income_idr")
    in_panel = _build(panel, np.array([0]), day)
    values, shown = SingleFeatures(DECLARED).build([Snapshot(day, day, panel.values[0].tolist())], scored_on=day)
    assert np.isnan([in_panel.values[0, income], in_panel.shown[0, income], values[income], shown[income]]).all()


def test_old_money_is_compared_with_the_line_of_its_time():
    visits = [household("K", "2021-01-01", line_idr=3_000_000), household("K", "2021-06-01", line_idr=1_500_000)]
    features = _features_of_last(*visits)
    income = [features[f"income_idr{end}"] for end in ("", "__previous", "__change")]
    assert income == [2.0, 1.0, 1.0]


def test_a_date_becomes_years_before_the_visit():
    assert _features_of_last(household(as_of="2021-06-01", joined="2018-06-01"))["joined"] == pytest.approx(
        3.0, abs=0.01
    )


@pytest.mark.parametrize(
    ("earlier", "carried"),
    [("2021-01-01", 2), ("2020-12-31", 2), ("2020-12-13", 2), ("2020-12-12", None), ("2019-01-01", None)],
)
def test_an_unknown_value_is_carried_forward_within_the_age_limit_only(earlier, carried):
    visits = [household("K", earlier, land_ha=2), household("K", "2021-07-01", land_ha=None)]
    land = _features_of_last(*visits)["land_ha"]
    assert math.isnan(land) if carried is None else land == carried


@pytest.mark.parametrize(("field", "effect"), [("debt_idr", "decreasing"), ("land_ha", "any")])
@pytest.mark.parametrize(("earlier", "later"), [(2, 5), (5, 2)])
def test_for_a_model_of_version_0_1_0_the_least_favourable_value_of_the_past_year_is_carried_forward(
    field, effect, earlier, later
):
    assert SMALL.fields[field].effect == effect
    visits = [
        household("K", "2020-06-01", **{field: earlier}),
        household("K", "2021-03-01", **{field: later}),
        household("K", "2021-05-01", **{field: None}),
    ]
    assert _features_of_last(*visits, careful=False)[field] == (5 if effect == "decreasing" else later)
    assert _features_of_last(*visits)[field] == pytest.approx(UNKNOWN if effect == "decreasing" else later, nan_ok=True)


def test_a_carried_value_makes_no_change_of_its_own():
    visits = [household("K", "2021-01-01"), household("K", "2021-03-01", income_idr=None)]
    features = _features_of_last(*visits, careful=False)
    assert features["income_idr"] == 1.5
    assert math.isnan(features["income_idr__change"])


@pytest.mark.parametrize(("earlier", "counts"), [("2020-01-15", True), ("2020-01-14", False)])
def test_history_reaches_back_36_months_from_the_snapshot_itself(earlier, counts):
    visits = [household("K", earlier, debt_idr=7.0), household("K", "2023-01-15", debt_idr=1.0)]
    mean = _features_of_last(*visits, day="2024-06-01")["debt_idr__mean"]
    assert mean == 7.0 if counts else math.isnan(mean)


def test_a_snapshot_known_too_late_is_skipped_but_the_one_before_it_counts():
    visits = [
        household("K", "2021-01-01", known_on="2021-01-01", debt_idr=10.0),
        household("K", "2021-03-01", known_on="2021-09-01", debt_idr=90.0),
        household("K", "2021-05-01", known_on="2021-05-01", debt_idr=0.0),
    ]
    assert _features_of_last(*visits, day="2021-06-01")["debt_idr__mean"] == 10.0
    assert _features_of_last(*visits, day="2021-09-01")["debt_idr__mean"] == 50.0


def test_another_household_s_past_is_not_mine():
    panel = panel_of(household("A", "2021-01-01", debt_idr=5.0), household("B", "2021-03-01", debt_idr=1.0))
    means = _build(panel, np.array([0, 1]), int(panel.as_of.max())).values[:, NAMES.index("debt_idr__mean")]
    assert np.isnan(means).all()


def test_outcome_and_audit_fields_are_no_features():
    not_read = {field.name for field in SMALL.fields.values() if field.kind in ("audit", "outcome")}
    assert not_read
    assert not not_read & {name.partition("__")[0] for name in NAMES}


def test_whatever_is_derived_from_a_field_has_its_effect():
    effects = {feature.name: feature.effect for feature in features_of(dictionary_of())}
    assert {effects[f"income_idr{end}"] for end in ("", "__previous", "__change", "__mean", "__slope")} == {
        "increasing"
    }
    assert effects["debt_idr__mean"] == "decreasing"
    assert effects["land_ha"] == "any"


@pytest.mark.parametrize(("now", "change"), [(3e6, 0.5), (2e6, 0.0), (1e6, 0.0), (None, None)])
def test_of_a_field_with_an_effect_only_a_change_for_the_better_counts(now, change):
    visits = [household("K", "2021-01-01", income_idr=2e6), household("K", "2021-07-01", income_idr=now)]
    features = _features_of_last(*visits)
    expected = UNKNOWN if change is None else change
    assert features["income_idr__change"] == pytest.approx(expected, nan_ok=True)
    assert features["income_idr__slope"] == pytest.approx(expected / (181 / 365.25), nan_ok=True)


def test_a_fall_that_does_not_count_is_still_shown():
    panel = panel_of(household("K", "2021-01-01", income_idr=2e6), household("K", "2021-07-01", income_idr=1e6))
    matrix, change = _build(panel, np.array([1]), int(panel.as_of.max())), NAMES.index("income_idr__change")
    assert (matrix.values[0, change], matrix.shown[0, change]) == (0.0, -1e6)


@pytest.mark.parametrize("field", ["income_idr", "line_idr"])
def test_a_value_left_out_is_not_read_from_an_earlier_visit_nor_is_a_slope_without_it(field):
    earlier = [household("K", "2021-01-01", income_idr=1e6), household("K", "2021-04-01", income_idr=3e6)]
    features = _features_of_last(*earlier, household("K", "2021-07-01", **{field: None}))
    assert math.isnan(features["income_idr"])
    assert math.isnan(features["income_idr__slope"])
    assert features["income_idr__previous"] == 1.5


def _shown(name):
    """The value of a reason for feature `name`, of a household seen twice."""
    panel = panel_of(household("K", "2021-01-01"), household("K", "2021-07-01"))
    matrix = build_features(panel, np.array([1]), as_of=20000, declarations=DECLARED)
    features = features_of(SMALL)
    contributions = np.array([[float(feature.name == name) for feature in features]])
    return give_reasons(contributions, matrix.shown, features, count=1).table.to_pylist()[0][0]["value"]


def test_people_read_a_date_as_a_date_and_a_previous_income_in_its_own_unit():
    assert _shown("joined") == "2018-06-01"
    assert _shown("income_idr__previous") == "3000000"


def test_an_amount_whose_yardstick_is_unknown_is_shown_as_unknown_as_the_model_reads_it():
    panel = panel_of(household("K", "2024-03-01", income_idr=900_000.0, line_idr=None))
    features = _build(panel, np.array([0]), to_day(date(2024, 3, 1)))
    income = NAMES.index("income_idr")
    assert np.isnan([features.values[0, income], features.shown[0, income]]).all()
