"""The SHAP pictures are drawn from the model's own exact contributions, on a bounded sample."""

import numpy as np
from matplotlib import pyplot as plt

from graduasi_training.report.sections import explanations
from graduasi_training.report.sections.explanations import SAMPLE_ROWS, explain_sample
from graduasi_training.report.sections.explanations import explanations as section


def test_contributions_are_the_models_own_and_add_up(trained):
    model, values = trained.fitted.champion, trained.study.values
    rows = np.arange(0, len(values), 2)
    explained = explain_sample(model, values, rows)
    expected = model.explain(values[rows]).margin
    np.testing.assert_allclose(explained.base + explained.contributions.sum(axis=1), expected)


def test_a_large_panel_is_sampled_from_end_to_end(trained):
    rows = np.tile(np.arange(len(trained.study.values)), 20)
    explained = explain_sample(trained.fitted.champion, trained.study.values, rows)
    assert len(explained.values) == SAMPLE_ROWS < explained.population == len(rows)


def test_the_pictures_name_n_and_the_strongest_features_and_leave_no_figure_open(trained):
    open_before = plt.get_fignums()
    explained = explain_sample(trained.fitted.champion, trained.study.values, np.arange(100))
    body = section(explained).body
    strongest = np.abs(explained.contributions).mean(axis=0).argmax()
    assert body.count("data:image/png;base64,") == 2
    assert f"score most: {explained.features[strongest].name}" in body
    assert "n = 100 of 100" in body
    assert plt.get_fignums() == open_before


def test_without_rows_the_section_says_how_to_get_the_pictures():
    assert "train to draw it" in explanations.explanations(None).body
