# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # What can be learned from a panel?
#
# This one is `tests/data/teen_poverty`: real, small and public. To look at your own, change the three paths.
# The tests run this file from top to bottom.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from graduasi.dates import from_day
from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi.declarations.words import Sentences
from graduasi.panel.files import read_table
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.reasons import give_reasons
from graduasi_training.evaluation.folds.baselines import as_probability, baselines
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.judging.candidate import judge_on
from graduasi_training.judging.comparison import compare
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.study.splits import temporal_folds

here = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
data = here.parent / "tests" / "data" / "teen_poverty"
panel_file, dictionary_file, programme_file = (data / name for name in ("households.csv", "dictionary.toml", "programme.toml"))

# %% [markdown]
# ## Rows, dates and missing values

# %%
dictionary = read_dictionary(dictionary_file)
programme = read_programme(programme_file, dictionary)
panel, _ = check_panel(read_table(panel_file), dictionary, file=panel_file.name)
dates, snapshots = np.unique(panel.as_of, return_counts=True)
print(f"{len(panel):,} snapshots of {panel.household.max() + 1:,} households")
pd.Series(snapshots, index=[from_day(day) for day in dates], name="snapshots")

# %%
names = list(dictionary.fields)
values = pd.DataFrame(panel.values, columns=names)
pd.DataFrame({
    "kind": [field.kind for field in dictionary.fields.values()],
    "missing": values.isna().mean().round(3).to_numpy(),
    "mean": values.mean().round(2).to_numpy(),
    "lowest": values.min().to_numpy(),
    "highest": values.max().to_numpy(),
}, index=names)

# %% [markdown]
# ## Who is in the cohort, and what became of them
#
# An observation is a household of the cohort on an as-of date. Its label is known once the label's whole window has passed.

# %%
study, _ = read_study(Inputs(panel_file, None, dictionary_file, programme_file))
observed = pd.DataFrame({
    "as_of": [from_day(day) for day in study.observations.day],
    "ready": study.labels.value,
    "labelled": study.labels.is_labelled,
})
by_date = observed.groupby("as_of").agg(observations=("ready", "size"), labelled=("labelled", "sum"), base_rate=("ready", "mean"))
by_date.round(3)

# %%
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.plot([str(day) for day in by_date.index], by_date["base_rate"], "o-")
axes.set(ylim=(0, 1), ylabel="share that met the label", title=programme.target.name)
plt.show()

# %% [markdown]
# A base rate that changes from year to year is a warning: a model that learned from the past starts from the wrong level.
#
# ## Train the candidates on what was known, and judge them on the last date
#
# Choice and calibration use only the rows to train on.

# %%
settings = Settings(seed=0)
fold = temporal_folds(study.observations, study.labels, count=1)[-1]
fitted = fit_and_choose(study.training_rows(fold.train), study.features, settings=settings)
print(f"test {from_day(fold.day)}: {len(fold.train):,} rows to train on, {len(fold.test):,} in the cohort; chosen: {fitted.chosen}")

forecasts = {name: model.explain(study.values[fold.test]).score for name, model in fitted.candidates.items()}
train_labels = study.labels.value[fold.train]
for baseline in baselines(study.panel, study.observations, study.values, study.features):
    forecasts[f"baseline:{baseline.name}"] = as_probability(baseline.score, fold.train, train_labels)(fold.test)

test = study.test_set(fold.test)
judged = {name: judge_on(forecast, test, test.clusters) for name, forecast in forecasts.items()}
figures = pd.DataFrame({name: candidate.figures for name, candidate in judged.items()}).T
figures[["auc", "auc_low", "auc_high", "precision_at_10pct", "log_loss", "calibration_slope"]].astype(float).round(3)

# %% [markdown]
# Is the chosen candidate better than the others? The difference is paired by mentor or household. *Indistinguishable* means that these data
# do not show which of the two is better.

# %%
others = {name: candidate for name, candidate in judged.items() if name != fitted.chosen}
comparison = pd.DataFrame(compare(judged[fitted.chosen], others, "auc"))
comparison.round(3)

# %%
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.errorbar(
    comparison["difference"], comparison["against"],
    xerr=[comparison["difference"] - comparison["low"], comparison["high"] - comparison["difference"]], fmt="o", capsize=3,
)
axes.axvline(0, color="#999", linewidth=1)
axes.set_xlabel(f"AUC of {fitted.chosen} minus the other's, 95 % interval")
plt.show()

# %% [markdown]
# ## Why one household has its score
#
# The contributions add up to the margin exactly. They say what the model made of each value, not what would happen if the value changed.

# %%
model = fitted.champion
highest = fold.test[int(np.argmax(forecasts[fitted.chosen]))]
explained = model.explain(study.values[[highest]])
contributions = pd.Series(explained.contributions[0], index=[feature.name for feature in model.features])
assert np.isclose(explained.base + contributions.sum(), explained.margin[0])
print(f"base {explained.base:+.2f}, contributions {contributions.sum():+.2f}, margin {explained.margin[0]:+.2f}, score {explained.score[0]:.2f}")
contributions[contributions.abs().sort_values(ascending=False).index].round(2)

# %%
reasons = give_reasons(explained.contributions, study.values[[highest]], model.features, count=5).table.to_pylist()[0]
sentences = Sentences(dictionary, dictionary.languages[0])
for reason in reasons:
    sentence = sentences.reason(reason["feature"], reason["direction"], reason["value"])
    print(f"{reason['contribution']:+.2f}  {sentence}")
