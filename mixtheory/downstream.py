"""Real rows that are held out, and the models that are trained on other rows and tested on them."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from mixtheory._validation import check_choice, check_generator, check_real

__all__ = ["fit_and_score", "held_out", "standardise"]

Array = NDArray[np.float64]

# Copies of copies leave fewer different rows than coefficients; the residual variance is then zero up to rounding.
_SMALLEST_VARIANCE = 1e-12


def held_out(strata: ArrayLike, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose rows to hold out: of every stratum the same rounded share, at random.

    Parameters
    ----------
    strata : array_like, shape (n,)
        Class of each row; one value for all where there are no classes.
    share : float
        Share of the rows that is held out, in (0, 1).
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool, shape (n,)
        True for the rows that are held out.

    Raises
    ------
    ValueError
        If `share` is outside (0, 1).

    Examples
    --------
    >>> mask = held_out([0, 0, 0, 1, 1, 1, 1, 1, 1], 1 / 3, np.random.default_rng(0))
    >>> int(mask[:3].sum()), int(mask[3:].sum())
    (1, 2)
    """
    check_real("share", share, low=0.0, high=1.0)
    check_generator(rng)
    classes = np.asarray(strata)
    chosen = np.zeros(classes.size, dtype=bool)
    for stratum in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == stratum))
        chosen[rows[: round(share * rows.size)]] = True
    return chosen


def standardise(table: Array, train: NDArray[np.bool_]) -> Array:
    """Return all rows, centred and scaled by the means and standard deviations of the rows in `train`.

    A column that is constant there is centred only.
    """
    scale = table[train].std(axis=0)
    return np.asarray((table - table[train].mean(axis=0)) / np.where(scale > 0, scale, 1.0))


def fit_and_score(X: Array, y: Array, X_test: Array, y_test: Array, task: str) -> tuple[float, float]:
    r"""Fit logistic or linear regression and test it on other rows.

    Parameters
    ----------
    X, y : ndarray, shape (n, d) and (n,)
        Training rows. The covariates are standardised by their own means and standard deviations.
    X_test, y_test : ndarray, shape (m, d) and (m,)
        Held-out rows.
    task : {"classification", "regression"}
        Logistic regression with the penalty :math:`\|\beta\|^2/2`, or least squares (of minimal norm where the rows
        do not determine it).

    Returns
    -------
    score : float
        Accuracy, or R squared :math:`1 - \sum (y-\hat y)^2 / \sum (y-\bar y)^2`.
    log_loss : float
        Mean negative log predictive density; for a regression that of :math:`N(\hat y, s^2)` with the residual
        variance of the training rows.

    Raises
    ------
    ValueError
        If `task` is unknown.

    Examples
    --------
    >>> x = np.arange(8.0)[:, None]
    >>> score, loss = fit_and_score(x, 2 * x[:, 0] + np.tile([1.0, -1.0], 4), x, 2 * x[:, 0], "regression")
    >>> round(score, 3)
    0.998
    """
    check_choice("task", task, ("classification", "regression"))
    mean, scale = X.mean(axis=0), X.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    train, test = (X - mean) / scale, (X_test - mean) / scale
    return _logistic(train, y, test, y_test) if task == "classification" else _linear(train, y, test, y_test)


def _linear(X: Array, y: Array, X_test: Array, y_test: Array) -> tuple[float, float]:
    n, d = X.shape
    centre = y.mean()
    slope = np.linalg.lstsq(X, y - centre, rcond=None)[0]
    residual = np.sum((y - centre - X @ slope) ** 2) / max(n - d - 1, 1)
    variance = max(float(residual), _SMALLEST_VARIANCE)
    error = (y_test - centre - X_test @ slope) ** 2
    score = 1 - np.sum(error) / np.sum((y_test - y_test.mean()) ** 2)
    return float(score), float(0.5 * np.log(2 * np.pi * variance) + np.mean(error) / (2 * variance))


def _logistic(X: Array, y: Array, X_test: Array, y_test: Array) -> tuple[float, float]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=100)
    with warnings.catch_warnings():
        # a fit that stops early is a result of the data, and its held-out score is what is reported
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    margin = model.decision_function(X_test)
    scores = np.column_stack([np.zeros_like(margin), margin]) if margin.ndim == 1 else margin
    # from the margins, so that a probability that rounds to zero still has a finite logarithm
    log_probabilities = scores - logsumexp(scores, axis=1, keepdims=True)
    places = np.searchsorted(model.classes_, y_test)
    score = np.mean(np.argmax(scores, axis=1) == places)
    return float(score), float(-np.mean(log_probabilities[np.arange(y_test.size), places]))
