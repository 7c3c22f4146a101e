"""Random numbers for the simulators: mixing weights and the populations that need no formula.

A simulator works in chunks whose buffers stay in the processor's second-level cache. Each stream is filled by whoever
is faster, NumPy (uniform, beta, exponential) or a kernel (normal); both give the same bits for the same generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_generator, check_integer, check_real

__all__ = ["CHUNK", "Draw", "cauchy", "draw_weights", "exponential", "normal", "normal_rows", "rademacher"]

Floats: TypeAlias = NDArray[np.float64]
Draw: TypeAlias = Callable[[Generator, int], Floats]

# 128 KiB a buffer, so that a weight and two parents fit a second-level cache of 512 KiB. Handing a generator to a
# kernel costs 18 microseconds, which a smaller chunk would feel. The size is part of a simulator's stream of random
# numbers: another size gives another, equally valid, stream.
CHUNK = 16384
# below this many normal draws NumPy is done before a kernel has got its generator
_SMALL = 3000


def chunks(n: int, size: int = CHUNK) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of at most `size`."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def width_of(slot: slice) -> int:
    """Return the number of entries of a slice made by `chunks`."""
    return int(slot.stop - slot.start)


def check_law(alpha: float, beta: float, eps0: float, eps1: float) -> tuple[float, float, float, float]:
    """Return the four numbers of an EpBeta law, or say which of them is out of range."""
    # the checks below take 50 microseconds, as long as 2,000 draws
    if type(alpha) is type(beta) is type(eps0) is type(eps1) is float:
        if 0 < alpha < math.inf and 0 < beta < math.inf and 0 <= eps0 < math.inf and 0 <= eps1 < math.inf:
            return alpha, beta, eps0, eps1
    return (
        check_real("alpha", alpha, low=0),
        check_real("beta", beta, low=0),
        check_real("eps0", eps0, low=0, closed="left"),
        check_real("eps1", eps1, low=0, closed="left"),
    )


def check_call(rng: Any, n: Any) -> int:
    """Check the two arguments that every simulator starts with; return the number of units."""
    check_generator(rng)
    return check_integer("n", n, low=1)


def take(draw: Draw, rng: Generator, size: int, *, columns: bool = False) -> Floats:
    """Return `size` draws as float64, after checking what the population handed back."""
    if not callable(draw):
        raise TypeError(f"draw must be a function of (rng, size), got {type(draw).__name__}")
    values = np.ascontiguousarray(draw(rng, size), dtype=np.float64)
    if values.shape[:1] != (size,) or values.ndim != (2 if columns else 1):
        wanted = f"({size}, columns)" if columns else f"({size},)"
        raise ValueError(f"draw must return an array of shape {wanted}, got {values.shape}")
    return values


def take_two(draw: Draw, rng: Generator, size: int, *, columns: bool = False) -> tuple[Floats, Floats]:
    """Return `size` draws for the first parents and as many for the second, from one call of the population."""
    values = take(draw, rng, 2 * size, columns=columns)
    return values[:size], values[size:]


@jit
def _fill_arcsine(rng: Generator, out: Floats) -> None:
    # Johnk's method, which NumPy uses too, for shapes 1/2: squares in place of powers are four times as fast
    for i in range(out.size):
        first, total = 0.0, 0.0
        while total > 1.0 or total == 0.0:
            u = rng.random()
            v = rng.random()
            first = u * u
            total = first + v * v
        out[i] = first / total


def raw_weights(rng: Generator, size: int, alpha: float, beta: float, eps0: float, eps1: float) -> Floats:
    """Draw weights without checks, for the inside of a simulator."""
    # a uniform draw costs 4 ns, one of shapes 1/2 20 ns, any other beta draw 50 to 90 ns
    if alpha == 1.0 and beta == 1.0:
        weights = rng.random(size)
    elif alpha == 0.5 and beta == 0.5:
        weights = np.empty(size)
        _fill_arcsine(rng, weights)
    else:
        weights = rng.beta(alpha, beta, size)
    if eps0 or eps1:
        weights *= 1.0 + eps0 + eps1
        weights -= eps0
    return weights


def draw_weights(
    rng: Generator, n: int, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0
) -> NDArray[np.float64]:
    r"""Draw :math:`\lambda = -\epsilon_0 + (1 + \epsilon_0 + \epsilon_1) B` with :math:`B \sim Beta(\alpha, \beta)`.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of draws, at least 1.
    alpha, beta : float
        Shapes, positive. For ``alpha = beta = 1`` the beta draw is a uniform one (``rng.random``); otherwise it is that
        of ``rng.beta``, for shapes 1/2 up to the last bits.
    eps0, eps1 : float, default 0
        How far the support [-eps0, 1 + eps1] reaches beyond 0 and 1; non-negative.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is no Generator, no number or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> weights = draw_weights(np.random.default_rng(1), 1000, 2.0, 3.0, 0.1, 0.2)
    >>> bool(weights.min() >= -0.1 and weights.max() <= 1.2)
    True
    """
    n = check_call(rng, n)
    return raw_weights(rng, n, *check_law(alpha, beta, eps0, eps1))


@jit
def _fill_normal(rng: Generator, out: Floats) -> None:
    for i in range(out.size):
        out[i] = rng.standard_normal()


def normal(rng: Generator, size: int) -> NDArray[np.float64]:
    """Draw from N(0, 1): the bits of ``rng.standard_normal(size)``, up to twice as fast."""
    if size < _SMALL:
        return rng.standard_normal(size)
    out = np.empty(size)
    _fill_normal(rng, out)
    return out


def exponential(rng: Generator, size: int) -> NDArray[np.float64]:
    """Draw from Exponential(1)."""
    return rng.standard_exponential(size)


def rademacher(rng: Generator, size: int) -> NDArray[np.float64]:
    """Draw -1 or 1 with probability one half each."""
    signs: NDArray[np.float64] = np.where(rng.integers(0, 2, size, dtype=np.int8) == 1, 1.0, -1.0)
    return signs


def cauchy(rng: Generator, size: int) -> NDArray[np.float64]:
    """Draw from the standard Cauchy law."""
    values: NDArray[np.float64] = rng.standard_cauchy(size)
    return values


def normal_rows(covariance: NDArray[np.float64]) -> Draw:
    """Return a population of rows N(0, `covariance`): a function of (rng, size) with result (size, d).

    Raises
    ------
    ValueError
        If `covariance` is not square, symmetric and positive definite.
    """
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T):
        raise ValueError(f"covariance must be a symmetric matrix, got shape {matrix.shape}")
    try:
        factor = np.linalg.cholesky(matrix).T
    except np.linalg.LinAlgError:
        raise ValueError("covariance must be positive definite") from None
    columns = len(matrix)

    def draw(rng: Generator, size: int) -> NDArray[np.float64]:
        rows: NDArray[np.float64] = normal(rng, size * columns).reshape(size, columns) @ factor
        return rows

    return draw
