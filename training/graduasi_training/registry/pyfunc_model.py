"""The bundle as an MLflow pyfunc: a panel frame in, a scores frame out, by the core's own functions.

MLflow logs this file as code with every model and runs it as it was then. So it imports nothing of this project but
`graduasi.bundle.load_bundle` and `graduasi_training.panel_frames`, whose paths stay for good.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class ReadinessPyfunc(PythonModel):
    """Scores every household of the cohort as of a day: by default the latest on which anything in the frame became known."""

    def load_context(self, context: Any) -> None:
        """Open the bundle that was logged with the model."""
        from graduasi.bundle import load_bundle

        self._bundle = load_bundle(Path(context.artifacts["bundle"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """`model_input` is a panel as in a households file; `params` may hold as_of (YYYY-MM-DD) and reasons."""
        from graduasi_training.panel_frames import score_frame, without_nan

        options = params or {}
        as_of = options.get("as_of")
        scores = score_frame(
            model_input,
            self._bundle,
            as_of=None if as_of is None else date.fromisoformat(as_of),
            reasons=options.get("reasons") or 5,
        )
        return without_nan(scores)


set_model(ReadinessPyfunc())
