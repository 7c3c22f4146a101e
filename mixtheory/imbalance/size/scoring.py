r"""Losses on held-out rows in which both classes weigh the same, and scikit-learn's scorers beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_reals, near_matches, shown

__all__ = ["CLIP", "Scoring", "as_scoring", "balanced_log_loss", "balanced_squared_error", "class_probability"]

Array = NDArray[np.float64]
Loss = Callable[[ArrayLike, ArrayLike], Any]

# probabilities are held this far from 0 and 1, so that a row costs at most 27.6
CLIP = 1e-12


def balanced_log_loss(probability: ArrayLike, minority: ArrayLike) -> Any:
    r"""Mean of the two classes' mean log losses, :math:`\frac12(L_0 + L_1)`.

    :math:`L_1` is the mean of :math:`-\log p` over the rows of the minority and :math:`L_0` that of
    :math:`-\log(1 - p)` over the majority. Probabilities are clipped to :math:`[10^{-12}, 1 - 10^{-12}]`, as in the
    public code of Ma and Zhang (2026).

    Parameters
    ----------
    probability : array_like, shape (..., n)
        Probability of the minority class for each row; any leading dimensions, such as one for each model.
    minority : array_like of bool, shape (n,)
        Whether a row is of the minority; both classes must occur.

    Returns
    -------
    float or ndarray, shape (...)
        In nats.

    Raises
    ------
    TypeError, ValueError
        If a probability is outside [0, 1], the shapes do not fit, or a class has no rows.

    Examples
    --------
    >>> round(balanced_log_loss([0.5, 0.5, 0.5], [True, False, False]), 6)  # log 2
    0.693147
    """
    p, members = _checked(probability, minority)
    p = np.clip(p, CLIP, 1 - CLIP)
    return _class_mean(-np.where(members, np.log(p), np.log1p(-p)), members)


def balanced_squared_error(probability: ArrayLike, minority: ArrayLike) -> Any:
    r"""Mean of the two classes' Brier scores, :math:`\frac12(E_0 p^2 + E_1 (1 - p)^2)`.

    Parameters
    ----------
    probability : array_like, shape (..., n)
        Probability of the minority class for each row.
    minority : array_like of bool, shape (n,)
        Whether a row is of the minority; both classes must occur.

    Returns
    -------
    float or ndarray, shape (...)
        Between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        As `balanced_log_loss`.

    Examples
    --------
    >>> balanced_squared_error([0.5, 0.5, 0.0], [True, False, False])
    0.1875
    """
    p, members = _checked(probability, minority)
    return _class_mean((p - members) ** 2, members)


_LOSSES: dict[str, Loss] = {
    "balanced_log_loss": balanced_log_loss,
    "balanced_squared_error": balanced_squared_error,
}


@dataclass(frozen=True)
class Scoring:
    """How models are judged on held-out rows: the larger the score the better, and the loss is minus the score.

    Attributes
    ----------
    name : str
        Name for tables and axes.
    loss : callable or None
        Loss of probabilities, as `balanced_log_loss`; None if a scorer of scikit-learn is used.
    scorer : callable or None
        ``scorer(estimator, X, y)``, larger is better.
    custom : bool
        Whether a scorer may look at more of the model than its predictions.
    """

    name: str
    loss: Loss | None = None
    scorer: Callable[[Any, Any, Any], float] | None = None
    custom: bool = False

    def score(self, estimator: Any, X: Any, y: Any, minority: NDArray[np.bool_], probability: Array | None) -> float:
        """Score a fitted model on rows `X` with labels `y`, of which `probability` is the minority's if known."""
        if self.loss is not None:
            if probability is None:
                raise ValueError(
                    f"scoring={self.name!r} needs an estimator with predict_proba, got {type(estimator).__name__}; "
                    "choose a scoring such as 'balanced_accuracy'"
                )
            return -float(self.loss(probability, minority))
        assert self.scorer is not None
        return check_score(self.name, self.scorer(estimator, X, y))


def check_score(name: str, value: Any) -> float:
    """Return what a scorer gave as a float, if it is one finite number."""
    try:
        score = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"scoring={name!r} must give a number, got {shown(value)}") from None
    if not np.isfinite(score):
        raise ValueError(f"scoring={name!r} must give finite scores, got {score}")
    return score


def as_scoring(scoring: Any, estimator: Any) -> Scoring:
    """Return the loss or scorer that `scoring` names.

    Parameters
    ----------
    scoring : str, callable or None
        ``"balanced_log_loss"``, ``"balanced_squared_error"``, the name of a scorer of scikit-learn, a callable
        ``scorer(estimator, X, y)`` whose larger values are better, or None for the estimator's own ``score``.
    estimator : object
        Model that is to be judged.

    Returns
    -------
    Scoring

    Raises
    ------
    ValueError
        If there is no scoring of that name.
    TypeError
        If `scoring` is of another kind.

    Examples
    --------
    >>> as_scoring("balanced_log_loss", None).name
    'balanced_log_loss'
    """
    from sklearn.metrics import check_scoring, get_scorer_names

    if isinstance(scoring, str):
        if scoring in _LOSSES:
            return Scoring(scoring, loss=_LOSSES[scoring])
        names = [*_LOSSES, *get_scorer_names()]
        if scoring not in names:
            raise ValueError(
                f"scoring must be one of {list(_LOSSES)}, a scorer of scikit-learn, a callable or None, "
                f"got {scoring!r}{near_matches(scoring, names)}"
            )
    elif scoring is not None and not callable(scoring):
        raise TypeError(f"scoring must be a name, a callable or None, got {shown(scoring)}")
    name = scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")
    return Scoring(name, scorer=check_scoring(estimator, scoring=scoring), custom=not isinstance(scoring, str))


def class_probability(estimator: Any, X: Any, label: Any) -> Array | None:
    """Return the probability of class `label` for each row, or None if the fitted model has no probabilities."""
    if not hasattr(estimator, "predict_proba"):
        return None
    column = int(np.flatnonzero(estimator.classes_ == label)[0])
    # single precision can round beyond 0 and 1
    return np.clip(np.asarray(estimator.predict_proba(X)[:, column], dtype=np.float64), 0.0, 1.0)


def _checked(probability: ArrayLike, minority: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    p = check_reals("probability", probability, low=0.0, high=1.0, closed="both")
    members = np.asarray(minority)
    if members.dtype != bool or members.ndim != 1:
        raise TypeError(f"minority must be a vector of True and False, got {shown(minority)}")
    if p.shape[-1:] != members.shape:
        raise ValueError(f"probability must have shape (..., {members.size}), got {p.shape}")
    if members.all() or not members.any():
        raise ValueError("minority must hold both True and False: each class needs a held-out row")
    return p, members


def _class_mean(losses: Array, members: NDArray[np.bool_]) -> Any:
    mean = 0.5 * (losses[..., members].mean(axis=-1) + losses[..., ~members].mean(axis=-1))
    return float(mean) if mean.ndim == 0 else mean
