"""A bundle is loaded only if it is whole and gives its golden answers; otherwise it is refused. It never holds code."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from graduasi.bundle import CARD_MARK, load_bundle, open_sealed
from graduasi.bundle.golden import check_golden, main, rounded_ranges
from graduasi.bundle.manifest import BUNDLE_FILES, MANIFEST, SEAL, seal, unseal
from graduasi.errors import BundleError
from graduasi.scoring.verdicts import BANDS
from tests.made_up.learned_model import open_unchecked
from tests.made_up.small_programme import DICTIONARY, SMALL, dictionary_of, draw_panel, household, panel_of

FILES = (*BUNDLE_FILES, MANIFEST, SEAL)


@pytest.fixture
def copy(bundle_folder, tmp_path):
    return shutil.copytree(bundle_folder, tmp_path / "copy")


def _reseal(folder, **changed):
    """Change files of the bundle and seal it again, as a careful forger would; returns the new digest."""
    files = {name: (folder / name).read_bytes() for name in BUNDLE_FILES if (folder / name).exists()}
    files |= {name.replace("__", "."): content for name, content in changed.items()}
    shutil.rmtree(folder)
    return seal(
        folder, {name: content for name, content in files.items() if content is not None}, about={"made_by": "forger"}
    )


def _write_manifest(folder, manifest):
    """Replace the manifest, whatever it says, and make the seal fit."""
    text = json.dumps(manifest).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SEAL).write_text(hashlib.sha256(text).hexdigest())


def test_a_whole_bundle_loads_and_gives_its_golden_answers(bundle_folder, bundle):
    loaded = load_bundle(bundle_folder)
    assert loaded.version == bundle.version == f"small-1-{loaded.digest[:12]}"
    assert loaded.about["champion"] == "blend"
    assert loaded.dictionary == SMALL
    check_golden(loaded)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.5, 0.999])
def test_one_flipped_bit_in_any_file_is_refused(copy, name, where):
    content = bytearray((copy / name).read_bytes())
    content[int(where * (len(content.rstrip()) - 1))] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BundleError, match=r"damaged|not a manifest"):
        unseal(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_name(copy, name):
    (copy / name).unlink()
    with pytest.raises(BundleError, match=name):
        unseal(copy)


@pytest.mark.parametrize("name", ["model.pkl", "trees.txt.bak", "__init__.py", ".hidden"])
def test_a_file_that_the_manifest_does_not_list_is_refused_by_name(copy, name):
    (copy / name).write_bytes(b"x")
    with pytest.raises(BundleError, match=name):
        unseal(copy)


def test_a_folder_inside_a_bundle_is_refused(copy):
    (copy / "more").mkdir()
    with pytest.raises(BundleError, match="more"):
        unseal(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_symbolic_link_is_refused_even_to_the_same_bytes(copy, name, tmp_path):
    (copy / name).rename(tmp_path / "elsewhere")
    (copy / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="not a plain file"):
        unseal(copy)


def test_a_pickle_is_never_written_and_not_read_even_if_the_manifest_lists_it(copy):
    with pytest.raises(BundleError, match=r"model\.pkl"):
        seal(copy, {"model.pkl": b"\x80\x04."}, about={})
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["files"]["model.pkl"] = hashlib.sha256(b"\x80\x04.").hexdigest()
    (copy / "model.pkl").write_bytes(b"\x80\x04.")
    _write_manifest(copy, manifest)
    with pytest.raises(BundleError, match=r"model\.pkl"):
        unseal(copy)


def test_a_file_larger_than_any_of_a_bundle_is_refused_unread(copy, monkeypatch):
    monkeypatch.setattr("graduasi.bundle.manifest.MAX_FILE_BYTES", (copy / "golden.json").stat().st_size - 1)
    with pytest.raises(BundleError, match=r"golden\.json is larger"):
        unseal(copy)


def test_a_bundle_whose_golden_households_take_too_long_is_refused(bundle_folder, monkeypatch):
    monkeypatch.setattr("graduasi.bundle.bundle.CHECK_SECONDS", 0.01)
    with pytest.raises(BundleError, match=r"not scored within 0\.01 seconds"):
        load_bundle(bundle_folder)


def test_no_bundle_at_all_is_refused(tmp_path):
    with pytest.raises(BundleError, match="no such bundle"):
        load_bundle(tmp_path / "nothing")


@pytest.mark.parametrize(
    "changed",
    [
        {"model__json": b"{}"},
        {"model__json": b"\xff"},
        {"trees__txt": b"tree\n\nTree=0\nnum_leaves=2\n"},
        {"trees__txt": None},
        {"dictionary__toml": b"[dictionary]\n"},
        {"dictionary__toml": b"[[["},
        {"programme__toml": b"[programme]\n"},
        {"golden__json": b"["},
        {"card__md": None},
    ],
    ids=str,
)
def test_a_well_sealed_bundle_whose_content_cannot_be_one_is_refused(copy, changed):
    digest = _reseal(copy, **changed)
    with pytest.raises(BundleError):
        load_bundle(copy)
    assert main([str(copy), digest]) == 1


def test_a_model_that_does_not_give_its_golden_answers_is_refused(copy):
    tables = json.loads((copy / "model.json").read_text())
    tables["intercept"] += 1e-6
    _reseal(copy, model__json=json.dumps(tables).encode())
    with pytest.raises(BundleError, match="golden households' margin differ"):
        load_bundle(copy)


@pytest.mark.parametrize("key", ["features", "margin", "interval", "relapse", "contributions", "band", "reasons"])
def test_each_kind_of_golden_answer_is_compared(copy, key):
    golden = json.loads((copy / "golden.json").read_text())
    row = golden["expected"][key]
    row[0], row[-1] = row[-1], row[0]
    _reseal(copy, golden__json=json.dumps(golden).encode())
    with pytest.raises(BundleError, match=f"golden households' {key} differ"):
        check_golden(open_unchecked(copy))


def test_a_bundle_that_changes_while_it_is_checked_is_refused(bundle_folder):
    assert main([str(bundle_folder), "0" * 64]) == 1


def test_a_bundle_of_another_format_is_refused(copy):
    _write_manifest(copy, json.loads((copy / MANIFEST).read_text()) | {"format": 2})
    with pytest.raises(BundleError, match="another format"):
        unseal(copy)


def test_golden_households_cover_every_category_every_unknown_and_every_band(bundle):
    values = np.array(bundle.golden["snapshots"]["values"], dtype=float)
    for column, field in enumerate(SMALL.fields.values()):
        of_field = values[:, column]
        assert np.isnan(of_field).any(), field.name
        assert set(of_field[~np.isnan(of_field)]) >= set(range(len(field.categories))), field.name
    assert set(bundle.golden["expected"]["band"]) == set(BANDS)
    assert bundle.golden["bands_not_reached"] == []


def test_golden_households_are_made_up_and_have_a_past(bundle):
    names = bundle.golden["snapshots"]["household_id"]
    assert all(name.startswith("GOLDEN-") for name in names)
    assert len(names) > len(set(names))


def test_golden_households_are_drawn_between_rounded_numbers_that_leave_out_the_extremes():
    panel = draw_panel(1, households=120)
    income = panel.values[:, SMALL.column("income_idr")]
    low, high = rounded_ranges(SMALL, panel)["income_idr"]
    assert np.nanmin(income) < low < high < np.nanmax(income)
    assert all(end == float(f"{end:.2g}") for end in (low, high))


def test_golden_households_are_drawn_within_what_is_declared():
    dictionary = dictionary_of(DICTIONARY.replace("max = 50_000_000", "max = 49_970_000"))
    ranges = rounded_ranges(dictionary, panel_of(household(income_idr=49_960_000)))
    assert ranges["income_idr"] == (49_970_000, 49_970_000)


@pytest.mark.parametrize(
    ("language", "text"), [("id", "Kartu\n"), ("en", "Card\n"), ("fr", "Kartu\n"), (None, "Kartu\n")]
)
def test_a_card_is_given_in_a_language_that_it_has_or_in_its_first(bundle, language, text):
    card = f"{CARD_MARK.format('id')}\nKartu\n{CARD_MARK.format('en')}\nCard\n"
    assert replace(bundle, card=card).card_in(language) == text


def test_open_sealed_keeps_card_and_digest(bundle_folder):
    sealed = unseal(bundle_folder)
    bundle = open_sealed(sealed)
    assert (bundle.card, bundle.digest) == ("# Small model", sealed.digest)
