"""Who gave which alias to which version, when and why; and what served on a day."""

from datetime import date

import pytest

from graduasi_training.registry.alias_history import Change, read_history, serving_on, tag_of, version_before


def _change(when, act, version, alias="champion", why=None, overrode=()):
    return Change(when, "siti", act, alias, version, "d" * 64, why, overrode)


PAST = [
    _change("2026-01-10T08:00:00+00:00", "promote", "1"),
    _change("2026-02-01T08:00:00+00:00", "train", "3", alias="challenger"),
    _change("2026-03-05T08:00:00+00:00", "promote", "2"),
    _change("2026-03-05T20:00:00+00:00", "rollback", "1", why="lists were empty"),
    _change("2026-04-02T00:00:00+00:00", "promote", "2"),
]


@pytest.mark.parametrize(
    ("day", "versions"),
    [
        ("2026-01-09", []),
        ("2026-01-10", ["1"]),
        ("2026-02-20", ["1"]),
        ("2026-03-05", ["1", "2", "1"]),
        ("2026-04-01", ["1"]),
        ("2026-04-02", ["2"]),
        ("2026-12-31", ["2"]),
    ],
)
def test_what_served_on_a_day_can_be_asked(day, versions):
    assert [stretch.version for stretch in serving_on(PAST, "champion", date.fromisoformat(day))] == versions


def test_each_alias_has_its_own_history():
    assert [stretch.version for stretch in serving_on(PAST, "challenger", date(2026, 5, 1))] == ["3"]


def test_a_rollback_goes_one_step_back_each_time():
    promoted = [_change("2026-01-10T08:00:00+00:00", "promote", number) for number in "123"]
    assert version_before(promoted, "champion") == "2"
    once = [*promoted, _change("2026-01-11T08:00:00+00:00", "rollback", "2")]
    assert version_before(once, "champion") == "1"
    assert version_before([*once, _change("2026-01-12T08:00:00+00:00", "rollback", "1")], "champion") is None


def test_promoting_the_same_version_twice_is_one_step():
    assert version_before([PAST[0], PAST[0]], "champion") is None


def test_a_history_of_any_length_comes_back_as_it_was_written():
    tags, history = {}, []
    for number in range(300):
        change = _change("2026-01-10T08:00:00+00:00", "promote", str(number), why="x" * 900, overrode=("prior",))
        key, value = tag_of(change, history)
        assert len(value) < 5000
        assert key not in tags
        tags[key] = value
        history.append(change)
    assert read_history({"owner": "team", **dict(reversed(tags.items()))}) == history


def test_a_reason_that_is_too_long_is_cut_and_says_so():
    _, value = tag_of(_change("2026-01-10T08:00:00+00:00", "promote", "1", why="x" * 6000), [])
    (change,) = read_history({"graduasi.history.000000": value})
    assert len(change.why) == 1000
    assert change.why.endswith("…")


def test_two_changes_in_the_same_moment_do_not_overwrite_each_other():
    first, second = (_change("2026-01-10T08:00:00+00:00", "promote", number) for number in "12")
    assert tag_of(first, PAST)[0] != tag_of(second, PAST)[0]
