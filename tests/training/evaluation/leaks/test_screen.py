"""The screen for leaks in worlds where one field holds the outcome, and in worlds where none does."""

import numpy as np
import pytest

from graduasi.errors import DeclarationError
from graduasi.panel.events import NO_EVENTS
from graduasi_training.evaluation.leaks import screen as leaks
from graduasi_training.evaluation.leaks.screen import findings, findings_of_panel, screen
from graduasi_training.study.splits import temporal_folds
from graduasi_training.study.study import prepare
from tests.made_up.worlds import PROGRAMME, declarations_of, draw_welfare, world_of

QUARTERS = 16


def world(seed, *, leak=None, programme=PROGRAMME, households=300):
    """A slowly moving world in which every family is visited each quarter. `leak` makes `noise` from the coming year's welfare."""
    rng = np.random.default_rng(seed)
    welfare = draw_welfare(rng, households, np.full(QUARTERS, -0.3))
    made = world_of(rng, welfare, np.ones(welfare.shape, dtype=bool), declarations=declarations_of(programme))
    if leak is None:
        return made
    panel, (noise, shown) = made.panel, (made.declarations.dictionary.column(name) for name in ("noise", "welfare"))
    later = np.minimum(np.arange(len(panel)) + 4, len(panel) - 1)
    same = panel.household[later] == panel.household
    panel.values[:, noise] = leak(np.where(same, panel.values[later, shown], 0.0), panel.values[:, noise])
    return made


def found(made):
    return findings_of_panel(made.panel, NO_EVENTS, made.declarations)


@pytest.mark.parametrize("seed", range(3))
def test_honest_fields_are_not_named(seed):
    assert found(world(seed)) == []


def test_a_field_that_holds_the_outcome_is_named():
    (note,) = found(world(0, leak=lambda later, noise: np.where(later >= 0, 1.0, 0.0) + 0.1 * noise))
    assert (note["key"], note["values"]["feature"]) == ("strong_feature", "noise")
    assert float(note["values"]["auc"]) > 0.99


def test_a_field_that_is_filled_in_because_of_the_outcome_is_named():
    (note,) = found(world(1, leak=lambda later, noise: np.where(later >= 0, noise, np.nan)))
    assert (note["key"], note["values"]["feature"]) == ("telling_gap", "noise")


def test_what_is_only_somewhat_better_than_the_best_honest_field_is_not_named():
    # Of welfare a year later with noise of twice its spread, an AUC of about 0.75.
    assert found(world(2, leak=lambda later, noise: later + 1.5 * noise)) == []


def test_of_a_large_panel_whole_households_are_looked_at_and_the_leak_is_still_named(monkeypatch):
    made = world(0, leak=lambda later, noise: np.where(later >= 0, 1.0, 0.0) + 0.1 * noise)
    study = prepare(made.panel, NO_EVENTS, made.declarations)
    fold = temporal_folds(study.observations, study.labels, count=1)[0]
    monkeypatch.setattr(leaks, "MAX_ROWS", 600)
    strongest = screen(study, fold.train)[0]
    assert strongest.rows <= 600 + QUARTERS
    assert [note["values"]["feature"] for note in findings([strongest])] == ["noise"]


def test_without_labels_check_says_that_nothing_was_looked_for():
    (note,) = found(world(3, programme=PROGRAMME.replace("after_months = 12", "after_months = 120")))
    assert note["key"] == "leaks_not_looked_for"
    assert "no as-of date has" in note["text"]


def test_a_mute_of_a_code_that_no_finding_has_is_refused():
    made = world(4, programme=f'{PROGRAMME}\n[[muted]]\ncode = "GRD999"\nreason = "we know"\n')
    with pytest.raises(DeclarationError, match=r"programme.toml: \[muted\] code: GRD999 is no finding's code"):
        found(made)
