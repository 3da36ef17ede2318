"""One training run that the tests of this folder share."""

import pytest

from graduasi_training.pipeline import Trained
from tests.made_up.small_run import train_small


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_small(tmp_path_factory.mktemp("trained"))
