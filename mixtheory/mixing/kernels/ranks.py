"""Different rows from ranks among the rows that are left: the parents of many synthetic rows side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit

__all__ = ["ranks_to_rows"]

Integers = NDArray[np.int64]

# synthetic rows side by side: their parents so far stay in the cache, and a processor compares several at once
_LANES = 64


@jit
def ranks_to_rows(ranks: Integers) -> None:
    r"""Turn ranks among the rows that are left into the rows themselves, in place.

    Entry t of a row is the rank of its parent t among the rows that parents 0 to t - 1 left, so it is below n - t; from
    independent uniform ranks come uniformly ordered draws of different rows. Held against the rows taken so far in
    their order, a rank grows by one for each that is not above it; from the first one above it on it takes their places
    and pushes them on, which keeps the order. Of k parents that is :math:`O(k^2)` steps without a branch. Derived in
    this project.

    Parameters
    ----------
    ranks : ndarray of int64, shape (size, k)
        Column t between 0 and n - t - 1.
    """
    size, members = ranks.shape
    taken = np.empty((members, _LANES), np.int64)
    carried, rows = np.empty(_LANES, np.int64), np.empty(_LANES, np.int64)
    for start in range(0, size, _LANES):
        block = ranks[start : start + _LANES]
        lanes = len(block)
        for t in range(members):
            for i in range(lanes):
                carried[i] = rows[i] = block[i, t]
            for s in range(t):
                place = taken[s]
                for i in range(lanes):
                    low, high = place[i], carried[i]
                    # a row that is pushed on is below the next one, so nothing but the rank itself passes
                    passed = high >= low
                    rows[i] += passed
                    place[i] = low if passed else high
                    carried[i] = high + 1 if passed else low
            place = taken[t]
            for i in range(lanes):
                place[i] = carried[i]
                block[i, t] = rows[i]
