r"""What synthetic rows compete with: nothing, class weights, a moved threshold, and rows that balance the classes.

All serve any scikit-learn classifier. A threshold t on the probability p of the minority is a shift of the log-odds:
:math:`p > t` if and only if :math:`\mathrm{logit}\,p - \mathrm{logit}\,t > 0`. `ThresholdMoving` moves probabilities
with decisions, so that its threshold is 1/2 and it can be judged by the balanced log loss too. With t the share of the
minority the shift is the correction of the prior from the classes as they are to equal classes. That is the analogue of
moving the threshold for this loss, without a choice by validation, and `mixtheory.imbalance.size` has it:
``PriorCorrectedClassifier(estimator, population_share=0.5)``. A calibrated model stays calibrated, for equal classes.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from mixtheory._validation import check_integer, check_matrix
from mixtheory.imbalance.generators import MinorityGenerator, check_sample

__all__ = ["ThresholdMoving", "balanced_weights", "best_threshold", "fit_balanced", "fit_weighted"]

Array = NDArray[np.float64]

# Probabilities are held this far from 0 and 1 before their log-odds are moved.
_CLIP = 1e-12


def _minority(y: ArrayLike) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the two classes, the minority last, and which rows are in it; of equal classes the second one is."""
    labels = np.asarray(y)
    classes, counts = np.unique(labels, return_counts=True)
    if labels.ndim != 1 or classes.size != 2:
        raise ValueError(f"y must hold two classes, got {classes.size} in an array of shape {labels.shape}")
    order = classes if counts[0] >= counts[1] else classes[::-1]
    return order, labels == order[1]


def balanced_weights(y: ArrayLike) -> Array:
    """Return weights with which both classes weigh the same and the rows n in all: n / 2n_k in class k.

    Parameters
    ----------
    y : array_like, shape (n,)
        Labels of two classes.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        If there are not two classes.

    Examples
    --------
    >>> balanced_weights([0, 0, 0, 1]).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """
    _, minority = _minority(y)
    share = float(minority.mean())
    return np.asarray(np.where(minority, 0.5 / share, 0.5 / (1 - share)))


def fit_weighted(estimator: Any, X: Any, y: ArrayLike) -> Any:
    """Fit a copy of a classifier with `balanced_weights`, its last step if it is a pipeline.

    Parameters
    ----------
    estimator : estimator
        Whose ``fit`` takes ``sample_weight``.
    X : array_like or DataFrame, shape (n, d)
    y : array_like, shape (n,)
        Labels of two classes.

    Returns
    -------
    estimator
        Fitted.

    Raises
    ------
    TypeError
        If it takes no weights.
    ValueError
        If there are not two classes.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = fit_weighted(LogisticRegression(), [[0.0], [1.0], [2.0], [3.0]], [0, 0, 0, 1])
    >>> bool(model.predict([[3.0]])[0])
    True
    """
    last, name = estimator, "sample_weight"
    while isinstance(last, Pipeline):
        step, last = last.steps[-1]
        name = name.replace("sample_weight", f"{step}__sample_weight")
    if not has_fit_parameter(last, "sample_weight"):
        raise TypeError(f"estimator must take sample_weight in fit, got {type(last).__name__}")
    return clone(estimator).fit(X, y, **{name: balanced_weights(y)})


def fit_balanced(
    estimator: Any, generator: MinorityGenerator, X: ArrayLike, y: ArrayLike, rng: np.random.Generator
) -> Any:
    """Fit a copy of a classifier to real rows and as many synthetic minority rows as balance the classes.

    Parameters
    ----------
    estimator : estimator
    generator : object with ``fit`` and ``sample``
        A copy is fitted to the rows.
    X : array_like, shape (n, d)
    y : array_like, shape (n,)
        Labels of two classes.
    rng : numpy.random.Generator
        Source of the synthetic rows.

    Returns
    -------
    estimator
        Fitted.

    Raises
    ------
    TypeError, ValueError
        If there are not two classes, `X` is not a finite matrix, or the generator fails.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from mixtheory.imbalance.generators import Bootstrap
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 0, 1]
    >>> model = fit_balanced(LogisticRegression(), Bootstrap(), X, y, np.random.default_rng(0))
    >>> bool(model.predict([[3.0]])[0])
    True
    """
    rows = check_matrix("X", X)
    (_, rare), minority = _minority(y)
    missing = minority.size - 2 * int(minority.sum())
    fitted = clone(generator, safe=False).fit(rows[minority], rows[~minority])
    synthetic = check_sample(fitted.sample(missing, rng), missing, rows.shape[1])
    return clone(estimator).fit(np.concatenate([rows, synthetic]), np.concatenate([y, np.full(missing, rare)]))


def best_threshold(probability: ArrayLike, minority: ArrayLike) -> float:
    """Return the threshold with the best balanced accuracy: the minority is predicted where its probability is larger.

    All thresholds are compared, not a grid: with a rare class the good ones lie close together near 0.

    Parameters
    ----------
    probability : array_like, shape (n,)
        Probabilities of the minority.
    minority : array_like of bool, shape (n,)
        Which rows are in it; both classes must occur.

    Returns
    -------
    float
        Half-way, in log-odds, between two neighbouring probabilities, inside (0, 1); of equally good ones the lowest.
        Where one prediction for all rows is best, beyond all probabilities by one unit of log-odds.

    Raises
    ------
    ValueError
        If the shapes differ or a class has no row.

    Examples
    --------
    >>> round(best_threshold([0.01, 0.02, 0.04, 0.08], [False, False, True, True]), 4)
    0.0283
    """
    odds = logit(np.clip(check_matrix("probability", probability, ndim=1), _CLIP, 1 - _CLIP))
    members = np.asarray(minority, dtype=bool)
    if members.shape != odds.shape or members.all() or not members.any():
        raise ValueError("minority must have one entry for each probability, with rows of both classes")
    values, places = np.unique(odds, return_inverse=True)
    # with the threshold behind value k, the rows up to it are predicted to be majority rows
    missed = np.cumsum(np.bincount(places, members, values.size)) / members.sum()
    found = np.cumsum(np.bincount(places, ~members, values.size)) / np.sum(~members)
    gain = np.concatenate([[0.0], found - missed])
    edges = np.concatenate([[values[0] - 1], (values[:-1] + values[1:]) / 2, [values[-1] + 1]])
    # equal sums in another order differ by rounding
    return float(expit(edges[np.flatnonzero(gain >= gain.max() - 1e-12)[0]]))


class ThresholdMoving(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    r"""Fit a classifier to the classes as they are, then move its threshold, and its probabilities with it.

    The probability p of the minority becomes :math:`\mathrm{expit}(\mathrm{logit}\,p - \mathrm{logit}\,t)`, which is
    1/2 at the threshold t.

    Parameters
    ----------
    estimator : estimator
        Classifier with ``predict_proba``.
    cv : int, default 5
        Number of stratified folds; the threshold has the best balanced accuracy of their pooled held-out predictions,
        see `best_threshold`.
    random_state : int, optional
        Seed of the folds.

    Attributes
    ----------
    estimator_ : estimator
        Fitted to all rows.
    threshold_ : float
        Threshold t on its probability of the minority.
    classes_ : ndarray, shape (2,)
        Labels in order.
    minority_label_ : object
        The rarer one, the second of `classes_` if none is.

    Raises
    ------
    TypeError, ValueError
        In `fit`, if there are not two classes, a class has fewer rows than folds, or a parameter is not as stated.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.arange(40.0)[:, None], np.repeat([0, 1], [35, 5])
    >>> model = ThresholdMoving(LogisticRegression(C=0.01), random_state=0).fit(X, y)
    >>> bool(model.threshold_ < 0.5)
    True
    """

    def __init__(self, estimator: Any, *, cv: int = 5, random_state: int | None = None) -> None:
        self.estimator = estimator
        self.cv = cv
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Find the threshold and fit the classifier to all rows."""
        labels = np.asarray(y)
        (_, rare), minority = _minority(labels)
        self.minority_label_, self.classes_ = rare, np.unique(labels)
        self._column = int(np.flatnonzero(self.classes_ == rare)[0])
        folds = check_integer("cv", self.cv, low=2, high=int(minority.sum()))
        splits = StratifiedKFold(folds, shuffle=True, random_state=self.random_state)
        held_out = cross_val_predict(self.estimator, X, labels, cv=splits, method="predict_proba")
        self.threshold_ = best_threshold(held_out[:, self._column], minority)
        self.estimator_ = clone(self.estimator).fit(X, labels)
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the moved probabilities of `classes_`, shape (n, 2)."""
        check_is_fitted(self)
        rare = np.clip(self.estimator_.predict_proba(X)[:, self._column], _CLIP, 1 - _CLIP)
        moved = expit(logit(rare) - logit(self.threshold_))
        out = np.column_stack([1 - moved, moved])
        return out if self._column else np.ascontiguousarray(out[:, ::-1])

    def predict(self, X: Any) -> NDArray[Any]:
        """Labels by the moved threshold, shape (n,)."""
        return np.asarray(self.classes_[np.argmax(self.predict_proba(X), axis=1)])
