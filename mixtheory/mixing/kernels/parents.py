r"""Simulators with more than two parents: one mix of k parents, and the tree of 2^t leaves of t generations.

In an infinite population the parents of every generation are fresh and independent, so a record of generation t is a
weighted sum of the 2^t leaves of a binary tree with an independent weight in each node.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_integer, check_real, check_reals
from mixtheory.mixing.kernels.draws import (
    CHUNK,
    Draw,
    Floats,
    check_call,
    check_law,
    chunks,
    exponential,
    raw_weights,
    take,
    width_of,
)

__all__ = ["cascade", "cascade_power_sums", "dirichlet_weights", "mix_parents", "parent_power_sums"]


@jit
def _normalise(rows: Floats) -> None:
    for i in range(rows.shape[0]):
        total = 0.0
        for k in range(rows.shape[1]):
            total += rows[i, k]
        for k in range(rows.shape[1]):
            rows[i, k] /= total


@jit
def _mix_parents(weights: Floats, parents: Floats, out: Floats) -> None:
    for i in range(weights.shape[0]):
        total = 0.0
        for k in range(weights.shape[1]):
            total += weights[i, k] * parents[i, k]
        out[i] = total


@jit
def _power_sums(weights: Floats, power: int, out: Floats) -> None:
    for i in range(weights.shape[0]):
        total = 0.0
        for k in range(weights.shape[1]):
            term = 1.0
            for _ in range(power):
                term *= weights[i, k]
            total += term
        out[i] = total


@jit
def _mix_level(weights: Floats, values: Floats) -> None:
    """Mix neighbours in place: the first half of `values` becomes the next level of every tree."""
    for i in range(weights.size):
        second = values[2 * i + 1]
        values[i] = second + weights[i] * (values[2 * i] - second)


@jit
def _power_level(weights: Floats, power: int, values: Floats) -> None:
    for i in range(weights.size):
        first, second = 1.0, 1.0
        for _ in range(power):
            first *= weights[i]
            second *= 1.0 - weights[i]
        values[i] = first * values[2 * i] + second * values[2 * i + 1]


def _check_dirichlet(alpha: ArrayLike, n_parents: int, eps: float) -> tuple[Floats, float]:
    n_parents = check_integer("n_parents", n_parents, low=2)
    shapes = check_reals("alpha", alpha, low=0)
    if shapes.ndim and shapes.shape != (n_parents,):
        raise ValueError(f"alpha must be a number or have shape ({n_parents},), got {shapes.shape}")
    return np.array(np.broadcast_to(shapes, n_parents)), check_real("eps", eps, low=0, closed="left")


def _raw_dirichlet(rng: Generator, size: int, shapes: Floats, eps: float) -> Floats:
    if (shapes == 1.0).all():
        rows = exponential(rng, size * shapes.size).reshape(size, shapes.size)
        _normalise(rows)
    else:
        rows = rng.dirichlet(shapes, size)
    if eps:
        rows *= 1.0 + shapes.size * eps
        rows -= eps
    return rows


def dirichlet_weights(
    rng: Generator, n: int, alpha: ArrayLike, n_parents: int, eps: float = 0.0
) -> NDArray[np.float64]:
    r"""Draw weights :math:`w = (1 + k\epsilon) D - \epsilon` with D from a Dirichlet law; each row sums to one.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of rows.
    alpha : float or array_like, shape (n_parents,)
        Shapes, positive; a number is the symmetric law.
    n_parents : int
        Number of parents k, at least 2.
    eps : float, default 0
        How far a weight may fall below zero; non-negative.

    Returns
    -------
    ndarray, shape (n, n_parents)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.

    Examples
    --------
    >>> import numpy as np
    >>> weights = dirichlet_weights(np.random.default_rng(1), 5, 1.0, 3, 1 / 3)
    >>> bool(np.allclose(weights.sum(axis=1), 1))
    True
    """
    n = check_call(rng, n)
    return _raw_dirichlet(rng, n, *_check_dirichlet(alpha, n_parents, eps))


def mix_parents(
    rng: Generator, n: int, draw: Draw, alpha: ArrayLike, n_parents: int, eps: float = 0.0
) -> NDArray[np.float64]:
    r"""Draw `n` independent values of :math:`\tilde x = \sum_t w_t x_t` with k independent parents.

    Parameters
    ----------
    rng, n, alpha, n_parents, eps
        As in `dirichlet_weights`.
    draw : callable
        The population, as in `mix_pairs`.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.
    """
    n = check_call(rng, n)
    shapes, eps = _check_dirichlet(alpha, n_parents, eps)
    out = np.empty(n)
    for slot in chunks(n, max(1, CHUNK // shapes.size)):
        size = width_of(slot)
        weights = _raw_dirichlet(rng, size, shapes, eps)
        _mix_parents(weights, take(draw, rng, size * shapes.size).reshape(size, shapes.size), out[slot])
    return out


def parent_power_sums(
    rng: Generator, n: int, alpha: ArrayLike, n_parents: int, eps: float = 0.0, *, power: int = 2
) -> NDArray[np.float64]:
    r"""Draw `n` independent values of :math:`\sum_t w_t^p`.

    Parameters
    ----------
    rng, n, alpha, n_parents, eps
        As in `dirichlet_weights`.
    power : int, default 2
        The exponent p, at least 1.

    Returns
    -------
    ndarray, shape (n,)
        With p = 2 the variance of a mix of standard normal parents given its weights.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.
    """
    n = check_call(rng, n)
    power = check_integer("power", power, low=1)
    shapes, eps = _check_dirichlet(alpha, n_parents, eps)
    out = np.empty(n)
    for slot in chunks(n, max(1, CHUNK // shapes.size)):
        _power_sums(_raw_dirichlet(rng, width_of(slot), shapes, eps), power, out[slot])
    return out


def cascade(
    rng: Generator,
    n: int,
    draw: Draw,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    generations: int,
) -> NDArray[np.float64]:
    r"""Draw `n` independent records of generation t from an infinite population.

    Parameters
    ----------
    rng, n, draw, alpha, beta, eps0, eps1
        As in `mix_pairs`.
    generations : int
        The generation t, from 0 (the population itself) to 20; the work is 2^t draws a record.

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
    >>> cascade(np.random.default_rng(1), 3, np.random.Generator.standard_normal, 1.0, 1.0, generations=4).shape
    (3,)
    """
    n = check_call(rng, n)
    law = check_law(alpha, beta, eps0, eps1)
    generations = check_integer("generations", generations, low=0, high=20)
    out = np.empty(n)
    for slot in chunks(n, max(1, CHUNK >> generations)):
        roots = width_of(slot)
        values = take(draw, rng, roots << generations)
        for level in reversed(range(generations)):
            _mix_level(raw_weights(rng, roots << level, *law), values)
        out[slot] = values[:roots]
    return out


def cascade_power_sums(
    rng: Generator,
    n: int,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    generations: int,
    power: int = 2,
) -> NDArray[np.float64]:
    r"""Draw `n` independent values of :math:`\sum_{leaf} W_{leaf}^p`, W the product of the weights on a leaf's path.

    With p = 2 this is the variance V of a record of generation t given its weights, when the population is standard
    normal: the record is then N(0, V), its fourth power averages to 3 V^2, and no normal need be drawn.

    Parameters
    ----------
    rng, n, alpha, beta, eps0, eps1, generations
        As in `cascade`.
    power : int, default 2
        The exponent p, at least 1.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.
    """
    n = check_call(rng, n)
    law = check_law(alpha, beta, eps0, eps1)
    generations = check_integer("generations", generations, low=0, high=20)
    power = check_integer("power", power, low=1)
    out = np.empty(n)
    for slot in chunks(n, max(1, CHUNK >> generations)):
        roots = width_of(slot)
        values = np.ones(roots << generations)
        for level in reversed(range(generations)):
            _power_level(raw_weights(rng, roots << level, *law), power, values)
        out[slot] = values[:roots]
    return out
