"""Repeated synthesis: paths of generations of simulated and of real data, one entry a path.

A path starts from a sample, and each generation is made from the one before it, with as many rows. The path is the
independent unit: what is returned describes its last generation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mixtheory._validation import check_choice, check_integer
from mixtheory.datasets import Dataset, load
from mixtheory.downstream import fit_and_score, held_out, standardise
from mixtheory.mixing.finite import generation_mean_variance, generation_variance_factor
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.pairing import different_rows
from mixtheory.mixing.points import PAIRINGS
from mixtheory.mixing.studies.scenarios import Law, named_law, named_population, standardised
from mixtheory.mixing.synthesis import synthesize

__all__ = ["TEST_SHARE", "population_paths", "population_reference", "real_paths", "real_reference"]

Array = NDArray[np.float64]

TEST_SHARE = 0.3
"""Share of the rows of a real data set that is held out, in every class."""

_CDFS: dict[str, Callable[[Array], Array]] = {
    "normal": ndtr,
    "exponential": lambda x: -np.expm1(-np.maximum(x + 1, 0.0)),
}


def _parents(paths: int, n: int, n_parents: int, rng: np.random.Generator, pairing: str) -> list[NDArray[np.int64]]:
    """Draw the parents of every row of `paths` samples at once: for each place a parent, array (paths, n)."""
    if pairing == "independent":
        return [rng.integers(n, size=(paths, n)) for _ in range(n_parents)]
    if pairing == "distinct":
        return list(different_rows(n, n_parents, paths * n, rng).T.reshape(n_parents, paths, n))
    rows = np.broadcast_to(np.arange(n), (paths, n))
    if pairing == "anchored":
        others = different_rows(n - 1, n_parents - 1, paths * n, rng).T.reshape(n_parents - 1, paths, n)
        return [rows, *(others + (others >= rows))]
    if pairing == "derangement":
        shuffled = rng.permuted(rows, axis=1)
        return [np.roll(shuffled, -t, axis=1) for t in range(n_parents)]
    return [rows, *(rng.permuted(rows, axis=1) for _ in range(n_parents - 1))]


def _next_generation(data: Array, law: MixingLaw, rng: np.random.Generator, pairing: str) -> Array:
    """Mix every sample of `data`, shape (columns, paths, n), with itself."""
    _, paths, n = data.shape
    parents = _parents(paths, n, law.n_parents, rng, pairing)
    weights = law.weight_vectors((paths, 1 if pairing == "shared" else n), rng)
    out = np.zeros_like(data)
    for t, rows in enumerate(parents):
        out += weights[..., t] * np.take_along_axis(data, rows[None], axis=2)
    return out


def _correlations(data: Array) -> Array:
    x, y = data - data.mean(axis=2, keepdims=True)
    norm = np.sqrt(np.sum(x * x, axis=1) * np.sum(y * y, axis=1))
    return np.asarray(np.sum(x * y, axis=1) / np.where(norm > 0, norm, np.inf))


def population_paths(
    rng: np.random.Generator,
    n: int,
    *,
    law: str,
    pairing: str,
    population: str,
    size: int,
    generation: int,
    correlation: float,
) -> dict[str, Array]:
    """Draw `n` samples of `size` rows of two correlated columns and follow each over `generation` generations.

    The first column x has the shape of `population`, mean 0 and variance 1; y is `correlation` x plus an independent
    copy, and the regression of y on x is the downstream task.

    Parameters
    ----------
    law, pairing : str
        See `named_law` and `draw_parents`.
    population : {"normal", "exponential"}

    Returns
    -------
    dict
        Of the last generation, arrays (n,): ``variance`` and ``kurtosis`` (excess) of x; ``scaled_mean``: its mean
        times sqrt(size); ``correlation_change``: absolute change of the correlation since the start; ``ks``: distance
        of x to the population; ``r_squared``: of the fitted line in the population.

    Raises
    ------
    ValueError
        If a name is unknown or a number out of range.
    """
    check_choice("pairing", pairing, PAIRINGS)
    check_choice("population", population, _CDFS)
    shape = named_population(population)
    weights = named_law(law, size, pairing)
    data = standardised(shape, (2, n, size), rng)
    data[1] = correlation * data[0] + np.sqrt(1 - correlation**2) * data[1]
    start = _correlations(data)
    for _ in range(check_integer("generation", generation, low=0)):
        data = _next_generation(data, weights, rng, pairing)
    x, y = data
    mean = x.mean(axis=1)
    centred = x - mean[:, None]
    square = np.mean(centred**2, axis=1)
    safe = np.where(square > 0, square, 1.0)
    slope = np.mean(centred * y, axis=1) / safe
    intercept = y.mean(axis=1) - slope * mean
    ordered = _CDFS[population](np.sort(x, axis=1))
    steps = np.arange(size + 1) / size
    return {
        "variance": square * size / (size - 1),
        "kurtosis": np.mean(np.square(centred**2), axis=1) / safe**2 - 3,
        "scaled_mean": np.sqrt(size) * mean,
        "correlation_change": np.abs(_correlations(data) - start),
        "ks": np.maximum(np.max(steps[1:] - ordered, axis=1), np.max(ordered - steps[:-1], axis=1)),
        "r_squared": 2 * slope * correlation - slope**2 - intercept**2,
    }


def population_reference(law: str, pairing: str, size: int, generation: int) -> dict[str, float]:
    """Return the closed forms of `population_paths`: expected variance, and variance of the scaled mean.

    From note 01, section 4 [D]: derived in this project.
    """
    weights = named_law(law, size, pairing)
    return {
        "variance": float(generation_variance_factor(weights, size, pairing, generation)),
        "mean_variance": float(size * generation_mean_variance(weights, size, pairing, generation)),
    }


def _strata(data: Dataset) -> NDArray[np.int64]:
    if data.task == "regression":
        return np.zeros(data.n_rows, dtype=np.int64)
    return np.asarray(data.y, dtype=np.int64)


def _class_laws(law: str, strata: NDArray[np.int64], pairing: str) -> dict[int, Law]:
    return {
        int(k): named_law(law, int(c), pairing) for k, c in zip(*np.unique(strata, return_counts=True), strict=True)
    }


def _last_generation(
    X: Array, y: Array, laws: Mapping[int, Law], rng: np.random.Generator, pairing: str, generation: int, task: str
) -> tuple[Array, Array]:
    for _ in range(generation):
        if task == "classification":
            X, y = synthesize(X, laws, rng, pairing=pairing, y=y, same_class=True)
        else:
            X, y = synthesize(X, laws[0], rng, pairing=pairing, y=y)
    return X, y


def _class_variances(X: Array, strata: NDArray[np.int64]) -> Array:
    return np.stack([X[strata == k].var(axis=0, ddof=1) for k in np.unique(strata)])


def _correlation_matrix(X: Array) -> Array:
    centred = X - X.mean(axis=0)
    norm = np.sqrt(np.sum(centred**2, axis=0))
    unit = centred / np.where(norm > 0, norm, 1.0)
    return np.asarray(unit.T @ unit)


def _ks_of_columns(X: Array, Y: Array) -> Iterator[float]:
    for a, b in zip(np.sort(X, axis=0).T, np.sort(Y, axis=0).T, strict=True):
        points = np.concatenate([a, b])
        gap = np.searchsorted(a, points, side="right") / a.size - np.searchsorted(b, points, side="right") / b.size
        yield float(np.max(np.abs(gap)))


def _kurtosis_of_columns(X: Array) -> Array:
    squares = (X - X.mean(axis=0)) ** 2
    variance = squares.mean(axis=0)
    return np.asarray(np.mean(squares**2, axis=0) / np.where(variance > 0, variance, 1.0) ** 2 - 3)


def _describe(start: Array, now: Array, strata: NDArray[np.int64]) -> dict[str, float]:
    before = _class_variances(start, strata)
    used = before > 0
    change = _correlation_matrix(now) - _correlation_matrix(start)
    upper = np.triu_indices(start.shape[1], 1)
    return {
        "variance": float(np.mean(_class_variances(now, strata)[used] / before[used])),
        "correlation_distance": float(np.sqrt(np.mean(change[upper] ** 2))),
        "ks": float(np.mean(list(_ks_of_columns(now, start)))),
        "kurtosis": float(np.median(_kurtosis_of_columns(now))),
    }


def real_paths(
    rng: np.random.Generator, n: int, *, dataset: str, law: str, pairing: str, generation: int
) -> dict[str, Array]:
    """Split a real data set `n` times; follow the training part over `generation` generations and test on the rest.

    Columns are standardised by the real training part. A classification mixes rows of the same class, a regression
    mixes the target with its row. The model (logistic or linear regression) is fitted on the last generation, and on
    the real training part of the same split for comparison.

    Returns
    -------
    dict
        Arrays (n,). Against the training part: ``variance``: mean over columns (and classes) of the ratio of variances;
        ``correlation_distance``: root mean square change of the correlations; ``ks``: mean over columns of the
        two-sample distance; ``kurtosis``: median over columns of the excess kurtosis. On the held-out rows:
        ``score``: accuracy or R squared; ``log_loss``: mean negative log predictive density; ``score_gain`` and
        ``log_loss_gain``: the same minus that of the model of the real training part.

    Raises
    ------
    ValueError
        If a name is unknown or a number out of range.
    """
    data = load(dataset)
    check_integer("generation", generation, low=0)
    strata = _strata(data)
    table, target = data.X.to_numpy(), np.asarray(data.y, dtype=np.float64)
    rows: list[dict[str, float]] = []
    for _ in range(n):
        test = held_out(strata, TEST_SHARE, rng)
        X, y = _standardise(table, target, ~test, data.task)
        laws = _class_laws(law, strata[~test], pairing)
        start, labels = X[~test], y[~test]
        now, now_y = _last_generation(start, labels, laws, rng, pairing, generation, data.task)
        score, loss = fit_and_score(now, now_y, X[test], y[test], data.task)
        real = fit_and_score(start, labels, X[test], y[test], data.task)
        row = _describe(start, now, strata[~test])
        row.update(score=score, log_loss=loss, score_gain=score - real[0], log_loss_gain=loss - real[1])
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def _standardise(table: Array, target: Array, train: NDArray[np.bool_], task: str) -> tuple[Array, Array]:
    X = standardise(table, train)
    if task == "classification":
        return X, target
    return X, (target - target[train].mean()) / target[train].std()


@cache
def _training_sizes(dataset: str) -> tuple[int, ...]:
    counts = np.unique(_strata(load(dataset)), return_counts=True)[1]
    return tuple(int(count) - round(TEST_SHARE * int(count)) for count in counts)


def real_reference(dataset: str, law: str, pairing: str, generation: int) -> dict[str, Any]:
    """Return the closed form of the variance ratio of `real_paths`, given the data: a mean over classes.

    From note 01, section 4 [D]: derived in this project. It is exact: the ratio is taken column by column, and the size
    of each class is the same in every split.
    """
    sizes = _training_sizes(dataset)
    factors = [generation_variance_factor(named_law(law, m, pairing), m, pairing, generation) for m in sizes]
    return {"variance": float(np.mean(np.asarray(factors, dtype=np.float64)))}
