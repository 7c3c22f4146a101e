"""The splits of the search: in each a generator and models see training rows alone, and held-out rows judge them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, check_cv

from mixtheory._validation import check_integer, is_frame, shown
from mixtheory.imbalance.generators import check_sample, fit_copy
from mixtheory.imbalance.size.candidates import synthetic_sizes
from mixtheory.imbalance.size.newton import FastFit, logistic_path, supports
from mixtheory.imbalance.size.scoring import Scoring, class_probability

__all__ = [
    "SplitResult",
    "Splits",
    "Table",
    "augment",
    "check_labels",
    "draw",
    "evaluate_split",
    "make_splits",
]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Splits = list[tuple[Indices, Indices]]


@dataclass(frozen=True)
class Table:
    """Rows with two classes.

    Attributes
    ----------
    X : ndarray or DataFrame, shape (n, d)
        As models see them: a DataFrame if one was given.
    rows : ndarray, shape (n, d)
        The same as numbers, as generators see them.
    y : ndarray, shape (n,)
        Labels.
    minority : ndarray of bool, shape (n,)
        Whether a row is of the minority.
    label : object
        Label of the minority.
    """

    X: Any
    rows: Array
    y: NDArray[Any]
    minority: NDArray[np.bool_]
    label: Any

    @property
    def deficit(self) -> int:
        """Rows that the minority lacks, 0 if it lacks none."""
        return max(0, self.y.size - 2 * int(self.minority.sum()))

    def take(self, indices: Indices) -> Table:
        """Return some of the rows."""
        X = self.X.iloc[indices] if is_frame(self.X) else self.X[indices]
        return Table(X, self.rows[indices], self.y[indices], self.minority[indices], self.label)


@dataclass(frozen=True)
class SplitResult:
    """What the held-out rows of one split say of all k multipliers.

    Attributes
    ----------
    scores : ndarray, shape (k,)
    probabilities : ndarray, shape (k, n_test), or None
        Of the minority; None for models without, or if they are not kept.
    """

    scores: Array
    probabilities: Array | None

    def spread(self, places: NDArray[np.intp], keep: bool) -> SplitResult:
        """Return the results of distinct sizes for multipliers that have them at `places`, probabilities if `keep`."""
        known = self.probabilities if keep else None
        return SplitResult(self.scores[places], None if known is None else known[places])


def check_labels(y: Any) -> NDArray[Any]:
    """Return labels as an array; entries that are masked or missing, complex numbers and mixtures are refused.

    Numbers and booleans in an array of objects get a type of their own. Shape and number of classes are not checked.
    """
    from pandas import isna

    labels = np.asarray(y)
    if np.ma.is_masked(y) or np.any(isna(labels)):
        raise ValueError("y must have no missing labels, got NaN, None or masked entries")
    if labels.dtype.kind == "c":
        # scikit-learn's words, and its type of error
        raise ValueError("Complex data not supported: y must be labels, got complex numbers")
    if labels.dtype.kind == "O" and labels.ndim == 1:
        kinds = sorted({"text" if isinstance(label, str) else type(label).__name__ for label in labels.tolist()})
        if "text" in kinds and len(kinds) > 1:
            raise TypeError(f"y must have labels of one kind, got a mixture of {', '.join(kinds)}")
        if kinds != ["text"]:
            labels = np.array(labels.tolist())
    return labels


def make_splits(table: Table, cv: Any, repeats: int, seed: np.random.SeedSequence) -> Splits:
    """Return training and held-out places of all splits, those of one repeat after those of another."""
    cv = 5 if cv is None else cv
    if isinstance(cv, (int, np.integer)):
        cv = check_integer("cv", cv, low=2)
        fewest = int(table.minority.sum())
        if fewest < cv:
            raise ValueError(
                f"cv={cv} folds need at least {cv} rows of each class, got {fewest} of class {shown(table.label)}"
            )
        states = seed.generate_state(repeats).tolist()
        kinds = [StratifiedKFold(cv, shuffle=True, random_state=state) for state in states]
    else:
        kinds = [check_cv(cv, table.y, classifier=True)] * repeats
    splits = [(train, test) for kind in kinds for train, test in kind.split(table.X, table.y)]
    if not splits:
        raise ValueError(f"cv must make at least one split, got none from {shown(cv)}")
    for k, split in enumerate(splits):
        for role, part in zip(("training", "held-out"), split, strict=True):
            n_minority = int(table.minority[part].sum())
            n_majority = int((~table.minority[part]).sum())
            if not n_minority or not n_majority:
                raise ValueError(
                    "cv must leave rows of both classes in the training and the held-out part of each split, got "
                    f"{n_majority} row(s) of the majority and {n_minority} of the minority in the {role} part of "
                    f"split {k}"
                )
    return splits


def draw(generator: Any, table: Table, n: int, seed: np.random.SeedSequence) -> Array:
    """Fit a copy of the generator to the rows of `table` and draw `n` synthetic rows of the minority, checked."""
    d = table.rows.shape[1]
    if n == 0:
        return np.empty((0, d))
    fitted = fit_copy(generator, table.rows[table.minority], table.rows[~table.minority])
    return check_sample(fitted.sample(n, np.random.default_rng(seed)), n, d)


def augment(table: Table, synthetic: Array) -> tuple[Any, NDArray[Any]]:
    """Return the rows of `table` with the synthetic ones behind them, and their labels."""
    if not len(synthetic):
        return table.X, table.y
    y = np.concatenate([table.y, np.full(len(synthetic), table.label, dtype=table.y.dtype)])
    if not is_frame(table.X):
        return np.concatenate([table.X, synthetic]), y
    import pandas as pd

    added = pd.DataFrame(synthetic, columns=table.X.columns)
    return pd.concat([table.X, added], ignore_index=True), y


def evaluate_split(
    estimator: Any,
    generator: Any,
    table: Table,
    train: Indices,
    test: Indices,
    multipliers: Array,
    scoring: Scoring,
    seed: np.random.SeedSequence,
    keep: bool,
) -> SplitResult:
    """Fit and judge the model at every multiplier of the training rows' own deficit.

    All sizes are prefixes of one sample, so that they differ by the rows that are added and by nothing else. The
    probabilities of the held-out rows are returned if `keep`.
    """
    training, held_out = table.take(train), table.take(test)
    sizes = synthetic_sizes(multipliers, training.deficit)
    synthetic = draw(generator, training, int(sizes.max()), seed)
    distinct, places = np.unique(sizes, return_inverse=True)
    fast = None if scoring.custom else supports(estimator)
    if fast is not None:
        try:
            return _along_path(fast, training, held_out, synthetic, distinct, scoring).spread(places, keep)
        except ValueError:
            # separated classes or dependent columns without a penalty: a refit does with these what scikit-learn does
            pass
    scores, probabilities = [], []
    for size in distinct:
        model = clone(estimator).fit(*augment(training, synthetic[:size]))
        probability = class_probability(model, held_out.X, table.label)
        scores.append(scoring.score(model, held_out.X, held_out.y, held_out.minority, probability))
        if probability is not None:
            probabilities.append(probability)
    return SplitResult(np.array(scores), np.array(probabilities) if probabilities else None).spread(places, keep)


def _along_path(
    fast: FastFit, training: Table, held_out: Table, synthetic: Array, sizes: Indices, scoring: Scoring
) -> SplitResult:
    """Fit logistic regressions of all sizes along one path, and judge them."""
    coefficients = logistic_path(training.rows, training.minority.astype(np.float64), synthetic, sizes, **fast.options)
    probabilities = expit(coefficients[:, :-1] @ held_out.rows.T + coefficients[:, -1:])
    if scoring.loss is not None:
        return SplitResult(-scoring.loss(probabilities, held_out.minority), probabilities)
    classes = np.unique(training.y)
    scores = []
    for row in coefficients if classes[1] == training.label else -coefficients:
        model = LogisticRegression()
        model.classes_, model.coef_, model.intercept_ = classes, row[None, :-1], row[-1:]
        model.n_features_in_ = len(row) - 1
        scores.append(scoring.score(model, held_out.rows, held_out.y, held_out.minority, None))
    return SplitResult(np.array(scores), probabilities)
