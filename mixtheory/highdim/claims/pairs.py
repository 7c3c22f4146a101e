"""Comparisons of covariances on the same random numbers, and the components that state how large a gain is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from mixtheory.highdim import equivalents
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, Simulate
from mixtheory.highdim.kernels import conditional_risk, trace_risk
from mixtheory.verification import Component, Lower, StudentT, Upper
from mixtheory.verification.intervals import Interval

__all__ = [
    "Pair",
    "biases",
    "bracket",
    "log_gain",
    "log_ratios",
    "random_spectra",
    "reference_risk",
    "same_draws",
    "trace",
]

# covariances of real and of synthetic rows, diagonal or dense
Pair = tuple[Array, Array]


def same_draws(statistics: Sequence[Simulate]) -> Simulate:
    """Return a simulator with one column a statistic, each started from the same state of the generator.

    Covariances that are compared thus see the same independent entries, as long as the statistics draw the same
    numbers of rows and columns.
    """

    def simulate(rng: Generator, n: int) -> Array:
        state = rng.bit_generator.state
        columns = []
        for statistic in statistics:
            rng.bit_generator.state = state
            columns.append(statistic(rng, n))
        return np.column_stack(columns)

    return simulate


def log_ratios(simulate: Simulate, clip: tuple[float, float] = (-math.inf, math.inf)) -> Simulate:
    """Return the logarithms of all columns but the first over the first, clipped to a range if one is given."""

    def compare(rng: Generator, n: int) -> Array:
        values = np.log(simulate(rng, n))
        return np.asarray(np.clip(values[:, 1:] - values[:, :1], *clip))

    return compare


def _root(covariance: ArrayLike) -> Array:
    """Return the symmetric root of a covariance, of a diagonal as a vector."""
    sigma = np.asarray(covariance, dtype=np.float64)
    if sigma.ndim == 1:
        return np.sqrt(sigma)
    values, basis = np.linalg.eigh(sigma)
    root = (basis * np.sqrt(values)) @ basis.T
    return np.asarray((root + root.T) / 2)


def trace(pair: Pair, counts: tuple[int, int]) -> Simulate:
    """Return the simulator of the risk given the rows, unit noise: ``Tr[(X^T X)^+ Sigma_t]``."""
    roots = tuple(_root(sigma) for sigma in pair)
    if sum(counts) > roots[0].shape[0]:
        return lambda rng, n: trace_risk(rng, n, counts, roots)
    return lambda rng, n: np.asarray(conditional_risk(rng, n, counts, roots)["variance"])


def biases(pair: Pair, counts: tuple[int, int], betas: Array) -> Simulate:
    """Return the simulator of ``beta^T P Sigma_t P beta`` given the rows, one column a row of `betas`, n < p."""
    roots = tuple(_root(sigma) for sigma in pair)
    return lambda rng, n: np.asarray(conditional_risk(rng, n, counts, roots, betas=betas)["bias"])


def reference_risk(lam: Array, n_t: float, n_s: float) -> float:
    """Return the risk for unit noise, n > p, by bisection of (E2), whose left side increases."""
    values = np.asarray(lam, dtype=np.float64)
    n = n_t + n_s
    c = 1 - values.size / n
    low, high = 0.0, c
    for _ in range(120):
        a = (low + high) / 2
        below = a + float(np.sum(a * values / (a * values + c - a))) / n < n_s / n
        low, high = (a, high) if below else (low, a)
    return float(np.sum(1 / (high * values + c - high))) / n


def random_spectra(count: int, p: int, seed: int) -> Array:
    """Return random spectra over two decades with mean 1, shape (count, p)."""
    drawn = 10 ** np.random.default_rng(seed).uniform(-1, 1, (count, p))
    return np.asarray(drawn / drawn.mean(axis=1, keepdims=True))


def log_gain(pair: Pair, counts: tuple[int, int], base: Pair) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return the predicted log ratio of two risks, of the public function and of the oracle."""

    def closed() -> float:
        first, second = (equivalents.excess_risk(*q, *counts).risk for q in (base, pair))
        return math.log(second / first)

    def oracle() -> float:
        first, second = (oracles.mixture_risk(q, counts)[0] for q in (base, pair))
        return math.log(second / first)

    return closed, oracle


def bracket(
    label: str,
    closed: Callable[[], float],
    oracle: Callable[[], float],
    interval: Interval | float,
    *,
    column: int,
    share: float = 0.25,
    margin: float = 0.01,
    oracle_rtol: float = 1e-9,
) -> tuple[Component, Component]:
    """Return two one-sided components: the truth is within `share` of a prediction, by `margin` at least.

    Parameters
    ----------
    label : str
        What changes.
    closed, oracle : callable
        The predicted change, of the public functions and of the oracle.
    interval : Interval or float
        Kind of interval; a number is the declared skewness of a Student interval.
    column : int
        Column of the simulator.
    share : float, in (0, 1)
        How far the finite-size change may be from the predicted one, as a share; its sign is thus part of the claim.
    margin : float
        Distance to be kept from the ends.
    """
    kind = StudentT(interval) if isinstance(interval, (int, float)) else interval

    def end(value: Callable[[], float], sign: float) -> Callable[[], float]:
        def at() -> float:
            predicted = value()
            return predicted + sign * share * abs(predicted)

        return at

    return (
        Component(
            label=f"{label}, not below",
            closed=end(closed, -1.0),
            oracle=end(oracle, -1.0),
            oracle_rtol=oracle_rtol,
            margin=margin,
            region=Lower(),
            interval=kind,
            columns=column,
        ),
        Component(
            label=f"{label}, not above",
            closed=end(closed, 1.0),
            oracle=end(oracle, 1.0),
            oracle_rtol=oracle_rtol,
            margin=margin,
            region=Upper(),
            interval=kind,
            columns=column,
        ),
    )
