r"""Simulators of mixed pairs from an infinite population: :math:`\tilde x = \lambda x_i + (1 - \lambda) x_j`.

Weights and both parents are independent draws, so every returned entry is an independent unit. A population is a
function ``draw(rng, size)``; a weight law is its four numbers ``alpha, beta, eps0, eps1``. No theory enters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_integer, check_real
from mixtheory.mixing.kernels.draws import (
    Draw,
    Floats,
    check_call,
    check_law,
    chunks,
    raw_weights,
    take_two,
    width_of,
)

__all__ = ["mix_columns", "mix_pairs", "mix_rows", "pair_moments", "pair_powers", "row_moments"]


@jit
def mix_values(weights: Floats, first: Floats, second: Floats, out: Floats) -> None:
    for i in range(out.size):
        out[i] = second[i] + weights[i] * (first[i] - second[i])


@jit
def _mix_rows(weights: Floats, first: Floats, second: Floats, out: Floats) -> None:
    rows, columns = out.shape
    common = weights.shape[1] == 1
    for i in range(rows):
        for k in range(columns):
            weight = weights[i, 0] if common else weights[i, k]
            out[i, k] = second[i, k] + weight * (first[i, k] - second[i, k])


@jit
def raise_deviations(values: Floats, center: float, power: int) -> None:
    # the common powers apart: a loop over the power would not be vectorised
    if power == 2:
        for i in range(values.size):
            deviation = values[i] - center
            values[i] = deviation * deviation
    elif power == 3:
        for i in range(values.size):
            deviation = values[i] - center
            values[i] = deviation * deviation * deviation
    elif power == 4:
        for i in range(values.size):
            square = (values[i] - center) * (values[i] - center)
            values[i] = square * square
    else:
        for i in range(values.size):
            deviation = values[i] - center
            result = 1.0
            for _ in range(power):
                result *= deviation
            values[i] = result


@jit
def _add_power_sums(weights: Floats, first: Floats, second: Floats, center: float, sums: Floats) -> None:
    one, two, three, four = 0.0, 0.0, 0.0, 0.0
    for i in range(weights.size):
        deviation = second[i] + weights[i] * (first[i] - second[i]) - center
        square = deviation * deviation
        one += deviation
        two += square
        three += square * deviation
        four += square * square
    sums[0] += one
    sums[1] += two
    sums[2] += three
    sums[3] += four


def mix_pairs(
    rng: Generator, n: int, draw: Draw, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0
) -> NDArray[np.float64]:
    r"""Draw `n` independent values of :math:`\tilde x = \lambda x_i + (1 - \lambda) x_j`.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of mixed values, at least 1.
    draw : callable
        The population: ``draw(rng, size)`` returns `size` independent values.
    alpha, beta, eps0, eps1 : float
        The weight law: -eps0 + (1 + eps0 + eps1) Beta(alpha, beta).

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or `draw` returns another shape.

    Examples
    --------
    >>> import numpy as np
    >>> mix_pairs(np.random.default_rng(1), 4, np.random.Generator.standard_normal, 2.0, 5.0).shape
    (4,)
    """
    n = check_call(rng, n)
    law = check_law(alpha, beta, eps0, eps1)
    out = np.empty(n)
    for slot in chunks(n):
        size = width_of(slot)
        weights = raw_weights(rng, size, *law)
        mix_values(weights, *take_two(draw, rng, size), out[slot])
    return out


def pair_powers(
    rng: Generator,
    n: int,
    draw: Draw,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    power: int = 2,
    center: float = 0.0,
) -> NDArray[np.float64]:
    r"""Draw `n` independent values of :math:`(\tilde x - c)^k`.

    Parameters
    ----------
    rng, n, draw, alpha, beta, eps0, eps1
        As in `mix_pairs`.
    power : int, default 2
        The exponent k, at least 0.
    center : float, default 0
        The centre c; with the population mean the average estimates a central moment without bias.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        As in `mix_pairs`.
    """
    power = check_integer("power", power, low=0)
    center = check_real("center", center)
    values = mix_pairs(rng, n, draw, alpha, beta, eps0, eps1)
    raise_deviations(values, center, power)
    return values


def pair_moments(
    rng: Generator,
    n: int,
    draw: Draw,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    center: float = 0.0,
) -> NDArray[np.float64]:
    r"""Average :math:`(\tilde x - c)^k` for k = 1, 2, 3, 4 over `n` pairs, in memory that does not grow with `n`.

    The random numbers are those of `mix_pairs`: the result is the mean of its values' powers, up to rounding.

    Parameters
    ----------
    rng, n, draw, alpha, beta, eps0, eps1
        As in `mix_pairs`.
    center : float, default 0
        The centre c.

    Returns
    -------
    ndarray, shape (4,)
        Means of the first four powers.

    Raises
    ------
    TypeError, ValueError
        As in `mix_pairs`.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.Generator.standard_exponential
    >>> moments = pair_moments(np.random.default_rng(1), 10_000, draws, 1.0, 1.0, center=1.0)
    >>> bool(abs(moments[1] - 2 / 3) < 0.2)
    True
    """
    n = check_call(rng, n)
    law = check_law(alpha, beta, eps0, eps1)
    center = check_real("center", center)
    sums = np.zeros(4)
    for slot in chunks(n):
        size = width_of(slot)
        weights = raw_weights(rng, size, *law)
        _add_power_sums(weights, *take_two(draw, rng, size), center, sums)
    return sums / n


def _row_weights(rng: Generator, size: int, laws: Sequence[tuple[float, float, float, float]]) -> Floats:
    return np.column_stack([raw_weights(rng, size, *law) for law in laws])


def _check_laws(laws: Sequence[Sequence[float]]) -> list[tuple[float, float, float, float]]:
    checked = []
    for law in laws:
        numbers = tuple(law)
        if not 2 <= len(numbers) <= 4:
            raise ValueError(f"laws must hold (alpha, beta) or (alpha, beta, eps0, eps1) for each column, got {law!r}")
        checked.append(check_law(*(*numbers, 0.0, 0.0)[:4]))
    if not checked:
        raise ValueError("laws must hold at least one weight law, got none")
    return checked


def mix_rows(
    rng: Generator, n: int, draw: Draw, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0
) -> NDArray[np.float64]:
    """Draw `n` independent mixed rows; one weight a row, shared by its columns.

    Parameters
    ----------
    rng, n, alpha, beta, eps0, eps1
        As in `mix_pairs`.
    draw : callable
        ``draw(rng, size)`` returns an array (size, d) of independent rows, for example `normal_rows`.

    Returns
    -------
    ndarray, shape (n, d)

    Raises
    ------
    TypeError, ValueError
        As in `mix_pairs`.
    """
    return mix_columns(rng, n, draw, [(alpha, beta, eps0, eps1)])


def mix_columns(rng: Generator, n: int, draw: Draw, laws: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    r"""Draw `n` independent mixed rows with separate weights.

    Column k of a row is :math:`\tilde x_k = \lambda_k x_{ik} + (1-\lambda_k) x_{jk}`.

    Parameters
    ----------
    rng, n, draw
        As in `mix_rows`.
    laws : sequence of tuples (alpha, beta, eps0, eps1) or (alpha, beta)
        One law a column, the weights of different columns independent; a single law means one common weight a row.

    Returns
    -------
    ndarray, shape (n, d)

    Raises
    ------
    TypeError, ValueError
        As in `mix_pairs`, or if the number of laws is neither 1 nor the number of columns.
    """
    n = check_call(rng, n)
    checked = _check_laws(laws)
    blocks = []
    for slot in chunks(n):
        size = width_of(slot)
        weights = _row_weights(rng, size, checked)
        first, second = take_two(draw, rng, size, columns=True)
        if len(checked) not in (1, first.shape[1]):
            raise ValueError(f"laws must hold 1 or {first.shape[1]} weight laws, got {len(checked)}")
        out = np.empty_like(first)
        _mix_rows(weights, first, second, out)
        blocks.append(out)
    return np.concatenate(blocks)


def row_moments(
    rng: Generator, n: int, draw: Draw, laws: Sequence[Sequence[float]], *, center: float | NDArray[np.float64] = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average mixed rows and their products about `center`, in memory that does not grow with `n`.

    Parameters
    ----------
    rng, n, draw, laws
        As in `mix_columns`.
    center : float or ndarray, shape (d,)
        Subtracted from each row; with the population mean the second result estimates the covariance without bias.

    Returns
    -------
    mean : ndarray, shape (d,)
        Mean of the rows less `center`.
    products : ndarray, shape (d, d)
        Mean of the outer products of the rows less `center`.

    Raises
    ------
    TypeError, ValueError
        As in `mix_columns`.
    """
    n = check_call(rng, n)
    mean: Floats | float = 0.0
    products: Floats | float = 0.0
    for slot in chunks(n):
        rows = mix_columns(rng, width_of(slot), draw, laws) - center
        mean = mean + rows.sum(axis=0)
        products = products + rows.T @ rows
    return np.asarray(mean / n), np.asarray(products / n)
