"""Who the parents of synthetic rows are: random draws for every pairing scheme, and the sums that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mixtheory._validation import check_choice, check_generator, check_integer
from mixtheory.mixing.kernels.ranks import ranks_to_rows
from mixtheory.mixing.points import DIFFERENT_PARENTS, PAIRINGS

__all__ = ["WHOLE_BATCH", "different_rows", "draw_parents", "weight_matrix"]

WHOLE_BATCH = ("anchored", "permutation", "derangement", "shared")
"""Schemes that give every row its turn, so that a batch has as many rows as the data."""

# A row of n shuffled numbers costs as much as four draws of the square root of n parents with their comparisons.
_SHUFFLE_FROM = 4
_BLOCK = 1 << 20

# A row of a sparse product costs about this many times what its entries cost in a dense one.
_DENSE_FROM = 8


def draw_parents(
    n: int,
    n_parents: int,
    rng: np.random.Generator,
    *,
    pairing: str = "independent",
    size: int | None = None,
) -> NDArray[np.int64]:
    """Draw the parents of a batch of synthetic rows.

    Parameters
    ----------
    n : int
        Number of rows of the data.
    n_parents : int
        Number of parents of a synthetic row.
    rng : numpy.random.Generator
        Source of randomness.
    pairing : {"independent", "distinct", "anchored", "permutation", "derangement", "shared"}
        ``"independent"``: all parents of all rows are iid uniform, a row may meet itself (probability ``1/n``);
        ``"distinct"``: the parents of a row are different, rows are independent;
        ``"anchored"``: row i is the first parent of synthetic row i, the others are different other rows in random
        order, rows are independent;
        ``"permutation"`` and ``"shared"``: row i has the parents ``i, p(i), ...`` with independent uniform
        permutations; ``"derangement"``: the data are shuffled, then parent number t of a row is t places further on,
        cyclically, so that no row meets itself.
    size : int, optional
        Number of synthetic rows, `n` by default. The last four schemes make exactly `n`.

    Returns
    -------
    ndarray of int64, shape (size, n_parents)
        Row numbers of the parents.

    Raises
    ------
    ValueError
        If the arguments are outside their range, `size` differs from `n` where the scheme fixes it, or different
        parents are asked for and there are fewer rows than parents.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.mixing.pairing import draw_parents
    >>> parents = draw_parents(5, 3, np.random.default_rng(0), pairing="anchored")
    >>> parents[:, 0].tolist(), bool((parents[:, 0] == parents[:, 1]).any())
    ([0, 1, 2, 3, 4], False)
    """
    n = check_integer("n", n, low=1)
    n_parents = check_integer("n_parents", n_parents, low=1)
    check_generator(rng)
    check_choice("pairing", pairing, PAIRINGS)
    size = n if size is None else check_integer("size", size, low=1)
    if pairing in WHOLE_BATCH and size != n:
        raise ValueError(f"pairing {pairing!r} makes as many rows as the data have ({n}), got size {size}")
    if pairing in DIFFERENT_PARENTS and n < n_parents:
        raise ValueError(f"pairing {pairing!r} needs at least {n_parents} row(s), got {n}")
    if pairing == "independent":
        return rng.integers(n, size=(size, n_parents))
    if pairing == "distinct":
        return different_rows(n, n_parents, size, rng)
    parents = np.empty((n, n_parents), dtype=np.int64)
    if pairing == "derangement":
        order = rng.permutation(n)
        for t in range(n_parents):
            parents[:, t] = np.roll(order, -t)
        return parents
    parents[:, 0] = np.arange(n)
    if pairing == "anchored":
        others = different_rows(n - 1, n_parents - 1, n, rng)
        parents[:, 1:] = others + (others >= parents[:, :1])
        return parents
    for t in range(1, n_parents):
        parents[:, t] = rng.permutation(n)
    return parents


def different_rows(n: int, n_parents: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw ordered uniform draws without replacement from ``range(n)``: array (size, n_parents), rows independent.

    Few parents are ranks among the rows left, which skip those taken; many are the head of a shuffled row.
    """
    parents = np.empty((size, n_parents), dtype=np.int64)
    if n_parents**2 <= _SHUFFLE_FROM * n:
        for t in range(n_parents):
            parents[:, t] = rng.integers(n - t, size=size)
        ranks_to_rows(parents)
        return parents
    rows = max(_BLOCK // n, 1)
    for start in range(0, size, rows):
        block = parents[start : start + rows]
        block[:] = rng.permuted(np.broadcast_to(np.arange(n), (len(block), n)), axis=1)[:, :n_parents]
    return parents


def weight_matrix(parents: NDArray[np.int64], vectors: NDArray[Any], n: int) -> NDArray[Any] | sparse.csr_array:
    """Return the weights of synthetic rows over `n` rows of data, sparse where few of them are parents.

    Parameters
    ----------
    parents : ndarray of int64, shape (size, n_parents)
        From `draw_parents`; the weights of a parent that comes twice add up.
    vectors : ndarray, shape (size, n_parents) or (1, n_parents)
        Weight vectors, one a row or one for all.
    n : int
        Number of rows of the data.

    Returns
    -------
    ndarray or scipy.sparse.csr_array, shape (size, n)
        Its product with the data is the synthetic rows.
    """
    size, n_parents = parents.shape
    entries = np.broadcast_to(vectors, parents.shape).ravel()
    starts = np.arange(0, parents.size + 1, n_parents)
    matrix = sparse.csr_array((entries, parents.ravel(), starts), shape=(size, n))
    return matrix.toarray() if _DENSE_FROM * n_parents >= n else matrix
