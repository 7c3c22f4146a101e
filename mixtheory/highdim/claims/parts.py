"""What the claims of this package share: how identities and size sweeps are put together, and provenance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory.verification import Component, Relative, StudentT, extrapolation
from mixtheory.verification.identities import Part, derived, identity

__all__ = [
    "SKEWNESS_FLOOR",
    "Array",
    "Part",
    "Simulate",
    "derived",
    "halves",
    "identity",
    "leading_components",
    "paper",
    "side_by_side",
]

# the estimated skewness of some thousand units has this error, so that a claim of many components with a smaller
# declared one would only take more stages
SKEWNESS_FLOOR = 0.08

Array = NDArray[np.float64]
Simulate = Callable[[Generator, int], Array]


def paper(statement: str, theorem: str, check: str = "") -> str:
    """Return the provenance of a statement that the theory note tags [paper*]."""
    return f"{statement} [P]: Rezaei et al. (2026), {theorem}" + (f" (check {check})" if check else "")


def halves(p: int, low: float, high: float) -> Array:
    """Return `p` values, the first half `low` and the second `high`; p is even."""
    return np.repeat([low, high], p // 2)


def side_by_side(simulators: Sequence[Simulate]) -> Simulate:
    """Return a simulator whose columns are those of several, one after the other, with independent draws."""

    def simulate(rng: Generator, n: int) -> Array:
        return np.column_stack([part(rng, n) for part in simulators])

    return simulate


def leading_components(
    label: str,
    sizes: Sequence[int],
    closed: Callable[[int], float],
    oracle: Callable[[int], float],
    *,
    finite_size: float | tuple[float, float],
    skewness: float,
    intercept_skewness: float,
    times: Sequence[int] | None = None,
    logarithms: bool = False,
    combined: bool = False,
    first: int = 0,
    stride: int = 1,
    oracle_rtol: float = 1e-9,
) -> tuple[Component, ...]:
    """Return the components of a leading-order statement: one a size, and the intercept at 1/p = 0.

    Column ``first + i stride`` of the simulator belongs to ``sizes[i]``.

    Parameters
    ----------
    label : str
        What is estimated; the size is appended.
    sizes : sequence of int
        Three dimensions p or more.
    closed, oracle : callable
        The limit for dimension p, of the public function and of the oracle. Spectrum and shares do not change with
        p, so the value does not either; the intercept uses the smallest.
    finite_size : float or (float, float)
        Bound of the relative finite-size term: c, or (c, d), allows ``|E - limit| <= (c / p - d / p^2) |limit|`` beyond
        the margin.
    skewness, intercept_skewness : float
        Declared skewness of one replicate at p = 1 (it falls like 1/p), and of the extrapolated combination.
    times : sequence of int, optional
        Number of independent replicates in a unit, by size; 1 by default.
    logarithms : bool
        The columns are logarithms of the statistic, a third as skew as itself: the components compare logarithms, and
        the margins of 1 % and 0.5 % are absolute. The limit must be e away from 1 for margins to be of their class.
    combined : bool
        The simulator returns the extrapolation too, in column ``first + len(sizes) stride``. A plain mean needs no
        estimate of its skewness from the pilot.
    first, stride : int
        Column of the first size, and columns from one size to the next.
    """
    columns = [first + stride * i for i in range(len(sizes) + 1)]
    repeats = [1] * len(sizes) if times is None else list(times)
    if logarithms:
        label = f"log {label}"

    def scale(value: float) -> float:
        return math.log(value) if logarithms else value

    first_order, second_order = finite_size if isinstance(finite_size, tuple) else (finite_size, 0.0)

    def finite_term(p: int) -> float:
        return (first_order / p - second_order / p**2) * (1.0 if logarithms else abs(closed(p)))

    finite = tuple(
        Component(
            label=f"{label}, p = {p}",
            closed=lambda p=p: scale(closed(p)),  # type: ignore[misc]
            oracle=lambda p=p: scale(oracle(p)),  # type: ignore[misc]
            oracle_rtol=oracle_rtol,
            margin=0.01 if logarithms else Relative(0.01),
            finite_size=lambda p=p: finite_term(p),  # type: ignore[misc]
            interval=StudentT(skewness / (p * math.sqrt(repeat))),
            columns=column,
            size=p,
        )
        for p, column, repeat in zip(sizes, columns[:-1], repeats, strict=True)
    )
    limit = Component(
        label=f"{label}, limit",
        closed=lambda: scale(closed(sizes[0])),
        oracle=lambda: scale(oracle(sizes[0])),
        oracle_rtol=oracle_rtol,
        margin=0.005 if logarithms else Relative(0.005),
        interval=StudentT(max(intercept_skewness, SKEWNESS_FLOOR)),
        columns=columns[-1] if combined else columns[:-1],
        function=None if combined else extrapolation(sizes, order=2),
        size=math.inf,
    )
    return (*finite, limit)
