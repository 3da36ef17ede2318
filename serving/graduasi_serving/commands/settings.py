"""graduasi settings: every setting with its value."""

from typing import Annotated

import typer


def settings(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Print every setting, its value now (secrets hidden) and what it is for."""
    from graduasi.commands.console import result, result_json
    from graduasi_serving.commands.environment import read_settings
    from graduasi_serving.settings import PREFIX, Settings, redacted

    current = read_settings()
    shown = {
        f"{PREFIX}{name.upper()}": (redacted(getattr(current, name)), field.description or "")
        for name, field in Settings.model_fields.items()
    }
    if as_json:
        result_json({variable: value for variable, (value, _) in shown.items()})
        return
    for variable, (value, about) in shown.items():
        result(f"{variable}={value}\n    {about}")
