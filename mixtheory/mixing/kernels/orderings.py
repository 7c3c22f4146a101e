r"""Matrices of weights over the members of a batch: each row is a weight vector in a uniformly random order.

A row is shuffled in place by the algorithm of Fisher and Yates, without a matrix of indices beside it. A uniform number
of the generator is an integer over :math:`2^{53}` and serves for several bounded integers: the high part of its product
with the first bound is the first integer, the low part goes on to the next bound. The few numbers that would make some
results likelier than others are recognised by the last low part and rejected with their row, so every order has exactly
the same probability (N. Brackett-Rozinsky and D. Lemire, Softw. Pract. Exp. 55:1, 2025). All numbers come from one call
of the generator: to hand a generator to a kernel costs as much as the weights of a small batch.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_flag, check_generator, check_integer

__all__ = ["ordered_weights", "shuffled_weights"]

Float = TypeVar("Float", np.float32, np.float64)

# Numbers drawn at once: their 128 KiB stay in the cache of the core until they are used.
BLOCK = 16_384


@jit
def fill_rows(
    vectors: NDArray[Any],
    numbers: NDArray[np.float64],
    bits: int,
    shuffles: int,
    anchored: bool,
    start: int,
    out: NDArray[Any],
) -> int:
    """Fill rows of `out` from `start` on, each with a row of `numbers`; return the first one that is not filled.

    The first `bits` bits of a number serve for `shuffles` places. A rejected number ends the call.
    """
    members = out.shape[1]
    fixed = 1 if anchored else 0  # the first parent keeps out of the shuffle until its place is known
    unused, full = np.uint64(53 - bits), np.uint64(1) << np.uint64(bits)
    for i in range(len(numbers)):
        p = start + i
        vector, row = vectors[p % vectors.shape[0]], out[p]
        for k in range(members):
            row[k] = vector[k]
        top = members - 1
        for number in numbers[i]:
            left = np.uint64(number * 9007199254740992.0) >> unused
            bounds = np.uint64(1)
            stop = max(top - shuffles, fixed)
            for k in range(top, stop, -1):
                bound = np.uint64(k + 1 - fixed)
                bounds *= bound
                product = left * bound
                left = product & (full - np.uint64(1))
                j = fixed + np.intp(product >> np.uint64(bits))
                weight = row[j]
                row[j] = row[k]
                row[k] = weight
            # the remainder of 2^bits costs a division, and is below the product of the bounds
            if left < bounds and left < full % bounds:
                return p
            top = stop
        if anchored:
            anchor = p % members
            row[0] = row[anchor]
            row[anchor] = vector[0]
    return start + len(numbers)


def ordered_weights(rng: Generator, vectors: NDArray[Float], rows: int, *, anchored: bool = False) -> NDArray[Float]:
    r"""Draw a matrix of weights over the T members of a batch, one row a synthetic record.

    Parameters
    ----------
    rng : numpy.random.Generator
    vectors : ndarray of float32 or float64, shape (1, T) or (rows, T)
        One vector of weights for all rows, or one a row, the weight of the first parent first.
    rows : int
        Number of rows.
    anchored : bool
        False: the T! orders of a row are equally likely. True: the first weight of row p is at column p mod T, and the
        (T - 1)! orders of the others are equally likely. Rows are independent either way.

    Returns
    -------
    ndarray, shape (rows, T)
        The weights, of the dtype of `vectors`: the same orders for both dtypes.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or dtype.

    Examples
    --------
    >>> import numpy as np
    >>> ordered_weights(np.random.default_rng(1), np.array([[0.7, 0.2, 0.1]]), 3, anchored=True).diagonal()
    array([0.7, 0.7, 0.7])
    """
    check_generator(rng)
    rows = check_integer("rows", rows, low=1)
    anchored = check_flag("anchored", anchored)
    if vectors.dtype.char not in "fd":
        raise TypeError(f"vectors must be of dtype float32 or float64, got {vectors.dtype}")
    if vectors.ndim != 2 or vectors.shape[0] not in (1, rows) or vectors.shape[1] < 1:
        raise ValueError(f"vectors must have shape (1, T) or ({rows}, T) with T >= 1, got {vectors.shape}")
    return shuffled_weights(rng, vectors, rows, anchored)


@cache
def _layout(members: int, anchored: bool) -> tuple[int, int, int]:
    """Return the bits of a number that serve, for how many places they do, and the numbers that a row takes."""
    width = max((members - 1).bit_length(), 1)
    bits = min(53, 64 - width)  # a number times a bound fits into 64 bits
    shuffles = max((bits - 16) // width, 1)  # the bounds of a number leave 16 bits, so one of 65,536 is rejected
    return bits, shuffles, -(-max(members - 1 - anchored, 0) // shuffles)


def shuffled_weights(rng: Generator, vectors: NDArray[Float], rows: int, anchored: bool) -> NDArray[Float]:
    """Do what `ordered_weights` does without its checks, which cost as much as the orders of a small batch."""
    members = vectors.shape[1]
    bits, shuffles, each = _layout(members, anchored)
    out = np.empty((rows, members), dtype=vectors.dtype)
    done = 0
    while done < rows:
        numbers = rng.random((min(rows - done, BLOCK // max(each, 1) + 1), each))
        done = fill_rows(vectors, numbers, bits, shuffles, anchored, done, out)
    return out
