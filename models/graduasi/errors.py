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
    """The root: catch this at the edge and nowhere else."""


class Refused(GraduasiError):
    """Input that is refused whole; `reasons` are complete sentences, one a fault."""

    def __init__(self, reasons: Sequence[str] | str) -> None:
        self.reasons: tuple[str, ...] = (reasons,) if isinstance(reasons, str) else tuple(reasons)
        super().__init__("\n".join(self.reasons))


class DeclarationError(Refused):
    """A dictionary or a programme that contradicts itself or its format."""


class PanelError(Refused):
    """Households or events that break the contract."""


class BundleError(Refused):
    """A bundle that is damaged, foreign, or made for something else."""


class TrainingError(Refused):
    """A panel from which no honest model can be learned."""
