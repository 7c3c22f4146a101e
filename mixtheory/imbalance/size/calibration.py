r"""Calibration of predicted probabilities, and the correction of a prior that synthetic rows have changed.

With :math:`n_1 + n_t` minority rows among :math:`N = n_0 + n_1 + n_t` a classifier learns log odds for the share
:math:`(n_1 + n_t)/N`. Where only the shares of the classes differ between training and use (label shift) and the laws
within classes do not, Bayes' rule moves all log odds by one number, see `prior_correction`. Synthetic rows are of this
kind if their law is that of the minority.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from mixtheory._validation import check_choice, check_integer, check_matrix, check_real, check_reals, shown
from mixtheory.imbalance.losses import SeparationError
from mixtheory.imbalance.size.newton import logistic_path

__all__ = ["Calibration", "PriorCorrectedClassifier", "calibration", "prior_correction"]

Array = NDArray[np.float64]

# probabilities of 0 and 1 have log odds of about -28 and 28
_CLIP = 1e-12


@dataclass(frozen=True)
class Calibration:
    r"""How well predicted probabilities p agree with outcomes y in {0, 1}.

    Attributes
    ----------
    observed, predicted : float
        Mean outcome and mean prediction.
    in_the_large : float
        Calibration in the large: a in :math:`P(Y=1) = \sigma(a + logit\,p)`, 0 if the predictions are right on average;
        below 0 where they are too high.
    intercept, slope : float
        a and b of the logistic recalibration :math:`P(Y=1) = \sigma(a + b\,logit\,p)`, 0 and 1 if calibrated; b < 1
        where predictions are too extreme. NaN and inf if a threshold separates the outcomes, NaN and NaN if all
        predictions are equal.
    expected_error : float
        Expected calibration error: mean of the bins' absolute differences of mean outcome and mean prediction, by the
        number of rows.
    brier : float
        Mean of :math:`(p - y)^2`.
    """

    observed: float
    predicted: float
    in_the_large: float
    intercept: float
    slope: float
    expected_error: float
    brier: float


def calibration(
    probability: ArrayLike, outcome: ArrayLike, *, bins: int = 10, strategy: str = "quantile"
) -> Calibration:
    """Measure the calibration of predicted probabilities.

    Parameters
    ----------
    probability : array_like, shape (n,)
        Predicted probabilities that the outcome is 1; for log odds they are held 1e-12 from 0 and 1.
    outcome : array_like, shape (n,)
        0 and 1, or False and True; both must occur.
    bins : int, default 10
        Bins of the expected calibration error.
    strategy : {"quantile", "uniform"}, default "quantile"
        Bins of (about) equal numbers of rows, equal predictions together, or of equal width.

    Returns
    -------
    Calibration

    Raises
    ------
    TypeError, ValueError
        If an argument is not as stated.

    Notes
    -----
    Calibration in the large and slope as in Cox (1958) and Steyerberg (2019), expected calibration error as in Naeini,
    Cooper and Hauskrecht (2015), Brier score as in Brier (1950).

    Examples
    --------
    >>> found = calibration([0.5, 0.5, 0.2, 0.2, 0.2, 0.2, 0.2], [1, 0, 1, 0, 0, 0, 0])
    >>> round(found.slope, 9), round(found.expected_error, 9)
    (1.0, 0.0)
    """
    p, y = _checked(probability, outcome)
    log_odds = logit(np.clip(p, _CLIP, 1 - _CLIP))
    intercept, slope = _recalibration(log_odds, y)
    return Calibration(
        observed=float(y.mean()),
        predicted=float(p.mean()),
        in_the_large=_offset(log_odds, y),
        intercept=intercept,
        slope=slope,
        expected_error=_expected_error(p, y, check_integer("bins", bins, low=1), strategy),
        brier=float(np.mean((p - y) ** 2)),
    )


def prior_correction(log_odds: ArrayLike, *, trained: float, population: float) -> Any:
    r"""Move log odds, or an intercept, from the class share of training to that of the population.

    .. math:: \eta + \log\frac{\pi}{1 - \pi} - \log\frac{\pi_t}{1 - \pi_t}

    Parameters
    ----------
    log_odds : array_like
        Log odds of class 1, or the intercept of a logistic regression.
    trained : float
        Share :math:`\pi_t` of class 1 among the rows of training, synthetic ones included, in (0, 1).
    population : float
        Its share :math:`\pi` where predictions are made, in (0, 1).

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If a share is outside (0, 1) or the log odds are no finite numbers.

    Notes
    -----
    Exact under label shift, by Bayes' rule: the likelihood ratio of the classes does not change. The correction of
    King and Zeng (2001) for sampling on the outcome and that of Saerens, Latinne and Decaestecker (2002) for known new
    shares. With synthetic rows it is exact if their law is that of the minority; after :math:`n_t` rows were added to
    :math:`n_1` it is :math:`-\log((n_1 + n_t)/n_1)`.

    Examples
    --------
    >>> round(prior_correction(0.0, trained=0.5, population=0.2), 6)  # log(0.2 / 0.8)
    -1.386294
    """
    values = check_reals("log_odds", log_odds)
    shares = [
        check_real(name, value, low=0.0, high=1.0) for name, value in (("trained", trained), ("population", population))
    ]
    moved = values + logit(shares[1]) - logit(shares[0])
    return float(moved) if moved.ndim == 0 else moved


class PriorCorrectedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    r"""Give a classifier that was trained on other class shares back the probabilities of the population.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba`` and two classes; for one that is fitted already, a ``FrozenEstimator`` of it.
    trained_share : float, optional
        Share of the second class that `estimator` learns, synthetic rows and class weights counted: 0.5 for balanced
        ones. By default that of ``best_size_`` synthetic rows if the fitted estimator has this attribute, as
        `SyntheticSizeSearchCV` has, and otherwise that of the rows of `fit`.
    population_share : float, optional
        Share of the second class where predictions are made; by default that of the rows of `fit`.

    Attributes
    ----------
    estimator_ : classifier
        The fitted copy of `estimator`.
    classes_ : ndarray, shape (2,)
        Labels in order.
    trained_share_, population_share_ : float
        The shares that are used.
    shift_ : float
        What is added to the log odds of the second class.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError, ValueError
        In `fit`: if there are not two classes, a share is outside (0, 1), or the estimator has no probabilities.

    Notes
    -----
    See `prior_correction` for the formula, its sources and when it is exact.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.arange(12.0)[:, None], [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1]
    >>> model = PriorCorrectedClassifier(LogisticRegression(class_weight="balanced"), trained_share=0.5).fit(X, y)
    >>> round(model.shift_, 6)  # log(4 / 8)
    -0.693147
    """

    def __init__(
        self, estimator: Any, *, trained_share: float | None = None, population_share: float | None = None
    ) -> None:
        self.estimator = estimator
        self.trained_share = trained_share
        self.population_share = population_share

    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> Self:
        """Fit a copy of the estimator and settle the shares.

        Parameters
        ----------
        X : array_like or DataFrame, shape (n, d)
            What the estimator takes.
        y : array_like, shape (n,)
            Labels of two classes.
        **fit_params
            For the ``fit`` of the estimator.

        Returns
        -------
        self
        """
        given = {name: getattr(self, name) for name in ("trained_share", "population_share")}
        for name, value in given.items():
            if value is not None:
                check_real(name, value, low=0.0, high=1.0)
        if not hasattr(self.estimator, "predict_proba"):
            raise TypeError(f"estimator must have predict_proba, got {shown(self.estimator)}")
        fitted = clone(self.estimator).fit(X, y, **fit_params)
        classes = np.asarray(fitted.classes_)
        if classes.ndim != 1 or classes.size != 2:
            raise ValueError(f"Only binary classification is supported. y must have two classes, got {classes.size}")
        second = int(np.sum(np.asarray(y) == classes[1]))
        total = np.asarray(y).size
        added = int(getattr(fitted, "best_size_", 0))
        to_second = added if getattr(fitted, "minority_label_", classes[1]) == classes[1] else 0
        self.trained_share_ = float(
            (second + to_second) / (total + added) if self.trained_share is None else self.trained_share
        )
        self.population_share_ = float(second / total if self.population_share is None else self.population_share)
        self.shift_ = prior_correction(0.0, trained=self.trained_share_, population=self.population_share_)
        self.estimator_, self.classes_ = fitted, classes
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(fitted, name):
                setattr(self, name, getattr(fitted, name))
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the corrected probabilities of both classes, shape (n, 2)."""
        check_is_fitted(self, "estimator_")
        first, second = np.asarray(self.estimator_.predict_proba(X), dtype=np.float64).T
        # odds as a ratio of two products, so that probabilities of 0 and 1 stay what they are
        raised = second * np.exp(self.shift_)
        return np.asarray(np.column_stack([first, raised]) / (first + raised)[:, np.newaxis])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class that is more probable after the correction, shape (n,)."""
        probability = self.predict_proba(X)
        return np.asarray(self.classes_[(probability[:, 1] > probability[:, 0]).astype(int)])

    def __sklearn_tags__(self) -> Any:
        """Two classes only; the rest is up to the estimator."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _checked(probability: ArrayLike, outcome: ArrayLike) -> tuple[Array, Array]:
    p = check_reals("probability", probability, low=0.0, high=1.0, closed="both")
    y = check_matrix("outcome", outcome, ndim=1)
    if p.shape != y.shape:
        raise ValueError(f"probability must have shape {y.shape}, one for each outcome, got {p.shape}")
    if set(np.unique(y).tolist()) != {0.0, 1.0}:
        raise ValueError(f"outcome must hold 0 and 1, and both, got {shown(np.unique(y)[:10])}")
    return p, y


def _offset(log_odds: Array, y: Array) -> float:
    """Solve sum sigma(a + log odds) = sum y."""
    width = float(np.max(np.abs(log_odds)) + np.abs(logit(y.mean())) + 1)
    return float(brentq(lambda a: float(np.mean(expit(a + log_odds)) - y.mean()), -width, width, xtol=1e-13))


def _recalibration(log_odds: Array, y: Array) -> tuple[float, float]:
    if np.ptp(log_odds) == 0:
        return float("nan"), float("nan")
    try:
        slope, intercept = logistic_path(log_odds[:, np.newaxis], y, np.empty((0, 1)), [0])[0]
    except SeparationError:
        turned = log_odds[y == 1].mean() < log_odds[y == 0].mean()
        return float("nan"), float("-inf" if turned else "inf")
    return float(intercept), float(slope)


def _expected_error(p: Array, y: Array, bins: int, strategy: str) -> float:
    levels = np.arange(1, bins) / bins
    edges = (
        np.quantile(p, levels) if check_choice("strategy", strategy, ("quantile", "uniform")) == "quantile" else levels
    )
    place = np.searchsorted(edges, p, side="left")
    gaps = np.bincount(place, weights=y - p, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))
