"""A bundle that is made once for all tests; those that damage it copy it first."""

from pathlib import Path

import pytest

from graduasi.bundle import Bundle
from tests.made_up.learned_model import open_unchecked, save_learned_bundle


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_learned_bundle(tmp_path_factory.mktemp("models") / "bundle")


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return open_unchecked(bundle_folder)
