"""Loads a bundle by what a person types: its folder, or a name that an installed registry knows, such as `champion`."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory

from graduasi.bundle.bundle import Bundle, load_bundle
from graduasi.errors import BundleError

MODEL_SOURCES = "graduasi.model_sources"
"""The group of entry points that find bundles by name.

Each is a function of a name and a folder. It puts the bundle of that name below the folder and returns its path; for a
name that it does not know it raises BundleError and says where it looked.
"""


def load_by_name(model: str) -> Bundle:
    """The bundle called `model`, verified and wholly in memory. Raises BundleError if it is not known or not sound."""
    with located_bundle(model) as folder:
        try:
            return load_bundle(folder)
        except BundleError as refusal:
            # By the time somebody reads the sentence, a temporary folder is gone: give the name instead.
            raise BundleError([reason.replace(str(folder), model) for reason in refusal.reasons]) from None


@contextmanager
def located_bundle(model: str) -> Iterator[Path]:
    """The folder of the bundle called `model`, not verified yet; a copy from a registry is deleted afterwards."""
    if Path(model).is_dir():
        yield Path(model)
        return
    with TemporaryDirectory(prefix="graduasi-") as folder:
        yield _copy_from_registry(model, Path(folder))


def _copy_from_registry(model: str, folder: Path) -> Path:
    """Let the first registry that knows the name put the bundle below `folder`; return the bundle's path."""
    reasons: list[str] = []
    for entry in entry_points(group=MODEL_SOURCES):
        try:
            find_bundle = entry.load()
        except ModuleNotFoundError:
            continue  # an install without training packages has no registry
        try:
            return Path(find_bundle(model, folder))
        except BundleError as refusal:
            reasons += refusal.reasons
    raise BundleError(reasons or f"{model}: no such folder, and no model registry is installed; give a bundle's folder")
