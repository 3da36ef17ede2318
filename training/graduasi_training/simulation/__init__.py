"""Made-up PKH families, for trying graduasi where no real register may be shown. Never evidence about real ones."""

from graduasi_training.simulation.simulate import simulate

__all__ = ["simulate"]
