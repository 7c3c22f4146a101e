r"""How a finite sample is paired: one compiled step a scheme, from numbers on [0, 1) to mixed values.

======================  ===================================================================================
``"independent"``       both parents uniform with replacement, also for the same record; a weight a record
``"distinct"``          the two parents differ; pairs independent of each other; a weight a record
``"permutation"``       every record with its image under a uniform permutation; a weight a record
``"derangement"``       shuffled, then paired by a random cyclic shift (no record with itself); a weight a record
``"shared"``            a uniform permutation, and one weight for the whole batch
======================  ===================================================================================

A uniform number is used up digit by digit: :math:`n u` gives an index as its whole part and leaves its fraction,
uniform again and independent of the index, for the next index and for a uniform weight. One draw (4 ns) then serves a
record, where two bounded integers and a weight would cost 100 ns. What is left of 53 bits is :math:`53 - 2 \log_2 n`,
so above `SPLIT_LIMIT` records each number is drawn by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_choice, check_integer, check_matrix
from mixtheory.mixing.kernels.draws import Floats, check_call, check_law, chunks, raw_weights

__all__ = ["SCHEMES", "mix_sample", "mix_table", "pair_indices", "sample_pairs"]

SCHEMES = ("independent", "distinct", "permutation", "derangement", "shared")
SPLIT_LIMIT = 2048  # 31 bits are left to the weight: its law is exact to 5e-10


# The steps read flat buffers from an offset: a view for each batch of ten records would cost three times the mixing.


@jit
def step_independent(
    values: Floats, u: Floats, v: Floats, weights: Floats, at: int, low: float, width: float, out: Floats
) -> None:
    n = values.size
    for k in range(out.size):
        scaled = u[at + k] * n
        i = np.intp(scaled)
        scaled = (scaled - i if v.size == 0 else v[at + k]) * n
        j = np.intp(scaled)
        weight = low + width * (scaled - j) if weights.size == 0 else weights[at + k]
        out[k] = values[j] + weight * (values[i] - values[j])


@jit
def step_distinct(
    values: Floats, u: Floats, v: Floats, weights: Floats, at: int, low: float, width: float, out: Floats
) -> None:
    n = values.size
    for k in range(out.size):
        scaled = u[at + k] * n
        i = np.intp(scaled)
        scaled = (scaled - i if v.size == 0 else v[at + k]) * (n - 1)
        j = np.intp(scaled)
        weight = low + width * (scaled - j) if weights.size == 0 else weights[at + k]
        if j >= i:  # the j-th of the records other than i
            j += 1
        out[k] = values[j] + weight * (values[i] - values[j])


@jit
def step_permutation(
    values: Floats, u: Floats, weights: Floats, at: int, low: float, width: float, out: Floats
) -> None:
    # Fisher-Yates from the top: once place k is filled it is not touched again, so it can be mixed at once
    n = values.size
    for k in range(n):
        out[k] = values[k]
    for k in range(n - 1, -1, -1):
        scaled = u[at + k] * (k + 1)
        i = np.intp(scaled)
        weight = low + width * (scaled - i) if weights.size == 0 else weights[at + k]
        partner = out[i]
        out[i] = out[k]
        out[k] = partner + weight * (values[k] - partner)


@jit
def step_derangement(
    values: Floats, u: Floats, shift: float, weights: Floats, at: int, low: float, width: float, out: Floats
) -> None:
    n = values.size
    apart = 1 + np.intp(shift * (n - 1))
    for k in range(n - 1, -1, -1):
        i = np.intp(u[at + k] * (k + 1))
        value = values[i]
        values[i] = values[k]
        values[k] = value
    for k in range(n):
        j = k + apart
        if j >= n:
            j -= n
        if weights.size == 0:
            scaled = u[at + k] * (k + 1)
            weight = low + width * (scaled - np.intp(scaled))
        else:
            weight = weights[at + k]
        out[k] = values[j] + weight * (values[k] - values[j])


@jit
def step_shared(values: Floats, u: Floats, at: int, weight: float, out: Floats) -> None:
    n = values.size
    for k in range(n):
        out[k] = values[k]
    for k in range(n - 1, -1, -1):
        i = np.intp(u[at + k] * (k + 1))
        partner = out[i]
        out[i] = out[k]
        out[k] = partner + weight * (values[k] - partner)


@jit
def mix_step(
    scheme: int,
    values: Floats,
    batch: int,
    u: Floats,
    v: Floats,
    weights: Floats,
    low: float,
    width: float,
    out: Floats,
) -> None:
    """Mix one batch: `values` to `out` by the scheme of that number, with the numbers of the batch-th batch.

    `u` holds ``out.size`` uniform numbers a batch. `v` holds the second indices of "independent" and "distinct" (empty:
    they come from `u`), the shifts of "derangement", and nothing else. `weights` holds one weight a record ("shared": a
    batch); if empty, a weight is low + width * U with the U that the indices leave over. A derangement leaves `values`
    shuffled.
    """
    at = batch * out.size
    if scheme == 0:
        step_independent(values, u, v, weights, at, low, width, out)
    elif scheme == 1:
        step_distinct(values, u, v, weights, at, low, width, out)
    elif scheme == 2:
        step_permutation(values, u, weights, at, low, width, out)
    elif scheme == 3:
        step_derangement(values, u, v[batch], weights, at, low, width, out)
    else:
        step_shared(values, u, at, weights[batch], out)


def batch_numbers(
    rng: Generator, scheme: int, batches: int, size: int, n: int, law: tuple[float, float, float, float]
) -> tuple[Floats, Floats, Floats]:
    """Draw u, v and weights of `mix_step` for `batches` batches of `size` records from `n`."""
    u = rng.random(batches * size)
    second = batches * size if scheme <= 1 and n > SPLIT_LIMIT else batches if scheme == 3 else 0
    v = rng.random(second)
    drawn = batches if scheme == 4 else batches * size
    if scheme != 4 and law[0] == 1.0 and law[1] == 1.0 and n <= SPLIT_LIMIT:
        drawn = 0
    return u, v, raw_weights(rng, drawn, *law)


def check_scheme(scheme: str, n: int) -> int:
    """Return the number of a pairing scheme, or say what is wrong with it."""
    number = SCHEMES.index(check_choice("scheme", scheme, SCHEMES))
    if n < 2 and scheme in ("distinct", "derangement"):
        raise ValueError(f"scheme {scheme!r} needs at least 2 records, got {n}")
    return number


def sample_pairs(
    rng: Generator,
    n: int,
    data: ArrayLike,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    scheme: str = "independent",
) -> NDArray[np.float64]:
    """Draw `n` independent mixed values from the records of a fixed sample.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of mixed values.
    data : array_like, shape (m,)
        The sample; every pair is drawn from it afresh.
    alpha, beta, eps0, eps1 : float
        The weight law.
    scheme : {"independent", "distinct"}
        Whether a record may be paired with itself.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> values = sample_pairs(np.random.default_rng(1), 1000, [0, 1, 2, 4, 9], 1.0, 1.0, scheme="distinct")
    >>> bool(values.min() >= 0 and values.max() <= 9)
    True
    """
    n = check_call(rng, n)
    check_choice("scheme", scheme, SCHEMES[:2])
    values = check_matrix("data", data, ndim=1)
    number = check_scheme(scheme, values.size)
    law = check_law(alpha, beta, eps0, eps1)
    out = np.empty(n)
    for slot in chunks(n):
        _mix_once(rng, number, values, law, out[slot])
    return out


def _mix_once(rng: Generator, number: int, values: Floats, law: tuple[float, float, float, float], out: Floats) -> None:
    u, v, weights = batch_numbers(rng, number, 1, out.size, values.size, law)
    mix_step(number, values, 0, u, v, weights, -law[2], 1.0 + law[2] + law[3], out)


def mix_sample(
    rng: Generator,
    data: ArrayLike,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    scheme: str = "independent",
) -> NDArray[np.float64]:
    """Make one synthetic batch of the size of a sample; the entries depend on each other as the scheme has it.

    Parameters
    ----------
    rng : numpy.random.Generator
    data : array_like, shape (n,)
    alpha, beta, eps0, eps1 : float
        The weight law.
    scheme : {"independent", "distinct", "permutation", "derangement", "shared"}
        See the module.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the scheme needs more records.
    """
    values = check_matrix("data", data, ndim=1).copy()
    check_call(rng, values.size)
    number = check_scheme(scheme, values.size)
    out = np.empty(values.size)
    _mix_once(rng, number, values, check_law(alpha, beta, eps0, eps1), out)
    return out


def pair_indices(
    rng: Generator, n: int, scheme: str = "independent", *, size: int | None = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw the indices of both parents by a pairing scheme, with the code that mixes values.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of records.
    scheme : str
        See the module.
    size : int, optional
        Number of pairs, default `n`. Only "independent" and "distinct" make other sizes.

    Returns
    -------
    first, second : ndarray of int, shape (size,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the scheme makes no batch of that size.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = pair_indices(np.random.default_rng(1), 5, "derangement")
    >>> bool((first != second).all())
    True
    """
    n = check_call(rng, n)
    number = check_scheme(scheme, n)
    size = n if size is None else check_integer("size", size, low=1)
    if number >= 2 and size != n:
        raise ValueError(f"size must be n = {n} for scheme {scheme!r}, got {size}")
    u, v, _ = batch_numbers(rng, number, 1, size, n, (1.0, 1.0, 0.0, 0.0))
    parents = []
    for weight in (1.0, 0.0):  # with weight 1 the mixed record is its first parent, with weight 0 its second
        out = np.empty(size)
        mix_step(number, np.arange(n, dtype=np.float64), 0, u, v, np.full(size, weight), 0.0, 1.0, out)
        parents.append(out.astype(np.intp))
    return parents[0], parents[1]


def mix_table(
    rng: Generator,
    table: ArrayLike,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    scheme: str = "independent",
    size: int | None = None,
) -> NDArray[np.float64]:
    """Make one synthetic table from the rows of `table`: one weight a row (for "shared": one a table).

    Parameters
    ----------
    rng : numpy.random.Generator
    table : array_like, shape (n, d)
    alpha, beta, eps0, eps1 : float
        The weight law.
    scheme : str
        See the module.
    size : int, optional
        Number of rows, default that of `table`.

    Returns
    -------
    ndarray, shape (size, d)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> mix_table(np.random.default_rng(1), np.eye(3), 1.0, 1.0, scheme="distinct", size=7).shape
    (7, 3)
    """
    rows = check_matrix("table", table)
    law = check_law(alpha, beta, eps0, eps1)
    first, second = pair_indices(rng, len(rows), scheme, size=size)
    weights = raw_weights(rng, 1 if scheme == "shared" else first.size, *law)[:, np.newaxis]
    mixed: NDArray[np.float64] = rows[second] + weights * (rows[first] - rows[second])
    return mixed
