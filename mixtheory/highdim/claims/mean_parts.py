"""What the claims about means share: where the means lie, and how sizes and their limit become components."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from mixtheory.highdim.claims.parts import Array
from mixtheory.highdim.claims.rule_oracle import rule_with_shares
from mixtheory.verification import Component, Relative, StudentT, extrapolation

__all__ = ["SIZES", "block_rule", "embed", "limit_of", "ones", "plane", "slanted", "sweep", "sweeps"]

# dimensions of claims whose units cost the same for every dimension
SIZES = (800, 1600, 3200)


def ones(p: int) -> Array:
    """Return the covariance I as a diagonal."""
    return np.ones(p)


def plane(length_t: float, length_s: float, cosine: float) -> Array:
    """Return coordinates of two means of these lengths at an angle, shape (2, 2)."""
    return np.array([[length_t, 0.0], [length_s * cosine, length_s * math.sqrt(1.0 - cosine**2)]])


def slanted(p: int, cosine: float = 0.6, length: float = 2.0) -> Array:
    """Return coordinates of two means of length `length` sqrt(p) at an angle, shape (2, 2)."""
    return plane(length * math.sqrt(p), length * math.sqrt(p), cosine)


def block_rule(p: int, counts: tuple[int, int], means: Array, *, intercept: bool = False) -> float:
    """Return the risk of the rule for unit covariances from the coordinates of the means in their span, n > p."""
    k = means.shape[1]
    return rule_with_shares([np.ones(k)] * 2, counts, list(means), intercept=intercept, rest=p - k)[0]


def embed(coordinates: ArrayLike, p: int) -> Array:
    """Return vectors (m, p) whose first coordinates are those given, the others 0."""
    given = np.atleast_2d(np.asarray(coordinates, dtype=np.float64))
    out = np.zeros((len(given), p))
    out[:, : given.shape[1]] = given
    return out


def limit_of(values: Callable[[int], float], sizes: Sequence[int] = SIZES) -> float:
    """Return the limit of a closed form that is smooth in 1/p, from its values at three dimensions."""
    return extrapolation(sizes, order=2)(np.array([values(p) for p in sizes]))


def sweep(
    label: str,
    closed: Callable[[int], float],
    oracle: Callable[[int], float],
    *,
    finite_size: float,
    skewness: float,
    first: int = 0,
    sizes: Sequence[int] = SIZES,
    oracle_rtol: float = 1e-9,
) -> tuple[Component, ...]:
    """Return the components of a leading-order statement: one a size, and the extrapolated limit.

    Parameters
    ----------
    label : str
        What is estimated; the size is appended.
    closed, oracle : callable
        The value for dimension p, of the public function and of the oracle.
    finite_size : float
        Bound of the relative finite-size term times p.
    skewness : float
        Declared skewness of a unit at the smallest size (it falls like the root of the size) and of the extrapolated
        combination.
    first : int
        Column of the first size; the others follow.
    sizes : sequence of int
        Dimensions.
    """
    columns = tuple(range(first, first + len(sizes)))
    extrapolate = extrapolation(sizes, order=2)
    finite = tuple(
        Component(
            label=f"{label}, p = {p}",
            closed=lambda p=p: closed(p),  # type: ignore[misc]
            oracle=lambda p=p: oracle(p),  # type: ignore[misc]
            oracle_rtol=oracle_rtol,
            margin=Relative(0.01),
            finite_size=lambda p=p: finite_size / p * abs(closed(p)),  # type: ignore[misc]
            interval=StudentT(skewness * math.sqrt(sizes[0] / p)),
            columns=column,
            size=p,
        )
        for p, column in zip(sizes, columns, strict=True)
    )
    intercept = Component(
        label=f"{label}, limit",
        closed=lambda: limit_of(closed, sizes),
        oracle=lambda: limit_of(oracle, sizes),
        oracle_rtol=oracle_rtol,
        margin=Relative(0.005),
        interval=StudentT(skewness),
        columns=columns,
        function=extrapolate,
        size=math.inf,
    )
    return (*finite, intercept)


def sweeps(
    cases: Iterable[tuple[str, Callable[[int], float], Callable[[int], float]]],
    *,
    finite_size: float,
    skewness: float,
    oracle_rtol: float = 1e-9,
) -> tuple[Component, ...]:
    """Return the components of several sweeps (label, closed form, oracle), whose columns follow each other."""
    return tuple(
        component
        for i, (label, closed, oracle) in enumerate(cases)
        for component in sweep(
            label,
            closed,
            oracle,
            finite_size=finite_size,
            skewness=skewness,
            first=i * len(SIZES),
            oracle_rtol=oracle_rtol,
        )
    )
