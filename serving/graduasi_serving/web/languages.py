"""Choosing the language of an answer from the Accept-Language header."""

from collections.abc import Sequence

FORMER_CODES = {"in": "id"}
"""Java, and so older Android, still sends the code that Indonesian had before 1989."""


def preferred_language(header: str | None, *, offered: Sequence[str]) -> str:
    """The offered language that an Accept-Language header prefers.

    Between equal weights the one named first wins. Without a header, or when it names no offered language, the answer
    is the first offered one. A weight that is no number counts as 0. Only the first 20 languages are read.

    >>> preferred_language("en-GB,en;q=0.8,id;q=0.5", offered=["id", "en"])
    'en'
    >>> preferred_language("fr", offered=["id", "en"])
    'id'
    """
    if not header:
        return offered[0]
    preferences: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        language = tag.partition("-")[0]
        language = FORMER_CODES.get(language, language)
        weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "")
        if language in offered and (quality := _quality(weight)) > 0:
            preferences.append((-quality, position, language))
    return min(preferences)[2] if preferences else offered[0]


def _quality(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
