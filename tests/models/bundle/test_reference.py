"""The reference of a bundle: it comes back from its text, and one that could tell of single families is refused."""

import json

import pytest

from graduasi.bundle.reference import SMALLEST_CELL, parse_reference, write_reference
from graduasi.errors import BundleError
from tests.made_up.small_programme import DICTIONARY, SMALL, dictionary_of


@pytest.fixture
def tables(bundle):
    """The reference of the bundle as parsed JSON, to be damaged."""
    return json.loads(write_reference(bundle.reference))


def _parse(tables):
    return parse_reference(json.dumps(tables), SMALL)


def test_a_reference_comes_back_from_its_text(bundle, tables):
    assert _parse(tables) == bundle.reference


@pytest.mark.parametrize("count", [1, SMALLEST_CELL - 1])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("fields", "floor", "cells", "counts", "earth"), "floor"),
        (("fields", "income_idr", "bins", "counts", 0), "income_idr"),
        (("fields", "income_idr", "own_bins", "counts", 0), "income_idr"),
        (("fields", "debt_idr", "missing"), "debt_idr"),
        (("score", "counts", 0), "score"),
    ],
    ids=["category", "bin", "bin of amounts", "missing", "score"],
)
def test_a_reference_with_a_cell_of_few_households_is_refused(tables, path, name, count):
    *parents, last = path
    table = tables
    for key in parents:
        table = table[key]
    table[last] = count
    with pytest.raises(BundleError, match=rf"reference\.json: {name}: "):
        _parse(tables)


def test_a_reference_whose_edges_do_not_ascend_is_refused(tables):
    tables["score"]["edges"].reverse()
    with pytest.raises(BundleError, match="score: not a histogram"):
        _parse(tables)


def test_a_reference_with_a_number_that_is_not_finite_is_refused(tables):
    tables["score"]["edges"][0] = float("-inf")
    with pytest.raises(BundleError, match="cannot be read"):
        _parse(tables)


def test_a_reference_of_other_fields_is_refused(tables):
    dictionary = dictionary_of(DICTIONARY.replace("[fields.land_ha]", "[fields.garden_ha]"))
    with pytest.raises(BundleError, match="other fields"):
        parse_reference(json.dumps(tables), dictionary)
