"""The shipped PKH pair as the simulator uses it: copied beside the data and marked synthetic."""

import math
from pathlib import Path

from graduasi.declarations.declarations import Declarations, read_declarations
from graduasi.declarations.programme import Programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi_training.simulation.records.truth import Target

COMMENT = """\
# SYNTHETIC: these rules stand beside made-up data of `graduasi simulate`.
# No figure from it is evidence about real families.
"""


def copy_rules(out: Path) -> Declarations:
    """Write dictionary.toml and programme.toml to `out`, marked synthetic, and read them back."""
    fields = default_dictionary().read_text(encoding="utf-8")
    marked = fields.replace("[dictionary]\n", "[dictionary]\nsynthetic = true\n", 1)
    (out / "dictionary.toml").write_text(COMMENT + marked, encoding="utf-8")
    (out / "programme.toml").write_text(COMMENT + default_programme().read_text(encoding="utf-8"), encoding="utf-8")
    return read_declarations(out / "dictionary.toml", out / "programme.toml")


def sustained_target(programme: Programme) -> Target:
    """The first label as true welfare would meet it. Raises ValueError when it looks at anything but income."""
    label = programme.target
    if label.kind != "snapshots" or [rule.field for rule in label.rules] != ["income_excl_aid_pc_idr"]:
        raise ValueError(
            f"the simulator knows the truth of a label on income_excl_aid_pc_idr alone, not of {label.name}"
        )
    return Target(log_factor=math.log(label.rules[0].factor), after=label.after, hold=label.hold)
