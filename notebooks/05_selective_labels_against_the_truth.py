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
# # What do graduates show about families that did not graduate?
#
# Whether a family stays out of aid is seen only if a mentor graduated it. Mentors choose the stronger families, so graduates do better than the
# others would. From a register nobody can know by how much. **In the simulation the truth is known** for every family. Here three estimates (naive,
# weighted, bounds) are compared with it, in three simulated districts.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from graduasi_training.simulation import simulate
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEEDS = (1, 2, 3)
YEAR = pd.DateOffset(months=12)

# %% [markdown]
# ## Who is seen
#
# A row is a family in a quarter. It is *seen* if the family graduates before its next row and can be followed for twelve months; then `stayed` says
# whether it stayed out of aid. The truth (`would_stay_out`) is used only for the comparison.

# %%
def simulate_district(seed: int) -> pd.DataFrame:
    folder = Path(tempfile.mkdtemp(prefix="graduasi-notebook-"))
    simulate(folder, households=3_000, quarters=20, seed=seed)
    rows, events, truth = (pd.read_parquet(folder / f"{name}.parquet") for name in ("households", "events", "truth"))
    rows = rows.merge(truth[["household_id", "as_of", "would_stay_out", "mentor_strictness"]], on=["household_id", "as_of"])
    rows["as_of"], events["event_date"] = pd.to_datetime(rows["as_of"]), pd.to_datetime(events["event_date"])
    last_followed = rows["as_of"].max() - YEAR  # who graduates later cannot be followed for a year
    graduated = events[(events["event"] == "graduated") & (events["event_date"] <= last_followed)].sort_values("event_date")
    last_rows = pd.merge_asof(
        graduated[["household_id", "event_date"]], rows.sort_values("as_of")[["household_id", "as_of"]],
        left_on="event_date", right_on="as_of", by="household_id",
    )
    returned = events[events["event"] == "re_entered"].groupby("household_id")["event_date"].apply(list)
    last_rows["stayed"] = [
        not any(day < return_day <= day + YEAR for return_day in returned.get(household, []))
        for household, day in zip(last_rows["household_id"], last_rows["event_date"], strict=True)
    ]
    seen = last_rows[["household_id", "as_of", "stayed"]]
    return rows[rows["as_of"] <= last_followed].merge(seen, on=["household_id", "as_of"], how="left")

districts = {seed: simulate_district(seed) for seed in SEEDS}
pd.DataFrame({
    seed: {"rows": len(rows), "seen": rows["stayed"].notna().sum(), "share seen": rows["stayed"].notna().mean()}
    for seed, rows in districts.items()
}).round(4)

# %% [markdown]
# ## Three estimates
#
# - *naive*: the rate among seen families;
# - *weighted*: a seen family counts for all those like it: its weight is one over its chance to be graduated, learned from what is written down;
# - *bounds*: the rate if all unseen families returned, and if all stayed out. They hold whatever mentors do, but with so few seen families they
#   say next to nothing.

# %%
NEVER_READ = ["would_stay_out", "mentor_strictness", "stayed"]

def estimate(rows: pd.DataFrame) -> dict[str, float]:
    seen = rows["stayed"].notna()
    stayed = rows.loc[seen, "stayed"].astype(float)
    written_down = rows.drop(columns=NEVER_READ).select_dtypes(["number", "bool"]).astype(float)
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=0.03, max_iter=500)).fit(written_down, seen)
    weight = 1 / model.predict_proba(written_down)[seen, 1]
    return {
        "naive": stayed.mean(),
        "weighted": np.average(stayed, weights=weight),
        "low": stayed.sum() / len(rows),
        "high": (stayed.sum() + (~seen).sum()) / len(rows),
        "effective_n": weight.sum() ** 2 / (weight**2).sum(),
        "seen": seen.sum(),
        "truth": rows["would_stay_out"].mean(),
    }

estimates = pd.DataFrame({seed: estimate(rows) for seed, rows in districts.items()}).T
estimates.index.name = "seed"
estimates.round(3)

# %%
figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
for mark, colour, name in (("s", "#6b747a", "naive"), ("o", "#0b5e86", "weighted"), ("D", "#0a7d5c", "truth")):
    axes.plot(estimates[name], estimates.index, mark, color=colour, label=name)
axes.set_yticks(list(SEEDS), [f"seed {seed}" for seed in SEEDS])
axes.set_xlabel("share of families that would stay out of aid for twelve months")
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# The weighted estimate is nearer to the truth than the naive one, but still too high. Weights can correct only for what is written down; a mentor
# also sees what is not, and the family's own wish counts. `effective_n` is the number of equally weighted families that would be as informative
# as the seen ones are with their weights.

# %%
error = estimates[["naive", "weighted"]].sub(estimates["truth"], axis=0)
corrected_share = 1 - error["weighted"].abs() / error["naive"].abs()
print(f"the weights correct {corrected_share.min():.0%} to {corrected_share.max():.0%} of the naive error")
error.round(3)

# %% [markdown]
# ## Strict mentors graduate fewer of the same families
#
# Strictness is known here because the simulator drew it; in a register you would have each mentor's graduation rate instead.

# %%
everyone = pd.concat(districts.values())
third = pd.qcut(everyone["mentor_strictness"], 3, labels=["lenient", "middle", "strict"])
by_mentor = everyone.groupby(third, observed=True).agg(
    rows=("stayed", "size"), graduated=("stayed", "count"),
    stayed_among_graduates=("stayed", lambda stayed: stayed.dropna().astype(float).mean()), truth_among_all=("would_stay_out", "mean"),
)
by_mentor["graduated_per_1000"] = 1000 * by_mentor["graduated"] / by_mentor["rows"]
by_mentor.round(3)

# %% [markdown]
# How many families would stay out hardly differs between the three groups of mentors, as it should; how many are graduated does. So a model that
# learns from *graduated* learns in part who the mentor is. That is why the shipped programme trains on welfare that held, which is seen for families
# that stay in aid, and has the label on graduation only beside it.
