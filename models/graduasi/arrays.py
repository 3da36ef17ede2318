"""Names for the arrays that everything computes with, by what their axes mean."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
"""One number a row, unless a docstring gives another shape."""
Matrix = npt.NDArray[np.float64]
"""Rows × columns."""
Mask = npt.NDArray[np.bool_]
"""One truth value for each entry of the array it goes with."""
