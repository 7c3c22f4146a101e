r"""Selection of synthetic rows on real data: split, generate a pool, choose from it by a rule, fit, test.

A data set is split at random in every class: rows for the test, a reserve on which the generators are fitted (they
stand for generators that were trained elsewhere), and the few real training rows. A rule chooses `SYNTHETIC_PER_REAL`
synthetic rows for each of these, four as in the published experiments; the model is fitted on the real training rows
and the chosen ones. The split is the independent unit; splits overlap, see `mixtheory.comparisons`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_choice
from mixtheory.datasets import load
from mixtheory.downstream import fit_and_score, held_out, standardise
from mixtheory.highdim import pools, selection

__all__ = [
    "COMPONENTS",
    "DATASETS",
    "POOL_PER_ROW",
    "REFERENCE_RULE",
    "RULES",
    "SYNTHETIC_PER_REAL",
    "TEST_SHARE",
    "TRAIN_SHARE",
    "select_and_test",
]

Array = NDArray[np.float64]

DATASETS: tuple[str, ...] = ("breast_cancer", "wine", "digits")
TEST_SHARE = 0.4
"""Share of the rows that is held out, in every class."""
TRAIN_SHARE = 0.1
"""Share of the rows that are real training rows; the rest fits the generators."""
SYNTHETIC_PER_REAL = 4
"""Chosen synthetic rows for each real training row."""
POOL_PER_ROW = 5
"""Rows of the pool for each row that is chosen."""
COMPONENTS: dict[str, int] = {"breast_cancer": 16, "wine": 8, "digits": 32}
"""Principal components of the real training rows, in which rules compare rows and the risk is computed."""

REFERENCE_RULE = "matching"
"""The rule that all others are compared with, split by split."""

_RULES: dict[str, Callable[[int, int, int], selection.Selector]] = {
    "none": lambda n, q, seed: selection.NoSynthetic(),
    "random": lambda n, q, seed: selection.RandomSelection(n, random_state=seed),
    "center_matching": lambda n, q, seed: selection.CenterMatching(n),
    "center_sampling": lambda n, q, seed: selection.CenterSampling(n, random_state=seed),
    "k_means": lambda n, q, seed: selection.KMeansSelection(n, random_state=seed),
    "ds3": lambda n, q, seed: selection.DS3Selection(n, random_state=seed),
    "largest_norm": lambda n, q, seed: selection.LargestNorm(n),
    "matching": lambda n, q, seed: selection.CovarianceMatcher(n, n_components=q, random_state=seed),
    "matching_trace": lambda n, q, seed: selection.CovarianceMatcher(
        n, n_components=q, scale="trace", random_state=seed
    ),
    "matching_risk": lambda n, q, seed: selection.CovarianceMatcher(
        n, n_components=q, objective="risk", random_state=seed
    ),
    "real": lambda n, q, seed: selection.RealUpperBound(n, random_state=seed),
}
# the predicted risk is that of one regression on all classes
_WITHOUT_LABELS = ("matching_risk",)

RULES: tuple[str, ...] = tuple(_RULES)
"""Names of the rules; ``"real"`` takes rows of the reserve instead of synthetic ones."""


@dataclass(frozen=True)
class _Split:
    """Training, reserve and test rows of one split, the training rows standardised, and their principal directions."""

    X: Array
    y: Array
    reserve: Array
    y_reserve: Array
    X_test: Array
    y_test: Array
    directions: Array

    @property
    def wanted(self) -> int:
        """Number of rows that are chosen."""
        return SYNTHETIC_PER_REAL * self.y.size


def _split(dataset: str, rng: np.random.Generator) -> _Split:
    data = load(dataset)
    y = np.asarray(data.y, dtype=np.float64)
    test = held_out(y, TEST_SHARE, rng)
    train = np.zeros(y.size, dtype=bool)
    rest = np.flatnonzero(~test)
    train[rest[held_out(y[rest], TRAIN_SHARE / (1 - TEST_SHARE), rng)]] = True
    X = standardise(data.X.to_numpy(), train)
    directions = np.linalg.svd(X[train], full_matrices=False)[2][: COMPONENTS[dataset]]
    reserve = ~(test | train)
    return _Split(X[train], y[train], X[reserve], y[reserve], X[test], y[test], directions)


def _choose(rule: str, split: _Split, pool: tuple[Array, Array], seed: int) -> tuple[Array, Array]:
    """Return the rows that a rule chooses, and their classes."""
    rows, labels = (split.reserve, split.y_reserve) if rule == "real" else pool
    selector = _RULES[rule](split.wanted, len(split.directions), seed)
    classes = () if rule in _WITHOUT_LABELS else (labels, split.y)
    selector.fit(rows @ split.directions.T, split.X @ split.directions.T, *classes)
    return rows[selector.sample_indices_], labels[selector.sample_indices_]


def _test(split: _Split, X: Array, y: Array) -> dict[str, float]:
    """Fit on the real training rows and others, and test."""
    rows = np.concatenate([split.X, X])
    score, loss = fit_and_score(rows, np.concatenate([split.y, y]), split.X_test, split.y_test, "classification")
    coordinates, target = rows @ split.directions.T, split.X_test @ split.directions.T
    risk = np.mean(np.sum(target * np.linalg.solve(coordinates.T @ coordinates, target.T).T, axis=1))
    return {"score": score, "log_loss": loss, "risk": float(risk)}


def select_and_test(rng: np.random.Generator, n: int, *, dataset: str, rule: str) -> dict[str, Array]:
    r"""Split a real data set `n` times, select by a rule, fit and test.

    Data are standardised by the real training rows. Rules see the rows in principal components of the real training
    rows, class by class (``"matching_risk"`` all classes together, as its objective is the risk of one regression).

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of splits.
    dataset : {"breast_cancer", "wine", "digits"}
    rule : str
        One of `RULES`.

    Returns
    -------
    dict
        Arrays (n,). ``score``, ``log_loss``: held-out accuracy and mean negative log predictive probability of
        logistic regression on real and chosen rows; ``risk``: the conditional variance
        :math:`\overline{x^\top (X^\top X)^{-1} x}` of least squares in the principal components, over the test rows
        x; ``score_difference``, ``log_loss_difference`` and ``log_risk_difference``: the same (the risk as logarithm)
        minus those of covariance matching from the same pool.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    check_choice("dataset", dataset, DATASETS)
    check_choice("rule", rule, RULES)
    rows: list[dict[str, float]] = []
    for _ in range(n):
        split = _split(dataset, rng)
        X_pool, y_pool, _ = pools.pool(split.reserve, split.y_reserve, POOL_PER_ROW * split.wanted, rng)
        seed = int(rng.integers(2**31 - 1))
        pool = (X_pool, y_pool.astype(np.float64))
        found = _test(split, *_choose(rule, split, pool, seed))
        base = found
        if rule != REFERENCE_RULE:
            base = _test(split, *_choose(REFERENCE_RULE, split, pool, seed))
        differences = {f"{name}_difference": found[name] - base[name] for name in ("score", "log_loss")}
        differences["log_risk_difference"] = float(np.log(found["risk"] / base["risk"]))
        rows.append({**found, **differences})
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}
