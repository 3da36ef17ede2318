"""What training leaves behind: a bundle, an evaluation, a card and a report; or nothing, with every reason."""

import hashlib
import json
import re
import shutil
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi.bundle import load_bundle
from graduasi.bundle.manifest import unseal
from graduasi.errors import Refused
from graduasi_training.evaluation.relapse import learn_relapse
from graduasi_training.notes import note, notes_with_key
from graduasi_training.pipeline import train
from graduasi_training.registry.gates import Challenger, findings_in_figures
from tests.made_up.small_run import QUICK, train_small, write_inputs


def test_a_run_leaves_bundle_evaluation_card_and_report(trained):
    assert sorted(path.name for path in trained.out.iterdir()) == [
        "bundle",
        "card.md",
        "evaluation.json",
        "report.html",
    ]
    assert load_bundle(trained.out / "bundle").digest == trained.digest


def test_the_model_handed_over_has_intervals_where_they_held(trained):
    assert trained.evaluation["intervals"]["shown"]
    assert load_bundle(trained.out / "bundle").model.intervals is not None


def test_the_bundle_says_how_the_champion_ranked_on_the_last_test_date(trained):
    first, last = (fold["candidates"]["champion"]["auc"] for fold in trained.evaluation["folds"])
    assert first != last
    assert unseal(trained.out / "bundle").about["auc"] == last


def test_the_digest_of_a_panel_in_parts_is_of_all_parts(trained, tmp_path):
    inputs = write_inputs(tmp_path / "in")
    table = pq.read_table(inputs.panel)
    parts = tmp_path / "in" / "parts"
    parts.mkdir()
    for number, part in enumerate((table.slice(0, 100), table.slice(100))):
        pq.write_table(part, parts / f"{number}.parquet")
    run = train(replace(inputs, panel=parts), tmp_path / "out", settings=QUICK, tell=lambda text: None)
    digests = [hashlib.sha256((parts / f"{number}.parquet").read_bytes()).digest() for number in range(2)]
    assert run.evaluation["data"]["sha256"] == hashlib.sha256(b"".join(digests)).hexdigest()
    assert run.evaluation["data"]["snapshots"] == trained.evaluation["data"]["snapshots"]


def test_a_relapse_risk_without_a_note_adds_none_to_the_evaluation(tmp_path, monkeypatch):
    def without_note(study, settings):
        model, report = learn_relapse(study, settings)
        return model, {key: value for key, value in report.items() if key != "note"}

    monkeypatch.setattr("graduasi_training.pipeline.learn_relapse", without_note)
    notes = train_small(tmp_path).evaluation["notes"]
    assert not notes_with_key(notes, ("relapse_few", "relapse_no_events", "relapse_not_judged"))
    assert notes_with_key(notes, ("not_tuned",))


def train_muting(tmp_path, *mutes):
    """A run whose panel lacks a field, with these codes muted; what it told, and its evaluation."""
    inputs = write_inputs(tmp_path / "in")
    pq.write_table(pq.read_table(inputs.panel).drop_columns(["land_ha"]), inputs.panel)
    muted = "".join(f'\n[[muted]]\ncode = "{code}"\nreason = "{reason}"\n' for code, reason in mutes)
    inputs.programme.write_text(inputs.programme.read_text(encoding="utf-8") + muted, encoding="utf-8")
    told = []
    run = train(inputs, tmp_path / "out", settings=QUICK, tell=told.append)
    return told, run


def test_what_a_panel_lacks_is_told_and_noted_with_its_code(tmp_path):
    told, run = train_muting(tmp_path)
    sentence = "the file lacks 1 declared fields, taken as unknown: land_ha"
    assert f"warning: {sentence} [GRD003]" in told
    (noted,) = notes_with_key(run.evaluation["notes"], ["absent_fields"])
    assert (noted["code"], noted["text"]) == ("GRD003", sentence)
    assert run.evaluation["muted"] == []


def test_a_muted_finding_stands_in_the_card_with_its_reason_and_not_among_the_notes(tmp_path):
    not_tuned = note("not_tuned")
    told, run = train_muting(tmp_path, ("GRD003", "land is asked from 2027 on"), (not_tuned["code"], "no time"))
    assert not [line for line in told if "GRD003" in line]
    assert not notes_with_key(run.evaluation["notes"], ["absent_fields", "not_tuned"])
    muted = {each["code"]: each["reason"] for each in run.evaluation["muted"]}
    assert muted == {"GRD003": "land is asked from 2027 on", not_tuned["code"]: "no time"}
    card = (run.out / "card.md").read_text(encoding="utf-8")
    assert "Reason for muting: land is asked from 2027 on" in card
    assert "Alasan pembisuan: land is asked from 2027 on" in card
    report = (run.out / "report.html").read_text(encoding="utf-8")
    assert f"Muted: {not_tuned['text'].replace('`', '')} [{not_tuned['code']}] Reason: no time" in re.sub(
        r"</?code>", "", report
    )


def test_muting_changes_no_figure_and_no_gate(tmp_path, trained):
    inputs = write_inputs(tmp_path / "in")
    codes = {each["code"] for each in trained.evaluation["notes"]}
    muted = "".join(f'\n[[muted]]\ncode = "{code}"\nreason = "we know"\n' for code in sorted(codes))
    inputs.programme.write_text(inputs.programme.read_text(encoding="utf-8") + muted, encoding="utf-8")
    run = train(inputs, tmp_path / "out", settings=QUICK, tell=lambda text: None)
    assert run.evaluation["notes"] == []
    assert {**run.evaluation, "notes": [], "muted": []} == {**trained.evaluation, "notes": [], "muted": []}
    refusals = [findings_in_figures(Challenger(each.evaluation, each.out, each.digest)) for each in (run, trained)]
    assert refusals[0] == refusals[1]


def test_a_mute_of_an_unknown_code_is_refused_before_anything_is_learned(tmp_path):
    with pytest.raises(Refused, match=r"programme.toml: \[muted\] code: GRD999 is no finding's code"):
        train_muting(tmp_path, ("GRD999", "we know"))
    assert not (tmp_path / "out").exists()


def test_a_field_that_holds_the_outcome_is_named_in_the_run_and_in_the_report(tmp_path):
    inputs = write_inputs(tmp_path / "in")
    table = pq.read_table(inputs.panel).sort_by([("household_id", "ascending"), ("as_of", "ascending")])
    income, line, household = (table[name].to_pandas() for name in ("income_idr", "line_idr", "household_id"))
    later = (income / line).groupby(household).shift(-1)
    leak = pa.array((later >= 1.2).where(later.notna(), False).astype(float).tolist())
    pq.write_table(table.set_column(table.column_names.index("land_ha"), "land_ha", leak), inputs.panel)
    told = []
    run = train(inputs, tmp_path / "out", settings=QUICK, tell=told.append)
    assert run.evaluation["leaks"]["features"][0]["feature"] == "land_ha"
    (warning,) = [line for line in told if "land_ha alone ranks families by the outcome" in line]
    assert warning.endswith("[GRD054]")
    assert "land_ha alone ranks families" in (run.out / "report.html").read_text(encoding="utf-8")


def test_the_evaluation_file_says_what_was_learned_from(trained):
    evaluation = json.loads((trained.out / "evaluation.json").read_text(encoding="utf-8"))
    assert evaluation == json.loads(json.dumps(trained.evaluation))
    assert evaluation["champion"] == trained.fitted.chosen
    data = evaluation["data"]
    assert data["households"] == 150
    assert data["mature_rows"] < data["rows"]
    assert re.fullmatch("[0-9a-f]{64}", data["sha256"])


@pytest.mark.parametrize(
    "name",
    ["evaluation.json", "card.md", "report.html", "bundle/golden.json", "bundle/model.json", "bundle/manifest.json"],
)
def test_no_household_of_the_panel_is_named_in_what_is_handed_over(trained, name):
    assert not re.search(r"\bK\d{5}\b", (trained.out / name).read_text(encoding="utf-8"))


def test_the_card_in_the_bundle_is_the_card_beside_it_and_says_what_must_not_be_done(trained):
    card = (trained.out / "card.md").read_text(encoding="utf-8")
    assert load_bundle(trained.out / "bundle").card == card
    assert "What it must not be used for" in card
    assert "{" not in card


def test_the_card_says_once_in_each_language_that_the_settings_were_not_searched(trained):
    card = (trained.out / "card.md").read_text(encoding="utf-8")
    assert card.count("The settings were not searched") == card.count("Pengaturan tidak dicari") == 1
    assert "The settings were not searched" in (trained.out / "report.html").read_text(encoding="utf-8")


def test_the_report_opens_without_a_network(trained):
    page = (trained.out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 6
    assert page.count("data:image/png") == 2
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert "<script" not in page


def test_the_same_data_and_seed_give_the_same_bundle(trained, tmp_path):
    assert train_small(tmp_path).digest == trained.digest


def test_other_data_give_another_bundle(trained, tmp_path):
    assert train_small(tmp_path, seed=4).digest != trained.digest


def test_a_later_run_replaces_an_earlier_one_and_a_refused_run_does_not(trained, tmp_path):
    out = shutil.copytree(trained.out, tmp_path / "out")
    inputs = write_inputs(tmp_path / "in", seed=4)
    later = train(inputs, out, settings=QUICK, tell=lambda text: None)
    assert load_bundle(out / "bundle").digest == later.digest != trained.digest
    inputs.events.write_text("household_id,event,event_date\n,graduated,soon\n", encoding="utf-8")
    with pytest.raises(Refused):
        train(inputs, out, settings=QUICK, tell=lambda text: None)
    assert load_bundle(out / "bundle").digest == later.digest


def test_a_refused_panel_leaves_nothing(tmp_path):
    inputs = write_inputs(tmp_path / "in")
    inputs.events.write_text("household_id,event,event_date\nK00001,vanished,2020-06-01\n", encoding="utf-8")
    with pytest.raises(Refused, match="not an event of the programme"):
        train(inputs, tmp_path / "out", settings=QUICK, tell=lambda text: None)
    assert not (tmp_path / "out").exists()


def test_a_label_that_every_family_meets_is_refused_as_one_class(tmp_path):
    inputs = write_inputs(tmp_path / "in")
    rules = inputs.programme.read_text(encoding="utf-8").replace("factor = 1.2", "factor = 0.0", 1)
    inputs.programme.write_text(rules, encoding="utf-8")
    with pytest.raises(Refused, match=r"all \d+ mature labels say ready: one class only"):
        train(inputs, tmp_path / "out", settings=QUICK, tell=lambda text: None)


def test_a_target_that_is_an_event_is_refused_without_events(tmp_path):
    inputs = write_inputs(tmp_path / "in")
    rules = inputs.programme.read_text(encoding="utf-8")
    start, end = (rules.index(f'[[labels]]\nname = "{name}"') for name in ("held", "stayed_out"))
    inputs.programme.write_text(rules[:start] + rules[end:], encoding="utf-8")
    with pytest.raises(Refused, match="asks for the event graduated, and there are no events; give --events"):
        train(replace(inputs, events=None), tmp_path / "out", settings=QUICK, tell=lambda text: None)
