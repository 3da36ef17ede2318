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
# In log-odds, a score is a base plus what each feature adds. These contributions are exact, so they explain one family and can be added up
# over a district. They say what the model made of each value, not what would happen if a value changed. **The families are simulated.**

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from graduasi.bundle import load_bundle
from graduasi.declarations.words import Sentences
from graduasi.panel.files import read_table
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_of
from graduasi.scoring.scores import reasons_of, score_rows
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.pipeline import Inputs, train
from graduasi_training.simulation import simulate

# %%
folder = Path(tempfile.mkdtemp(prefix="graduasi-notebook-"))
simulate(folder, households=1_500, quarters=20, seed=11)
inputs = Inputs(*(folder / name for name in ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")))
trained = train(inputs, folder / "run", settings=Settings(seed=0), tell=print)

# %% [markdown]
# ## Score everyone as the service would
#
# The service loads the same bundle and gives the same scores.

# %%
bundle = load_bundle(trained.out / "bundle")
panel, _ = check_panel(read_table(inputs.panel), bundle.dictionary, file=inputs.panel.name)
day = int(panel.as_of.max())
rows = cohort_of(panel, np.flatnonzero(panel.as_of == day), bundle.declarations)
scored = score_rows(panel, rows, as_of=day, bundle=bundle)
explained, score = scored.explained, scored.explained.score
names = [feature.name for feature in bundle.model.features]
print(f"{len(rows):,} families, mean score {score.mean():.3f}")

# %% [markdown]
# ## One family: from the base to its score

# %%
family = int(np.argsort(score)[-5])
contributions = pd.Series(explained.contributions[family], index=names)
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
axes.set_xlabel(f"log-odds: from the base {explained.base:+.2f} to {margin:+.2f}, a score of {score[family]:.2f}")
plt.show()

# %% [markdown]
# The same in sentences: in Indonesian, as a mentor reads them, and in English.

# %%
reasons = reasons_of(scored, bundle, count=5).table.to_pylist()[family]
told = {language: Sentences(bundle.dictionary, language).told(reasons) for language in ("id", "en")}
sentences = {(language, kind): getattr(told[language], kind) for language in told for kind in ("helps", "hinders", "facts")}
for (language, direction), texts in sentences.items():
    print(language, direction, *texts, sep="\n  ")

# %% [markdown]
# ## A whole district: what sets it apart
#
# Contributions add up to the margin. So the difference between a district's mean margin and everyone's is the sum of the differences in
# each feature's mean contribution.

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
most_different = district.abs().max(axis=1).sort_values(ascending=False).index[:8]
axes = district.loc[most_different].plot.barh(figsize=(8, 4), color=["#0b5e86", "#c4581c", "#7a4a8c"])
axes.axvline(0, color="#999", linewidth=1)
axes.invert_yaxis()
axes.set_xlabel("log-odds above the mean of all families")
plt.show()

# %% [markdown]
# ## What hinders the most families
#
# For each family the strongest reason that hinders it, as shares by district. It suggests where a programme for a district might begin, and
# no more than that.

# %%
first_hindrance = [
    next((reason["feature"].partition("__")[0] for reason in family_reasons if reason["direction"] == "hinders"), "nothing")
    for family_reasons in reasons_of(scored, bundle, count=5).table.to_pylist()
]
held_back = pd.crosstab(pd.Series(first_hindrance, name="first hindrance"), pd.Series(area, name="area"), normalize="columns")
held_back.loc[held_back.sum(axis=1).sort_values(ascending=False).index].head(8).round(2)
