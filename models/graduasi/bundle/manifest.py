"""Seals the files of a bundle by their SHA-256, and checks them before anything is parsed.

`manifest.json` lists every other file with its digest, and `manifest.sha256` holds the digest of the manifest itself.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduasi.errors import BundleError

MANIFEST, SEAL = "manifest.json", "manifest.sha256"
BUNDLE_FORMAT = 1
BUNDLE_FILES = (
    "dictionary.toml",
    "programme.toml",
    "model.json",
    "trees.txt",
    "golden.json",
    "card.md",
    "reference.json",
    "relapse.json",
)
"""Beside the manifest and its seal, nothing else may lie in a bundle: no pickle, no code."""
MAX_FILE_BYTES = 64 << 20


@dataclass(frozen=True)
class Sealed:
    """A bundle whose files were verified but not parsed."""

    files: Mapping[str, bytes]
    about: Mapping[str, Any]
    """What the manifest says of the bundle beside its files."""
    digest: str
    """Of the manifest."""


def digest_of(content: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def seal(folder: Path, files: Mapping[str, bytes], *, about: Mapping[str, Any]) -> str:
    """Write `files` and their manifest into a new or empty `folder`; return the manifest's digest.

    `about` becomes part of the manifest. Raises BundleError for a file that no bundle may hold.
    """
    not_allowed = set(files) - set(BUNDLE_FILES)
    if not_allowed:
        raise BundleError(f"a bundle cannot hold {', '.join(sorted(not_allowed))}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    manifest = {
        "format": BUNDLE_FORMAT,
        **about,
        "files": {name: digest_of(content) for name, content in sorted(files.items())},
    }
    text = json.dumps(manifest, indent=1, sort_keys=True).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SEAL).write_text(digest_of(text) + "\n")
    return digest_of(text)


def unseal(folder: Path) -> Sealed:
    """Read and verify every file. Raises BundleError naming what is not as it was sealed."""
    if not folder.is_dir():
        raise BundleError(f"{folder}: no such bundle; give a folder that holds {MANIFEST}")
    text = _read(folder, MANIFEST)
    digest = digest_of(text)
    if _read(folder, SEAL).strip() != digest.encode():
        raise BundleError(f"{folder}: {MANIFEST} does not have the digest in {SEAL}; the bundle is damaged")
    about = _parse_manifest(folder, text)
    listed = about.pop("files")
    present = {entry.name for entry in folder.iterdir()} - {MANIFEST, SEAL}
    if present != set(listed) or not present <= set(BUNDLE_FILES):
        unexpected = sorted(present ^ set(listed)) or sorted(present - set(BUNDLE_FILES))
        raise BundleError(f"{folder}: the files are not those of the manifest: {', '.join(unexpected)}")
    files = {name: _read(folder, name) for name in sorted(listed)}
    for name, content in files.items():
        if digest_of(content) != listed[name]:
            raise BundleError(f"{folder}: {name} does not have the digest in {MANIFEST}; the bundle is damaged")
    return Sealed(files, about, digest)


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise BundleError(f"{folder}: {name} is missing or not a plain file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BundleError(f"{folder}: {name} is larger than a bundle's file can be")
    return path.read_bytes()


def _parse_manifest(folder: Path, text: bytes) -> dict[str, Any]:
    """What the manifest says; its `files` are not checked yet. `folder` is for messages alone."""
    try:
        about = json.loads(text)
        listed = about["files"]
    except (ValueError, KeyError, TypeError):
        raise BundleError(f"{folder}: {MANIFEST} is not a manifest") from None
    if about.pop("format", None) != BUNDLE_FORMAT or not isinstance(listed, dict):
        raise BundleError(f"{folder}: a bundle of another format; this version reads format {BUNDLE_FORMAT}")
    return dict(about)
