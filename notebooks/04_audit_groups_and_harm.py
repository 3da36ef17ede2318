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
# # Who is passed over, and who is harmed?
#
# A list is judged by whom it leaves out, and by whom graduating would have harmed. **The families are simulated.**

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from graduasi.dates import from_day
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi.lists.places import share_of_places
from graduasi_training.judging.jackknife import rate
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.simulation import simulate
from graduasi_training.study.splits import temporal_folds

# %%
folder = Path(tempfile.mkdtemp(prefix="graduasi-notebook-"))
simulate(folder, households=1_500, quarters=20, seed=11)
inputs = Inputs(*(folder / name for name in ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")))
study, _ = read_study(inputs)
fold = temporal_folds(study.observations, study.labels, count=1)[-1]
fitted = fit_and_choose(study.training_rows(fold.train), study.features, settings=Settings(seed=0))
score = fitted.champion.explain(study.values[fold.test]).score
test = study.test_set(fold.test)
known = test.labelled
print(f"{from_day(fold.day)}: {len(score):,} families, {known.sum():,} with a known outcome, quota {test.quota} a mentor")

# %% [markdown]
# ## Longer and shorter lists
#
# `share_of_places` says for each family how much of a place it has when every mentor lists `quota` families; equal scores share the last places.
# Families that are protected, stale, unsure by a rule or below the floor are not eligible and never listed. A mentor's own list also ends where families are no longer
# in band *ready*; here every list is as long as the axis says, to see what longer lists would cost.

# %%
def judge(length: int, eligible: np.ndarray) -> dict[str, float]:
    share = share_of_places(test.mentor, score, quota=length, eligible=eligible)
    harm_known = ~np.isnan(test.harm)
    return {
        "per_mentor": length,
        "listed": share.sum(),
        "labelled": share[known].sum(),
        "precision": (share * np.nan_to_num(test.y)).sum() / share[known].sum(),
        "harm": (share * np.nan_to_num(test.harm)).sum() / share[harm_known].sum(),
        "not_eligible": share[~test.eligible].sum(),
    }

lengths = range(1, 2 * test.quota + 1)
curve = pd.DataFrame([judge(length, test.eligible) for length in lengths])
unguarded = pd.DataFrame([judge(length, np.ones(len(score), dtype=bool)) for length in lengths])

figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.plot(curve["per_mentor"], curve["precision"], "o-", color="#0b5e86", label="became ready")
axes.plot(curve["per_mentor"], curve["harm"], "s-", color="#c4581c", label="fell back")
axes.plot(unguarded["per_mentor"], unguarded["harm"], "s:", color="#c4581c", label="fell back, without floor and protection")
axes.axvline(test.quota, color="#999", linestyle="--", linewidth=1)
axes.set(ylim=(0, 1), xlabel="families listed per mentor; dashed: the quota", ylabel="share of the listed, where known")
axes.legend()
plt.show()
curve.iloc[[0, test.quota // 2 - 1, test.quota - 1, 2 * test.quota - 1]].round(3)

# %% [markdown]
# ## Whom would the score alone have listed?

# %%
by_score_alone = share_of_places(test.mentor, score, quota=test.quota, eligible=np.ones(len(score), dtype=bool))
listed = share_of_places(test.mentor, score, quota=test.quota, eligible=test.eligible)
print(
    f"of {by_score_alone.sum():.0f} families that the score alone would list, {by_score_alone[~test.eligible].sum():.0f} are protected, "
    "unsure, stale or below the floor"
)

# %% [markdown]
# ## Groups
#
# Recall is the share of a group's families that became ready which the list contained. Its interval comes from leaving out each mentor once.

# %%
ready = np.nan_to_num(test.y) == 1

def recall(member: np.ndarray) -> tuple[float, float, float]:
    found = rate(listed * (member & ready), 1.0 * (member & ready), test.clusters)
    return found.value, found.low, found.high

rows = []
for name in study.programme.evaluation.groups:
    values = study.group_values(name, fold.test)
    for value in sorted({value for value in values if value is not None}):
        member = values == value
        row = {"group": name, "value": value, "n": int((member & known).sum()), "ready": int((member & ready).sum())}
        if row["ready"] >= 30:
            row |= dict(zip(("recall", "low", "high"), recall(member), strict=True))
        rows.append(row)
groups = pd.DataFrame(rows)
groups.round(3)

# %%
large = groups.dropna(subset=["recall"])
figure, axes = plt.subplots(figsize=(8, 0.8 + 0.28 * len(large)), layout="constrained")
labels = large["group"] + ": " + large["value"].astype(str) + " (" + large["ready"].astype(str) + " ready)"
axes.errorbar(large["recall"], labels, xerr=[large["recall"] - large["low"], large["high"] - large["recall"]], fmt="o", color="#0b5e86")
axes.axvline(listed[ready].mean(), color="#999", linestyle="--", linewidth=1)
axes.invert_yaxis()
axes.set_xlabel("recall of the list, 95 % interval; dashed: everyone")
plt.show()

# %% [markdown]
# A group that is not drawn has fewer than 30 ready families: too few to say whether it is passed over. Where an interval lies wholly below the
# dashed line, find out why before any list goes out: a missing field, a floor that the group cannot meet, or a label that means something else for
# it.
