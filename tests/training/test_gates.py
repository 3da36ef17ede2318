"""What a model must show before it may serve."""

import pytest

from graduasi_training.gates import refusals


def _evaluation(**against):
    """Paired AUC differences to baselines as (difference, low, high)."""
    rows = [
        {"against": f"baseline:{name}", "metric": "auc", "difference": difference, "low": low, "high": high,
         "verdict": "better" if low > 0 else "worse" if high < 0 else "indistinguishable"}
        for name, (difference, low, high) in against.items()
    ]  # fmt: skip
    return {"comparison": rows}


GOOD = {"prior": (0.15, 0.10, 0.20), "income_only": (0.03, 0.01, 0.05)}


def test_a_model_that_beats_chance_and_every_baseline_passes():
    assert refusals(_evaluation(**GOOD)) == []


@pytest.mark.parametrize(
    ("against", "gate"),
    [
        ({"prior": (0.05, -0.01, 0.11)}, "gate prior"),
        ({"prior": (0.0, 0.0, 0.0)}, "gate prior"),
        ({"income_only": (-0.03, -0.05, -0.01)}, "gate baselines"),
        ({"income_only": (-0.01, -0.015, -0.005)}, "gate baselines"),
        ({"weighted_criteria": (-0.04, -0.10, 0.02)}, "gate baselines"),
    ],
)
def test_a_model_that_learned_noise_or_ranks_worse_than_a_rule_is_refused(against, gate):
    (reason,) = refusals(_evaluation(**{**GOOD, **against}))
    assert reason.startswith(gate)


def test_a_model_that_was_never_compared_with_chance_is_refused():
    assert any("gate prior" in reason for reason in refusals({"comparison": []}))


def test_every_reason_is_told():
    assert (
        len(
            refusals(
                _evaluation(
                    prior=(0.0, -0.1, 0.1), income_only=(-0.1, -0.2, -0.05), longest_enrolled=(-0.1, -0.2, -0.05)
                )
            )
        )
        == 3
    )


def test_candidates_of_the_same_run_are_no_gate():
    rows = _evaluation(**GOOD)["comparison"]
    worse = {"against": "logistic", "metric": "auc", "difference": -0.2, "low": -0.3, "high": -0.1, "verdict": "worse"}
    assert refusals({"comparison": [*rows, worse]}) == []
