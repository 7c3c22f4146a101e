"""Simulator of repeated synthesis in a finite sample: each generation is mixed from the one before it.

A path (a start sample and its generations) is the independent unit: its mean and variance are returned, not its
records.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_integer, check_matrix
from mixtheory.mixing.kernels.draws import CHUNK, Draw, Floats, check_call, check_law, chunks, take, width_of
from mixtheory.mixing.kernels.schemes import (
    batch_numbers,
    check_scheme,
    step_derangement,
    step_distinct,
    step_independent,
    step_permutation,
    step_shared,
)

__all__ = ["GenerationPaths", "generation_paths"]


class GenerationPaths(NamedTuple):
    """Mean and variance of every path's sample; a row a path, a column a recorded generation (the first: the start)."""

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]


@jit
def _summarise(values: Floats, ddof: int) -> tuple[float, float]:
    n = values.size
    total = 0.0
    for i in range(n):
        total += values[i]
    mean = total / n
    squares = 0.0
    for i in range(n):
        squares += (values[i] - mean) * (values[i] - mean)
    return mean, squares / (n - ddof)


@jit
def _advance(
    scheme: int,
    states: Floats,
    u: Floats,
    v: Floats,
    weights: Floats,
    low: float,
    width: float,
    ddof: int,
    means: Floats,
    variances: Floats,
) -> None:
    """Advance every row of `states` by as many generations as `u` is for.

    All of them are recorded if `means` has a column for each, otherwise the last one.
    """
    paths, n = states.shape
    steps = u.size // (paths * n)
    trace = means.shape[1] == steps
    old = np.empty(n)
    new = np.empty(n)
    for p in range(paths):
        for k in range(n):
            old[k] = states[p, k]
        for t in range(steps):
            # the choice of `mix_step`, spelled out: its call would cost as much as the mixing of ten records
            batch = p * steps + t
            at = batch * n
            if scheme == 0:
                step_independent(old, u, v, weights, at, low, width, new)
            elif scheme == 1:
                step_distinct(old, u, v, weights, at, low, width, new)
            elif scheme == 2:
                step_permutation(old, u, weights, at, low, width, new)
            elif scheme == 3:
                step_derangement(old, u, v[batch], weights, at, low, width, new)
            else:
                step_shared(old, u, at, weights[batch], new)
            old, new = new, old
            if trace:
                means[p, t], variances[p, t] = _summarise(old, ddof)
        for k in range(n):
            states[p, k] = old[k]
        if not trace:
            means[p, 0], variances[p, 0] = _summarise(old, ddof)


@jit
def _summarise_rows(states: Floats, ddof: int, means: Floats, variances: Floats) -> None:
    for p in range(states.shape[0]):
        means[p], variances[p] = _summarise(states[p], ddof)


def generation_paths(
    rng: Generator,
    n: int,
    start: Draw | ArrayLike,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    generations: int,
    scheme: str = "independent",
    size: int | None = None,
    ddof: int = 1,
    trace: bool = False,
) -> GenerationPaths:
    r"""Simulate `n` independent paths of repeated synthesis and return the mean and variance of their samples.

    Generation t is a batch of the same size, mixed from generation t - 1 by the pairing scheme.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of paths.
    start : callable or array_like, shape (size,)
        The start: a population ``draw(rng, size)``, drawn from afresh for each path, or one sample for all of them.
    alpha, beta, eps0, eps1 : float
        The weight law.
    generations : int
        How many generations to make, at least 1.
    scheme : {"independent", "distinct", "permutation", "derangement", "shared"}
        The pairing scheme, see `mixtheory.mixing.kernels.schemes`.
    size : int, optional
        Sample size; needed with a population, at least 2.
    ddof : int, default 1
        The variance divides by size - ddof: 0 is the plug-in variance, 1 the unbiased one.
    trace : bool, default False
        Whether to return all generations 0..`generations` (columns) and not only the first and the last.

    Returns
    -------
    GenerationPaths
        `mean` and `variance`, each (n, 2) with the start in column 0 and the last generation in column 1, or
        (n, generations + 1) with `trace`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, `size` is missing or contradicts `start`.

    Examples
    --------
    >>> import numpy as np
    >>> paths = generation_paths(
    ...     np.random.default_rng(1), 100, np.random.Generator.standard_normal, 1.0, 1.0, generations=3, size=10
    ... )
    >>> paths.variance.shape
    (100, 2)
    """
    n = check_call(rng, n)
    generations = check_integer("generations", generations, low=1)
    law = check_law(alpha, beta, eps0, eps1)
    sample = None
    if not callable(start):
        sample = check_matrix("start", start, ndim=1, min_rows=2)
        if size is not None and size != sample.size:
            raise ValueError(f"size must be {sample.size}, the length of start, or left out, got {size}")
        size = sample.size
    elif size is None:
        raise ValueError("size must be given when start is a population")
    size = check_integer("size", size, low=2)
    ddof = check_integer("ddof", ddof, low=0, high=size - 1)
    number = check_scheme(scheme, size)
    columns = generations + 1 if trace else 2
    mean, variance = np.empty((n, columns)), np.empty((n, columns))
    steps_at_once = max(1, min(generations, 4 * CHUNK // size))
    for slot in chunks(n, max(1, CHUNK // (size * steps_at_once))):
        paths = width_of(slot)
        if sample is None:
            states = take(start, rng, paths * size).reshape(paths, size)  # type: ignore[arg-type]
        else:
            states = np.tile(sample, (paths, 1))
        _summarise_rows(states, ddof, mean[slot, 0], variance[slot, 0])
        for done in range(0, generations, steps_at_once):
            steps = min(steps_at_once, generations - done)
            u, v, weights = batch_numbers(rng, number, paths * steps, size, size, law)
            record = slice(done + 1, done + 1 + steps) if trace else slice(1, 2)
            _advance(
                number,
                states,
                u,
                v,
                weights,
                -law[2],
                1.0 + law[2] + law[3],
                ddof,
                mean[slot, record],
                variance[slot, record],
            )
    return GenerationPaths(mean, variance)
