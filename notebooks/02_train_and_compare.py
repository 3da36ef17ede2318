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
# # Is the model worth it?
#
# One training run from files to bundle, and the questions to ask before anyone sees a list. **The families are simulated: no figure here
# is evidence about real families.** The tests run this file from top to bottom.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.pipeline import Inputs, train
from graduasi_training.simulation import simulate

# %%
folder = Path(tempfile.mkdtemp(prefix="graduasi-notebook-"))
simulate(folder, households=1_500, quarters=20, seed=11)
inputs = Inputs(*(folder / name for name in ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")))
trained = train(inputs, folder / "run", settings=Settings(seed=0), tell=print)
evaluation = trained.evaluation

# %% [markdown]
# ## Is it equally good on every date?
#
# For each date, everything (choice, fit, calibration) used only what was known then. Look at the intervals, not at the third decimal.

# %%
folds = pd.DataFrame([
    {"test": fold["test_as_of"], "chosen": fold["chosen"], "labelled": fold["labelled_rows"], "base_rate": fold["base_rate"],
     **{key: fold["candidates"]["champion"][key] for key in ("auc", "auc_low", "auc_high", "precision_at_quota", "harm_at_quota", "calibration_slope")}}
    for fold in evaluation["folds"]
])
folds.round(3)

# %% [markdown]
# ## Is it better than what needs no model?
#
# The gain of the champion over every other candidate and baseline on the last test date, paired by mentor or household. Above zero the champion is
# better, whatever the metric. Where the interval contains zero, the verdict is *indistinguishable*: do not claim a gain. The candidate that was
# chosen as champion is left out.

# %%
comparison = pd.DataFrame(evaluation["comparison"])
comparison = comparison[comparison["against"] != evaluation["folds"][-1]["chosen"]]
comparison.round(3)

# %%
colours = {"better": "#0a7d5c", "indistinguishable": "#6b747a", "worse": "#c4581c"}
metrics = list(comparison["metric"].unique())
figure, panes = plt.subplots(1, len(metrics), figsize=(9, 3.4), sharey=True, layout="constrained", squeeze=False)
for axes, metric in zip(panes[0], metrics, strict=True):
    for row in comparison[comparison["metric"] == metric].itertuples():
        axes.plot([row.low, row.high], [row.against] * 2, color=colours[row.verdict])
        axes.plot(row.difference, row.against, "o", color=colours[row.verdict])
    axes.axvline(0, color="#999", linewidth=1)
    axes.set_title(f"gain in {metric}", fontsize=9)
plt.show()

# %% [markdown]
# With 1,500 families of five mentors the AUC shows that the model is better than chance, and than some rankings. But the lists are short, so precision at quota
# shows little. This is usual with small data: what helps is more families or more dates, not another metric.

# %%
beaten = comparison[comparison["verdict"] == "better"].groupby("metric")["against"].apply(list)
undecided = comparison[comparison["verdict"] == "indistinguishable"].groupby("metric")["against"].apply(list)
print("better than:", beaten.to_dict())
print("indistinguishable from:", undecided.to_dict())

# %% [markdown]
# ## What was chosen, and why
#
# The procedure chooses the simplest candidate whose out-of-fold log loss is not worse than the best beyond doubt (1.96 standard errors). A larger model must be clearly
# better to be chosen.

# %%
choice = pd.DataFrame({
    name: {"log_loss": trained.fitted.log_loss[name], "above_best": trained.fitted.excess[name][0], "standard_error": trained.fitted.excess[name][1]}
    for name in trained.fitted.candidates
}).T
chosen = trained.fitted.chosen
print(f"chosen: {chosen}")
choice.round(4)

# %% [markdown]
# `report.html` shows this and much more in pictures; `card.md` is written for officials.

# %%
print(sorted(path.name for path in trained.out.iterdir()))
