"""The service's own copies of its bundles: every worker answers with the same ones, whenever it starts.

A name such as `champion` stands for one version today and another one tomorrow. It is looked up once, by the parent; a
worker that has to be started again finds the copy, also while the registry does not answer.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from graduasi.bundle import load_bundle
from graduasi.bundle.by_name import located_bundle
from graduasi.errors import BundleError
from graduasi_serving.settings import PREFIX, Settings


@contextmanager
def own_copies(settings: Settings) -> Iterator[dict[str, str]]:
    """Environment variables that name copies of the bundles which the settings name, for as long as the service runs.

    The copies are in a temporary folder of this account alone. Raises BundleError for a bundle that is not known or not sound.
    """
    pinned = [name.strip() for name in settings.pinned_models.split(",") if name.strip()]
    with TemporaryDirectory(prefix="graduasi-serve-") as folder:
        model = _copied(settings.model, Path(folder) / "default") if settings.model else ""
        others = [_copied(name, Path(folder) / f"pinned-{number}") for number, name in enumerate(pinned, 1)]
        yield {f"{PREFIX}MODEL": model, f"{PREFIX}PINNED_MODELS": ",".join(others)}


def _copied(name: str, target: Path) -> str:
    """Copy the bundle of this name to `target`, verified there: the copy is what will be served."""
    with located_bundle(name) as bundle:
        shutil.copytree(bundle, target)
    try:
        load_bundle(target)
    except BundleError as refusal:
        raise BundleError([reason.replace(str(target), name) for reason in refusal.reasons]) from None
    return str(target)
