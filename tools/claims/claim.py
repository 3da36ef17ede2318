"""A claim: something the documents promise, measured in a world whose truth is known."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One row of the table in docs/metrics.md.

    `before` is what an outside audit measured at commit 7946491, `measured` what today's code gives, both as text.
    """

    what: str
    before: str
    measured: str
    promised: str
    holds: bool

    def row(self) -> str:
        """The row of the table."""
        return (
            f"| {self.what} | {self.before} | {self.measured} | {self.promised} | {'yes' if self.holds else '**no**'} |"
        )
