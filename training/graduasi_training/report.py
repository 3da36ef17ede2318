"""report.html: the evaluation in pictures, one file that opens without a network."""

import html
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from graduasi.readiness import ReadinessModel
from graduasi_training.judging import HEADLINES
from graduasi_training.study import Study

STYLE = "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2a33}table{border-collapse:collapse}\
td,th{border-bottom:1px solid #cdd6db;padding:.3rem .6rem;text-align:left}svg{max-width:100%;height:auto}.note{background:#eef4f7;padding:.6rem 1rem}"
BLUE, AMBER = "#12617d", "#b3661a"
SHOWN_FEATURES, SAMPLE_ROWS, BINS = 20, 4000, 10


def write_report(evaluation: dict[str, Any], study: Study, model: ReadinessModel, places: npt.NDArray[np.intp]) -> str:
    """The page. `places` are the training observations, of which a sample draws the model's features."""
    last = evaluation["folds"][-1]
    sample = places[:: max(1, len(places) // SAMPLE_ROWS)]
    sections = [
        ("Ranking, against candidates and baselines", _draw(lambda axes: _auc_chart(axes, last)), _table(last)),
        (
            "Calibration of the model handed over, on its own training rows",
            _draw(lambda axes: _calibration_chart(axes, study, model, sample)),
            "",
        ),
        ("What moves the score", _draw(lambda axes: _importance_chart(axes, study, model, sample), height=6.5), ""),
        ("Base rate and AUC over time", _draw(lambda axes: _time_chart(axes, evaluation)), ""),
    ]
    body = "".join(f"<h2>{html.escape(title)}</h2>{picture}{table}" for title, picture, table in sections)
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in evaluation["notes"])
    title = f"{study.programme.name} {study.programme.version}: {evaluation['label']}"
    head = f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{html.escape(title)}</title>"
    return f"{head}<style>{STYLE}</style><h1>{html.escape(title)}</h1><ul class=note>{notes}</ul>{body}</html>"


def _draw(draw: Any, height: float = 4.0) -> str:
    figure = Figure(figsize=(8, height), layout="constrained")
    FigureCanvasSVG(figure)
    draw(figure.add_subplot())
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()[buffer.getvalue().index("<svg") :]


def _auc_chart(axes: Axes, fold: dict[str, Any]) -> None:
    names = [name for name, figures in fold["candidates"].items() if figures["auc_low"] is not None]
    middle = np.array([fold["candidates"][name]["auc"] for name in names])
    low, high = (np.array([fold["candidates"][name][f"auc_{end}"] for name in names]) for end in ("low", "high"))
    axes.errorbar(
        middle, range(len(names)), xerr=np.abs(np.array([middle - low, high - middle])), fmt="o", color=BLUE, capsize=3
    )
    axes.axvline(0.5, color="#999", linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel(f"AUC on {fold['test_as_of']}, 95 % interval, n = {fold['labelled_rows']:,}")


def _calibration_chart(axes: Axes, study: Study, model: ReadinessModel, sample: npt.NDArray[np.intp]) -> None:
    score, y = model.explain(study.values[sample]).score, study.labels.value[sample]
    bins = np.array_split(np.argsort(score, kind="stable"), BINS)
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1)
    axes.plot([score[part].mean() for part in bins], [y[part].mean() for part in bins], "o-", color=BLUE)
    top = min(1.0, float(score.max()) * 1.1)
    axes.set(
        xlim=(0, top),
        ylim=(0, top),
        xlabel=f"mean score in ten bins of equal size (n = {len(sample):,})",
        ylabel="observed rate",
    )


def _importance_chart(axes: Axes, study: Study, model: ReadinessModel, sample: npt.NDArray[np.intp]) -> None:
    size = np.abs(model.explain(study.values[sample]).contributions).mean(axis=0)
    order = np.argsort(size)[-SHOWN_FEATURES:]
    colours = [BLUE if model.features[place].field.kind == "lever" else AMBER for place in order]
    axes.barh([model.features[place].name for place in order], size[order], color=colours)
    axes.set_xlabel("mean absolute contribution in log-odds (blue: lever, amber: context)")


def _time_chart(axes: Axes, evaluation: dict[str, Any]) -> None:
    dates = [fold["test_as_of"] for fold in evaluation["folds"]]
    axes.plot(dates, [fold["base_rate"] for fold in evaluation["folds"]], "s-", color=AMBER, label="base rate")
    axes.plot(
        dates,
        [fold["candidates"]["champion"]["auc"] for fold in evaluation["folds"]],
        "o-",
        color=BLUE,
        label="AUC of the champion",
    )
    axes.set_ylim(0, 1)
    axes.legend()


def _table(fold: dict[str, Any]) -> str:
    head = "".join(f"<th scope=col>{key}</th>" for key in ("candidate", *HEADLINES))
    rows = ""
    for name, figures in fold["candidates"].items():
        cells = "".join(f"<td>{'–' if figures[key] is None else format(figures[key], '.3f')}</td>" for key in HEADLINES)
        rows += f"<tr><th scope=row>{html.escape(name)}</th>{cells}</tr>"
    return f"<table><tr>{head}</tr>{rows}</table>"
