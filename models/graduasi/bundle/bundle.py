"""What training hands to serving: dictionary, programme, model and golden households in one sealed folder.

Loading checks the digests first, then lets a new child process score the golden households, and only then parses the
bundle in this process. Nothing in a bundle is code, and no library's parser reads a byte that was not verified.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduasi.bundle.manifest import Sealed, seal, unseal
from graduasi.bundle.reference import Reference, parse_reference, write_reference
from graduasi.declarations.declarations import Declarations, parse_declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Programme
from graduasi.errors import BundleError, DeclarationError
from graduasi.readiness.features import features_of
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.relapse import RelapseModel

CHECK_SECONDS = 60
"""A bundle is refused if its golden households take longer; they take about a second."""
CARD_MARK = "<!-- language: {} -->"
"""The line of card.md after which the card in one language begins; the language that training was asked for comes first."""


@dataclass(frozen=True)
class Bundle:
    """A verified model with the dictionary and programme it was made for."""

    declarations: Declarations
    model: ReadinessModel
    digest: str
    """Of the manifest: SHA-256, in hexadecimal."""
    about: Mapping[str, Any]
    """What the manifest says of the bundle beside its files."""
    golden: Mapping[str, Any]
    card: str
    """In all its languages; `card_in` gives one."""
    reference: Reference | None = None
    """None in bundles made before there was one."""
    relapse: RelapseModel | None = None
    """None if there were too few graduates to learn from."""

    @property
    def dictionary(self) -> Dictionary:
        return self.declarations.dictionary

    @property
    def programme(self) -> Programme:
        return self.declarations.programme

    @property
    def version(self) -> str:
        """Programme and digest in one name: two bundles share it only if they are the same to the byte."""
        return f"{self.programme.name}-{self.programme.version}-{self.digest[:12]}"

    def card_in(self, language: str | None) -> str:
        """The model card in one language; if that is None or the card lacks it, in the card's first language."""
        parts = re.split(re.escape(CARD_MARK).replace(r"\{\}", "([a-z]+)") + "\n", self.card)
        cards = dict(zip(parts[1::2], parts[2::2], strict=True))
        return cards.get(language or "") or next(iter(cards.values()), self.card)


def save_bundle(
    folder: Path,
    *,
    declarations: Declarations,
    model: ReadinessModel,
    golden: Mapping[str, Any],
    card: str,
    about: Mapping[str, Any],
    reference: Reference | None = None,
    relapse: RelapseModel | None = None,
) -> str:
    """Write a bundle into a new or empty folder; return its digest."""
    dictionary, programme = declarations.dictionary, declarations.programme
    files = {
        "dictionary.toml": dictionary.text.encode(),
        "programme.toml": programme.text.encode(),
        "model.json": json.dumps(model.to_json(), indent=1).encode(),
        "golden.json": json.dumps(golden, indent=None).encode(),
        "card.md": card.encode(),
    }
    if model.trees is not None:
        files["trees.txt"] = model.trees.encode()
    if reference is not None:
        files["reference.json"] = write_reference(reference).encode()
    if relapse is not None:
        files["relapse.json"] = json.dumps(relapse.to_json(), indent=1).encode()
    return seal(
        folder,
        files,
        about={
            **about,
            "dictionary": f"{dictionary.name} {dictionary.version}",
            "programme": f"{programme.name} {programme.version}",
        },
    )


def load_bundle(folder: Path) -> Bundle:
    """Load a bundle, after checking that it is whole and gives its golden answers on this machine.

    Raises BundleError if it is not or does not.
    """
    sealed = unseal(folder)
    check_in_child(folder, sealed.digest)
    return open_sealed(sealed)


def open_sealed(sealed: Sealed) -> Bundle:
    """Parse verified files, without checking the golden answers.

    Raises BundleError for content that cannot be a bundle's although its digests fit.
    """
    try:
        texts = {name: content.decode("utf-8") for name, content in sealed.files.items()}
        declarations = parse_declarations(texts["dictionary.toml"], texts["programme.toml"])
        dictionary = declarations.dictionary
        features = features_of(dictionary)
        tables, golden, card = json.loads(texts["model.json"]), json.loads(texts["golden.json"]), texts["card.md"]
        model = ReadinessModel.from_json(tables, features=features, trees=texts.get("trees.txt"))
        reference_text, relapse_text = texts.get("reference.json"), texts.get("relapse.json")
        reference = None if reference_text is None else parse_reference(reference_text, dictionary)
        relapse = None if relapse_text is None else RelapseModel.from_json(json.loads(relapse_text), features=features)
    except (KeyError, ValueError, TypeError) as error:
        raise BundleError(f"the bundle's content cannot be read ({type(error).__name__})") from None
    except DeclarationError as error:
        raise BundleError(error.reasons) from None
    return Bundle(declarations, model, sealed.digest, sealed.about, golden, card, reference, relapse)


def check_in_child(folder: Path, digest: str) -> None:
    """Let a new process score the golden households, so that a crash or a hang there does not reach this one.

    Raises BundleError if they are not scored in time, or not as the bundle says. `digest` is that of the bundle.
    """
    command = [sys.executable, "-m", "graduasi.bundle.golden", str(folder), digest]
    try:
        check = subprocess.run(command, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BundleError(f"{folder}: the golden households were not scored within {CHECK_SECONDS} seconds") from None
    if check.returncode != 0:
        reason = check.stderr.strip().splitlines()[-1:] or [f"the check ended with status {check.returncode}"]
        raise BundleError(f"{folder}: {reason[0]}")
