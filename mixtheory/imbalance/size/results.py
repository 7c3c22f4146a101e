"""What the splits of a search say: scores, the choice, whether it differs from balancing, and its calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.imbalance.size.calibration import Calibration, calibration
from mixtheory.imbalance.size.candidates import synthetic_sizes
from mixtheory.imbalance.size.folds import SplitResult, Splits, Table

__all__ = [
    "BalanceComparison",
    "CalibrationComparison",
    "HeldOut",
    "choose",
    "compare_with_balancing",
    "cv_table",
    "held_out",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BalanceComparison:
    """The choice against adding as many rows as the minority lacks, paired over the splits.

    Attributes
    ----------
    difference : float
        Mean loss at the choice minus mean loss at balancing; below 0 where the choice did better.
    standard_error : float
        Standard deviation of the splits' differences (divisor n_splits - 1) over the root of n_splits; NaN for one
        split. Training rows overlap between splits, so it is rather too small than too large; and the choice is the
        best of several, so that a difference of one standard error is no proof.
    n_splits : int
        Number of splits, those of all repeats.
    """

    difference: float
    standard_error: float
    n_splits: int

    @property
    def differs(self) -> bool:
        """Whether the difference exceeds its standard error."""
        return bool(abs(self.difference) > self.standard_error)


@dataclass(frozen=True)
class CalibrationComparison:
    """Calibration on held-out real rows of models without and with synthetic rows.

    Attributes
    ----------
    without : Calibration
        Of models fitted to the real rows alone.
    chosen : Calibration
        Of models fitted with synthetic rows, at the multiplier that was chosen.
    corrected : Calibration
        Of the latter after `prior_correction` to the shares of the real training rows.
    """

    without: Calibration
    chosen: Calibration
    corrected: Calibration


def cv_table(
    scores: Array, multipliers: Array, sizes: NDArray[np.int64], candidates: NDArray[np.bool_]
) -> dict[str, Any]:
    """Lay out scores of shape (n_splits, k) as scikit-learn's searches do, with standard errors and losses beside."""
    n_splits = len(scores)
    mean, spread = scores.mean(axis=0), scores.std(axis=0)
    rank = np.array([1 + int(np.sum(mean > value)) for value in mean], dtype=np.int32)
    table: dict[str, Any] = {
        "params": [{"multiplier": value} for value in multipliers.tolist()],
        "param_multiplier": multipliers,
        "size": sizes,
        "is_candidate": candidates,
        "mean_test_score": mean,
        "std_test_score": spread,
        "sem_test_score": spread / np.sqrt(n_splits - 1) if n_splits > 1 else np.full(mean.shape, np.nan),
        "rank_test_score": rank,
        "mean_test_loss": -mean,
    }
    for k, row in enumerate(scores):
        table[f"split{k}_test_score"] = row
        table[f"split{k}_test_loss"] = -row
    return table


def choose(table: dict[str, Any], one_se_rule: bool) -> int:
    """Return the place of the candidate with the best mean score, the smallest of equals.

    With `one_se_rule` it is the smallest candidate whose score is within one standard error, of the best one's mean, of
    the best.
    """
    mean = np.where(table["is_candidate"], table["mean_test_score"], -np.inf)
    best = int(np.argmax(mean))
    if not one_se_rule or not np.isfinite(table["sem_test_score"][best]):
        return best
    return int(np.argmax(mean >= mean[best] - table["sem_test_score"][best]))


def compare_with_balancing(scores: Array, chosen: int, balanced: int) -> BalanceComparison:
    """Compare two columns of scores of shape (n_splits, k), paired over the rows."""
    differences = scores[:, balanced] - scores[:, chosen]
    n = len(differences)
    error = float(differences.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return BalanceComparison(float(differences.mean()), error, n)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Probabilities of the minority on held-out rows.

    Attributes
    ----------
    without, chosen : ndarray, shape (n,)
        Of models without synthetic rows, and with those of the multiplier that was chosen.
    outcome : ndarray of bool, shape (n,)
        Whether a row is of the minority.
    growth : ndarray, shape (n,)
        By which factor synthetic rows multiplied the minority among the training rows of the row's split.
    """

    without: Array
    chosen: Array
    outcome: NDArray[np.bool_]
    growth: Array

    def calibration(self) -> CalibrationComparison:
        """Compare the calibration; the correction of the prior divides the odds by `growth`."""
        corrected = self.chosen / (self.chosen + self.growth * (1 - self.chosen))
        return CalibrationComparison(*(calibration(p, self.outcome) for p in (self.without, self.chosen, corrected)))


def held_out(
    table: Table, splits: Splits, results: list[SplitResult], multipliers: Array, chosen: int
) -> HeldOut | None:
    """Gather the probabilities at multiplier 0 and at the chosen one, by its place; None for models without."""
    none = int(np.flatnonzero(multipliers == 0.0)[0])
    parts = []
    for (train, test), result in zip(splits, results, strict=True):
        if result.probabilities is None:
            return None
        training = table.take(train)
        added = int(synthetic_sizes(multipliers[chosen], training.deficit))
        growth = np.full(len(test), 1 + added / int(training.minority.sum()))
        parts.append((result.probabilities[none], result.probabilities[chosen], table.minority[test], growth))
    return HeldOut(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
