r"""Simulators of whole batches that are mixed with weights over their members, and of mixes of many labelled parents.

A batch is the independent unit: its rows share their members. The rows come from `ordered_weights`, uniform or
anchored, so that what claims hold against the theory is the code that mixes real batches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_integer, check_matrix
from mixtheory.mixing.kernels.draws import Floats, check_call
from mixtheory.mixing.kernels.orderings import ordered_weights

__all__ = ["MixedClasses", "batch_weights", "mixed_classes", "remix"]


def batch_weights(rng: Generator, n: int, weights: ArrayLike, *, anchored: bool) -> NDArray[np.float64]:
    """Draw the weights over the T members of the T rows of `n` batches.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of batches.
    weights : array_like, shape (T,) or (n * T, T)
        Weights of the parents of every row, or of each row of all batches in turn, the first parent first.
    anchored : bool
        Whether the first parent of row p is member p.

    Returns
    -------
    ndarray, shape (n, T, T)
        Batch, row, member.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.

    Examples
    --------
    >>> import numpy as np
    >>> drawn = batch_weights(np.random.default_rng(1), 5, [0.7, 0.2, 0.1], anchored=True)
    >>> drawn.shape, bool((drawn[:, 1, 1] == 0.7).all())
    ((5, 3, 3), True)
    """
    n = check_call(rng, n)
    vectors = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    size = vectors.shape[1]
    return ordered_weights(rng, vectors, n * size, anchored=anchored).reshape(n, size, size)


def remix(
    rng: Generator, n: int, start: ArrayLike, weights: ArrayLike, *, anchored: bool, rounds: int
) -> NDArray[np.float64]:
    """Mix one batch again and again, each round from the rows of the round before, on `n` independent paths.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of paths.
    start : array_like, shape (T, d)
        The batch from which every path starts.
    weights : array_like, shape (T,)
        Weights of the parents of every row, the first parent first.
    anchored : bool
        Whether the first parent of row p is row p of the round before.
    rounds : int
        Number of rounds, at least 1.

    Returns
    -------
    ndarray, shape (n, T, d)
        The rows after the last round.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.
    """
    batch = check_matrix("start", start)
    check_integer("rounds", rounds, low=1)
    size, columns = batch.shape
    # all paths start from one batch: the first round is one matrix product
    drawn = batch_weights(rng, n, weights, anchored=anchored)
    rows: NDArray[np.float64] = (drawn.reshape(-1, size) @ batch).reshape(n, size, columns)
    for _ in range(rounds - 1):
        rows = batch_weights(rng, n, weights, anchored=anchored) @ rows
    return rows


class MixedClasses(NamedTuple):
    """Mixed records of parents that sit at the means of their classes; one entry a record."""

    x: NDArray[np.float64]
    """Weighted sum of the class means."""
    variance: NDArray[np.float64]
    """Variance of the mixed record given the classes: sum of w^2 sd^2."""
    soft: NDArray[np.float64]
    """Soft label, shape (n, classes)."""
    first: NDArray[np.int64]
    """Class of the first parent."""


@jit
def _mix_classes(
    u: Floats,
    edges: Floats,
    means: Floats,
    variances: Floats,
    weights: Floats,
    x: Floats,
    variance: Floats,
    soft: Floats,
    first: NDArray[np.int64],
) -> None:
    parents = weights.size
    for i in range(x.size):
        for t in range(parents):
            number = u[i * parents + t]
            c = 0
            while number >= edges[c]:
                c += 1
            x[i] += weights[t] * means[c]
            variance[i] += weights[t] * weights[t] * variances[c]
            soft[i, c] += weights[t]
            if t == 0:
                first[i] = c


def mixed_classes(
    rng: Generator, n: int, proportions: ArrayLike, means: ArrayLike, sds: ArrayLike, weights: ArrayLike
) -> MixedClasses:
    """Draw `n` mixes of independent parents from a population of classes, with the members integrated out.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of records.
    proportions, means, sds : array_like, shape (classes,)
        Probability, mean and standard deviation of each class.
    weights : array_like, shape (k,)
        Weights of the parents, the first parent first.

    Returns
    -------
    MixedClasses

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.

    Examples
    --------
    >>> import numpy as np
    >>> drawn = mixed_classes(np.random.default_rng(1), 4, [0.5, 0.5], [0.0, 1.0], [1.0, 1.0], [0.8, 0.2])
    >>> bool(np.allclose(drawn.x, drawn.soft[:, 1]))
    True
    """
    n = check_call(rng, n)
    share, centre, sd = (
        check_matrix(name, values, ndim=1)
        for name, values in (("proportions", proportions), ("means", means), ("sds", sds))
    )
    vector = check_matrix("weights", weights, ndim=1)
    if not share.size == centre.size == sd.size:
        raise ValueError(f"proportions, means and sds must have one size, got {share.size}, {centre.size}, {sd.size}")
    edges = np.cumsum(share)
    # a uniform number is below 1, and so must the last edge not be
    edges[-1] = 1.0
    found = MixedClasses(np.zeros(n), np.zeros(n), np.zeros((n, share.size)), np.zeros(n, dtype=np.int64))
    _mix_classes(rng.random(n * vector.size), edges, centre, sd**2, vector, *found)
    return found
