"""The shipped PKH declarations as the simulator uses them: copied beside the data and marked synthetic."""

import math
from pathlib import Path

from graduasi.declarations.declarations import Declarations, read_declarations
from graduasi.declarations.programme import PeriodLabel, Programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi_training.simulation.records.truth import Target

SYNTHETIC_COMMENT = """\
# SYNTHETIC: these rules stand beside made-up data of `graduasi simulate`.
# No figure from it is evidence about real families.
"""


def copy_declarations(out: Path) -> Declarations:
    """Write dictionary.toml and programme.toml to the folder `out`, marked synthetic, and read them back."""
    dictionary = default_dictionary().read_text(encoding="utf-8")
    dictionary = dictionary.replace("[dictionary]\n", "[dictionary]\nsynthetic = true\n", 1)
    programme = default_programme().read_text(encoding="utf-8")
    (out / "dictionary.toml").write_text(SYNTHETIC_COMMENT + dictionary, encoding="utf-8")
    (out / "programme.toml").write_text(SYNTHETIC_COMMENT + programme, encoding="utf-8")
    return read_declarations(out / "dictionary.toml", out / "programme.toml")


def sustained_target(programme: Programme) -> Target:
    """The programme's first label in terms of true welfare. Raises ValueError when it looks at anything but income."""
    label = programme.target
    if label.kind != "snapshots" or [rule.field for rule in label.rules] != ["income_excl_aid_pc_idr"]:
        raise ValueError(
            f"the simulator knows the truth of a label on income_excl_aid_pc_idr alone, not of {label.name}"
        )
    factor = math.log(label.rules[0].factor)
    if isinstance(label, PeriodLabel):  # a quarter is three months, and a hold has a quarter at each end
        return Target(log_factor=factor, after=round(label.after_months / 3), hold=round(label.hold_months / 3) + 1)
    return Target(log_factor=factor, after=label.after, hold=label.hold)
