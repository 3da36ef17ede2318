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
# # Why this family, and why this district?
#
# A score is a sum: a base, and what each feature adds in log-odds. That is exact, so it can be told of one family and added up over a
# district. It says what the model saw, not what would happen if something were changed. **The families are simulated.**

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from graduasi.panel import files
from graduasi.bundle import load_bundle
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_of
from graduasi.scoring.scores import reasons_of, score_rows
from graduasi.declarations.words import Sentences
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.pipeline import Inputs, train
from graduasi_training.simulation import simulate

# %%
folder = Path(tempfile.mkdtemp(prefix="graduasi-notebook-"))
simulate(folder, households=1_500, quarters=18, seed=11)
inputs = Inputs(*(folder / name for name in ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")))
trained = train(inputs, folder / "run", settings=Settings(seed=0), tell=print)

# %% [markdown]
# ## Score everyone as the service would
#
# The bundle is what serving loads; the functions are those that serving calls.

# %%
bundle = load_bundle(trained.out / "bundle")
panel, _ = check_panel(files.read_table(inputs.panel), bundle.dictionary, file=inputs.panel.name)
day = int(panel.as_of.max())
rows = cohort_of(panel, np.flatnonzero(panel.as_of == day), bundle.declarations)
scored = score_rows(panel, rows, as_of=day, bundle=bundle)
explained, score = scored.explained, scored.explained.score
names = [feature.name for feature in bundle.model.features]
print(f"{len(rows):,} families, mean score {score.mean():.3f}")

# %% [markdown]
# ## One family: from the base to its score

# %%
place = int(np.argsort(score)[-5])
contributions = pd.Series(explained.contributions[place], index=names)
strongest = contributions[contributions.abs().sort_values(ascending=False).index]
shown = strongest.head(8)
steps = pd.concat([shown, pd.Series({"everything else": strongest.iloc[8:].sum()})])
margin = explained.base + contributions.sum()

figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
starts = explained.base + np.concatenate([[0], steps.cumsum().to_numpy()[:-1]])
axes.barh(steps.index, steps, left=starts, color=["#0b5e86" if step > 0 else "#c4581c" for step in steps])
axes.axvline(explained.base, color="#999", linewidth=1)
axes.axvline(margin, color="#16242c", linewidth=1)
axes.invert_yaxis()
axes.set_xlabel(f"log-odds: from the base {explained.base:+.2f} to {margin:+.2f}, a score of {score[place]:.2f}")
plt.show()

# %% [markdown]
# The same as a mentor reads it, in Indonesian, and as you may read it, in English.

# %%
reasons = reasons_of(scored, bundle, count=5).table.to_pylist()[place]
spoken = {
    (language, direction): Sentences(bundle.dictionary, language).in_direction(direction, reasons)
    for language in ("id", "en") for direction in ("helps", "hinders")
}
for (language, direction), sentences in spoken.items():
    print(language, direction, *sentences, sep="\n  ")

# %% [markdown]
# ## A whole district: what sets it apart
#
# Contributions add up, so the difference between a district's mean margin and everyone's is the sum of the differences by feature.

# %%
area = np.array(scored.snapshots.area_code.to_pylist())
everyone = explained.contributions.mean(axis=0)
district = pd.DataFrame(
    {code: explained.contributions[area == code].mean(axis=0) - everyone for code in sorted(set(area))}, index=names
)
summary = pd.DataFrame({
    "families": pd.Series(area).value_counts().sort_index(),
    "mean_score": pd.Series(score).groupby(area).mean(),
    "margin_above_everyone": district.sum(),
})
summary.round(3)

# %%
most = district.abs().max(axis=1).sort_values(ascending=False).index[:8]
axes = district.loc[most].plot.barh(figsize=(8, 4), color=["#0b5e86", "#c4581c", "#7a4a8c"])
axes.axvline(0, color="#999", linewidth=1)
axes.invert_yaxis()
axes.set_xlabel("log-odds above the mean of all families")
plt.show()

# %% [markdown]
# ## What holds the most families back
#
# The first reason that hinders each family, counted by district: where a programme for a district might begin, and no more than that.

# %%
first_hindrance = [
    next((reason["feature"].partition("__")[0] for reason in told if reason["direction"] == "hinders"), "nothing")
    for told in reasons_of(scored, bundle, count=5).table.to_pylist()
]
held_back = pd.crosstab(pd.Series(first_hindrance, name="first hindrance"), pd.Series(area, name="area"), normalize="columns")
held_back.loc[held_back.sum(axis=1).sort_values(ascending=False).index].head(8).round(2)
