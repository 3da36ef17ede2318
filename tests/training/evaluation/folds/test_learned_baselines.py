"""The baselines that learn: what they learn from, and when there is no such baseline."""

from dataclasses import replace

import numpy as np
import pytest

from graduasi.dates import add_months
from graduasi.declarations.declarations import Declarations
from graduasi.panel.events import NO_EVENTS, Events
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation.folds.learned_baselines import mentor_choice, past_choices, proxy_means
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.judging.metrics import auc
from graduasi_training.study.splits import temporal_folds
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import DICTIONARY, FIRST_DAY, PROGRAMME, dictionary_of, draw_table, programme_of

DECLARED = dictionary_of(DICTIONARY)
RULES = programme_of(
    PROGRAMME.replace("hold = 2", "hold = 1").replace("folds = 1", "folds = 2\nevery_months = 4"), DECLARED
)


def drawn(choose=lambda row: row["land_ha"], *, graduations=60):
    """A panel of four years in which mentors graduate the families that `choose` puts first, and its study."""
    panel = check_panel(draw_table(np.random.default_rng(0), households=300, visits=9, unknown=0.0), DECLARED)[0]
    preference = np.nan_to_num(choose({name: panel.values[:, DECLARED.column(name)] for name in DECLARED.fields}))
    first = np.flatnonzero(panel.as_of < FIRST_DAY + 20)
    rows = first[np.argsort(-preference[first], kind="stable")[:graduations]]
    names = np.array(panel.household_id.take(rows).to_pylist(), dtype=object)
    days = (FIRST_DAY + 150 + np.arange(len(rows)) % 90).astype(np.int32)
    events = Events(names, np.full(len(rows), "graduated", dtype=object), days, days) if graduations else NO_EVENTS
    return prepare(panel, events, Declarations(DECLARED, RULES))


def test_the_rule_by_which_mentors_choose_is_recovered():
    study = drawn()
    folds = temporal_folds(study.observations, study.labels, count=2)
    baseline = mentor_choice(study, past_choices(study, folds), folds[-1], settings=Settings())
    land = study.panel.values[study.observations.snapshot[folds[-1].test], DECLARED.column("land_ha")]
    much_land = (land > np.nanmedian(land)).astype(float)
    assert auc(baseline.score[folds[-1].test], much_land) > 0.9


@pytest.mark.parametrize("graduations", [0, 10])
def test_hardly_any_graduations_make_no_baseline(graduations):
    study = drawn(graduations=graduations)
    folds = temporal_folds(study.observations, study.labels, count=2)
    assert mentor_choice(study, past_choices(study, folds), folds[-1], settings=Settings()) is None


def test_a_graduation_that_becomes_known_after_the_test_day_teaches_nothing():
    study = drawn()
    folds = temporal_folds(study.observations, study.labels, count=2)
    late = replace(study.events, known_on=np.full(len(study.events), folds[-1].day + 1, dtype=np.int32))
    hidden = replace(study, events=late)
    assert mentor_choice(hidden, past_choices(hidden, folds), folds[-1], settings=Settings()) is None


def test_with_an_embargo_graduations_that_became_known_in_its_months_teach_nothing():
    study = drawn()
    folds = temporal_folds(study.observations, study.labels, count=2)
    recent = replace(study.events, known_on=np.full(len(study.events), folds[-1].day - 30, dtype=np.int32))
    study = replace(study, events=recent)
    evaluation = study.programme.evaluation.model_copy(update={"embargo_months": 3})
    programme = study.programme.model_copy(update={"evaluation": evaluation})
    embargoed = replace(study, declarations=Declarations(DECLARED, programme))
    choices = past_choices(study, folds)
    assert mentor_choice(study, choices, folds[-1], settings=Settings()) is not None
    assert mentor_choice(embargoed, choices, folds[-1], settings=Settings()) is None


def test_the_choices_of_the_last_two_years_teach_and_older_ones_do_not():
    study = drawn()
    folds = temporal_folds(study.observations, study.labels, count=2)
    choices = past_choices(study, folds)
    day = choices.observations.day
    old = day < add_months(np.array([folds[-1].day], dtype=np.int32), -24)
    assert old.any()
    assert folds[0].day <= day.max() < folds[-1].day
    flipped = replace(
        choices, labels=replace(choices.labels, value=np.where(old, 1 - choices.labels.value, choices.labels.value))
    )
    first, second = (mentor_choice(study, past, folds[-1], settings=Settings()).score for past in (choices, flipped))
    assert np.array_equal(first, second)


def test_a_proxy_means_test_ranks_by_what_predicts_welfare_and_never_reads_it():
    study = drawn()
    (fold,) = temporal_folds(study.observations, study.labels, count=1)
    baseline = proxy_means(study, fold)
    income = [index for index, feature in enumerate(study.features) if feature.field.theme == "income"]
    blanked = study.values.copy()
    blanked[np.ix_(fold.test, income)] = np.nan
    assert np.array_equal(proxy_means(replace(study, values=blanked), fold).score[fold.test], baseline.score[fold.test])
    assert np.ptp(baseline.score[fold.test]) > 0
