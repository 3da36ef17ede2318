"""`graduasi models`, `promote` and `rollback`: which version serves, which served when, and who decided so."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from graduasi_training.registry.versions import Act, Version

ALIAS = Annotated[
    str, typer.Option(help="the alias that serving asks for; where several programmes have it: NAME@ALIAS")
]
REASON = Annotated[str | None, typer.Option(help="why; kept in the history")]


def models(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON array")] = False,
    history: Annotated[bool, typer.Option("--history", help="every change of an alias: when, who, why")] = False,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="which version served on that day (UTC)")
    ] = None,
    alias: ALIAS = "champion",
) -> None:
    """List the registered versions and their aliases; or what changed; or what served on a day."""
    from dataclasses import asdict

    from graduasi.commands.console import result, result_json
    from graduasi_training.registry.store import store_name, tracking_uri
    from graduasi_training.registry.versions import versions

    registered = versions()
    if not registered and not as_json:
        result(f"no version is registered in {store_name(tracking_uri(None))}; train one first")
        return
    if history or on is not None:
        _print_past(registered, on=None if on is None else on.date(), alias=alias, as_json=as_json)
        return
    if as_json:
        result_json([asdict(entry) for entry in registered])
        return
    for entry in registered:
        marks = ", ".join(entry.aliases) + (" · synthetic data" if entry.synthetic else "")
        result(f"{entry.name}  version {entry.version}  {entry.digest[:12]}  {marks}")


def _print_past(registered: "list[Version]", *, on: date | None, alias: str, as_json: bool) -> None:
    """Print every change of an alias, or what served on the day `on`. A row's `sentence` is left out of JSON."""
    from graduasi.commands.console import result, result_json

    names = sorted({entry.name for entry in registered})
    rows = [row for name in names for row in (_changes(name) if on is None else _served(name, alias, on))]
    if as_json:
        result_json([{key: value for key, value in row.items() if key != "sentence"} for row in rows])
        return
    for row in rows:
        result(row["sentence"])
    if not rows:
        result("nothing was promoted yet" if on is None else f"no version served as {alias} on {on}")


def _changes(name: str) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from graduasi_training.registry.versions import history

    return [
        {
            "name": name,
            **asdict(entry),
            "sentence": f"{entry.when}  {name} version {entry.version} is {entry.alias} ({entry.act} by {entry.who}{_because(entry.why)})"
            + (f"; set aside: {', '.join(entry.overrode)}" if entry.overrode else ""),
        }
        for entry in history(name)
    ]


def _served(name: str, alias: str, day: date) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from graduasi_training.registry.alias_history import serving_on
    from graduasi_training.registry.versions import history

    return [
        {
            "name": name,
            "alias": alias,
            **asdict(entry),
            "sentence": f"{name} version {entry.version} ({entry.digest[:12]}) served from {entry.since} to {entry.until or 'now'}"
            f" (by {entry.who}{_because(entry.why)})",
        }
        for entry in serving_on(history(name), alias, day)
    ]


def _because(why: str | None) -> str:
    return f": {why}" if why else ""


def promote(
    version: Annotated[str, typer.Argument(help="a version number, or NAME/NUMBER")],
    alias: Annotated[str, typer.Option(help="the alias that serving asks for")] = "champion",
    force: Annotated[bool, typer.Option("--force", help="whatever the gates say; needs --reason")] = False,
    reason: REASON = None,
) -> None:
    """Make a version the champion, if it passes the gates."""
    from graduasi.commands.console import result, say
    from graduasi_training.registry.versions import promote as promote_version

    if force and not (reason or "").strip():
        raise typer.BadParameter("a forced promotion needs --reason: it is kept with your name", param_hint="--force")
    promoted = promote_version(version, alias=alias, act=_act(reason), force=force)
    for finding in promoted.undecided:
        say(f"not judged: {finding}")
    for finding in promoted.overrode:
        say(f"set aside: {finding}")
    when = "already; nothing was changed" if promoted.unchanged else "now"
    result(f"{promoted.version.name} version {promoted.version.version} is {alias} {when}")


def rollback(alias: ALIAS = "champion", reason: REASON = None) -> None:
    """Give the alias back to the version that had it before."""
    from graduasi.commands.console import result
    from graduasi_training.registry.versions import rollback as roll_back

    restored = roll_back(alias=alias, act=_act(reason))
    result(f"{restored.name} version {restored.version} is {alias.rpartition('@')[2]} again")


def _act(reason: str | None) -> "Act":
    from graduasi_training.registry.versions import Act, actor

    return Act(actor(), datetime.now(UTC), (reason or "").strip() or None)
