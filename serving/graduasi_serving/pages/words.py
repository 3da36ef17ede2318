"""The pages' own words from words.toml, and the sentences about chances."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from graduasi.declarations.words import phrases

LANGUAGES = ("id", "en")
"""The languages of the pages; the first is the default."""

Words = Mapping[str, Any]
"""Tables of words.toml by name, with texts of one language as values."""


@cache
def words_in(language: str) -> Words:
    """All words in one of LANGUAGES; under `lists` those that list files use too, from the core's phrases.toml."""
    text = (files("graduasi_serving.pages") / "words.toml").read_text(encoding="utf-8")
    return {**_in_language(tomllib.loads(text), language), "lists": phrases(language)}


def written_date(day: date, words: Words) -> str:
    """A date as people write it: 24 November 2026."""
    return f"{day.day} {words['months'].split()[day.month - 1]} {day.year}"


def chance_sentence(score: float, words: Words, *, interval: tuple[float, float] | None = None) -> str:
    """A calibrated score as a natural frequency, which people read more surely than a percentage.

    With its interval it is told as a range of 100 families; without, as a rough number of 10.
    """
    if interval is not None:
        low, high = (round(end * 100) for end in interval)
        return str(words["chance"]["range" if low < high else "exact"]).format(low=low, high=high)
    of_ten = round(score * 10)
    if of_ten == 0:
        return str(words["chance"]["few"])
    if of_ten == 10:
        return str(words["chance"]["most"])
    return str(words["chance"]["some"]).format(some=of_ten, rest=10 - of_ten)


def relapse_sentence(risk: float, words: Words, *, months: int, interval: tuple[float, float] | None = None) -> str:
    """A relapse risk within `months` months, with its interval if known, as natural frequencies among 100 graduates."""
    of_hundred = round(risk * 100)
    if interval is None:
        return str(words["relapse"]["some"]).format(some=of_hundred, months=months)
    low, high = (round(end * 100) for end in interval)
    return str(words["relapse"]["range"]).format(some=of_hundred, low=low, high=high, months=months)


def _in_language(table: Mapping[str, Any], language: str) -> Words:
    """The table with each {id, en} pair replaced by its text in `language`."""
    return {
        key: value[language] if set(value) == set(LANGUAGES) else _in_language(value, language)
        for key, value in table.items()
    }
