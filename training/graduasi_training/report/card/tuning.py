"""The search over settings in words, for the model card. It reads the section `tuning` of the evaluation and nothing else."""

from typing import Any

from graduasi_training.report.card.words import count, decimal, sentences


def tuning_paragraph(tuning: dict[str, Any], language: str = "en") -> str:
    """A paragraph on what was tried, what was chosen, what it cost, and whether it was worth it."""
    templates = sentences(language)
    later = tuning["gain_later"]["log_loss"]
    gain, low, high = (decimal(later[key], language, 4, signed=True) for key in ("difference", "low", "high"))
    if later["low"] is not None:
        gain += f" ({templates['tuned_interval'].format(low=low, high=high)})"
    search = templates["tuned"].format(
        trials=tuning["trials"],
        asked=tuning["trials_asked"],
        seconds=count(tuning["seconds"], language),
        known_by=tuning["window"]["known_by"],
        **{name: decimal(tuning[f"log_loss_{name}"], language, 4) for name in ("best", "chosen", "default")},
        settings=", ".join(f"{name} {value:g}" for name, value in tuning["chosen"].items()),
    )
    worth = templates[f"tuned_{later['verdict']}"].format(day=tuning["gain_later"]["test_as_of"], gain=gain)
    return f"{search} {worth}"
