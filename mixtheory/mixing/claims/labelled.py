r"""The three classes of the claims about labels, and what their simulators share.

The second-order statements hold for any class members, so the members are the two points mean +- sd: every statistic is
bounded. Where that leaves too much noise, the members are integrated out given their classes and the weight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import kernels
from mixtheory.mixing.claims import enumeration
from mixtheory.mixing.claims.enumeration import Law
from mixtheory.mixing.claims.parts import Array
from mixtheory.mixing.classes import Classes

__all__ = [
    "CENTRE",
    "MEANS",
    "PROPORTIONS",
    "PUBLISHED",
    "SDS",
    "Simulator",
    "THREE",
    "TILTED",
    "WITHIN",
    "atoms",
    "classes",
    "largest_square",
    "squares",
    "still",
    "support",
]

Simulator = Callable[[Generator, int], Array]

# The classes of the checks C13 to C14b and D5.
PROPORTIONS = (0.5, 0.3, 0.2)
MEANS = np.array([0.0, 2.0, 5.0])
SDS = np.array([1.0, 0.5, 2.0])
CENTRE = float(np.dot(PROPORTIONS, MEANS))
WITHIN = float(np.dot(PROPORTIONS, SDS**2))
THREE = "three classes with probabilities 0.5, 0.3, 0.2, means 0, 2, 5 and standard deviations 1, 0.5, 2"

PUBLISHED: Law = (4.34, 1.33, 0.3, 0.3)
TILTED: Law = (1.0, 1.0, 0.15, 0.4)


def classes() -> Classes:
    """Return the classes as the theory takes them."""
    return Classes(PROPORTIONS, MEANS, SDS**2)


def atoms() -> enumeration.ClassAtoms:
    """Return the classes as the enumeration takes them."""
    return enumeration.class_atoms(PROPORTIONS, MEANS[:, None], SDS[:, None, None])


def still(rng: Generator, size: int) -> Array:
    """Return members at the mean of their class."""
    return np.zeros(size)


def squares(pairs: kernels.LabelledPairs, centre: Array | float) -> Array:
    """Return E[(x~ - centre)^2 | classes, weight] from pairs whose members are at the means of their classes."""
    own, other = SDS[pairs.first] * pairs.weight, SDS[pairs.second] * (1 - pairs.weight)
    return np.asarray((pairs.x - centre) ** 2 + own**2 + other**2)


def support(law: Law) -> tuple[float, float]:
    """Return bounds of a mixed record of two-point members: max(eps0, eps1) ranges beyond them."""
    low, high = float((MEANS - SDS).min()), float((MEANS + SDS).max())
    reach = max(law[2:]) * (high - low)
    return low - reach, high + reach


def largest_square(law: Law, centre: float) -> float:
    """Return a bound of (x~ - centre)^2, and so of its conditional means."""
    return max((end - centre) ** 2 for end in support(law)) * (1 + 1e-9)
