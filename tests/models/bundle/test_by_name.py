"""A bundle is found by the name that a registry knows, and no copy of it is left behind."""

from importlib.metadata import EntryPoint

import pytest

from graduasi.bundle.by_name import MODEL_SOURCES, load_by_name
from graduasi.errors import BundleError
from tests.made_up.learned_model import save_learned_bundle

FOLDERS = []


def find_bundle(model, folder):
    """A registry with one bundle, "good", and a damaged copy of it. Notes in FOLDERS where it put them."""
    FOLDERS.append(folder)
    if model not in ("good", "damaged"):
        raise BundleError(f"{model}: not in this registry")
    bundle = save_learned_bundle(folder / "bundle")
    if model == "damaged":
        (bundle / "model.json").write_text("{}")
    return bundle


@pytest.fixture
def registries(monkeypatch):
    """Installs these entry points in place of the real ones."""
    FOLDERS.clear()

    def install(*functions):
        sources = [EntryPoint("test", function, MODEL_SOURCES) for function in functions]
        monkeypatch.setattr("graduasi.bundle.by_name.entry_points", lambda group: sources)

    install(f"{__name__}:find_bundle")
    return install


def test_a_bundle_that_a_registry_handed_out_is_loaded_and_its_folder_deleted(registries):
    assert load_by_name("good").programme.name == "small"
    assert [folder.exists() for folder in FOLDERS] == [False]


def test_a_bundle_in_a_folder_stays_there(registries, tmp_path):
    folder = save_learned_bundle(tmp_path / "bundle")
    assert load_by_name(str(folder)).digest == load_by_name("good").digest
    assert folder.exists()


def test_a_damaged_bundle_is_refused_by_its_name_and_its_folder_deleted(registries):
    with pytest.raises(BundleError, match=r"^damaged: model\.json does not have the digest"):
        load_by_name("damaged")
    assert [folder.exists() for folder in FOLDERS] == [False]


def test_a_name_that_no_registry_knows_is_refused_with_what_each_says(registries):
    registries("nowhere:find", f"{__name__}:find_bundle")  # the first belongs to packages that are not installed
    with pytest.raises(BundleError, match=r"^nobody: not in this registry$"):
        load_by_name("nobody")


def test_without_a_registry_only_folders_are_known(registries):
    registries("nowhere:find")
    with pytest.raises(BundleError, match="champion: no such folder, and no model registry is installed"):
        load_by_name("champion")
