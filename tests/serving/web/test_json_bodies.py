"""Request bodies: the quick way of reading JSON accepts, refuses and returns the same as the strict one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi_serving.web import json_bodies
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


def test_a_byte_order_mark_before_the_document_is_skipped():
    assert parse_json(b'\xef\xbb\xbf{"a": "b\\n"}') == parse_json(b'{"a": "b\\n"}') == {"a": "b\n"}


def _value_or_code(read, body: bytes) -> object:
    try:
        return repr(read(body))
    except Problem as problem:
        return problem.errors[0].code


@given(text=texts)
def test_the_quick_way_reads_what_the_strict_way_reads(text):
    assert _value_or_code(parse_json, text.encode()) == _value_or_code(json_bodies._read_strictly, text.encode())


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
    assert _value_or_code(parse_json, text.encode()) == code


def test_nesting_too_deep_for_the_quick_way_is_read_by_the_strict_way():
    assert parse_json(b"[" * 700 + b"]" * 700) is not None


@pytest.mark.parametrize("text", ['{"a": "x", "b": [1, null]}', "[]", "{}"])
def test_json_without_repeated_keys_is_not_read_twice(text, monkeypatch):
    monkeypatch.setattr(json_bodies, "_read_strictly", lambda _body: pytest.fail("read twice"))
    assert parse_json(text.encode()) == json.loads(text)
