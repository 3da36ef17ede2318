"""How long it usually takes until a visit or an event is known: a label waits so long after its window, for either outcome."""

import numpy as np
import numpy.typing as npt

MAX_REPORTING_DAYS = 183
"""Longer delays are those of a register that was entered all at once, years after the events; its labels need not wait as long."""


def usual_reporting_days(delay_days: npt.NDArray[np.int32], share: float) -> int:
    """Days within which this share of reports arrived, at most MAX_REPORTING_DAYS; 0 where there is none."""
    usual = int(np.quantile(delay_days, share, method="higher")) if len(delay_days) else 0
    return min(usual, MAX_REPORTING_DAYS)
