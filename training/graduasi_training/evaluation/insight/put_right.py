"""Forecasts put right as a whole, so that what is compared is what they know of families and not their level and scale.

Models of one kind that learn from fewer rows or fields shrink their weights by another measure, while they keep the champion's
slope. Without this, a copy of a field would seem to do harm only because two copies are shrunk less than one.
"""

from scipy.special import expit

from graduasi.arrays import Array
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.metrics import log_odds
from graduasi_training.judging.slope import calibrate


def put_right(score: Array, test: HeldOut) -> Array:
    """The scores (probabilities) with the slope and level that the labelled families of the test date ask for."""
    margin, known = log_odds(score), test.labelled
    slope, intercept = calibrate(margin[known], test.y[known])
    return expit(slope * margin + intercept)
