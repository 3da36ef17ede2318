"""What a model must show before it may serve."""

from typing import Any

LEAST_DIFFERENCE = -0.02
"""How far below a baseline the AUC may lie where the interval cannot tell them apart: a loss nobody would notice."""


def refusals(evaluation: dict[str, Any]) -> list[str]:
    """Why the evaluated model must not be promoted; empty when nothing speaks against it."""
    found = []
    by_auc = [
        row for row in evaluation["comparison"] if row["metric"] == "auc" and row["against"].startswith("baseline:")
    ]
    for row in (row for row in by_auc if row["against"] != "baseline:prior"):
        if row["verdict"] == "worse" or row["difference"] < LEAST_DIFFERENCE:
            found.append(
                f"gate baselines: AUC is {-row['difference']:.3f} below {row['against']} (95 % interval of the "
                f"difference {row['low']:+.3f} to {row['high']:+.3f}); a rule that needs no model ranks better"
            )
    prior = next((row for row in by_auc if row["against"] == "baseline:prior"), None)
    if prior is None or prior["low"] <= 0:
        interval = "" if prior is None else f" (interval {prior['low']:+.3f} to {prior['high']:+.3f})"
        found.append(
            f"gate prior: the model does not rank better than chance beyond doubt{interval}; it may have learned noise"
        )
    return found
