"""Are the judged lists those that mentors get, and does their forecast come true where families leave for other reasons?

Two kinds of worlds. In one, a share of all families is well off, from one in a hundred to nearly all. In the other, families
graduate at a known rate, and meanwhile some move, some are not found any more, and events are reported late.
"""

from collections.abc import Iterator

import numpy as np
from scipy.stats import norm

from graduasi.panel.events import NO_EVENTS
from graduasi_training.evaluation.folds.judged import JudgedFold, judge_folds
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.judging.lists import listed
from graduasi_training.study.splits import all_trainable_rows
from graduasi_training.study.study import Study, prepare
from tests.made_up.given_lists import given_lists
from tests.made_up.leaving import Chances, Leaving, leaving_world
from tests.made_up.worlds import PROGRAMME, declarations_of, draw_welfare, world_of
from tools.claims.claim import Claim

QUICK = Settings(trees=TreeSettings(trees=30, learning_rate=0.2))
"""Few trees: the truth is a straight line."""
PREVALENCES = ((0.01, "400, 0-1"), (0.05, "400, 6-23"), (0.5, "400, 400"), (0.99, "400, 400"))
FAMILIES, QUARTERS = 2400, 28
COMPETING = (
    (0.0, "not run"),
    (0.08, "0.66, 0.61"),
    (0.16, "0.68, 0.58"),
    (0.24, "0.69, 0.55"),
    (0.40, "0.74, 0.48"),
)
"""The share of families that move within a year, with what was forecast at quota and what came out before."""
LEVEL = 0.03
MIN_OF_DATE = 300
"""A date with fewer labels has a rate that says nothing."""


def claims(seeds: int) -> Iterator[Claim]:
    """Few worlds of each kind: what is measured are means over thousands of families."""
    worlds = max(seeds // 10, 2)
    yield from (_same_lists(prevalence, before, worlds) for prevalence, before in PREVALENCES)
    for ready_move, kind in ((0.0, "whoever they are"), (0.5, "the readier the sooner")):
        for moved, before in COMPETING if not ready_move else COMPETING[-1:]:
            yield _forecast(f"{moved:.0%} move within a year, {kind}", before, Chances(moved, 0.0, ready_move), worlds)
    yield _left_behind(worlds)
    yield _late_reports(worlds)


def quiet(_: str) -> None:
    """Takes the progress of training and shows it to nobody."""


def share_well_off(prevalence: float, seed: int) -> Study:
    """A world in which so many families are well off at any time; 40 mentors, yearly visits."""
    rng = np.random.default_rng(seed)
    welfare = draw_welfare(rng, FAMILIES, np.full(QUARTERS, norm.ppf(prevalence)))
    yearly = np.broadcast_to(np.arange(QUARTERS) % 4 == 0, welfare.shape)
    declarations = declarations_of(PROGRAMME.replace("every_months = 3", "every_months = 12"))
    drawn = world_of(rng, welfare, yearly, declarations=declarations)
    return prepare(drawn.panel, NO_EVENTS, drawn.declarations)


def _same_lists(prevalence: float, before: str, worlds: int) -> Claim:
    judged, given, same, handed_over = [], [], [], []
    for seed in range(worlds):
        study = share_well_off(prevalence, seed)
        last = judge_folds(study, settings=QUICK, tell=quiet)[-1]
        lists = given_lists(study, last.model(with_intervals=last.shows_intervals), last.fold.day)
        judged.append(int(last.judged["champion"].figures["listed"]))
        given.append(sum(map(len, lists.values())))
        same.append(_hold_the_same(study, last, lists))
        handed_over.append(_listed_by_the_last_model(study, last))
    measured = f"{_range(judged)}, {_range(given)}; the model handed over, today: {_range(handed_over)}"
    return Claim(
        f"{prevalence:.0%} ready, 40 mentors with a quota of 10: families on the judged and on the given lists",
        before,
        measured,
        "the same families",
        all(same) and judged == given,
    )


def _hold_the_same(study: Study, last: JudgedFold, lists: dict[str, list[str]]) -> bool:
    """Whether the given lists hold whom the judged ones do; of equal scores at the end of a list, some of them."""
    on_list = np.flatnonzero(listed(last.champion, last.proposed) > 0)
    names = study.panel.household_id.take(study.observations.snapshot[last.fold.test[on_list]]).to_pylist()
    return {name for families in lists.values() for name in families} <= set(names)


def _listed_by_the_last_model(study: Study, last: JudgedFold) -> int:
    """How many families the model that would be handed over proposes on the panel's last day."""
    rows = all_trainable_rows(study.observations, study.labels)
    fitted = fit_and_choose(study.training_rows(rows), study.features, settings=QUICK)
    return sum(map(len, given_lists(study, fitted.champion, int(study.panel.as_of.max())).values()))


def _range(counts: list[int]) -> str:
    return f"{min(counts)}-{max(counts)}" if min(counts) < max(counts) else str(counts[0])


def _forecast(what: str, before: str, chances: Chances, worlds: int) -> Claim:
    """The mean forecast of the listed beside their mean true rate and what came out."""
    rows = []
    for seed in range(worlds):
        world = leaving_world(seed, chances, households=6000)
        last = judge_folds(world.study, settings=QUICK, tell=quiet)[-1]
        share, figures = listed(last.champion, last.proposed), last.judged["champion"].figures
        true_rate = float((share * world.true_rate(last.fold.test)).sum() / share.sum())
        rows.append((figures["forecast_at_quota"], true_rate, figures["precision_at_quota"]))
    forecast, truth, observed = np.mean(rows, axis=0)
    return Claim(
        f"{what}: forecast at quota, and what came of it",
        before,
        f"{forecast:.2f}, {truth:.2f} (seen: {observed:.2f})",
        f"within {LEVEL:g}",
        bool(abs(forecast - truth) <= LEVEL),
    )


def _left_behind(worlds: int) -> Claim:
    """The judged cohort where a fifth of the families a year is not found any more, and no event tells of it."""
    rates, truths, stale = [], [], 0
    for seed in range(worlds):
        world = leaving_world(seed, Chances(lost=0.2))
        study = world.study
        last = judge_folds(study, settings=QUICK, tell=quiet)[-1]
        rates.append(float(np.nanmean(last.test.y)))
        truths.append(float(world.true_rate(last.fold.test).mean()))
        age = study.observations.day[last.fold.test] - study.panel.as_of[study.observations.snapshot[last.fold.test]]
        stale += int((age > study.programme.max_data_age_days).sum())
    return Claim(
        "a fifth of the families a year is not found any more: base rate of the judged, true rate of those found, stale among the judged",
        "0.11, 0.38, 71 %",
        f"{np.mean(rates):.2f}, {np.mean(truths):.2f}, {stale}",
        f"within {LEVEL:g}; nobody stale",
        bool(abs(np.mean(rates) - np.mean(truths)) <= LEVEL) and stale == 0,
    )


def _late_reports(worlds: int) -> Claim:
    """The base rate of the youngest date that is learned from, beside that of the older ones, less their true rates."""
    off = np.array(
        [
            _off_by_age(leaving_world(seed, Chances(moved=0.1), longest_report=180, households=6000))
            for seed in range(worlds)
        ]
    )
    older, youngest = off.mean(axis=0)
    return Claim(
        "events reported up to 180 days late: base rate less the truth on older dates, on the youngest",
        "0, -0.06",
        f"{older:+.3f}, {youngest:+.3f}",
        f"both within {LEVEL:g}",
        bool(max(abs(older), abs(youngest)) <= LEVEL),
    )


def _off_by_age(world: Leaving) -> tuple[float, float]:
    study = world.study
    rows = all_trainable_rows(study.observations, study.labels)
    days, counts = np.unique(study.observations.day[rows], return_counts=True)
    dates = days[counts >= MIN_OF_DATE]
    off = [
        float((study.labels.value[of_date] - world.true_rate(of_date)).mean())
        for of_date in (rows[study.observations.day[rows] == day] for day in dates)
    ]
    return float(np.mean(off[:-1])), off[-1]
