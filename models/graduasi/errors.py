"""Every error that graduasi raises on purpose.

    GraduasiError
    └── Refused             what was given cannot be used; carries every reason (the command line exits with 1)
        ├── DeclarationError    dictionary.toml or programme.toml
        ├── PanelError          households, events
        ├── BundleError         a model bundle
        └── TrainingError       a panel that is well formed but cannot teach anything

Messages name fields, rules and identifiers of rows. They never hold a household's values.
"""

from collections.abc import Sequence


class GraduasiError(Exception):
    """The root of the tree. Catch it only at the edge of the program, where an error becomes a message."""


class Refused(GraduasiError):
    """Input that is refused as a whole. `reasons` holds one complete sentence for each fault."""

    def __init__(self, reasons: Sequence[str] | str) -> None:
        self.reasons: tuple[str, ...] = (reasons,) if isinstance(reasons, str) else tuple(reasons)
        super().__init__("\n".join(self.reasons))


class DeclarationError(Refused):
    """A dictionary or a programme that contradicts itself or its format."""


class PanelError(Refused):
    """Households or events that break the contract."""


class BundleError(Refused):
    """A bundle that is damaged, was not made by graduasi, or does not fit what it is to be used with."""


class TrainingError(Refused):
    """A panel from which no honest model can be learned."""
