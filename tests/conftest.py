"""One thread for every test (two cores are shared), and how many examples Hypothesis tries."""

import os

import pytest
from hypothesis import HealthCheck, settings

# The OpenMP runtime reads these when it is loaded, so they are set before any test imports LightGBM.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# `make test` tries the same few examples each time; `make explore` tries many others, and says how to repeat a failure.
PROFILES = {
    "graduasi": {"max_examples": 40, "derandomize": True},
    "explore": {"max_examples": 2000, "print_blob": True},
}
for profile, options in PROFILES.items():
    settings.register_profile(profile, deadline=None, suppress_health_check=[HealthCheck.too_slow], **options)
settings.load_profile("graduasi")

SLOWEST_FILE = "test_data_scientist_guide.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several workers share the tests, the file that takes a minute starts first, beside all the others."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: item.path.name != SLOWEST_FILE)
