"""Rules that came after bundles had been made without them: files are held to them, bundles go on being read.

Without these rules a model could learn from what nobody knew, or from what no model may read.
"""

from collections.abc import Iterator

from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import ColumnLabel, Programme


def yardstick_faults(dictionary: Dictionary) -> Iterator[str]:
    """Amounts that a model reads as a ratio to a field of kind audit: it would read that field in every ratio."""
    for field in dictionary.features:
        if field.per is not None and dictionary.fields[field.per].kind == "audit":
            yield (
                f"[fields.{field.name}] per: {field.per} is of kind audit, which no model may read, and it would in every "
                f'ratio; for a reference amount, such as a poverty line, write kind = "yardstick" in [fields.{field.per}]'
            )


def column_label_faults(programme: Programme) -> Iterator[str]:
    """Column labels that do not say how far ahead they look: taken as known at once, they would tell the future."""
    for label in programme.labels:
        if isinstance(label, ColumnLabel) and label.known_after_months is None:
            yield f"[labels.{label.name}] {undated(label)}"


def undated(label: ColumnLabel) -> str:
    """What is missing of a label without `known_after_months`, as 'key: sentence'."""
    return (
        f"known_after_months: required, but absent; write how many months the column {label.column} looks ahead of its row "
        "(12 for what happens within a year; 0 only for what is true on the day of the row)"
    )
