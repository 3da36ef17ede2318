"""Which candidate and which settings were chosen, and what the search for settings cost."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.fitting.selection import DOUBT
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.notes import note
from graduasi_training.report.drawing import BLUE, GREEN, draw, paint_reference_line
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import number, table, with_interval, words


@section(
    "choosing",
    "What was chosen, and what it cost",
    how="Lower is better; the simplest candidate whose bar (95 % interval) reaches zero is taken, so a larger model has to earn its place.",
    otherwise="The choice was not recorded.",
)
def choosing(evaluation: Evaluation) -> str:
    """Each candidate's out-of-fold log loss above the best, the model handed over, and the search for settings."""
    handed_over = (
        f"The model handed over is the {evaluation['champion']}, chosen in the same way from all that has matured."
    )
    return _selection(evaluation["folds"][-1]) + paragraph(handed_over) + _tuning(evaluation)


def _selection(fold: dict[str, Any]) -> str:
    """One fold's choice; `excess` is the mean and the standard error of the log loss above the best candidate's."""
    selection, chosen, n = fold["selection"], fold["chosen"], f"n = {fold['train_rows']:,} training rows"

    def paint(axes: Axes) -> None:
        for row, (name, figures) in enumerate(selection.items()):
            excess, error = figures["excess"]
            colour, marker = (GREEN, "D") if name == chosen else (BLUE, "o")
            axes.errorbar([excess], [row], xerr=[DOUBT * error], fmt=marker, color=colour, capsize=3)
        axes.set_yticks(range(len(selection)), [f"{name}: chosen" if name == chosen else name for name in selection])
        axes.set_ylim(len(selection) - 0.5, -0.5)
        paint_reference_line(axes, 0)
        axes.set_xlabel("out-of-fold log loss above the best, 95 % interval", loc="right")

    losses = "; ".join(f"{name} log loss {figures['log_loss']:.4f}" for name, figures in selection.items())
    alt = f"Choice for the test date {fold['test_as_of']}, {n}: {chosen} was taken. {losses}."
    return draw(paint, alt=alt, key="choice", height=0.9 + 0.35 * len(selection))


def _tuning(evaluation: Evaluation) -> str:
    tuning = evaluation.get("tuning")
    if not tuning:
        return paragraph(note("not_tuned")["text"], "missing")
    later = tuning["gain_later"]
    gain = later["log_loss"]
    rows = [
        ("trials", number(tuning["trials"])),
        ("seconds", number(tuning["seconds"], 0)),
        *((f"chosen: {words(key)}", f"{value:g}") for key, value in tuning["chosen"].items()),
        ("log loss of the chosen", number(tuning["log_loss_chosen"], 4)),
        ("log loss of the best", number(tuning["log_loss_best"], 4)),
        ("one standard error", number(tuning["standard_error"], 4)),
        (
            f"gain in log loss over the defaults on {later['test_as_of']}, n = {later['n']:,} (95 % interval)",
            f"{with_interval(gain['difference'], gain['low'], gain['high'], signed=True, digits=4)}: {gain['verdict']}",
        ),
    ]
    caption = "The search, and the fewest and smallest trees within one standard error of its best"
    return table(("tuning", "value"), rows, caption=caption)
