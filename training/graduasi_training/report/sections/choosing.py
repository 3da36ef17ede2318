"""What was chosen, and what the search cost."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.judging.comparison import Evaluation
from graduasi_training.notes import note
from graduasi_training.report.drawing import BLUE, GREEN, draw, reference
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import number, spread, table, words


@section(
    "choosing",
    "What was chosen, and what it cost",
    how="Lower is better; the simplest candidate whose bar (one standard error) reaches zero is taken, so a larger model has to earn its place.",
    otherwise="The choice was not recorded.",
)
def choosing(evaluation: Evaluation) -> str:
    """Out-of-fold log loss above the best, and the simplest within one standard error; then the tuning."""
    handed = f"The model handed over is the {evaluation['champion']}, chosen in the same way from all that has matured."
    return _selection(evaluation["folds"][-1]) + paragraph(handed) + _tuning(evaluation)


def _selection(fold: dict[str, Any]) -> str:
    found, chosen, n = fold["selection"], fold["chosen"], f"n = {fold['train_rows']:,} training rows"

    def paint(axes: Axes) -> None:
        for place, (name, row) in enumerate(found.items()):
            excess, error = row["excess"]
            colour, mark = (GREEN, "D") if name == chosen else (BLUE, "o")
            axes.errorbar([excess], [place], xerr=[error], fmt=mark, color=colour, capsize=3)
        axes.set_yticks(range(len(found)), [f"{name}: chosen" if name == chosen else name for name in found])
        axes.set_ylim(len(found) - 0.5, -0.5)
        reference(axes, 0)
        axes.set_xlabel("out-of-fold log loss above the best, ± one standard error", loc="right")

    losses = "; ".join(f"{name} log loss {row['log_loss']:.4f}" for name, row in found.items())
    alt = f"Choice for the test date {fold['test_as_of']}, {n}: {chosen} was taken. {losses}."
    return draw(paint, alt=alt, key="choice", height=0.9 + 0.35 * len(found))


def _tuning(evaluation: Evaluation) -> str:
    found = evaluation.get("tuning")
    if not found:
        return paragraph(note("not_tuned"), "missing")
    later = found["gain_later"]
    gain = later["log_loss"]
    rows = [
        ("trials", number(found["trials"])),
        ("seconds", number(found["seconds"], 0)),
        *((f"chosen: {words(key)}", f"{value:g}") for key, value in found["chosen"].items()),
        ("log loss of the chosen", number(found["log_loss_chosen"], 4)),
        ("log loss of the best", number(found["log_loss_best"], 4)),
        ("one standard error", number(found["standard_error"], 4)),
        (
            f"gain in log loss over the defaults on {later['test_as_of']}, n = {later['n']:,} (95 % interval)",
            f"{spread(gain['difference'], gain['low'], gain['high'], signed=True, digits=4)}: {gain['verdict']}",
        ),
    ]
    caption = "The search, and the fewest and smallest trees within one standard error of its best"
    return table(("tuning", "value"), rows, caption=caption)
