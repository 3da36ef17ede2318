"""The model card: what a bundle is for, what it learned from, how good it is, and what it must not be used for."""

from datetime import date
from typing import Any

from graduasi.dictionary import Dictionary
from graduasi.programme import Programme
from graduasi_training.tuning_report import tuning_paragraph

TEMPLATE = """# Model card: {name} {version}

{synthetic}
## What it is for
It ranks households of the programme *{name}* by readiness: the chance that, seen on a day, a household meets the label
*{label}* later. It nominates families for a visit. A person visits, decides, and answers for the decision.

## What it must not be used for
- to end anyone's aid without a visit and a person's decision, or to fill a quota with families that are not ready;
- to rank households outside the programme's cohort, or with data older than {age} days;
- as a measure of what withdrawing aid does to a family. It forecasts what a family will earn; it was not trained on an experiment;
- as advice that changing a lever will change the outcome. Levers are associations.

## What it learned from
- {snapshots:,} snapshots of {households:,} households, {first} to {last}; labels known by {through}.
- {mature:,} of {rows:,} observations had a mature label. The panel's digest is `{digest}`.
- Dictionary {dictionary}, programme {name} {version}.

## What was chosen
*{champion}*. The candidates were a logistic regression, small monotone trees (LightGBM, {trees} trees of at most {leaves} leaves)
and their blend in log-odds. The simplest within one standard error of the best out-of-fold log loss was taken.
{tuning}

| test date | candidate chosen | n labelled | base rate | AUC (95 % interval) | precision at 10 % | precision at quota | harm at quota | calibration slope |
|---|---|---|---|---|---|---|---|---|
{folds}

Against the other candidates and the baselines, on the last test date, paired on the same resamples:

| against | metric | difference | 95 % interval | verdict |
|---|---|---|---|---|
{comparison}

## Groups
{groups}

## Limits
{notes}
"""


def write_card(
    evaluation: dict[str, Any], dictionary: Dictionary, programme: Programme, *, trained_through: date
) -> str:
    """The card as Markdown, from the figures of evaluation.json alone."""
    data, settings = evaluation["data"], evaluation["settings"]["trees"]
    return TEMPLATE.format(
        name=programme.name,
        version=programme.version,
        label=evaluation["label"],
        synthetic="**The data are synthetic. Nothing here is evidence about real families.**\n"
        if dictionary.synthetic
        else "",
        age=programme.max_data_age_days,
        snapshots=data["snapshots"],
        households=data["households"],
        first=data["first_as_of"],
        last=data["last_as_of"],
        through=trained_through.isoformat(),
        mature=data["mature_rows"],
        rows=data["rows"],
        digest=data["sha256"][:16],
        dictionary=f"{dictionary.name} {dictionary.version}",
        champion=evaluation["champion"],
        trees=settings["trees"],
        leaves=settings["leaves"],
        tuning=tuning_paragraph(evaluation["tuning"]),
        folds="\n".join(_fold_row(fold) for fold in evaluation["folds"]),
        comparison="\n".join(
            _comparison_row(row)
            for row in evaluation["comparison"]
            if row["metric"] in ("auc", evaluation["primary_metric"])
        ),
        groups=_groups(evaluation["groups"]),
        notes="\n".join(f"- {note}" for note in evaluation["notes"]),
    )


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _fold_row(fold: dict[str, Any]) -> str:
    figures = fold["candidates"]["champion"]
    auc = f"{_number(figures['auc'])} ({_number(figures['auc_low'])} to {_number(figures['auc_high'])})"
    cells = [fold["test_as_of"], fold["chosen"], f"{fold['labelled_rows']:,}", _number(fold["base_rate"]), auc]
    cells += [
        _number(figures[key])
        for key in ("precision_at_10pct", "precision_at_quota", "harm_at_quota", "calibration_slope")
    ]
    return f"| {' | '.join(cells)} |"


def _comparison_row(row: dict[str, Any]) -> str:
    interval = f"{row['low']:+.3f} to {row['high']:+.3f}"
    return f"| {row['against']} | {row['metric']} | {row['difference']:+.3f} | {interval} | {row['verdict']} |"


def _groups(groups: dict[str, Any]) -> str:
    lines = [
        "| group | value | n | base rate | precision at quota | recall at quota | ECE |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, values in groups.items():
        for value, row in values.items():
            figures = [_number(row.get(key)) for key in ("base_rate", "precision_at_quota", "recall_at_quota", "ece")]
            lines.append(
                f"| {name} | {value} | {row['n']}{' (too few)' if 'note' in row else ''} | {' | '.join(figures)} |"
            )
    return "\n".join(lines) if len(lines) > 2 else "The programme names no groups to report."
