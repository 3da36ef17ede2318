"""The pages' own words, by language."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from graduasi.declarations.words import phrases

LANGUAGES = ("id", "en")
"""The first is what a visitor gets who has not chosen."""

Words = Mapping[str, Any]
"""Nested by part of the page; the leaves are sentences in one language."""


@cache
def words_in(language: str) -> Words:
    """All words in one of LANGUAGES; under `lists`, what list files say too."""
    text = (files("graduasi_serving") / "pages" / "words.toml").read_text(encoding="utf-8")
    return {**_only(tomllib.loads(text), language), "lists": phrases(language)}


def written_date(day: date, words: Words) -> str:
    """A date as people write it: 24 November 2026."""
    return f"{day.day} {words['months'].split()[day.month - 1]} {day.year}"


def chance_sentence(score: float, words: Words, *, ends: tuple[float, float] | None = None) -> str:
    """A calibrated score as a natural frequency, which people read more surely than a percentage.

    With the `ends` of its interval the frequency is a range of 100 families; without, a rough number of 10.
    """
    if ends is not None:
        low, high = (round(end * 100) for end in ends)
        return str(words["chance"]["range" if low < high else "exact"]).format(low=low, high=high)
    some = round(score * 10)
    if some == 0:
        return str(words["chance"]["few"])
    if some == 10:
        return str(words["chance"]["most"])
    return str(words["chance"]["some"]).format(some=some, rest=10 - some)


def relapse_sentence(risk: float, words: Words, *, months: int, ends: tuple[float, float] | None = None) -> str:
    """A relapse risk, and the `ends` of its interval, as natural frequencies among 100 graduates."""
    some = round(risk * 100)
    if ends is None:
        return str(words["relapse"]["some"]).format(some=some, months=months)
    low, high = (round(end * 100) for end in ends)
    return str(words["relapse"]["range"]).format(some=some, low=low, high=high, months=months)


def _only(table: Mapping[str, Any], language: str) -> Words:
    return {
        key: value[language] if set(value) == set(LANGUAGES) else _only(value, language) for key, value in table.items()
    }
