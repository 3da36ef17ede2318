"""The pages' own words, by language."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("id", "en")
"""The first is what a visitor gets who has not chosen."""

Words = Mapping[str, Any]
"""Nested by part of the page; the leaves are sentences in one language."""


@cache
def words_in(language: str) -> Words:
    """All words in one of LANGUAGES."""
    text = (files("graduasi_serving") / "pages" / "words.toml").read_text(encoding="utf-8")
    return _only(tomllib.loads(text), language)


def written_date(day: date, words: Words) -> str:
    """A date as people write it: 24 November 2026."""
    return f"{day.day} {words['months'].split()[day.month - 1]} {day.year}"


def chance_sentence(score: float, words: Words) -> str:
    """A calibrated score as a natural frequency, which people read more surely than a percentage."""
    some = round(score * 10)
    if some == 0:
        return str(words["chance"]["few"])
    if some == 10:
        return str(words["chance"]["most"])
    return str(words["chance"]["some"]).format(some=some, rest=10 - some)


def _only(table: Mapping[str, Any], language: str) -> Words:
    return {
        key: value[language] if set(value) == set(LANGUAGES) else _only(value, language) for key, value in table.items()
    }
