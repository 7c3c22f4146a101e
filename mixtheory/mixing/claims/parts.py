"""What the claims of this package share: how identities are put together and where a formula comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.polynomial import Polynomial
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory.mixing.kernels import rademacher
from mixtheory.verification import EmpiricalBernstein
from mixtheory.verification.identities import Part, derived, identity

__all__ = [
    "CORRELATED",
    "Array",
    "Part",
    "Simulate",
    "clipped",
    "derived",
    "identity",
    "parameters",
    "share_range",
    "signs",
    "stretched",
]

Array = NDArray[np.float64]
Simulate = Callable[[Generator, int], Array]

# correlation matrix of the rows that `signs` draws
CORRELATED = np.array([[1.0, 0.6], [0.6, 1.0]])


def parameters(laws: Sequence[Sequence[float]]) -> tuple[Array, ...]:
    """Return the parameters of several weight laws as arrays, for one vectorised law."""
    return tuple(np.array(laws, dtype=np.float64).T)


def stretched(unit: Array, law: Sequence[float]) -> Array:
    """Return weights of a law with these extensions from draws in [0, 1]."""
    return unit * (1.0 + law[2] + law[3]) - law[2]


def clipped(weights: Array) -> Array:
    """Return weights forced into [0, 1]: the mistake that undoes the preservation."""
    return np.clip(weights, 0.0, 1.0)


def signs(rng: Generator, size: int) -> Array:
    """Draw rows of two signs with correlation 0.6: bounded, so that far tails cannot hide."""
    first = rademacher(rng, size)
    return np.stack([first, np.where(rng.random(size) < 0.8, first, -first)], axis=1)


def share_range(polynomial: Polynomial, law: Sequence[float]) -> EmpiricalBernstein:
    """Return the interval for a polynomial of a share a of exponential parents, which lies in [-eps, 1 + eps]."""
    far = max(law[2:])
    values = polynomial(np.linspace(-far, 1 + far, 2001))
    room = 1e-3 * float(np.ptp(values))
    return EmpiricalBernstein(float(values.min()) - room, float(values.max()) + room)
