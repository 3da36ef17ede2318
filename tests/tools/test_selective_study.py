"""The table of docs/selective-labels.md, made from rows that are made up."""

from typing import Any

from tools.selective_study import HEADER, table


def study_row(**values: Any) -> dict[str, Any]:
    row = {
        "seed": 1, "metric": "precision_at_quota", "label": "sustained", "n": 6, "listed": 10, "naive": 0.4, "weighted": 0.5,
        "bounds": [0.2, 0.8], "truth": 0.6, "truth_observed": 0.55, "closest": "weighted",
    }  # fmt: skip
    return {**row, **values}


def test_each_label_has_a_line_per_seed_and_then_their_mean_and_errors() -> None:
    header, _, first, second, mean = table([study_row(), study_row(seed=2, naive=0.7, closest="naive")]).splitlines()
    assert header == HEADER
    assert (
        first
        == "| precision_at_quota | sustained | 1 | 6 of 10 | 0.400 | 0.500 | 0.200 to 0.800 | 0.600 | 0.550 | weighted |"
    )
    assert " | 2 | " in second
    assert "**mean** | 12 of 20 | 0.550 | 0.500 |" in mean
    assert "weighted in 1 of 2; off by 0.150 naive, 0.100 weighted" in mean


def test_a_seed_without_an_estimate_has_a_line_but_no_part_in_the_mean() -> None:
    nothing = {"naive": None, "weighted": None, "truth": None, "truth_observed": None, "bounds": None, "closest": None}
    lines = table([study_row(), study_row(seed=2, **nothing)]).splitlines()
    assert "| 2 | 6 of 10 | – | – | – to – | – | – | – |" in lines[3]
    assert "**mean** | 6 of 10 | 0.400 |" in lines[4]
    assert len(table([study_row(**nothing)]).splitlines()) == 3


def test_labels_and_lists_are_kept_apart() -> None:
    rows = [study_row(), study_row(label="welfare_held"), study_row(metric="precision_at_5_quotas")]
    assert table(rows).count("**mean**") == 3
