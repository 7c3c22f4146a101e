r"""The diagnosis before the search: is there local asymmetry, is the generator good, and what sizes follow from that.

It is made with a working model without penalty on the features that the estimator's last step sees, because the theory
needs scores and Hessians, which a tree or a network does not supply; see `working_model`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline

from mixtheory._validation import is_frame
from mixtheory.imbalance.losses import Loss
from mixtheory.imbalance.size.candidates import (
    Candidates,
    bias_aware_candidates,
    debiased_target,
    grid_candidates,
    tg_candidates,
)
from mixtheory.imbalance.size.folds import Table
from mixtheory.imbalance.size.quality import QualityScore, generator_quality
from mixtheory.imbalance.symmetry import SymmetryTestResult, symmetry_test

__all__ = ["Diagnosis", "diagnose", "working_model"]

Array = NDArray[np.float64]

_LEVEL = 0.05
_FOLDS = 3


@dataclass(frozen=True)
class Diagnosis:
    """What was found, and the sizes to compare.

    Attributes
    ----------
    candidates : Candidates
        Multipliers to compare.
    symmetry : SymmetryTestResult or None
        Test of local symmetry, None if it was not wanted or could not be made.
    quality : QualityScore or None
        Quality of the generator, None if it was not needed or could not be had.
    """

    candidates: Candidates
    symmetry: SymmetryTestResult | None = None
    quality: QualityScore | None = None


def diagnose(
    estimator: Any,
    generator: Any,
    table: Table,
    *,
    rule: str | None,
    grid: Array | None,
    test_symmetry: bool,
    threshold: float,
    seed: np.random.SeedSequence,
) -> Diagnosis:
    """Find the multipliers to compare.

    Parameters
    ----------
    estimator : estimator
        Its steps before the last make the features of the working model, its last step settles the model.
    generator : object
        Generator of minority rows.
    table : Table
        All rows.
    rule : {"auto", "bias_aware"} or None
        Which rule makes candidates of the findings; with None the multipliers are those of `grid`.
    grid : ndarray or None
        Multipliers, if there is no rule.
    test_symmetry : bool
        Whether to test local symmetry.
    threshold : float
        Largest quality score of a realistic generator.
    seed : SeedSequence
        Source of the folds and the synthetic rows of the quality score.

    Returns
    -------
    Diagnosis

    Warns
    -----
    UserWarning
        If the working model cannot be fitted, as for separated classes; the candidates are then those of a plain grid.
    """
    n_minority = int(table.minority.sum())
    counts = (table.y.size - n_minority, n_minority)
    if not table.deficit:
        return Diagnosis(grid_candidates(*counts, [0.0]))
    plain = grid_candidates(*counts, grid)
    transformer, (loss, fit_intercept) = _transformer(estimator), working_model(estimator)
    symmetry = quality = None
    try:
        if test_symmetry:
            features = _features(transformer, table)
            symmetry = symmetry_test(features, table.y, loss=loss, fit_intercept=fit_intercept, minority=table.label)
        if rule is None:
            return Diagnosis(plain, symmetry)
        if symmetry is not None and symmetry.pvalue >= _LEVEL:
            return Diagnosis(tg_candidates(*counts, symmetric=True), symmetry)
        quality = generator_quality(
            table.X,
            table.minority,
            generator,
            loss=loss,
            # each fold must hold two rows of the minority
            folds=max(2, min(_FOLDS, n_minority // 2)),
            random_state=seed,
            n_synthetic=max(2, table.deficit),
            transformer=transformer,
            fit_intercept=fit_intercept,
            minority=True,
        )
        return Diagnosis(_candidates(rule, counts, symmetry, quality, threshold), symmetry, quality)
    except (ValueError, np.linalg.LinAlgError) as error:
        found = "local symmetry" if rule is None else "local symmetry and of the generator"
        consequence = (
            "The multipliers are compared as they were given"
            if rule is None
            else f"The search goes on with a plain grid, from {plain.multipliers[0]:g} to {plain.multipliers[-1]:g} "
            "times the deficit"
        )
        warnings.warn(
            f"the diagnosis of {found} failed: {error}. {consequence}",
            UserWarning,
            stacklevel=4,
        )
        return Diagnosis(plain, symmetry, quality)


def _candidates(
    rule: str, counts: tuple[int, int], symmetry: SymmetryTestResult | None, quality: QualityScore, threshold: float
) -> Candidates:
    gap = quality.gap if symmetry is None else symmetry.gap
    if rule == "auto":
        return tg_candidates(
            *counts, symmetric=False, quality=quality.score, gap=gap, mismatch=quality.mismatch, threshold=threshold
        )
    metric = np.linalg.inv(quality.hessian)
    target = debiased_target(
        gap,
        quality.mismatch,
        0.5 * (metric + metric.T),
        n_majority=counts[0],
        n_minority=counts[1],
        gap_noise=0.0 if symmetry is None else float(np.trace(metric @ symmetry.covariance)),
        mismatch_noise=quality.mismatch_noise,
    )
    return bias_aware_candidates(*counts, symmetric=False, quality=quality.score, target=target, threshold=threshold)


def working_model(estimator: Any) -> tuple[str | Loss, bool]:
    """Return loss and intercept of the model that the diagnosis is made with.

    The loss is the attribute ``working_loss`` of the estimator's last step if it has one, for the loss that the step
    minimises over linear predictors of labels 0 (majority) and 1; squared for ``RidgeClassifier``; and logistic for all
    others, for which it stands in. There is an intercept unless the last step has ``fit_intercept=False``.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    loss : str or Loss
    fit_intercept : bool

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> working_model(LogisticRegression(fit_intercept=False))
    ('logistic', False)
    """
    last = estimator[-1] if isinstance(estimator, Pipeline) and len(estimator) else estimator
    fit_intercept = bool(getattr(last, "fit_intercept", True))
    # its labels are -1 and 1, which an intercept and a factor 2 turn into 0 and 1
    default = "squared" if isinstance(last, RidgeClassifier) and fit_intercept else "logistic"
    loss: str | Loss = getattr(last, "working_loss", default)
    return loss, fit_intercept


def _transformer(estimator: Any) -> Any | None:
    """Return the steps of a pipeline before its last, not fitted, or None."""
    return clone(estimator[:-1]) if isinstance(estimator, Pipeline) and len(estimator) > 1 else None


def _features(transformer: Any | None, table: Table) -> Any:
    """Return what the last step of the estimator sees of all rows, as a DataFrame if it is one."""
    features = table.X if transformer is None else transformer.fit_transform(table.X, table.y)
    if is_frame(features):
        return features
    return np.asarray(features.toarray() if hasattr(features, "toarray") else features, dtype=np.float64)
