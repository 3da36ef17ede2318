"""A request's JSON is read quickly where it is plainly strict, and means and is refused the same as when read with care."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi_serving.web import json_bodies as strict_json
from graduasi_serving.web.json_bodies import parse_json
from graduasi_serving.web.problems import Problem


def _object(pairs: list[tuple[str, str]]) -> str:
    """An object as text; a key may stand in it twice."""
    return "{" + ",".join(f"{json.dumps(key)}: {value}" for key, value in pairs) + "}"


scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(width=32) | st.text(max_size=5)
texts = st.recursive(
    scalars.map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(["a", "b", 'c"', "d:"]), inner), max_size=4).map(_object)
    ),
    max_leaves=12,
)


def _told(read, body: bytes) -> object:
    try:
        return repr(read(body))
    except Problem as problem:
        return problem.errors[0].code


@given(text=texts)
def test_what_is_read_quickly_is_what_is_read_with_care(text):
    assert _told(parse_json, text.encode()) == _told(strict_json._strict, text.encode())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": 1, "a": 1}', "duplicate_key"),
        ('[{"a": "x", "b": {"c": 1, "c": "y"}}]', "duplicate_key"),
        ('{"a": "\\"", "a": 1}', "duplicate_key"),
        ('{"a": NaN}', "not_finite"),
        ("[" * 100_000, "json_too_deep"),
        ('{"a": 1', "json_invalid"),
    ],
)
def test_json_that_may_mean_two_things_is_refused(text, code):
    assert _told(parse_json, text.encode()) == code


def test_nesting_that_only_the_careful_way_can_follow_is_read():
    assert parse_json(b"[" * 700 + b"]" * 700) is not None


@pytest.mark.parametrize("text", ['{"a": "x", "b": [1, null]}', "[]", "{}"])
def test_plainly_strict_json_is_not_read_twice(text, monkeypatch):
    monkeypatch.setattr(strict_json, "_strict", lambda _body: pytest.fail("read with care"))
    assert parse_json(text.encode()) == json.loads(text)
