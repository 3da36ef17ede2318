"""The report as one HTML page: a summary, a table of contents, and the sections in their order."""

import html

from graduasi.readiness.model import ReadinessModel
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.notes import Note, note
from graduasi_training.report.section import Section, inline, paragraph, section
from graduasi_training.report.sections import (
    calibration,
    choosing,
    explanations,
    groups,
    insight,
    lists,
    moving,
    outcomes,
    over_time,
    ranking,
)
from graduasi_training.report.sections.explanations import ExplainedSample
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study

STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1.2rem 1rem 4rem;color:#16242c;background:#fff}
h1{font-size:1.6rem;line-height:1.25;margin:.4rem 0}h2{font-size:1.2rem;margin:2.6rem 0 .2rem;padding-top:.8rem;border-top:1px solid #d4dce0}
p{margin:.5rem 0;max-width:46rem}.how{color:#40525c}.missing{background:#f3f6f8;border-left:4px solid #6b747a;padding:.5rem .8rem}
.synthetic{background:#fdf1e4;border-left:4px solid #c4581c;padding:.6rem .8rem;font-weight:600}.headline{font-size:1.08rem}
nav ol{columns:2 18rem;column-gap:2.5rem;padding-left:1.4rem;margin:.4rem 0}nav a{color:#0b5e86}
nav li{padding:.1rem 0;break-inside:avoid}
figure{margin:1rem 0;overflow-x:auto}figure svg,figure img{width:40rem;max-width:100%;height:auto;display:block}
figcaption{color:#40525c;font-size:.9rem;max-width:46rem}
.wide{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:#40525c;padding-bottom:.3rem}caption span{display:inline-block;max-width:min(46rem,calc(100vw - 2rem))}code,time{white-space:nowrap}td,th{border-bottom:1px solid #d4dce0;padding:.3rem .6rem;text-align:left;vertical-align:top}
thead th{border-bottom:2px solid #6b747a}ul.notes{padding-left:1.2rem}footer{margin-top:3rem;color:#40525c;font-size:.9rem}
a:focus-visible,.wide:focus-visible{outline:3px solid #c4581c}
@media print{body{font-size:10pt;max-width:none;padding:0}nav{display:none}figure,tr{break-inside:avoid}h2{break-after:avoid}.wide{overflow:visible}table{font-size:7pt}td,th{padding:.15rem .3rem}}
"""
CAUTION = (
    "A score forecasts what a family will earn without aid. Nothing here says what withdrawing aid does to a family, and levers are associations. "
    "No figure is a threshold at which a family may be graduated without a visit and a person's decision."
)


def write_report(evaluation: Evaluation, study: Study, model: ReadinessModel, train: RowIndex) -> str:
    """The page of a training run. A sample of the training observations `train` is drawn in the explanations."""
    title = f"{study.programme.name} {study.programme.version}: {evaluation['label']}"
    return report(evaluation, title=title, explained=explanations.explain_sample(model, study.values, train))


def report(evaluation: Evaluation, *, title: str, explained: ExplainedSample | None = None) -> str:
    """The page from the figures of evaluation.json. A section that cannot be shown says why in its place.

    Without `explained`, which needs the model and its rows, there are no explanations.
    """
    parts = sections(evaluation, explained)
    contents = "".join(f'<li><a href="#{part.key}">{html.escape(part.title)}</a></li>' for part in parts)
    body = "".join(
        f'<section id="{part.key}"><h2>{html.escape(part.title)}</h2>{paragraph(part.how, "how")}{part.body}</section>'
        for part in parts
    )
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
    )
    top = f"<header><h1>{html.escape(title)}</h1>{_banner(evaluation)}{paragraph(ranking.headline(evaluation), 'headline')}{ranking.verdicts(evaluation)}</header>"
    navigation = f'<nav aria-label="Contents"><ol>{contents}</ol></nav>'
    return f"{head}<body>{top}{navigation}<main>{body}</main><footer>{paragraph(CAUTION)}{_data_facts(evaluation)}</footer></body></html>"


def sections(evaluation: Evaluation, explained: ExplainedSample | None) -> list[Section]:
    """All sections in the order of the page, which is the order in which questions come up. A new section is added here."""
    return [
        ranking.gains(evaluation), ranking.candidates(evaluation), lists.lists(evaluation), insight.list_ranges(evaluation), insight.missed(evaluation), calibration.calibration(evaluation),
        calibration.by_area(evaluation), calibration.intervals(evaluation), groups.groups(evaluation), explanations.explanations(explained), explanations.leaks(evaluation),
        over_time.over_time(evaluation), moving.score_drift(evaluation), moving.field_drift(evaluation), over_time.stability(evaluation),
        over_time.areas_left_out(evaluation), insight.decay(evaluation), insight.learning_curve(evaluation), insight.themes(evaluation), outcomes.other_labels(evaluation), outcomes.selective_labels(evaluation), outcomes.relapse(evaluation),
        choosing.choosing(evaluation), limits(evaluation),
    ]  # fmt: skip


@section(
    "notes",
    "What this evaluation cannot say",
    how="What the panel does not support, and why: read it before you tell anyone a figure.",
    otherwise="The run left no notes.",
)
def limits(evaluation: Evaluation) -> str:
    """The notes of the run as a list."""
    said = [_with_code(each) for each in evaluation.get("notes", ())]
    said += [f"Muted: {_with_code(muted)} Reason: {muted['reason']}" for muted in evaluation.get("muted", ())]
    items = "".join(f"<li>{inline(text)}</li>" for text in said)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _with_code(note: Note) -> str:
    """The note in English with its code, which notes of runs of earlier versions lack."""
    return f"{note['text']} [{note['code']}]" if "code" in note else note["text"]


def _banner(evaluation: Evaluation) -> str:
    is_synthetic = (evaluation.get("data") or {}).get("synthetic")
    return paragraph(note("synthetic")["text"], "synthetic") if is_synthetic else ""


def _data_facts(evaluation: Evaluation) -> str:
    data = evaluation.get("data") or {}
    if "sha256" not in data:
        return ""
    return paragraph(
        f"{data.get('snapshots', 0):,} snapshots of {data['households']:,} households, {data.get('first_as_of')} to {data.get('last_as_of')}; "
        f"{data['mature_rows']:,} of {data['rows']:,} observations had a mature label. SHA-256 of the panel: {data['sha256'][:16]}…"
    )
