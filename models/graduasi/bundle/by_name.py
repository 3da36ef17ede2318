"""Loading a bundle by what a person types: a folder, or a name that an installed registry knows (`champion`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory

from graduasi.bundle.bundle import Bundle, load_bundle
from graduasi.errors import BundleError

GROUP = "graduasi.model_sources"
"""Entry points that put the bundle of a name below a given folder and say where it lies.

They raise BundleError, saying where they looked, for a name that they do not know.
"""


def load_by_name(model: str) -> Bundle:
    """The bundle called `model`, verified and wholly in memory. Raises BundleError when nobody knows it."""
    with located_bundle(model) as folder:
        try:
            return load_bundle(folder)
        except BundleError as refusal:  # a folder that is gone when the sentence is read helps nobody
            raise BundleError([reason.replace(str(folder), model) for reason in refusal.reasons]) from None


@contextmanager
def located_bundle(model: str) -> Iterator[Path]:
    """The folder of the bundle called `model`; one that a registry handed out is gone afterwards."""
    if Path(model).is_dir():
        yield Path(model)
        return
    with TemporaryDirectory(prefix="graduasi-") as place:
        yield _handed_out(model, Path(place))


def _handed_out(model: str, place: Path) -> Path:
    told: list[str] = []
    for entry in entry_points(group=GROUP):
        try:
            find = entry.load()
        except ModuleNotFoundError:
            continue  # an install without training packages has no registry
        try:
            return Path(find(model, place))
        except BundleError as refusal:
            told += refusal.reasons
    raise BundleError(told or f"{model}: no such folder, and no model registry is installed; give a bundle's folder")
