"""Columns by name, place or mask, and whose value of a nominal column a synthetic row takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_choice, near_matches, shown

__all__ = ["CATEGORICAL_RULES", "column_places", "donor_rows"]

Indices = NDArray[np.int64]

CATEGORICAL_RULES = ("heavier", "vote")

# votes of this many rows are counted at a time
_BLOCK = 16384


def column_places(argument: str, value: Any, names: tuple[Any, ...], named: bool) -> Indices:
    """Return the places of columns given as a mask, as places or, of a table with names (`named`), as names.

    Raises
    ------
    TypeError
        If `value` is no sequence of booleans, integers or names.
    ValueError
        If a mask has another length, a place or name is none of the table, or names are given for a table without them.
    """
    what = f"{argument} must be a sequence of column names, places or booleans"
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        raise TypeError(f"{what}, got {shown(value)}")
    items = value.tolist() if hasattr(value, "tolist") else list(value)
    if items and all(isinstance(item, (bool, np.bool_)) for item in items):
        if len(items) != len(names):
            raise ValueError(f"{argument} as a mask must have {len(names)} entries, one a column, got {len(items)}")
        return np.flatnonzero(items)
    found = []
    for item in items:
        if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            if not 0 <= item < len(names):
                raise ValueError(f"{argument} must have places between 0 and {len(names) - 1}, got {shown(item)}")
            found.append(int(item))
        elif not isinstance(item, str):
            raise TypeError(f"{what}, got the entry {shown(item)}")
        elif not named:
            raise ValueError(f"{argument} must have places, since the columns of X have no names, got {item!r}")
        else:
            if item not in names:
                hint = near_matches(item, [name for name in names if isinstance(name, str)])
                raise ValueError(f"{argument} must have names of columns of X, got {item!r}{hint}")
            found.append(names.index(item))
    return np.unique(np.array(found, dtype=np.int64))


def donor_rows(rule: str, parents: Indices, weights: NDArray[np.float64], nominal: Any, columns: int) -> Indices:
    """Return for each synthetic row and nominal column the place of the real row whose value it takes.

    Parameters
    ----------
    rule : {"heavier", "vote"}
        The parent with the largest weight; or the first parent that has the value whose parents' weights have the
        largest sum. Ties go to the earlier parent.
    parents, weights : ndarray, shape (m, k)
        Places of the parents and their weights.
    nominal : callable
        Returns the codes of the nominal columns, shape (n, d_nominal); it is not called where they do not matter.
    columns : int
        Number of nominal columns.

    Returns
    -------
    ndarray of int64, shape (m, d_nominal)
    """
    check_choice("categorical_rule", rule, CATEGORICAL_RULES)
    m, k = parents.shape
    if rule == "heavier" or k < 3:
        # of two parents the heavier one has the majority, and it has the lead where their values agree
        heaviest = parents[np.arange(m), weights.argmax(axis=1)]
        return np.broadcast_to(heaviest[:, np.newaxis], (m, columns))
    codes = nominal()
    donors = np.empty((m, columns), dtype=np.int64)
    for start in range(0, m, _BLOCK):
        part = slice(start, start + _BLOCK)
        voters = parents[part]
        for column in range(columns):
            values = codes[voters, column]
            votes = np.zeros(voters.shape)
            for voter in range(k):
                votes += (values == values[:, voter, np.newaxis]) * weights[part, voter, np.newaxis]
            donors[part, column] = voters[np.arange(len(voters)), votes.argmax(axis=1)]
    return donors
