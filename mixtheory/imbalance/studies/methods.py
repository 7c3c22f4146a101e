"""Tuned synthetic size and its rivals, fitted to the same training rows and judged on the same held-out rows.

All measures weigh the two classes equally, as the balanced risk does: a model is good here if it is good, and its
probabilities are right, for a population with equal classes.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from mixtheory.imbalance.losses import LogisticLoss
from mixtheory.imbalance.size.calibration import PriorCorrectedClassifier
from mixtheory.imbalance.size.diagnosis import Diagnosis, diagnose
from mixtheory.imbalance.size.folds import Table
from mixtheory.imbalance.size.scoring import balanced_log_loss, balanced_squared_error
from mixtheory.imbalance.size.search import SyntheticSizeSearchCV
from mixtheory.imbalance.studies.baselines import ThresholdMoving, fit_balanced, fit_weighted

__all__ = [
    "GRID",
    "MEASURES",
    "METHODS",
    "RIVALS",
    "TUNED",
    "Contest",
    "Fitted",
    "WorkingRegression",
    "differences",
    "judge",
]

Array = NDArray[np.float64]

RIVALS: tuple[str, ...] = ("none", "class_weights", "prior_correction", "threshold_moving", "balancing")
"""What tuning is compared with; only the last makes synthetic rows."""
TUNED: tuple[str, ...] = ("vtss", "tg_vtss")
"""Validation-tuned size on a plain grid, and its theory-guided form."""
METHODS: tuple[str, ...] = (*RIVALS, *TUNED)
MEASURES: tuple[str, ...] = (
    "balanced_log_loss",
    "auc",
    "balanced_brier",
    "calibration_error",
    "prevalence_error",
    "balanced_accuracy",
)
"""What `judge` returns."""
GRID: tuple[float, ...] = tuple(k / 20 for k in range(41))
"""Multipliers of the plain grid: 0, 0.05, ..., 2."""

# Largest quality score of a generator that counts as realistic, as in the search.
_THRESHOLD = 10.0
_BINS = 10


def judge(model: Any, X: Array, y: NDArray[np.int64]) -> dict[str, float]:
    r"""Judge a classifier on rows with labels 0 and 1.

    Parameters
    ----------
    model : classifier
        Fitted, with ``predict_proba``.
    X, y : ndarray, shape (n, d) and (n,)
        Held-out rows of both classes.

    Returns
    -------
    dict
        ``balanced_log_loss`` and ``balanced_brier``: means of the two classes' mean losses; ``auc``: probability that a
        minority row has the larger score, ties by half; ``calibration_error``: expected calibration error, the sum over
        ten equal bins of p of :math:`|\sum w_i (y_i - p_i)|` with weights that give each class 1/2 in all;
        ``prevalence_error``: :math:`\sum w_i p_i - 1/2`, 0 if probabilities are right on the whole for equal classes;
        ``balanced_accuracy`` of the rule p > 1/2.
    """
    p, minority = np.asarray(model.predict_proba(X)[:, 1], dtype=np.float64), y == 1
    n1 = int(minority.sum())
    weights = np.where(minority, 0.5 / n1, 0.5 / (y.size - n1))
    bins = np.minimum((_BINS * p).astype(np.int64), _BINS - 1)
    above = stats.rankdata(p)[minority].sum() - n1 * (n1 + 1) / 2
    hits = (p > 0.5) == minority
    return {
        "balanced_log_loss": float(balanced_log_loss(p, minority)),
        "auc": float(above / (n1 * (y.size - n1))),
        "balanced_brier": float(balanced_squared_error(p, minority)),
        "calibration_error": float(np.abs(np.bincount(bins, weights * (minority - p))).sum()),
        "prevalence_error": float(weights @ p - 0.5),
        "balanced_accuracy": float(weights @ hits),
    }


@dataclass(frozen=True)
class _PenalisedLoss(LogisticLoss):
    """Logistic loss whose minimiser is that of scikit-learn's penalised regression; the last column is an intercept."""

    C: float = 1.0

    def minimise(
        self, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None, *, penalty: ArrayLike = 0.0
    ) -> Array:
        n, p = np.shape(X)
        ridge = np.full(p, 1 / (self.C * n))
        ridge[-1] = 0.0
        return super().minimise(X, y, weights, penalty=ridge + np.asarray(penalty))


class WorkingRegression(LogisticRegression):  # type: ignore[misc]
    """Logistic regression with which the diagnosis is made at its own penalised minimiser, as in the public code.

    There is a diagnosis then even where a hyperplane separates the classes, as it does with many features. But the test
    of local symmetry does not hold its level: the penalty keeps the two classes' mean scores from adding up to zero, so
    that there is a gap without asymmetry.
    """

    @property
    def working_loss(self) -> LogisticLoss:
        """Loss that the diagnosis uses: logistic, minimised with the penalty of this model."""
        return _PenalisedLoss(float(self.C))


@dataclass(frozen=True)
class Fitted:
    """What `Contest.fit` returns.

    Attributes
    ----------
    models : dict
        A fitted classifier for each of `METHODS`.
    searches : dict
        The fitted search for each of `TUNED`; one object if both compare the same sizes.
    diagnosis : Diagnosis
        What the theory-guided search rests on; without findings if it failed.
    """

    models: dict[str, Any]
    searches: dict[str, SyntheticSizeSearchCV]
    diagnosis: Diagnosis

    def choices(self) -> dict[str, float]:
        """Return the chosen multipliers, and what the diagnosis says as numbers.

        Returns
        -------
        dict
            ``multiplier_<method>``, ``zero_<method>`` (1 if nothing is added) and ``differs_<method>`` (1 if the loss
            on the validation splits differs from that of balancing by more than its standard error, which needs more
            than one split) of the tuned methods; ``symmetric`` and ``biased`` (1 if local symmetry is accepted, if the
            generator counts as biased); ``diagnosed`` (0 if the diagnosis failed, as it does for separated classes);
            ``quality``: the generator-quality score, NaN where it was not needed.
        """
        found: dict[str, float] = {}
        for method, search in self.searches.items():
            found[f"multiplier_{method}"] = search.best_multiplier_
            found[f"zero_{method}"] = float(search.best_size_ == 0)
            found[f"differs_{method}"] = float(search.differs_from_balancing_)
        regime, quality = self.diagnosis.candidates.regime, self.diagnosis.quality
        return {
            **found,
            "symmetric": float(regime == "local symmetry"),
            "biased": float(regime == "biased generator"),
            "diagnosed": float(regime != "grid"),
            "quality": float("nan") if quality is None else float(quality.score),
        }


@dataclass(frozen=True)
class Contest:
    """How the methods are fitted: fixed once for a study.

    Attributes
    ----------
    estimator : classifier
        Takes ``sample_weight`` in ``fit``.
    generator : object with ``fit`` and ``sample``
    working : classifier
        Model that the diagnosis is made with, `estimator` itself or what stands in for it.
    cv : int or splitter
        Splits of both searches.
    threshold_folds : int
        Folds in which the threshold is chosen.
    most : int, optional
        Largest number of sizes that a search compares. Where there are more candidates, this many are taken at even
        steps through them in order, the first and last included; by default all are compared.
    """

    estimator: Any
    generator: Any
    working: Any
    cv: Any
    threshold_folds: int
    most: int | None = None

    def fit(self, X: Array, y: NDArray[np.int64], seed: int) -> Fitted:
        """Fit all methods to the training rows `X` with labels `y` in {0, 1}; the minority is 1.

        Both searches use the same splits and the same synthetic rows, so that their choices are paired.
        """
        models: dict[str, Any] = {
            "none": clone(self.estimator).fit(X, y),
            "class_weights": fit_weighted(self.estimator, X, y),
            "prior_correction": PriorCorrectedClassifier(self.estimator, population_share=0.5).fit(X, y),
            "threshold_moving": ThresholdMoving(self.estimator, cv=self.threshold_folds, random_state=seed).fit(X, y),
            "balancing": fit_balanced(self.estimator, self.generator, X, y, np.random.default_rng(seed)),
        }
        diagnosis = self._diagnose(X, y, seed)
        grids = {"vtss": self._thin(GRID), "tg_vtss": self._thin(diagnosis.candidates.multipliers)}
        searches: dict[str, SyntheticSizeSearchCV] = {}
        known: dict[tuple[float, ...], SyntheticSizeSearchCV] = {}
        for method, grid in grids.items():
            if grid not in known:
                known[grid] = self._search(grid, seed).fit(X, y)
            models[method] = searches[method] = known[grid]
        return Fitted(models, searches, diagnosis)

    def _search(self, grid: tuple[float, ...], seed: int) -> SyntheticSizeSearchCV:
        return SyntheticSizeSearchCV(
            self.estimator, self.generator, multipliers=grid, cv=self.cv, test_symmetry=False, random_state=seed
        )

    def _diagnose(self, X: Array, y: NDArray[np.int64], seed: int) -> Diagnosis:
        table = Table(X, X, y, y == 1, 1)
        with warnings.catch_warnings():
            # a failed diagnosis is a result, which `choices` reports
            warnings.simplefilter("ignore", UserWarning)
            return diagnose(
                self.working,
                self.generator,
                table,
                rule="auto",
                grid=None,
                test_symmetry=True,
                threshold=_THRESHOLD,
                seed=np.random.SeedSequence(seed),
            )

    def _thin(self, multipliers: tuple[float, ...]) -> tuple[float, ...]:
        if self.most is None or len(multipliers) <= self.most:
            return tuple(multipliers)
        places = np.linspace(0, len(multipliers) - 1, self.most).round().astype(int)
        return tuple(multipliers[place] for place in places)


def differences(found: Mapping[str, Mapping[str, float]], measure: str) -> dict[str, float]:
    """Return a measure of each tuned method minus that of each other method, ``<measure>_difference_<tuned>_<other>``.

    Parameters
    ----------
    found : mapping
        What `judge` returns, for each of `METHODS`.
    measure : str
        One of `MEASURES`.
    """
    pairs = [(tuned, rival) for tuned in TUNED for rival in RIVALS] + [("tg_vtss", "vtss")]
    return {f"{measure}_difference_{a}_{b}": found[a][measure] - found[b][measure] for a, b in pairs}
