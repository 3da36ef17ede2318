"""A bundle made once; tests that damage it copy it."""

from pathlib import Path

import pytest

from graduasi.bundle import Bundle
from tests.made_up.learned_model import opened, save_learned_bundle


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_learned_bundle(tmp_path_factory.mktemp("models") / "bundle")


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return opened(bundle_folder)
