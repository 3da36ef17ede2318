"""Which language an answer is in."""

from collections.abc import Sequence

FORMER_CODES = {"in": "id"}
"""Java, and so older Android, calls Indonesian by its code of before 1989."""


def preferred_language(header: str | None, *, offered: Sequence[str]) -> str:
    """The first offered language that an Accept-Language header wants most; the first offered one without a wish.

    >>> preferred_language("en-GB,en;q=0.8,id;q=0.5", offered=["id", "en"])
    'en'
    >>> preferred_language("fr", offered=["id", "en"])
    'id'
    """
    if not header:
        return offered[0]
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        language = tag.partition("-")[0]
        language = FORMER_CODES.get(language, language)
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "")
        if language in offered and (quality := _quality(weight)) > 0:
            wishes.append((-quality, place, language))
    return min(wishes)[2] if wishes else offered[0]


def _quality(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
