r"""Weighted sums of rows of a table, gathered and added up in one pass.

With :math:`p_0, p_1, \ldots` the parents of a synthetic row and :math:`\sum_t w_t = 1` it is computed as

.. math:: x_{p_0} + \sum_{t\ge1} w_t (x_{p_t} - x_{p_0}),

so a column that is the same in all parents stays what it is to the last bit, and the weight of the first parent is not
used. Stretched by a factor s about a centre c, a row is :math:`c + s (\tilde x - c)`. No copies of the parents are made
and nothing is drawn, so blocks of rows can be filled by several threads with the same result.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_integer, check_real, shown

__all__ = ["mixed_rows"]

Float = TypeVar("Float", np.float32, np.float64)

# The memory of a usual machine is busy with two.
_MOST_THREADS = 2
# Numbers of parents that a thread adds up at once: about a millisecond, beside which a thread costs little.
_BLOCK = 1 << 20


@jit
def fill_mixed_rows(
    rows: NDArray[Any],
    parents: NDArray[np.int64],
    weights: NDArray[Any],
    centre: NDArray[Any],
    stretch: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Fill `out`; `weights` times the scale, of one row for all or one each; `stretch` is empty or the scale less 1."""
    count, members = parents.shape
    columns = rows.shape[1]
    shared = weights.shape[0] == 1
    for i in range(count):
        vector = weights[0 if shared else i]
        target, first, second = out[i], rows[parents[i, 0]], rows[parents[i, 1]]
        weight = vector[1]
        for c in range(columns):
            target[c] = first[c] + weight * (second[c] - first[c])
        for t in range(2, members):
            weight = vector[t]
            other = rows[parents[i, t]]
            for c in range(columns):
                target[c] += weight * (other[c] - first[c])
        if stretch.size:
            more = stretch[0]
            for c in range(columns):
                target[c] += more * (first[c] - centre[c])


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def mixed_rows(
    rows: NDArray[Float],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    centre: NDArray[np.float64] | None = None,
    scale: float = 1.0,
    out: NDArray[Float] | None = None,
    threads: int | None = None,
) -> NDArray[Float]:
    r"""Return weighted sums of rows, stretched about a centre if one is given: :math:`c + s(\sum_t w_t x_{p_t} - c)`.

    Parameters
    ----------
    rows : ndarray of float32 or float64, shape (n, d)
        The table, in C order.
    parents : ndarray of int64, shape (m, k)
        Places of the k >= 2 parents of every synthetic row.
    weights : ndarray, shape (m, k) or (1, k)
        Their weights, one vector a row or one for all; a vector sums to one, and its first entry is not read.
    centre : ndarray, shape (d,), optional
        The centre c; needed with a `scale` other than 1.
    scale : float
        The factor s, > 0.
    out : ndarray, shape (m, d), optional
        Where to write, of the dtype of `rows`.
    threads : int, optional
        Number of threads, by default two where there are two cores and the work is worth it. The result is the same.

    Returns
    -------
    ndarray, shape (m, d)
        Of the dtype of `rows`, in which all sums are made. Overflow shows as an infinite value or NaN.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong dtype, shape or range.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0, 7.0], [4.0, 7.0]])
    >>> mixed_rows(rows, np.array([[0, 1], [1, 0]]), np.array([[0.75, 0.25]])).tolist()
    [[1.0, 7.0], [3.0, 7.0]]
    """
    if rows.dtype.char not in "fd" or rows.ndim != 2 or not rows.flags.c_contiguous:
        raise TypeError(f"rows must be a float32 or float64 matrix in C order, got {rows.dtype}, shape {rows.shape}")
    if parents.dtype != np.int64 or parents.ndim != 2 or parents.shape[1] < 2:
        raise TypeError(f"parents must be int64 of shape (m, k) with k >= 2, got {parents.dtype}, {parents.shape}")
    count = len(parents)
    if weights.shape not in ((1, parents.shape[1]), parents.shape):
        raise ValueError(f"weights must have shape {parents.shape} or (1, {parents.shape[1]}), got {weights.shape}")
    if count and (parents.min() < 0 or parents.max() >= len(rows)):
        raise ValueError(f"parents must be between 0 and {len(rows) - 1}, got {parents.min()} to {parents.max()}")
    scale = check_real("scale", scale, low=0.0)
    if scale != 1.0 and centre is None:
        raise ValueError(f"centre must be given with scale {shown(scale)}")
    shape = (count, rows.shape[1])
    if out is None:
        out = np.empty(shape, dtype=rows.dtype)
    elif out.shape != shape or out.dtype != rows.dtype:
        raise ValueError(f"out must have shape {shape} and dtype {rows.dtype}, got {out.shape} and {out.dtype}")
    dtype = rows.dtype
    vectors = np.ascontiguousarray(weights if scale == 1.0 else scale * weights, dtype=dtype)
    middle = np.zeros(0, dtype=dtype) if centre is None else np.asarray(centre, dtype=dtype)
    stretch = np.full(0 if scale == 1.0 else 1, scale - 1.0, dtype=dtype)

    def fill(start: int, stop: int) -> None:
        chosen = vectors if len(vectors) == 1 else vectors[start:stop]
        fill_mixed_rows(rows, parents[start:stop], chosen, middle, stretch, out[start:stop])

    block = max(_BLOCK // max(rows.shape[1] * parents.shape[1], 1), 1)
    wanted = min(_usable_cores(), _MOST_THREADS) if threads is None else check_integer("threads", threads, low=1)
    if wanted == 1 or count <= block:
        fill(0, count)
        return out
    starts = range(0, count, block)
    with ThreadPoolExecutor(wanted) as pool:
        for done in [pool.submit(fill, start, min(start + block, count)) for start in starts]:
            done.result()
    return out
