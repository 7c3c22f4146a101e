"""How many synthetic rows to make, and how they are shared out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_integer, check_real, shown

__all__ = ["allocate", "row_count"]

Indices = NDArray[np.int64]


def allocate(n_select: int, counts: ArrayLike) -> Indices:
    """Share out `n_select` in proportion to `counts` by the largest remainder; among equal remainders the first.

    Parameters
    ----------
    n_select : int
        What to share out, at least 0.
    counts : array_like, shape (k,)
        Integers >= 0, not all 0.

    Returns
    -------
    ndarray of int64, shape (k,)
        Whole numbers with sum `n_select`, each within 1 of its exact share.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or negative, or no count is positive.

    Examples
    --------
    >>> allocate(10, [5, 3, 1]).tolist()
    [6, 3, 1]
    """
    n_select = check_integer("n_select", n_select, low=0)
    weights = [check_integer("counts", count, low=0) for count in np.asarray(counts).tolist()]
    total = sum(weights)
    if not total:
        raise ValueError(f"counts must hold a number > 0, got {shown(counts)}")
    # in integers of any length, so that equal remainders are equal
    shares = [divmod(n_select * weight, total) for weight in weights]
    whole = np.array([share for share, _ in shares], dtype=np.int64)
    order = sorted(range(len(shares)), key=lambda k: -shares[k][1])
    whole[order[: n_select - int(whole.sum())]] += 1
    return whole


def row_count(amount: Any, rows: int) -> int:
    """Return the number of synthetic rows: an integer itself, another number as a multiple of `rows`, rounded.

    Raises
    ------
    TypeError, ValueError
        If `amount` is no number, negative or not finite.

    Examples
    --------
    >>> row_count(7, 100), row_count(0.5, 101)
    (7, 50)
    """
    if isinstance(amount, str) or amount is None:
        raise ValueError(f"amount must be None, 'auto', an integer >= 0 or a ratio >= 0, got {shown(amount)}")
    if isinstance(amount, (bool, np.bool_, int, np.integer)):
        return check_integer("amount", amount, low=0)
    return round(check_real("amount", amount, low=0.0, closed="left") * rows)
