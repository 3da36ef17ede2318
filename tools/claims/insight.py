"""Do the parts that look further into a model find what was planted, and nothing where nothing was?

Worlds are drawn here: a group in which the forecast is wrong, mentors and periods that differ, truths of one candidate's form.
"""

import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from graduasi.arrays import Array, Matrix
from graduasi.declarations.dictionary import Dictionary, parse_dictionary
from graduasi.lists.expected import ready_range
from graduasi.readiness.features import features_of
from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.evaluation.insight.many_tests import two_sided_p
from graduasi_training.evaluation.insight.put_right import put_right
from graduasi_training.evaluation.insight.rules import Families, rules_that_stand
from graduasi_training.evaluation.insight.themes import MIN_LOSS, with_verdicts
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.same_kind import fit_same_kind
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.metrics import log_losses
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.simulation import simulate
from graduasi_training.study.rows import TrainingRows
from tools.claims.claim import Claim

FIELDS = 6
DICTIONARY = '[dictionary]\nname = "world"\nversion = "1"\nlanguages = ["en"]\n' + "".join(
    f'\n[fields.x{index}]\ntype = "number"\nkind = "context"\nlabel.en = "x{index}"\nsource = "test"\n'
    for index in range(FIELDS)
)
SETTINGS = Settings(trees=TreeSettings(trees=80, learning_rate=0.1))
TRUTHS: dict[str, Callable[[Matrix], Array]] = {
    "linear": lambda x: x[:, 0] + 0.6 * x[:, 1] - 0.5 * x[:, 2],
    "a sum of curves": lambda x: 1.5 * np.sin(2 * x[:, 0]) + x[:, 1] ** 2 + np.abs(x[:, 2]) - 1.8,
    "an interaction": lambda x: 1.6 * x[:, 0] * np.sign(x[:, 1]),
}
REAL = Path(__file__).parents[2] / "tests" / "data"
FILES = ("households.parquet", "dictionary.toml", "programme.toml")
NOT_RUN = "did not exist"
Rng = np.random.Generator


def claims(seeds: int) -> Iterator[Claim]:
    """Each part in worlds of its own; what fits models is drawn fewer times."""
    yield _planted_group(seeds)
    yield _false_groups(seeds)
    yield from (_list_ranges(seeds, *sds) for sds in ((0.0, 0.0), (0.4, 0.0), (0.4, 0.3), (0.4, 0.6)))
    yield from (_champion(name, max(seeds // 3, 3)) for name in TRUTHS)
    yield _false_needs(max(seeds // 2, 3))
    yield _champion_on_panels()


def _dictionary() -> Dictionary:
    return parse_dictionary(DICTIONARY, tomllib.loads(DICTIONARY), file="world.toml")


def _families(rng: Rng, *, reversed_share: float) -> Families:
    """5,000 families of 60 mentors. The forecast is right but for those with x5 above its top `reversed_share`: there x0 counts against."""
    fields, values = list(_dictionary().fields.values()), rng.normal(size=(5000, FIELDS))
    values[:, 5] = rng.random(5000) < reversed_share
    margin = values[:, 0] - 1
    truth = np.where(values[:, 5] == 1, -values[:, 0] - 1, margin)
    y = (rng.random(5000) < expit(truth)).astype(float)
    unlisted = margin < np.quantile(margin, 0.9)
    return Families(fields, values, y, expit(margin), rng.integers(0, 60, 5000)).take(unlisted)


def _planted_group(seeds: int) -> Claim:
    first = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rules = rules_that_stand(_families(rng, reversed_share=0.05), sign=1, rng=rng)
        first += bool(rules) and "x5 >= 1" in (rules or [{}])[0]["rule"]
    return Claim(
        "a group of 5 % in which the forecast is reversed ranks first among the missed",
        NOT_RUN, f"{first} of {seeds}", "9 in 10", first >= 0.9 * seeds,
    )  # fmt: skip


def _false_groups(seeds: int) -> Claim:
    found = 0
    for seed in range(seeds):
        rng = np.random.default_rng(1000 + seed)
        found += bool(rules_that_stand(_families(rng, reversed_share=0.0), sign=1, rng=rng))
    return Claim(
        "where the forecast is right, some group is named as missed",
        NOT_RUN, f"{found} of {seeds}", "5 %", found <= _most(seeds, 0.05),
    )  # fmt: skip


def _most(count: int, share: float) -> float:
    """So many of `count` may come by chance at a rate of `share`, two standard errors above the mean."""
    return count * share + 2 * float(np.sqrt(count * share * (1 - share)))


def _list_ranges(seeds: int, period_sd: float, mentor_sd: float) -> Claim:
    """Lists of the ten highest scores of 60 families each, 100 mentors a date; every seed is one date."""
    held = 0
    for seed in range(seeds):
        rng = np.random.default_rng(2000 + seed)
        shift = rng.normal(0, period_sd) + rng.normal(0, mentor_sd, 100)
        for own in shift:
            margin = np.sort(rng.normal(-1, 1.2, 60))[-10:]
            ready = (rng.random(10) < expit(margin + own)).sum()
            ends = ready_range(expit(margin), expit(margin - 1.645 * period_sd), expit(margin + 1.645 * period_sd))
            held += ends is not None and ends[0] <= ready <= ends[1]
    share = held / (100 * seeds)
    return Claim(
        f"range of ready families on a list of ten; periods move by {period_sd}, mentors by {mentor_sd} log-odds",
        NOT_RUN, f"{share:.1%}", "90 %: 87 to 97, as numbers are whole", 0.87 <= share <= 0.97,
    )  # fmt: skip


def _drawn(rng: Rng, truth: Callable[[Matrix], Array], count: int) -> TrainingRows:
    values = rng.normal(size=(count, FIELDS))
    y = (rng.random(count) < expit(truth(values))).astype(float)
    day = np.zeros(count, dtype=np.int32)
    return TrainingRows(values, y, np.arange(count, dtype=np.int32), day, day)


def _champion(name: str, seeds: int) -> Claim:
    """3,000 families to learn from, 3,000 to judge on; "beyond doubt" is a paired difference of 1.96 standard errors."""
    features, worse, chosen = features_of(_dictionary()), 0, []
    for seed in range(seeds):
        rng = np.random.default_rng(3000 + seed)
        fitted, test = (
            fit_and_choose(_drawn(rng, TRUTHS[name], 3000), features, settings=SETTINGS),
            _drawn(rng, TRUTHS[name], 3000),
        )
        margins = {key: model.explain(test.values).margin for key, model in fitted.candidates.items()}
        losses = {key: np.logaddexp(0, margin) - test.y * margin for key, margin in margins.items()}
        best = min(losses, key=lambda key: float(losses[key].mean()))
        gap = losses[fitted.chosen] - losses[best]
        worse += bool(gap.mean() > 1.96 * gap.std() / np.sqrt(len(gap)))
        chosen.append(fitted.chosen)
    counts = ", ".join(f"{key} {chosen.count(key)}" for key in sorted(set(chosen), key=chosen.count, reverse=True))
    return Claim(
        f"truth is {name}: the champion loses to the best candidate of the test rows beyond doubt",
        "not run", f"{worse} of {seeds} (chosen: {counts})", "at most 10 %: the best is known only afterwards", worse <= _most(seeds, 0.1),
    )  # fmt: skip


def _false_needs(seeds: int) -> Claim:
    """A label that depends on nothing: no theme is needed, though each is left out once."""
    features, found = features_of(_dictionary()), 0
    for seed in range(seeds):
        rng = np.random.default_rng(4000 + seed)
        rows, test = (_drawn(rng, lambda x: np.full(len(x), logit(0.3)), count) for count in (1500, 3000))
        fitted = fit_and_choose(rows, features, settings=SETTINGS)
        whole, figures = _losses(fitted.champion.explain(test.values).score, test.y), []
        for index in range(FIELDS):
            keep = np.delete(np.arange(FIELDS), index)
            model = fit_same_kind(fitted, rows, features, settings=SETTINGS, without=np.array([index]))
            gap = _losses(model.explain(test.values[:, keep]).score, test.y) - whole
            mean, error = float(gap.mean()), float(gap.std() / np.sqrt(len(gap)))
            p = two_sided_p(max(abs(mean) - MIN_LOSS, 0.0), error, len(gap))
            figures.append({"theme": str(index), "loss": mean, "p": p})
        found += any(row["verdict"] == "worse" for row in with_verdicts(figures))
    return Claim(
        "where nothing is to be learned, some theme is called needed",
        NOT_RUN, f"{found} of {seeds}", "5 %", found <= _most(seeds, 0.05),
    )  # fmt: skip


def _champion_on_panels() -> Claim:
    """The two real panels and a simulated one (synthetic): log loss, all test dates of a panel together."""
    gaps, worse = [], 0
    with tempfile.TemporaryDirectory(prefix="graduasi-claims-") as temporary:
        simulate(Path(temporary), households=4000, quarters=20, seed=1)
        simulated = [Path(temporary) / name for name in (*FILES[:1], "events.parquet", *FILES[1:])]
        real = [
            Inputs(folder / "households.csv", None, *(folder / file for file in FILES[1:]))
            for folder in (REAL / "teen_poverty", REAL / "graduation_pakistan")
        ]
        for inputs in (*real, Inputs(*simulated)):
            pooled = evaluate(read_study(inputs)[0], settings=Settings(), tell=lambda line: None)["comparison_pooled"]
            rows = [row for row in pooled if row["metric"] == "log_loss" and not row["against"].startswith("baseline:")]
            worst = min(rows, key=lambda row: float(row["difference"]))
            gaps.append(
                f"{worst['difference']:+.4f} ({worst['low']:+.4f} to {worst['high']:+.4f}) to {worst['against']}"
            )
            worse += worst["verdict"] == "worse"
    return Claim(
        "the champion against the best candidate in log loss: teen_poverty; graduation_pakistan; simulated PKH (synthetic)",
        "not run", "; ".join(gaps), "none worse beyond doubt", worse == 0,
    )  # fmt: skip


def _losses(score: Array, y: Array) -> Array:
    """The log loss of each family, with the level and slope of all of them."""
    nobody, everybody = np.full(len(y), np.nan), np.arange(len(y))
    test = HeldOut(y=y, harm=nobody, mentor=everybody, household=everybody, eligible=nobody < 0, quota=10)
    return log_losses(put_right(score, test), y)
