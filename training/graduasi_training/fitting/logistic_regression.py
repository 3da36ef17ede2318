"""Penalised logistic regression whose weights keep the signs that the dictionary declares."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from graduasi.arrays import Array


class SignedLogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Minimises C·Σ log loss + ½‖w‖², as scikit-learn's LogisticRegression does, with w ≥ 0 or w ≤ 0 where asked.

    `signs` has one entry a column: 1 (not negative), -1 (not positive) or 0 (free); None leaves all free.
    """

    def __init__(
        self, C: float = 0.03, signs: npt.ArrayLike | None = None, tol: float = 1e-6, max_iter: int = 200
    ) -> None:
        self.C = C
        self.signs = signs
        self.tol = tol
        self.max_iter = max_iter

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, offset: npt.ArrayLike | None = None
    ) -> "SignedLogisticRegression":
        """Fit to rows × columns and outcomes 0 or 1; `offset` is added to each row's log-odds while fitting."""
        rows, outcome = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        signs = np.zeros(rows.shape[1]) if self.signs is None else np.asarray(self.signs)
        bounds = [(0, None) if sign > 0 else (None, 0) if sign < 0 else (None, None) for sign in signs]
        rate = np.clip(outcome.mean(), 1e-6, 1 - 1e-6)
        row_offset = 0.0 if offset is None else np.asarray(offset, dtype=float)
        start = np.append(np.zeros(rows.shape[1]), np.log(rate / (1 - rate)))
        scale = self.C * len(outcome)  # dividing by it keeps the tolerance independent of the number of rows
        result = minimize(
            _loss_and_gradient, start, args=(rows, outcome, self.C, scale, row_offset), jac=True, method="L-BFGS-B",
            bounds=[*bounds, (None, None)], options={"maxiter": self.max_iter, "gtol": self.tol, "ftol": 1e-12},
        )  # fmt: skip
        self.classes_ = np.array([0, 1])
        self.coef_, self.intercept_ = result.x[:-1], float(result.x[-1])
        self.n_features_in_, self.n_iter_ = rows.shape[1], int(result.nit)
        return self

    def decision_function(self, X: npt.ArrayLike) -> Array:
        """Log-odds, without any offset."""
        return np.asarray(X, dtype=float) @ self.coef_ + self.intercept_

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """Rows × (probability of 0, probability of 1)."""
        ready = expit(self.decision_function(X))
        return np.column_stack([1 - ready, ready])

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """1 where readiness is more likely than not."""
        return (self.decision_function(X) > 0).astype(np.int64)


def _loss_and_gradient(
    weights: Array, rows: Array, outcome: Array, c: float, scale: float, offset: Array | float
) -> tuple[float, Array]:
    """The objective divided by `scale`, and its gradient; the last of `weights` is the intercept, which has no penalty."""
    margin = rows @ weights[:-1] + weights[-1] + offset
    loss = np.logaddexp(0, margin) - outcome * margin
    residual = expit(margin) - outcome
    value = c * loss.sum() + 0.5 * weights[:-1] @ weights[:-1]
    gradient = np.append(c * (residual @ rows) + weights[:-1], c * residual.sum())
    return value / scale, gradient / scale
