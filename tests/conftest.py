"""One thread for every test (two cores are shared), and few but repeatable Hypothesis examples."""

import os

from hypothesis import HealthCheck, settings

# The OpenMP runtime reads these when it is loaded, so they are set before any test imports LightGBM.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

settings.register_profile(
    "graduasi", max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("graduasi")
