"""The bundle as an MLflow pyfunc, logged as code: a panel frame in, a scores frame out, by the core's own functions."""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class ReadinessPyfunc(PythonModel):
    """Scores every household of the cohort as of the latest day on which anything in the frame became known."""

    def load_context(self, context: Any) -> None:
        """Open the bundle that was logged with the model."""
        from graduasi.bundle import load_bundle

        self._bundle = load_bundle(Path(context.artifacts["bundle"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """`model_input` is a panel as in a households file."""
        from graduasi_training.panel_frames import score_frame

        return score_frame(model_input, self._bundle)


set_model(ReadinessPyfunc())
