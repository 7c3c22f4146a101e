r"""Generator-quality score: the squared bias that synthetic rows bring at balancing, in units of the variance.

Notation of the theory: n_majority :math:`n_0`, n_minority :math:`n_1`, :math:`n_t` synthetic rows,
deficit :math:`D = n_0 - n_1`; :math:`S_0, S_1, S_s` are the covariances of the scores of majority, minority and
synthetic rows, H the mean of the two classes' Hessians.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

from mixtheory._validation import check_flag, check_integer, check_matrix, is_frame, seed_sequence, shown
from mixtheory.imbalance.generators import check_minority_generator, check_sample, fit_copy
from mixtheory.imbalance.losses import Loss, as_loss
from mixtheory.imbalance.size.folds import check_labels

__all__ = ["QualityScore", "generator_quality"]

Array = NDArray[np.float64]

_CONDITION = 1e12


@dataclass(frozen=True, eq=False)
class QualityScore:
    r"""How far a generator's law is from the minority's, as far as the loss can tell.

    Attributes
    ----------
    score : float
        :math:`GQS = \frac{D^2}{2n_0} \, \delta' H^{-1} \delta \, / \, tr(H^{-1}\Sigma)`, at least 0.
    noise : float
        What `score` is on average for a perfect generator that has not seen the data, see `generator_quality`.
    copying : float
        c: the share of an error of the training minority's mean score that turns up in the synthetic mean score, about
        0 for a generator that has not seen the data and 1 for one that repeats the training rows; an estimate.
    mismatch : ndarray, shape (p,)
        :math:`\delta`: mean over the folds of the synthetic rows' mean score less that of the held-out minority rows.
    gap : ndarray, shape (p,)
        Mean over the folds of the held-out majority's mean score less that of the held-out minority.
    hessian : ndarray, shape (p, p)
        H, mean over the folds of the mean of both classes' Hessians on held-out rows.
    covariance : ndarray, shape (p, p)
        :math:`\Sigma = \tfrac12 S_0 + \frac{n_1}{2n_0} S_1 + \frac{D}{2n_0} S_s`.
    mismatch_covariance : ndarray, shape (p, p)
        :math:`(1 - c)^2 S_1/n_1 + S_s/(K n_t)`, the covariance of `mismatch`.
    n_majority, n_minority, n_synthetic, folds : int
        Real rows of each class, synthetic rows in a fold, and number K of folds.

    The last of the p entries is that of the intercept, if there is one.
    """

    score: float
    noise: float
    copying: float
    mismatch: Array
    gap: Array
    hessian: Array
    covariance: Array
    mismatch_covariance: Array
    n_majority: int
    n_minority: int
    n_synthetic: int
    folds: int

    @property
    def debiased(self) -> float:
        r"""`score` less what noise in `mismatch` adds to it on average; can be below 0."""
        deficit = self.n_majority - self.n_minority
        unit = deficit**2 / (2 * self.n_majority) / _trace(self.hessian, self.covariance)
        return self.score - unit * self.mismatch_noise

    @property
    def mismatch_noise(self) -> float:
        r""":math:`tr(H^{-1} Cov\,\delta)`, what noise adds to :math:`\delta' H^{-1} \delta` on average."""
        return _trace(self.hessian, self.mismatch_covariance)


def generator_quality(
    X: Any,
    y: ArrayLike,
    generator: Any,
    *,
    loss: str | Loss = "logistic",
    folds: Any = 3,
    random_state: Any = None,
    n_synthetic: int | None = None,
    transformer: Any = None,
    fit_intercept: bool = True,
    minority: Any = None,
) -> QualityScore:
    r"""Score a generator of minority rows by cross-fitting, plain and less its noise.

    In each of K stratified folds a pilot is fitted to the training rows so that both classes weigh the same, the
    generator is fitted to the training minority and draws :math:`n_t` rows, and their mean score is compared with that
    of the held-out minority rows. To leading order the score is the squared bias of the balanced estimator that is due
    to the generator over its variance. It is large for a generator whose law shifts the loss's gradient, whatever else
    it does to the law.

    Parameters
    ----------
    X : array_like or DataFrame, shape (n, d)
        Real rows.
    y : array_like, shape (n,)
        Labels, of two values.
    generator : MinorityGenerator
        Anything with ``fit(X_minority, X_majority)`` and ``sample(n, rng)``; it is copied for each fold.
    loss : {"logistic", "squared"} or Loss, default "logistic"
        Loss of the pilot, a linear predictor without penalty of labels 0 and 1.
    folds : int or splitter, default 3
        Number of folds, stratified and shuffled by `random_state`, or an object with ``split(X, y)`` that holds every
        row out exactly once, as a StratifiedKFold does: `noise` and `debiased` rest on that.
    random_state : None, int, RandomState, SeedSequence or Generator
        Source of folds and synthetic rows.
    n_synthetic : int, optional
        Synthetic rows in each fold, at least 2; by default the deficit of all rows, D, or 2 if it is 1.
    transformer : transformer, optional
        Applied before the loss: fitted to the training rows of each fold, then to held-out and synthetic rows.
    fit_intercept : bool, default True
    minority : optional
        Label of the minority; by default the rarer one.

    Returns
    -------
    QualityScore

    Raises
    ------
    TypeError, ValueError
        If an argument is not as stated, there are not two classes, the minority is not the rarer class, a row is not
        held out exactly once, a part of a fold has fewer than two rows of a class, the generator returns anything but
        the rows that were asked for, or columns are linearly dependent, or so near to it or so far from 0 for their
        spread that H, scaled to a unit diagonal, has a condition number above 1e12.
    SeparationError
        If a hyperplane separates the classes on training rows (logistic loss): there is no pilot.

    Notes
    -----
    The score, its cross-fitting and its threshold of 10 are those of the public code of Ma and Zhang (2026). There the
    pilots are scikit-learn's, as far as the solver went, and :math:`H + 10^{-8} I` is inverted.

    What follows is derived in this project. The score of a perfect generator is not 0, and does not fall as
    :math:`n_1` grows at a fixed ratio:

    .. math:: noise = \frac{D^2}{2n_0} \Big[ \frac{tr(H^{-1}S_1)}{n_1} + \frac{tr(H^{-1}S_s)}{K n_t} \Big]
              \Big/ tr(H^{-1}\Sigma).

    This is for a generator that has not seen the data. One that is fitted to the minority copies a share c of the error
    of its training rows' mean score. Over the folds every row is held out once and trained on K - 1 times, so that
    :math:`\delta` holds :math:`-(1 - c)` times the error of all minority rows, and :math:`(1 - c)^2` times the first
    term is left. The share is the slope, in the metric :math:`H^{-1}`, of the synthetic mean scores of the folds on
    those of their training rows, both less the mean score of all minority rows under the pilot of the fold.

    Examples
    --------
    >>> from mixtheory.imbalance.generators import Jitter
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(size=(500, 2)), rng.normal(size=(50, 2)) + [1, 0]])
    >>> y = np.repeat([0, 1], [500, 50])
    >>> fine, poor = (generator_quality(X, y, Jitter(s, units="absolute"), random_state=1) for s in (0.01, 3.0))
    >>> fine.score < 10 < poor.score
    True
    """
    form = as_loss(loss)
    check_minority_generator("generator", generator)
    rows, rare = _table(X, y, minority)
    n1 = int(rare.sum())
    n0 = rare.size - n1
    deficit = n0 - n1
    drawn = max(2, deficit) if n_synthetic is None else n_synthetic
    drawn = check_integer("n_synthetic", drawn, low=2)
    fit_intercept = check_flag("fit_intercept", fit_intercept)
    split_rng, sample_rng = _streams(random_state)
    parts = _splits(folds, rows, rare, split_rng)
    found = [
        _one_fold(X, rows, rare, part, generator, form, drawn, transformer, fit_intercept, rng)
        for part, rng in zip(parts, sample_rng.spawn(len(parts)), strict=True)
    ]
    synthetic, known, held_out, majority, hessians, *covariances = (np.array(part) for part in zip(*found, strict=True))
    mismatch, gap = (synthetic - held_out).mean(axis=0), (majority - held_out).mean(axis=0)
    hessian, (s0, s1, ss) = hessians.mean(axis=0), (part.mean(axis=0) for part in covariances)
    _check_condition(hessian)
    trained = np.array([[rare[train].sum()] for train, _ in parts])
    tested = np.array([[rare[test].sum()] for _, test in parts])
    everything = (trained * known + tested * held_out) / (trained + tested)
    copying = _slope(synthetic - everything, known - everything, hessian)
    covariance = 0.5 * s0 + n1 / (2 * n0) * s1 + deficit / (2 * n0) * ss
    sampled = ss / (len(parts) * drawn)
    unit = deficit**2 / (2 * n0) / _trace(hessian, covariance)
    return QualityScore(
        score=float(unit * (mismatch @ np.linalg.solve(hessian, mismatch))),
        noise=float(unit * _trace(hessian, s1 / n1 + sampled)),
        copying=copying,
        mismatch=mismatch,
        gap=gap,
        hessian=hessian,
        covariance=covariance,
        mismatch_covariance=(1 - copying) ** 2 * s1 / n1 + sampled,
        n_majority=n0,
        n_minority=n1,
        n_synthetic=drawn,
        folds=len(parts),
    )


def _table(X: Any, y: ArrayLike, minority: Any) -> tuple[Array, NDArray[np.bool_]]:
    if issparse(X):
        raise TypeError(f"X must be dense, got a sparse {type(X).__name__}; use its toarray()")
    rows = check_matrix("X", X)
    labels = check_labels(y)
    if labels.shape != (len(rows),):
        raise ValueError(f"y must have one label for each of the {len(rows)} rows of X, got shape {labels.shape}")
    values, counts = np.unique(labels, return_counts=True)
    if len(values) != 2:
        hint = "; set one against the rest with y == label" if len(values) > 2 else ""
        raise ValueError(f"y must have two classes, got {len(values)}: {shown(values[:10])}{hint}")
    label = values[counts.argmin()] if minority is None else minority
    if label not in values:
        raise ValueError(f"minority must be one of the labels {shown(values)}, got {shown(minority)}")
    rare = np.asarray(labels == label)
    if 2 * rare.sum() >= rare.size:
        raise ValueError(
            f"y must have fewer rows of the minority than of the majority, got {rare.sum()} and {(~rare).sum()}: "
            "no synthetic rows are missing"
        )
    return rows, rare


def _streams(random_state: Any) -> tuple[np.random.Generator, np.random.Generator]:
    try:
        if isinstance(random_state, (bool, np.bool_)):
            raise TypeError
        if isinstance(random_state, np.random.RandomState):
            random_state = seed_sequence(random_state)
        first, second = np.random.default_rng(random_state).spawn(2)
    except (TypeError, ValueError):
        raise ValueError(
            "random_state must be None, an integer >= 0, a RandomState, a SeedSequence or a Generator, "
            f"got {shown(random_state)}"
        ) from None
    return first, second


def _splits(folds: Any, rows: Array, rare: NDArray[np.bool_], rng: np.random.Generator) -> list[Any]:
    from sklearn.model_selection import StratifiedKFold

    if not isinstance(folds, str) and hasattr(folds, "split"):
        parts = list(folds.split(rows, rare.astype(np.int64)))
        times = np.bincount(np.concatenate([held_out for _, held_out in parts]), minlength=rare.size)
        if np.any(times != 1):
            raise ValueError(
                "folds must hold every row out exactly once, as a StratifiedKFold does, got a "
                f"{type(folds).__name__} that holds rows out {times.min()} to {times.max()} times"
            )
    elif not isinstance(folds, (int, np.integer)):
        raise TypeError(f"folds must be an integer or a splitter with a method split, got {shown(folds)}")
    else:
        folds = check_integer("folds", folds, low=2)
        if 2 * folds > rare.sum():
            raise ValueError(f"folds must leave 2 minority rows to each, got {folds} folds of {rare.sum()} rows")
        splitter = StratifiedKFold(folds, shuffle=True, random_state=int(rng.integers(2**32)))
        parts = list(splitter.split(rows, rare))
    for train, held_out in parts:
        for part in (train, held_out):
            if min(rare[part].sum(), (~rare[part]).sum()) < 2:
                raise ValueError("folds must leave at least 2 rows of each class to train on and to hold out")
    return parts


def _one_fold(
    X: Any,
    rows: Array,
    rare: NDArray[np.bool_],
    part: Any,
    generator: Any,
    loss: Loss,
    drawn: int,
    transformer: Any,
    fit_intercept: bool,
    rng: np.random.Generator,
) -> tuple[Array, ...]:
    """Return mean scores of synthetic, training and held-out minority and held-out majority, H, score covariances."""
    train, held_out = part
    known, tested = rows[train], rows[held_out]
    fitted = fit_copy(generator, known[rare[train]], known[~rare[train]])
    synthetic = check_sample(fitted.sample(drawn, rng), drawn, rows.shape[1], name="the generator's sample")
    features = [known, tested[~rare[held_out]], tested[rare[held_out]], synthetic]
    if transformer is not None:
        features = _transformed(transformer, X, features, rare[train], train)
    design, majority, minority, made = (
        np.column_stack([part, np.ones(len(part))]) if fit_intercept else part for part in features
    )
    outcomes = rare[train].astype(np.float64)
    weights = np.where(rare[train], 0.5 / rare[train].sum(), 0.5 / (~rare[train]).sum())
    theta = loss.minimise(design, outcomes, weights)
    copied, fitted_to, tested, others = (
        loss.scores(theta, rows, np.full(len(rows), label))
        for rows, label in ((made, 1.0), (design[rare[train]], 1.0), (minority, 1.0), (majority, 0.0))
    )
    hessian = 0.5 * (
        loss.hessian(theta, majority, np.zeros(len(majority))) + loss.hessian(theta, minority, np.ones(len(minority)))
    )
    means = (one.mean(axis=0) for one in (copied, fitted_to, tested, others))
    covariances = (np.atleast_2d(np.cov(one, rowvar=False)) for one in (others, tested, copied))
    return *means, hessian, *covariances


def _transformed(
    transformer: Any, X: Any, tables: list[Array], outcomes: NDArray[np.bool_], train: NDArray[np.intp]
) -> list[Array]:
    """Return what a copy of the transformer, fitted to the training rows, makes of each table."""
    from sklearn.base import clone

    columns = list(X.columns) if is_frame(X) else None

    def framed(table: Array) -> Any:
        if columns is None:
            return table
        import pandas as pd

        return pd.DataFrame(table, columns=columns)

    fitted = clone(transformer).fit(X.iloc[train] if is_frame(X) else tables[0], outcomes)
    made = [fitted.transform(framed(table)) for table in tables]
    return [np.asarray(one.toarray() if hasattr(one, "toarray") else one, dtype=np.float64) for one in made]


def _check_condition(hessian: Array) -> None:
    scales = np.sqrt(np.diagonal(hessian))
    # the score is wrong by about this times 1e-16
    condition = np.linalg.cond(hessian / np.outer(scales, scales)) if np.all(scales > 0) else np.inf
    if not condition < _CONDITION:
        raise ValueError(
            "X must be centred or less collinear: the mean Hessian of scaled columns has the condition number "
            f"{condition:.1e}, of which at most {_CONDITION:g} is allowed; standardise the columns, as with a "
            "StandardScaler"
        )


def _trace(hessian: Array, covariance: Array) -> float:
    return float(np.trace(np.linalg.solve(hessian, covariance)))


def _slope(values: Array, causes: Array, hessian: Array) -> float:
    """Slope of the folds' rows of `values` on those of `causes`, weighted by the inverse of `hessian`."""
    about = causes - causes.mean(axis=0)
    weighted = np.linalg.solve(hessian, about.T).T
    return float(np.sum(weighted * values) / np.sum(weighted * about))
