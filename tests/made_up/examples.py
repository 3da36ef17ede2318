"""How many examples Hypothesis tries of a property for which those of its profile are too few."""

from hypothesis import settings


def examples(*, at_least: int) -> settings:
    """As many as given, or as the profile says where that is more: under `make explore` it is."""
    return settings(max_examples=max(at_least, settings().max_examples))
