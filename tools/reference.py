"""Writes docs/reference/ from the code, so that the reference always says what the code does.

    python tools/reference.py            write the files
    python tools/reference.py --check    change nothing; exit with 1 if a file is not what would be written

Sentences that the code does not have, such as what a column means, are in reference.toml. A column without one is a
KeyError here.
"""

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from graduasi import errors
from graduasi.bundle.manifest import BUNDLE_FILES
from graduasi.commands.cli import build_app
from graduasi.declarations.conditions import Condition
from graduasi.declarations.dictionary import Dictionary, Field, read_dictionary
from graduasi.declarations.programme import Drift, PeriodLabel, Programme, Rule, SnapshotsLabel, read_programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi.declarations.words import Sentences, format_value, phrases
from graduasi.lists.list_files import LIST_COLUMNS
from graduasi.readiness.features import Feature, features_of
from graduasi.scoring.reasons import REASON
from graduasi.scoring.scores import SCORES
from graduasi.scoring.verdicts import BANDS
from graduasi_serving.app import create_api
from graduasi_serving.service import start_service
from graduasi_serving.settings import PREFIX, Settings, redacted
from graduasi_serving.web.schemas import FAULT_STATUSES
from graduasi_training.notes import sentences

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "reference"
MEANING = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SAMPLE = "98765"
"""Stands for a household's value while a sentence is made; the page shows {value} instead."""
CODE_ARGUMENT = {"Fault": 1, "fault": 1, "BadRequest": 1, "_refusal": 1, "RowFault": 1, "_NotStrict": 0}
"""Calls that give a fault its code, and the index of the code among their arguments. The message follows the code."""


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """The lines of a Markdown table, and a blank line."""
    names = list(header)
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
    return [f"| {line} |" for line in lines] + [""]


def page(title: str, origin: str, body: Iterable[str]) -> str:
    """The text of a whole page. `origin` says what it is made from."""
    note = f"Made by `tools/reference.py` from {origin}. Do not edit; run `.venv/bin/python tools/reference.py`."
    return "\n".join([f"# {title}", "", note, "", *body]).rstrip() + "\n"


def fields_page(dictionary: Dictionary) -> str:
    """Every field, grouped by theme."""
    themes: dict[str, list[Field]] = {}
    for field in dictionary.fields.values():
        themes.setdefault(field.theme or "other", []).append(field)
    lines = [
        f"Dictionary `{dictionary.name}` {dictionary.version}, {len(dictionary.fields)} fields. *lever*: the family or its mentor can",
        "change it; *context*: they cannot; *audit*: never read by a model; *yardstick*: what amounts are a ratio to. *Effect* is the only way the",
        "field may move readiness: more of an increasing field at the latest visit never lowers a score, and leaving it out never gives more than its unfavourable quartile would.",
        "Every field may be unknown. Error messages name fields and what is allowed, never a household's value.", "",
    ]  # fmt: skip
    for theme, fields in themes.items():
        rows = [_field_row(field) for field in fields]
        header = ("field", "Bahasa Indonesia", "English", "allowed", "unit", "kind", "effect", "notes", "source")
        lines += [f"## {theme}", "", *table(header, rows)]
    return page("Fields of the PKH dictionary", "`models/graduasi/programmes/pkh/dictionary.toml`", lines)


def _field_row(field: Field) -> list[str]:
    notes = [f"read as a ratio to `{field.per}`"] if field.per else []
    notes += [f"history: {', '.join(field.history)}"] if field.history else []
    notes += ["worst to best as listed"] if field.ordered else []
    notes += ["sensitive"] if field.sensitive else []
    notes += ["to be confirmed"] if field.needs_check else []
    effect = field.effect if field.is_feature else "–"
    labels = [field.label[language] for language in ("id", "en")]
    return [f"`{field.name}`", *labels, field.describe(), field.unit or "", field.kind, effect, "; ".join(notes), field.source]  # fmt: skip


def reasons_page(dictionary: Dictionary) -> str:
    """What each feature says to a mentor, in both directions and languages."""
    rows = []
    for feature in features_of(dictionary):
        for direction in ("helps", "hinders"):
            sentences = [_sentence(feature, direction, dictionary, language) for language in ("id", "en")]
            rows.append([f"`{feature.name}`", direction, *sentences])
        if feature.field.zero and feature.derivation == "value":
            rows.append([f"`{feature.name}`", "0", *(feature.field.zero[language] for language in ("id", "en"))])
    unknown = [
        phrases(language)[f"{direction}_{case}"]
        for case in ("unknown", "no_history") for direction in ("helps", "hinders") for language in ("id", "en")
    ]  # fmt: skip
    lines = [
        "`{value}` is the household's own value. Yes-or-no fields are shown with the value that usually goes with the direction.",
        "For a field that is not known, and for a history that no earlier visit tells, whatever the field:", "", *(f"- {sentence}" for sentence in unknown), "",
        *table(("feature", "direction", "Bahasa Indonesia", "English"), rows),
    ]  # fmt: skip
    return page("Reason sentences", "the PKH dictionary and `models/graduasi/declarations/phrases.toml`", lines)


def _sentence(feature: Feature, direction: str, dictionary: Dictionary, language: str) -> str:
    field = feature.field
    sample = "{value}" if field.type == "category" else SAMPLE
    if field.type == "boolean" and feature.derivation in ("value", "previous"):
        sample = "true" if (direction == "helps") != (field.effect == "decreasing") else "false"
    text = Sentences(dictionary, language).reason(feature.name, direction, sample)
    return text.replace(format_value(field, SAMPLE, language), "{value}")


def programme_page(programme: Programme) -> str:
    """The programme's cohort, labels, rules, limits and referrals, with their sources."""
    header = programme.programme
    lines = [
        f"Programme `{programme.name}` {programme.version}: {header.quota_per_mentor} families a mentor and year; a snapshot older than",
        f"{header.max_data_age_days} days is stale. Events that end a stay: {', '.join(header.ends)}; that begin it again: {', '.join(header.returns)}.",
        f"Bands: ready from {programme.bands.ready:g}, nearly from {programme.bands.nearly:g}; they say when a visit is worth making.",
        "*To be confirmed* marks what rests on a secondary source or is a proposal of this project.", "",
        "## Cohort", "", "Scored and trained on are households for which all of this holds:", "",
        *(f"- {_condition(rule)}" for rule in programme.cohort), "",
        "## Labels", "", "The first is what the model is trained for; the others are evaluated beside it.", "",
        *(f"- {_label(label)}" for label in programme.labels), "",
    ]  # fmt: skip
    for title, note, rules in (
        ("Floor", "Every one must be known to hold before a family is proposed.", programme.floor),
        ("Protected", "Any one that holds keeps a family off every list; an unknown one makes it unsure.", programme.protected),
        ("Flags", "Shown to the mentor, never blocking.", programme.flags),
    ):  # fmt: skip
        lines += [f"## {title}", "", note, "", *_rule_table(rules)]
    harm = " and ".join(map(_condition, programme.harm.rules)) or "the household left and re-entered"
    lines += ["## Harm", "", f"A listed family was harmed when, within the label's window: {harm}.", ""]
    lines += [
        "## Drift",
        "",
        "`graduasi drift` alarms past one of these limits, if chance would not do it. All are optional.",
        "",
    ]
    limits = Drift.model_fields.items()
    lines += table(("key of `[drift]`", "here", "default", "what it limits"), [[f"`{key}`", f"{getattr(programme.drift, key):g}", f"{field.default:g}", MEANING["drift"][key]] for key, field in limits])  # fmt: skip
    lines += ["## Referrals", "", *_referral_table(programme)]
    return page("Rules of the PKH programme", "`models/graduasi/programmes/pkh/programme.toml`", lines)


def _rule_table(rules: tuple[Rule, ...]) -> list[str]:
    rows = [
        [f"`{rule.code}`", rule.text["id"], rule.text["en"], " and ".join(map(_condition, rule.rules)), _source(rule)]
        for rule in rules
    ]
    return table(("code", "Bahasa Indonesia", "English", "holds when", "source"), rows)


def _referral_table(programme: Programme) -> list[str]:
    rows = [
        [f"`{referral.code}`", referral.name["id"], ", ".join(f"`{lever}`" for lever in referral.levers), " and ".join(map(_condition, referral.rules)) or "–", _source(referral)]
        for referral in programme.referrals
    ]  # fmt: skip
    return table(("code", "name", "for the levers", "eligible when", "source"), rows)


def _source(rule: Any) -> str:
    return (rule.source or "") + (" (to be confirmed)" if rule.needs_check else "")


def _condition(condition: Condition) -> str:
    if condition.op in ("known", "unknown"):
        return f"`{condition.field}` is {condition.op}"
    return f"`{condition.describe()}`"


def _label(label: Any) -> str:
    name = f"`{label.name}`"
    if isinstance(label, SnapshotsLabel):
        rules = " and ".join(map(_condition, label.rules))
        limit = f", all within {label.within_months} months" if label.within_months else ""
        return f"{name}: {rules}, at {label.hold} snapshots in a row that start {label.after} snapshots later{limit}"
    if isinstance(label, PeriodLabel):
        rules = " and ".join(map(_condition, label.rules))
        until = f" to {label.after_months + label.hold_months}" if label.hold_months else ""
        within = f"each end the nearest visit within {label.tolerance_months} months"
        return f"{name}: {rules}, at every visit from {label.after_months}{until} months later ({within})"
    if label.kind == "event":
        undone = f", and no {' or '.join(label.undone_by)} in the {label.undone_within_months} months after it"
        competing = f"; {', '.join(label.competing)} come first: never a positive" if label.competing else ""
        return (
            f"{name}: `{label.event}` within {label.within_months} months{undone if label.undone_by else ''}{competing}"
        )
    return f"{name}: the outcome column `{label.column}`, known {label.known_after_months} months after its row"


def commands_page() -> str:
    """Every subcommand with its arguments and options."""
    lines = [
        "Results go to standard output, progress and remarks to standard error. Exit: 0 done · 1 refused, with every reason ·",
        "2 wrong usage.", "",
    ]  # fmt: skip
    for name, command in _commands(typer.main.get_command(build_app()), "graduasi"):
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        options = [param for param in command.params if param.param_type_name == "option" and not param.hidden]
        usage = " ".join(
            [name, *(argument.name.upper() for argument in arguments), *(["[OPTIONS]"] if options else [])]
        )
        lines += [f"## {name}", "", f"`{usage}`", "", command.help or "", ""]
        rows = [[f"`{argument.name.upper()}`", argument.help or "", "required"] for argument in arguments]
        rows += [[f"`{option.opts[0]}`", option.help or "", _default(option)] for option in options]
        lines += table(("argument or option", "what it is", "default"), rows) if rows else []
    return page("Commands", "the entry points `graduasi.commands`", lines)


def _commands(group: Any, group_name: str) -> Iterator[tuple[str, Any]]:
    """The full name of every command of a group, such as `graduasi user add`, with the command."""
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if hasattr(command, "commands"):
            yield from _commands(command, f"{group_name} {name}")
        else:
            yield f"{group_name} {name}", command


def _default(option: Any) -> str:
    if option.required:
        return "required" + (", repeatable" if option.multiple else "")
    return "" if option.default is None or option.default is False else f"`{option.default}`"


def settings_page() -> str:
    """Every setting of the service."""
    rows = [
        [f"`{PREFIX}{name.upper()}`", f"`{shown}`" if (shown := redacted(field.default)) else "", field.description]
        for name, field in Settings.model_fields.items()
    ]
    body = table(("environment variable", "default", "what it is for"), rows)
    return page("Settings", "`serving/graduasi_serving/settings.py`", body)


def files_page() -> str:
    """Scores files, list files and bundles."""
    columns = [[f"`{field.name}`", field.type if field.name != "reasons" else "list<reason>", MEANING["columns"][field.name]] for field in SCORES]  # fmt: skip
    lines = ["## Scores file", "", "Parquet, or CSV with JSON in the nested columns. One row a household of the cohort, by household.", ""]  # fmt: skip
    lines += table(("column", "type", "meaning"), columns)
    lines += ["A reason:", ""]
    lines += table(
        ("member", "type", "meaning"),
        [[f"`{member.name}`", member.type, MEANING["reason"][member.name]] for member in REASON],
    )
    lines += ["## Bands", "", "Tried in this order.", ""]
    lines += table(("band", "when"), [[f"`{band}`", MEANING["bands"][band]] for band in BANDS])
    lines += [
        "## List file",
        "",
        "CSV, or XLSX whose other sheets tell who is not listed and why a list is short. One row a listed household. HTML is a page to print, in sentences.",
        "",
    ]
    meanings = {**MEANING["columns"], "blocking": "the rules' sentences", "flags": "the flags' sentences"}
    lines += table(("column", "meaning"), [[f"`{name}`", meanings[name]] for name in LIST_COLUMNS])
    lines += [
        "## Bundle",
        "",
        "A folder with `manifest.json` (every file with its SHA-256), `manifest.sha256`, and:",
        "",
    ]
    lines += table(("file", "what it holds"), [[f"`{name}`", MEANING["bundle"][name]] for name in BUNDLE_FILES])
    return page("Scores, lists and bundles", "the schemas in `models/graduasi`", lines)


def http_page() -> str:
    """The addresses that programs call."""
    service = start_service(Settings(database_url=SecretStr("sqlite:///never-opened.db"), model="", pinned_models=""))
    paths = create_api(service).openapi()["paths"]
    rows = [
        [f"`{method.upper()} {path}`", operation["summary"]]
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    service.engine.dispose()
    body = ["The whole interface is at `GET /v1/openapi.json`.", "", *table(("address", "what it does"), rows)]
    return page("HTTP interface", "the service's OpenAPI document", body)


def findings_page() -> str:
    """Every finding with its code, in the order of the codes."""
    lines = [
        "What `graduasi check` and `graduasi train` say of a panel that they accept. A finding refuses nothing, and its code never changes.",
        "{names} are filled in. A programme mutes a code that it has looked into; the card and `evaluation.json` (`muted`) keep the reason:", "",
        "```toml", "[[muted]]", 'code = "GRD003"', 'reason = "land is asked from 2027 on"', 'about = "land_ha"     # optional: only where this name fills in the sentence', "```", "",
        "A finding is muted by its own code, or by that of a finding that it holds as its reason. [Gates](../decisions/0010-promotion-gates.md) cannot be muted.", "",
    ]  # fmt: skip
    for key, finding in sorted(sentences().items(), key=lambda entry: entry[1]["code"]):
        lines += [f"## {finding['code']}", "", f"`{key}`", "", f"- English: {finding['en']}", f"- Bahasa Indonesia: {finding['id']}"]  # fmt: skip
        lines += [f"- Why it matters: {finding['why']}", f"- What to do: {finding['do']}", ""]
    origin = "`models/graduasi/declarations/findings.toml` and `training/graduasi_training/notes.toml`"
    return page("Findings", origin, lines)


def errors_page() -> str:
    """Error classes, HTTP statuses and the stable codes of faults."""
    _, tree, remarks = (errors.__doc__ or "").split("\n\n")[:3]
    lines = ["## On the command line", "", "Exit status 1, with every reason on standard error.", "", "```text", tree, "```", "", remarks.strip(), ""]  # fmt: skip
    lines += ["## HTTP statuses", "", *table(("status", "when"), [[status, meaning] for status, meaning in FAULT_STATUSES.items()])]  # fmt: skip
    lines += ["## Codes of faults", "", "Stable: act on the code; the message is for people. Where no status stands, the fault is one household's.", ""]  # fmt: skip
    lines += table(("code", "status", "message"), sorted(set(_codes())))
    return page("Errors", "`graduasi.errors` and the faults in `serving/graduasi_serving`", lines)


def _codes() -> Iterator[tuple[str, str, str]]:
    """Code, HTTP status ("" where there is none) and message of every fault, wherever the code calls for one."""
    files = [ROOT / "models/graduasi/panel/row_contract.py", *sorted((ROOT / "serving/graduasi_serving").rglob("*.py"))]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            index = CODE_ARGUMENT.get(getattr(node.func, "attr", getattr(node.func, "id", "")), len(node.args))
            code = node.args[index] if index < len(node.args) - 1 else None
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                first = node.args[0]
                status = str(first.value) if isinstance(first, ast.Constant) and isinstance(first.value, int) else ""
                status = "400" if index == 0 else status  # not strict JSON: the whole request
                yield f"`{code.value}`", status, _message(node.args[index + 1])


def _message(node: ast.expr) -> str:
    """A message as the code has it, with … for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


def pages() -> dict[str, str]:
    """The text of every file of docs/reference, by file name."""
    dictionary = read_dictionary(default_dictionary())
    return {
        "commands.md": commands_page(),
        "errors.md": errors_page(),
        "fields.md": fields_page(dictionary),
        "files.md": files_page(),
        "findings.md": findings_page(),
        "http.md": http_page(),
        "programme.md": programme_page(read_programme(default_programme(), dictionary)),
        "reasons.md": reasons_page(dictionary),
        "settings.md": settings_page(),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with --check only compare them."""
    generated = pages()
    if "--check" in arguments:
        stale = [name for name, text in generated.items() if not (OUT / name).is_file() or (OUT / name).read_text(encoding="utf-8") != text]  # fmt: skip
        for name in stale:
            print(
                f"docs/reference/{name} is not what the code says; run: .venv/bin/python tools/reference.py",
                file=sys.stderr,
            )
        return bool(stale)
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in generated.items():
        (OUT / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
