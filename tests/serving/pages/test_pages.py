"""What mentors see, and what they do not."""

import re
from dataclasses import fields

import pytest
from jinja2 import meta, nodes
from starlette.testclient import TestClient

from graduasi.errors import Refused
from graduasi.lists.entries import Section
from graduasi_serving.pages.rendering import TEMPLATES, Page, environment
from graduasi_serving.pages.words import LANGUAGES, chance_sentence, relapse_sentence, words_in
from graduasi_serving.service import Service
from tests.serving.factory import KNOWN, NIK, entry, form_token, mentor_list, publish_lists, sign_in


@pytest.fixture
def sari(web: TestClient, service: Service, people: None) -> TestClient:
    protected = entry(
        "KPM-2",
        section="do_not_push",
        band="protected",
        conditions=("Kebutuhan makan terpenuhi",),
        protections=("Dilindungi: semua lansia",),
    )
    stale = entry("KPM-3", section="visit_first", band="stale")
    publish_lists(service, mentor_list("M1", entry("KPM-1"), stale, protected), mentor_list("M2"))
    return sign_in(web, "sari")


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.__name__)
def test_a_template_reads_the_fields_of_its_context_and_nothing_else(page: type[Page]) -> None:
    assert _names_read(TEMPLATES[page]) | _names_read("base.html") == {field.name for field in fields(page)}


def _names_read(template: str) -> set[str]:
    """The names a template takes from outside; what it sets or imports itself is not among them."""
    loader = environment().loader
    assert loader is not None
    tree = environment().parse(loader.get_source(environment(), template)[0])
    own_names = {node.target for node in tree.find_all(nodes.Import)}
    own_names |= {node.target.name for node in tree.find_all(nodes.Assign) if isinstance(node.target, nodes.Name)}
    return meta.find_undeclared_variables(tree) - own_names


def test_the_words_are_there_in_both_languages() -> None:
    def keys(words: object) -> object:
        return {key: keys(value) for key, value in words.items()} if isinstance(words, dict) else bool(words)

    assert keys(words_in("id")) == keys(words_in("en"))


@pytest.mark.parametrize(
    "text",
    [
        "Sasaran tahun ini: 4 dari 10 KPM",
        "KPM KPM-1",
        "Siap diverifikasi",
        "Penghasilan Rp3.500.000 menguatkan.",
        "Tabungan belum ada.",
        "Hanya 1 keluarga yang siap.",
        "Kunjungi dahulu",
        "Data sudah lama",
        "Jangan didorong dulu",
        "Dilindungi: semua lansia",
        "data 1 Oktober 2026",
        "bukan tentang apa yang terjadi bila bantuan dihentikan",
        "mengubahnya belum tentu berhasil",
        "Saran untuk diperiksa, bukan keputusan",
    ],
)
def test_the_list_says(sari: TestClient, text: str) -> None:
    assert text in sari.get("/daftar").text


def test_a_family_to_visit_first_says_what_to_ask_about_three_on_the_list_and_all_on_its_page(
    sari: TestClient, service: Service
) -> None:
    fields = ("Tabungan", "Utang", "Lahan", "Ternak", "Jamban")
    publish_lists(service, mentor_list("M1", entry("KPM-9", section="visit_first", band="unsure", missing=fields)))
    listed, page = sari.get("/daftar").text, sari.get("/daftar/KPM-9").text
    assert "Belum diketahui; tanyakan saat berkunjung" in listed
    assert "Tabungan · Utang · Lahan · dan 2 hal lain" in listed
    assert '<p class="headline">Tabungan</p>' in listed
    assert all(f"<span>{field}</span>" in page for field in fields)
    assert "hal lain" not in page


def test_the_list_shows_no_probability(sari: TestClient) -> None:
    page = sari.get("/daftar").text.replace(form_token(sari, "/daftar"), "")  # chance may put any digits in a token
    assert "43" not in page


def test_synthetic_households_are_announced_and_real_ones_are_not(sari: TestClient, service: Service) -> None:
    assert "Data sintetis" not in sari.get("/daftar").text
    publish_lists(service, mentor_list("M1"), synthetic=True)
    assert "Data sintetis – bukan keluarga nyata" in sari.get("/daftar").text
    assert "Data sintetis – bukan keluarga nyata" in sari.get("/daftar/M1-KPM-1").text


def test_a_household_page_tells_reasons_date_and_how_to_object(sari: TestClient) -> None:
    page = sari.get("/daftar/KPM-2").text
    for text in (
        "Dilindungi: semua lansia",
        "Kebutuhan makan terpenuhi",
        "per 1 Oktober 2026",
        "berhak menolak",
        "pemutakhiran data",
    ):
        assert text in page


def test_the_switch_changes_the_language_and_is_remembered(sari: TestClient) -> None:
    assert '<html lang="id">' in sari.get("/daftar").text
    assert "This year&#39;s target: 4 of 10 families" in sari.get("/daftar?bahasa=en").text
    assert '<html lang="en">' in sari.get("/daftar/KPM-1").text


def test_a_language_in_the_address_goes_before_the_remembered_one_and_one_that_is_not_offered_counts_for_nothing(
    sari: TestClient,
) -> None:
    for address, remembered, language in (
        ("/daftar?bahasa=id", "en", "id"),
        ("/daftar?bahasa=xx", "en", "en"),
        ("/daftar", "xx", "id"),
    ):
        sari.cookies.set("__Host-graduasi_bahasa", remembered, domain="graduasi.test")
        assert f'<html lang="{language}">' in sari.get(address).text
        sari.cookies.delete("__Host-graduasi_bahasa")


def test_the_list_has_one_reason_on_paper_two_each_way_and_a_family_s_page_has_all(
    sari: TestClient, service: Service
) -> None:
    reasons = {
        kind: tuple(f"{kind} {number}." for number in range(1, 6))
        for kind in ("helps", "hinders", "facts", "referrals")
    }
    publish_lists(service, mentor_list("M1", entry("KPM-1", **reasons)))
    listed, page = sari.get("/daftar").text, sari.get("/daftar/KPM-1").text
    assert '<p class="headline">helps 1.</p>' in listed
    for kind in ("helps", "hinders"):
        assert f"{kind} 1. · {kind} 2.</p>" in listed
    for sentences in reasons.values():
        assert all(f"<span>{sentence}</span>" in page for sentence in sentences)


@pytest.mark.parametrize(
    ("section", "headline"),
    [("propose", "Membantu."), ("also_ready", "Membantu."), ("visit_first", "Lindung."), ("do_not_push", "Lindung."), ("natural_exit_soon", "Habis.")],
)  # fmt: skip
def test_a_line_of_the_list_says_why_the_family_stands_where_it_stands(
    sari: TestClient, service: Service, section: Section, headline: str
) -> None:
    sentences = {"helps": ("Membantu.",), "protections": ("Lindung.",), "flags": ("Habis.",)}
    publish_lists(service, mentor_list("M1", entry("KPM-1", section=section, **sentences)))
    assert f'<p class="headline">{headline}</p>' in sari.get("/daftar").text


@pytest.mark.parametrize("address", ["/pendamping/M1/bagian/nothing", "/statis/nothing.css", "/statis/words.toml"])
def test_a_part_and_a_file_that_are_not_there_are_not_found(sari: TestClient, address: str) -> None:
    answer = sari.get(address, headers={"Accept": "text/html"})
    assert (answer.status_code, "Halaman tidak ditemukan" in answer.text) == (404, True)


def test_only_the_style_sheet_of_this_version_is_cached_for_good(sari: TestClient) -> None:
    current = re.search(r'href="(/statis/graduasi\.css\?v=\w+)"', sari.get("/daftar").text)
    assert current is not None
    for address, is_immutable in (
        (current[1], True),
        ("/statis/graduasi.css?v=older", False),
        ("/statis/icon.svg", False),
    ):
        assert ("immutable" in sari.get(address).headers["cache-control"]) is is_immutable


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None)])
def test_a_page_is_compressed_only_for_a_browser_that_takes_that(
    sari: TestClient, accepted: str, encoding: str | None
) -> None:
    answer = sari.get("/daftar", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert "KPM KPM-1" in answer.text


def test_a_long_part_of_the_list_continues_on_its_own_page(sari: TestClient, service: Service) -> None:
    many = [entry(f"KPM-{number}", rank=number, section="visit_first", band="unsure") for number in range(1, 15)]
    publish_lists(service, mentor_list("M1", *many))
    first = sari.get("/daftar").text
    assert first.count('<li class="row') == 10
    assert "Lihat semua 14 KPM" in first
    assert '<p class="on-paper">Juga di bagian ini: KPM-11, KPM-12, KPM-13, KPM-14</p>' in first
    assert sari.get("/pendamping/M1/bagian/visit_first").text.count('<li class="row') == 14


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '" onmouseover="alert(1)', "{{ 7 * 7 }}", "javascript:alert(1)"]
)
def test_hostile_text_is_shown_as_text(web: TestClient, service: Service, people: None, hostile: str) -> None:
    publish_lists(service, mentor_list("M1", entry(hostile, helps=(hostile,), area_code=hostile)))
    page = sign_in(web, "sari").get("/daftar").text
    assert "<script" not in page
    assert '" onmouseover' not in page
    assert 'href="javascript:' not in page
    assert hostile.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in page


def test_pages_are_kept_out_of_caches_frames_and_scripts(sari: TestClient) -> None:
    headers = sari.get("/daftar").headers
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "<script" not in sari.get("/daftar").text
    assert " style=" not in sari.get("/daftar").text


@pytest.mark.parametrize("place", ["household_id", "mentor_id", "area_code"])
def test_a_list_with_an_identity_number_is_not_published(service: Service, place: str) -> None:
    names = {"household_id": "KPM-1", "mentor_id": "M1", "area_code": "32.01", place: f"{NIK[:4]} {NIK[4:]}"}
    listed = entry(names["household_id"], area_code=names["area_code"])
    with pytest.raises(Refused, match=f"{place}: 1 unfit to publish; .*16 digits"):
        publish_lists(service, mentor_list(names["mentor_id"], listed))


def test_a_list_of_random_identifiers_with_16_digits_in_a_row_is_published(sari: TestClient, service: Service) -> None:
    publish_lists(service, mentor_list("M1", entry("0f99990101019907770123456789abcd")))
    assert "KPM 0f99990101019907770123456789abcd" in sari.get("/daftar").text


def test_publishing_again_replaces_the_list_and_keeps_the_old_one(sari: TestClient, service: Service) -> None:
    publish_lists(service, mentor_list("M1", entry("KPM-9")))
    page = sari.get("/daftar").text
    assert "KPM KPM-9" in page
    assert "KPM KPM-1<" not in page
    assert sari.get("/daftar/KPM-1").status_code == 404
    with service.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from published_list where mentor_id = 'M1'").scalar() == 2


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.02, "kurang dari 1"),
        (0.14, "sekitar 1 diperkirakan"),
        (0.69, "sekitar 7 diperkirakan"),
        (0.99, "lebih dari 9"),
    ],
)
def test_a_score_is_told_as_so_many_of_ten_families(score: float, words: str) -> None:
    assert words in chance_sentence(score, words_in(LANGUAGES[0]))


@pytest.mark.parametrize(
    ("ends", "words"),
    [((0.381, 0.519), "Dari 100 keluarga dengan data seperti ini, 38 sampai 52"), ((0.431, 0.429), "sekitar 43")],
)
def test_a_score_with_an_interval_is_told_as_a_range_of_a_hundred(ends: tuple[float, float], words: str) -> None:
    assert words in chance_sentence(0.43, words_in("id"), interval=ends)


def test_a_relapse_risk_is_told_for_the_months_that_the_programme_looks_ahead() -> None:
    sentence = relapse_sentence(0.277, words_in("en"), months=6, interval=(0.184, 0.401))
    assert (
        sentence
        == "Of 100 like these who graduated, about 28 (18 to 40) need aid again within 6 months; the data are few, so this is not certain."
    )
    assert (
        relapse_sentence(0.277, words_in("en"), months=6)
        == "Of 100 like these who graduated, about 28 need aid again within 6 months."
    )


def test_a_relapse_risk_without_a_tested_interval_is_told_alone(sari: TestClient, service: Service) -> None:
    without_interval = {**KNOWN, "relapse_low": None, "relapse_high": None}
    publish_lists(service, mentor_list("M1", entry("KPM-1", **without_interval)))
    assert "sekitar 28 perlu dibantu lagi dalam 12 bulan." in sari.get("/daftar/KPM-1").text


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("id", ("38 sampai 52 diperkirakan berpenghasilan cukup tanpa bansos, bila keadaan seperti", "sekitar 28 (18 sampai 40) perlu dibantu lagi dalam 12 bulan; datanya masih sedikit")),
        ("en", ("38 to 52 are expected to earn enough without aid, if times are like those seen.", "about 28 (18 to 40) need aid again within 12 months; the data are few")),
    ],
)  # fmt: skip
def test_a_proposed_family_shows_its_interval_and_its_relapse_risk(
    sari: TestClient, service: Service, language: str, sentences: tuple[str, str]
) -> None:
    publish_lists(service, mentor_list("M1", entry("KPM-1", **KNOWN)))
    html = sari.get(f"/daftar/KPM-1?bahasa={language}").text
    assert all(sentence in html for sentence in sentences)
    assert "Dari 10 keluarga" not in html
    assert "Keluarga serupa yang pernah" not in html


def test_an_unknown_relapse_risk_is_said_on_the_family_s_page_alone(sari: TestClient) -> None:
    unknown = "Keluarga serupa yang pernah graduasi belum cukup banyak; risiko perlu dibantu lagi tidak diketahui."
    assert unknown in sari.get("/daftar/KPM-1").text
    assert unknown not in sari.get("/daftar").text


def test_a_family_that_is_not_proposed_is_told_no_chances(sari: TestClient, service: Service) -> None:
    publish_lists(service, mentor_list("M1", entry("KPM-1", section="do_not_push", band="protected", **KNOWN)))
    for page in ("/daftar", "/daftar/KPM-1"):
        html = sari.get(page).text
        assert not any(words in html for words in ("Dari 10", "perlu dibantu lagi"))


THEMES = (
    {"theme": "income", "kind": "lever", "contribution": 0.8, "label": {"id": "Penghasilan", "en": "Income"}},
    {"theme": "debt", "kind": "lever", "contribution": -0.4, "label": {"id": "Utang", "en": "Debt"}},
    {"theme": "family", "kind": "context", "contribution": -0.2, "label": {}},
    {"theme": "shocks", "kind": "context", "contribution": 0.001, "label": {}},
)


@pytest.mark.parametrize(
    ("language", "income", "helps"), [("id", "Penghasilan", "membantu"), ("en", "Income", "helps")]
)
def test_the_family_s_page_shows_by_theme_where_its_score_comes_from_in_a_picture_and_in_words(
    sari: TestClient, service: Service, language: str, income: str, helps: str
) -> None:
    publish_lists(service, mentor_list("M1", entry("KPM-1", themes=THEMES)))
    page = sari.get(f"/daftar/KPM-1?bahasa={language}").text
    assert f"<li>{income}: {helps}</li>" in page
    assert re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="\d+" width="([\d.]+)"', page) == [
        ("plus", "220.0", "100.0"), ("minus", "170.0", "50.0"), ("minus", "195.0", "25.0"),
    ]  # fmt: skip
    assert "shocks" not in page  # it moves the score by next to nothing
    assert "0.8" not in page


def test_a_family_that_was_published_without_themes_has_no_picture(sari: TestClient) -> None:
    assert '<svg class="bars"' not in sari.get("/daftar/KPM-1").text
