"""Synthetic sizes on simulated data: loss curves along the size, tuned sizes, and their rivals, on large test sets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit

from mixtheory._validation import check_choice, check_integer
from mixtheory.imbalance.size.candidates import synthetic_sizes
from mixtheory.imbalance.size.scoring import balanced_log_loss
from mixtheory.imbalance.studies import configurations
from mixtheory.imbalance.studies.configurations import Configuration
from mixtheory.imbalance.studies.methods import METHODS, Contest, Fitted, differences, judge

__all__ = ["CURVE", "MEASURES", "RATIO", "tune_and_test"]

Array = NDArray[np.float64]

RATIO = 20
"""Majority rows for each minority row."""
CURVE: tuple[float, ...] = tuple(k / 10 for k in range(21))
"""Multipliers of the loss curves."""
MEASURES: tuple[str, ...] = ("balanced_log_loss", "auc", "balanced_accuracy")
"""What is reported of each method, see `mixtheory.imbalance.studies.methods.judge`."""


def _contest(one: Configuration, seed: int) -> Contest:
    cv = one.validation
    if isinstance(cv, float):
        cv = StratifiedShuffleSplit(1, test_size=cv, random_state=seed)
    return Contest(one.estimator(seed), one.generator, one.working(seed), cv=cv, threshold_folds=5, most=one.most)


def _test_curve(one: Configuration, data: tuple[Array, Any], test: tuple[Array, Any], seed: int) -> dict[str, float]:
    """Return the test loss at each multiplier; all sizes are prefixes of one sample."""
    (X, y), (X_test, y_test) = data, test
    generator = clone(one.generator).fit(X[y == 1], X[y == 0])
    sizes = synthetic_sizes(CURVE, int(np.sum(y == 0) - np.sum(y == 1)))
    rows = generator.sample(int(sizes.max()), np.random.default_rng(seed))
    found = {}
    for multiplier, size in zip(CURVE, sizes.tolist(), strict=True):
        model = one.estimator(seed).fit(np.concatenate([X, rows[:size]]), np.concatenate([y, np.ones(size, int)]))
        loss = balanced_log_loss(model.predict_proba(X_test)[:, 1], y_test == 1)
        found[f"test_loss_{multiplier:.1f}"] = float(loss)
    return found


def _validation_curve(fitted: Fitted) -> dict[str, float]:
    """Return the mean validation loss at each multiplier; the plain grid holds them, thinned or not."""
    table = fitted.searches["vtss"].cv_results_
    pairs = zip(table["param_multiplier"].tolist(), table["mean_test_loss"].tolist(), strict=True)
    known = {round(multiplier, 6): float(loss) for multiplier, loss in pairs}
    return {f"validation_loss_{multiplier:.1f}": known[multiplier] for multiplier in CURVE}


def _one(one: Configuration, n_minority: int, n_test: int, rng: np.random.Generator) -> dict[str, float]:
    data = one.sample(rng, RATIO * n_minority, n_minority)
    test = one.sample(rng, n_test, n_test)
    seed = int(rng.integers(2**31 - 1))
    fitted = _contest(one, seed).fit(*data, seed)
    found = {method: judge(fitted.models[method], *test) for method in METHODS}
    row = {f"{measure}_{method}": found[method][measure] for measure in MEASURES for method in METHODS}
    row |= {**differences(found, "balanced_log_loss"), **fitted.choices()}
    return {**row, **_validation_curve(fitted), **_test_curve(one, data, test, seed)}


def tune_and_test(
    rng: np.random.Generator, n: int, *, configuration: str, n_minority: int, n_test: int
) -> dict[str, Array]:
    """Draw data `n` times, fit tuned sizes and their rivals, and test.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of data sets.
    configuration : {"linear", "nonlinear"}
        See `mixtheory.imbalance.studies.configurations.configuration`.
    n_minority : int
        Minority rows; there are `RATIO` times as many majority rows.
    n_test : int
        Test rows of each class.

    Returns
    -------
    dict
        Arrays (n,): each of `MEASURES` for each method as ``<measure>_<method>``; differences of the loss, see
        `mixtheory.imbalance.studies.methods.differences`; choices and diagnosis, see
        `mixtheory.imbalance.studies.methods.Fitted.choices`; ``test_loss_<multiplier>`` and
        ``validation_loss_<multiplier>`` along `CURVE`: the balanced log loss on the test rows of the model fitted to
        all rows, and the mean over the validation splits.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as stated.
    """
    one = configurations.configuration(check_choice("configuration", configuration, configurations.CONFIGURATIONS))
    check_integer("n_minority", n_minority, low=20)
    rows = [_one(one, n_minority, n_test, rng) for _ in range(n)]
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}
