r"""Logistic regression on nested augmented samples: one Newton path along the synthetic sizes instead of a refit each.

The rows of a smaller size are the first rows of a larger one, so the gradient at the next size is that of the new rows
alone, and a step with the last Hessian predicts the next minimiser.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_flag, check_integer, check_matrix, check_reals, shown
from mixtheory.imbalance.losses import LOGISTIC, SeparationError
from mixtheory.imbalance.size.descent import nested_minimisers

__all__ = ["FastFit", "logistic_path", "supports"]

Array = NDArray[np.float64]


def logistic_path(
    X: ArrayLike,
    y: ArrayLike,
    X_synthetic: ArrayLike,
    sizes: ArrayLike,
    *,
    penalty: ArrayLike = 0.0,
    standardize: bool = False,
    fit_intercept: bool = True,
    sample_weight: ArrayLike | None = None,
) -> Array:
    r"""Fit logistic regression to real rows and the first rows of a synthetic sample, for many sizes of it.

    Row k minimises :math:`\sum_i w_i \ell_i + \sum_{j \le n_k} \tilde\ell_j + \tfrac12 \sum_j \lambda_{kj} \beta_j^2`
    over the coefficients and an intercept without penalty, as ``LogisticRegression(C=1/penalty)`` of scikit-learn does
    for each size. The gradient is at most 1e-9 in units of the summed :math:`|x_j| \sigma'` of the rows, by a bound.

    Parameters
    ----------
    X : array_like, shape (n, p)
        Real rows.
    y : array_like, shape (n,)
        Their labels, 0 and 1.
    X_synthetic : array_like, shape (m, p)
        Synthetic rows, all with label 1 and weight 1; m may be 0.
    sizes : array_like of int, shape (n_sizes,)
        Numbers of synthetic rows, between 0 and m, in any order.
    penalty : float or array_like that broadcasts to (n_sizes, p), default 0
        Penalties :math:`\lambda \ge 0` on the sum of losses, :math:`1/C` in scikit-learn.
    standardize : bool, default False
        Whether the penalty acts on coefficients of columns that are scaled to unit variance on the augmented rows of
        each size (unweighted, divisor n, as a ``StandardScaler`` before the regression does).
    fit_intercept : bool, default True
    sample_weight : array_like, shape (n,), optional
        Weights :math:`w \ge 0` of the real rows.

    Returns
    -------
    ndarray, shape (n_sizes, p + 1)
        Coefficients of the columns as they are given, the intercept last (0 without one), in the order of `sizes`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or shape, out of range or not finite, or labels are not 0 and 1 with a row
        of positive weight of each; or if columns without penalty are linearly dependent.
    SeparationError
        If without penalty a hyperplane separates the classes at a size: the minimiser lies at infinity.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [1.0], [4.0]], [0, 0, 0, 0, 1, 1]
    >>> logistic_path(X, y, [[2.0], [3.0]], [0, 2], penalty=1.0).round(3).tolist()
    [[0.396, -1.463], [0.525, -1.049]]
    """
    fit_intercept, standardize = check_flag("fit_intercept", fit_intercept), check_flag("standardize", standardize)
    real, labels, synthetic = _rows(X, y, X_synthetic)
    counts = _sizes(sizes, len(synthetic))
    weights = _weights(sample_weight, labels)
    n, p = real.shape
    ridges = check_reals("penalty", penalty, low=0.0, closed="left")
    try:
        ridges = np.broadcast_to(ridges, (len(counts), p))
    except ValueError:
        raise ValueError(f"penalty must broadcast to (n_sizes, p) = {(len(counts), p)}, got {ridges.shape}") from None
    if standardize:
        ridges = ridges * _variances(real, synthetic, counts)
    # centred and scaled columns keep the digits of the Hessian; a penalty is turned into their units
    centre = real.mean(axis=0) if fit_intercept else np.zeros(p)
    scale = np.sqrt(np.mean((real - centre) ** 2, axis=0))
    scale = np.where(scale > 1e-12 * np.max(np.abs(real), axis=0), scale, 1.0)
    rows = np.empty((p + fit_intercept, n + len(synthetic)))
    rows[:p, :n] = ((real - centre) / scale).T
    rows[:p, n:] = ((synthetic - centre) / scale).T
    rows[p:] = 1.0
    outcomes, masses = np.ones(rows.shape[1]), np.ones(rows.shape[1])
    outcomes[:n], masses[:n] = labels, weights
    order = np.argsort(counts, kind="stable")
    inner = np.zeros((len(counts), p + fit_intercept))
    inner[:, :p] = (ridges / scale**2)[order]
    start = np.zeros(p + fit_intercept)
    if fit_intercept:
        share = masses[: n + counts[order[0]]] / masses[: n + counts[order[0]]].sum()
        mean = float(share @ outcomes[: len(share)])
        start[p] = math.log(mean / (1 - mean))
    fitted, done = nested_minimisers(rows, outcomes, masses, n + counts[order], inner, start)
    for k in np.flatnonzero(~done):
        # the slow way says why: separated, or dependent columns
        size = int(counts[order[k]])
        used = slice(0, n + size)
        penalties = inner[k] / masses[used].sum()
        try:
            fitted[k] = LOGISTIC.minimise(rows[:, used].T, outcomes[used], masses[used], penalty=penalties)
        except SeparationError as error:
            raise SeparationError(f"with {size} synthetic rows, {error}") from None
    out = np.zeros((len(counts), p + 1))
    out[order, :p] = fitted[:, :p] / scale
    if fit_intercept:
        out[order, p] = fitted[:, p]
        out[:, p] -= out[:, :p] @ centre
    return out


@dataclass(frozen=True)
class FastFit:
    """How `logistic_path` serves an estimator: its arguments, and where the scaled columns enter.

    Attributes
    ----------
    penalty : float
        ``1 / C`` of the estimator, 0 without a penalty.
    standardize : bool
        Whether a ``StandardScaler`` scales the columns before a penalised regression.
    fit_intercept : bool
        Whether the regression has an intercept.
    """

    penalty: float
    standardize: bool
    fit_intercept: bool

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments of `logistic_path`."""
        return {"penalty": self.penalty, "standardize": self.standardize, "fit_intercept": self.fit_intercept}


def supports(estimator: Any) -> FastFit | None:
    """Say whether `logistic_path` fits what an estimator fits, and with which arguments.

    Served are scikit-learn's ``LogisticRegression`` itself (not a subclass) with the L2 penalty or none, no class
    weights, no warm start and a solver that converges to the minimiser (lbfgs, newton-cg, newton-cholesky; sag and saga
    stop early, liblinear penalises the intercept), alone or in a ``Pipeline`` after one ``StandardScaler``. Centring
    without an intercept is a different model and is not served.

    Parameters
    ----------
    estimator : object
        An estimator before it is fitted.

    Returns
    -------
    FastFit or None
        The arguments, or None if the estimator has to be refitted at each size.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> supports(make_pipeline(StandardScaler(), LogisticRegression(C=4.0)))
    FastFit(penalty=0.25, standardize=True, fit_intercept=True)
    >>> supports(LogisticRegression(class_weight="balanced")) is None
    True
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    scaler = None
    if type(estimator) is Pipeline:
        steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
        if len(steps) != 2 or type(steps[0]) is not StandardScaler:
            return None
        scaler, estimator = steps
    if type(estimator) is not LogisticRegression:
        return None
    penalty = _l2_penalty(estimator)
    plain = estimator.class_weight is None and not estimator.warm_start and not estimator.dual
    # before scikit-learn 1.8 two classes can be fitted with a coefficient each, which halves the penalty
    plain = plain and getattr(estimator, "multi_class", "auto") in ("auto", "deprecated", "ovr")
    if penalty is None or not plain or estimator.solver not in ("lbfgs", "newton-cg", "newton-cholesky"):
        return None
    fit_intercept = bool(estimator.fit_intercept)
    if scaler is not None and scaler.with_mean and not fit_intercept:
        return None
    return FastFit(penalty, bool(scaler is not None and scaler.with_std), fit_intercept)


def _l2_penalty(estimator: Any) -> float | None:
    """Return 1/C of an L2 penalty, 0 of none, None of another; `penalty` is going from scikit-learn 1.8 on."""
    kind = estimator.penalty if hasattr(estimator, "penalty") else "deprecated"
    if kind is None:
        return 0.0
    pure = kind == "deprecated" and estimator.l1_ratio in (0, None)
    if (kind != "l2" and not pure) or not isinstance(estimator.C, Real) or not float(estimator.C) > 0:
        return None
    return 1.0 / float(estimator.C)


def _rows(X: ArrayLike, y: ArrayLike, X_synthetic: ArrayLike) -> tuple[Array, Array, Array]:
    real, labels = check_matrix("X", X), check_matrix("y", y, ndim=1)
    if len(labels) != len(real):
        raise ValueError(f"y must have one label for each of the {len(real)} rows of X, got {len(labels)}")
    if not np.all((labels == 0) | (labels == 1)):
        raise ValueError(f"y must be 0 or 1, got the labels {shown(np.unique(labels))}")
    synthetic = np.asarray(X_synthetic)
    if synthetic.shape == (0, real.shape[1]):
        return real, labels, np.empty(synthetic.shape)
    synthetic = check_matrix("X_synthetic", X_synthetic)
    if synthetic.shape[1] != real.shape[1]:
        raise ValueError(f"X_synthetic must have as many columns as X, {real.shape[1]}, got shape {synthetic.shape}")
    return real, labels, synthetic


def _sizes(sizes: ArrayLike, available: int) -> NDArray[np.int64]:
    values = np.atleast_1d(np.asarray(sizes))
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"sizes must be a list of numbers of synthetic rows, got shape {np.shape(sizes)}")
    return np.array([check_integer("sizes", value, low=0, high=available) for value in values.tolist()])


def _weights(sample_weight: ArrayLike | None, labels: Array) -> Array:
    weights = np.ones(len(labels))
    if sample_weight is not None:
        weights = check_reals("sample_weight", sample_weight, low=0.0, closed="left")
        if weights.shape != labels.shape:
            raise ValueError(
                f"sample_weight must have shape {labels.shape}, one for each row of X, got {weights.shape}"
            )
    for label in (0, 1):
        if not np.any(weights[labels == label] > 0):
            raise ValueError(
                f"y must have rows of both classes, 0 and 1, got none of positive weight with label {label}"
            )
    return weights


def _variances(real: Array, synthetic: Array, counts: NDArray[np.int64]) -> Array:
    """Return the variances of the augmented columns at each size, 1 where a column is constant, from cumulated sums."""
    n = (len(real) + counts)[:, np.newaxis]
    # about the centre of the real rows, where the difference of moments loses no digits
    centre = real.mean(axis=0)
    first, second = (
        np.sum((real - centre) ** k, axis=0)
        + np.vstack([np.zeros(real.shape[1]), np.cumsum((synthetic - centre) ** k, axis=0)])[counts]
        for k in (1, 2)
    )
    variances = np.maximum(second / n - (first / n) ** 2, 0.0)
    # rounding of a constant column, by the rule of StandardScaler
    noise = n * np.finfo(float).eps
    constant = variances <= noise * variances + (noise * (centre + first / n)) ** 2
    return np.where(constant, 1.0, variances)
