"""Finding a bundle by what a person types: a folder, or a name that an installed registry knows (`champion`)."""

from importlib.metadata import entry_points
from pathlib import Path

from graduasi.errors import BundleError

GROUP = "graduasi.model_sources"
"""Entry points that turn a name into a bundle's folder, or None when they do not know it."""


def locate_bundle(model: str) -> Path:
    """The folder of the bundle called `model`. Raises BundleError when nobody knows it."""
    if Path(model).is_dir():
        return Path(model)
    for entry in entry_points(group=GROUP):
        try:
            find = entry.load()
        except ModuleNotFoundError:
            continue  # an install without training packages has no registry
        found = find(model)
        if found is not None:
            return Path(found)
    raise BundleError(
        f"{model}: no such bundle; give a bundle's folder, or a name that the model registry knows, such as champion"
    )
