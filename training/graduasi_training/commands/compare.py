"""`graduasi compare`: a challenger beside the champion, before anyone sees a list."""

from datetime import datetime
from typing import Annotated, Any

import typer

from graduasi.commands.check import EVENTS, PANEL

MODEL = "a bundle's folder, or a name the registry knows"
MOST_HOUSEHOLDS = 5
"""Households printed of each list; --json has all."""


def compare(
    a: Annotated[str, typer.Argument(help=f"{MODEL}, such as champion")],
    b: Annotated[str, typer.Argument(help=f"{MODEL}, such as challenger")],
    panel: PANEL,
    events: EVENTS = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="default: the latest known_on in the file")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print everything as one JSON object")] = False,
) -> None:
    """Two bundles on one panel: whom each would list, and why they differ. Writes nothing."""
    from graduasi.bundle.by_name import load_by_name
    from graduasi.commands.console import result, result_json
    from graduasi.dates import to_day
    from graduasi.panel.files import parts_of
    from graduasi_training.registry.side_by_side import compare_bundles

    parts_of(panel)
    bundle_a, bundle_b = load_by_name(a), load_by_name(b)
    day = None if as_of is None else to_day(as_of.date())
    report = compare_bundles(bundle_a, bundle_b, panel, events=events, as_of=day)
    if as_json:
        result_json(report)
    else:
        for line in _lines(report):
            result(line)


def _lines(report: dict[str, Any]) -> list[str]:
    listed, shift, correlation = report["listed"], report["score_shift"], report["rank_correlation"]
    lines = [
        f"{report['households']:,} households as of {report['as_of']}; a: {report['a']['version']}, b: {report['b']['version']}",
        f"listed by a {listed['a']:,}, by b {listed['b']:,}, by both {listed['both']:,}",
        f"rank correlation {'–' if correlation is None else f'{correlation:.3f}'}; scores of b differ by {shift['mean']:+.3f} on average "
        f"({shift['p05']:+.3f} to {shift['p95']:+.3f} for nine in ten)",
    ]
    if report["rules_differ"]:
        lines.append(f"not only the models differ: {', '.join(report['rules_differ'])}")
    for side in ("a", "b"):
        rows = report[f"only_{side}"]
        lines += [_line(side, row) for row in rows[:MOST_HOUSEHOLDS]]
        if len(rows) > MOST_HOUSEHOLDS:
            lines.append(f"only {side}: {len(rows) - MOST_HOUSEHOLDS:,} more (--json has all)")
    return lines


def _line(side: str, row: dict[str, Any]) -> str:
    """One household that only `side`, a or b, lists."""
    why = ", ".join(f"{entry['feature']} {entry['difference']:+.2f}" for entry in row["why"])
    score = f"{row['score']['a']:.3f} → {row['score']['b']:.3f}"
    return (
        f"only {side}: {row['household_id']}  {score}  on the other: {row['because']}  ({why or 'same contributions'})"
    )
