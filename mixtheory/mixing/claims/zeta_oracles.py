r"""Oracles of p-series weights: accelerated series, root finding, exact rational algebra and complete enumeration.

Nothing here imports a theory module. Rational weights (an integer gamma) are fractions, so that sums over all orders of
a batch are exact.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

__all__ = [
    "count_outputs",
    "entropy",
    "exponential_moment",
    "fractions",
    "harmonic",
    "label_entropies",
    "largest_dirichlet",
    "mixture_moment",
    "power_sum",
    "row_moment",
    "series",
    "threshold",
    "zeta",
    "zeta_slope",
]

Array = NDArray[np.float64]

# Series ----------------------------------------------------------------------------------------------------------


def _alternating(term: Callable[[int], float], count: int = 26) -> float:
    r"""Return :math:`\sum_{k\ge0} (-1)^k a_k` by algorithm 1 of Cohen, Rodriguez Villegas and Zagier (2000)."""
    d = (3 + math.sqrt(8)) ** count
    d = (d + 1 / d) / 2
    b, c, total = -1.0, -d, 0.0
    for k in range(count):
        c = b - c
        total += c * term(k)
        b *= (k + count) * (k - count) / ((k + 0.5) * (k + 1))
    return total / d


def zeta(s: float) -> float:
    r"""Return :math:`\zeta(s)` for s > 1 from the alternating series :math:`\eta(s) = (1 - 2^{1-s}) \zeta(s)`."""
    return _alternating(lambda k: float(k + 1) ** -s) / (1 - 2 ** (1 - s))


def zeta_slope(s: float) -> float:
    r"""Return :math:`\zeta'(s)` for s > 1 from the derivative of the alternating series."""
    slope = _alternating(lambda k: -math.log(k + 1) * (k + 1) ** -s)
    return (slope - 2 ** (1 - s) * math.log(2) * zeta(s)) / (1 - 2 ** (1 - s))


def series(gamma: float, n_parents: int) -> Array:
    """Return the normalised weights 1, 2^-gamma, ..., T^-gamma."""
    terms = [k**-gamma for k in range(1, n_parents + 1)]
    return np.array(terms) / math.fsum(terms)


def harmonic(gamma: float, n_parents: float) -> float:
    """Return the sum of k^-gamma over k up to T, which may be infinite."""
    if math.isinf(n_parents):
        return zeta(gamma)
    return math.fsum(float(k) ** -gamma for k in range(1, int(n_parents) + 1))


def power_sum(r: float, gamma: float, n_parents: float) -> float:
    """Return the sum of the r-th powers of the weights."""
    if math.isinf(n_parents):
        return float(zeta(r * gamma) / zeta(gamma) ** r)
    return math.fsum(series(gamma, int(n_parents)) ** r)


def entropy(gamma: float, n_parents: float) -> float:
    """Return the entropy of the weights in nats."""
    if math.isinf(n_parents):
        return math.log(zeta(gamma)) - gamma * zeta_slope(gamma) / zeta(gamma)
    return -math.fsum(w * math.log(w) for w in series(gamma, int(n_parents)))


@lru_cache
def threshold(n_parents: float) -> float:
    """Return the gamma at which the largest weight is as large as all others together, by root finding."""
    if n_parents == 2:
        return 0.0
    return float(optimize.brentq(lambda g: harmonic(g, n_parents) - 2, 1.05 if n_parents > 4 else 0.5, 2.0, xtol=1e-15))


def fractions(gamma: int, n_parents: int) -> tuple[Fraction, ...]:
    """Return the weights for an integer gamma, exactly."""
    terms = [Fraction(1, k**gamma) for k in range(1, n_parents + 1)]
    return tuple(term / sum(terms) for term in terms)


# Independent parents -----------------------------------------------------------------------------------------------


def exponential_moment(weights: Sequence[Fraction], power: int) -> float:
    r"""Return the central moment of :math:`\sum_t w_t X_t` for exponential parents and different weights.

    The sum has the density :math:`\sum_t c_t e^{-x/w_t}/w_t` with :math:`c_t = \prod_{s\ne t} w_t/(w_t-w_s)`.
    """
    raw = [
        sum(w**k * math.prod((w / (w - v) for v in weights if v != w), start=Fraction(1)) for w in weights)
        * math.factorial(k)
        for k in range(power + 1)
    ]
    return float(sum(math.comb(power, k) * raw[k] * (-raw[1]) ** (power - k) for k in range(power + 1)))


def mixture_moment(weights: Sequence[Fraction], chance: Fraction, power: int) -> float:
    """Return the central moment of a weighted sum of independent 0-1 parents, over all of their values."""
    total = Fraction(0)
    for values in itertools.product((0, 1), repeat=len(weights)):
        ones = sum(values)
        mixed = sum(w * (v - chance) for w, v in zip(weights, values, strict=True))
        total += chance**ones * (1 - chance) ** (len(weights) - ones) * mixed**power
    return float(total)


# One batch -------------------------------------------------------------------------------------------------------


def row_moment(data: Sequence[int], weights: Sequence[Fraction], power: int, *, anchored: bool = False) -> float:
    r"""Return :math:`E(\tilde x - \bar x)^p` of one record whose parents are different members of a batch.

    Every ordered choice of parents is enumerated; with `anchored` separately for each row as first parent, and the
    rows averaged.
    """
    n, k = len(data), len(weights)
    centre = Fraction(sum(data), n)
    scale = math.lcm(centre.denominator, *(w.denominator for w in weights))
    # integers of any size: numpy's object arrays keep them
    parts = np.array([int(w * scale) for w in weights], dtype=object)
    shifted = np.array([int((x - centre) * scale) for x in data], dtype=object)
    rows = []
    for first in [(i,) for i in range(n)] if anchored else [()]:
        others = [j for j in range(n) if j not in first]
        orders = np.array(list(itertools.permutations(others, k - len(first))))
        parents = np.concatenate([np.tile(np.array(first, dtype=int), (len(orders), 1)), orders], axis=1)
        mixed = shifted[parents] @ parts
        rows.append(Fraction(int(np.sum(mixed**power)), len(orders) * scale ** (2 * power)))
    return float(sum(rows, Fraction(0)) / len(rows))


def count_outputs(weights: Sequence[Fraction], groups: Sequence[int], first: int | None = None) -> int:
    """Count the different mixes of affinely independent rows, where `groups` says which row each member repeats.

    With `first` the largest weight belongs to that member.
    """
    members = range(len(groups))
    found = set()
    for order in itertools.permutations(members):
        if first is None or order[0] == first:
            shares = [Fraction(0)] * (max(groups) + 1)
            for w, member in zip(weights, order, strict=True):
                shares[groups[member]] += w
            found.add(tuple(shares))
    return len(found)


def label_entropies(weights: Array, n_classes: int) -> Array:
    """Return the entropy of the soft label for every assignment of classes to the parents."""
    found = []
    for labels in itertools.product(range(n_classes), repeat=len(weights)):
        shares = np.bincount(labels, weights, n_classes)
        found.append(-math.fsum(s * math.log(s) for s in shares if s > 0))
    return np.array(found)


def largest_dirichlet(shapes: Sequence[int]) -> float:
    r"""Return :math:`E\max_t D_t` of Dirichlet weights with integer shapes, exactly.

    A vector of gamma variables is their sum times an independent Dirichlet vector, and the tail of their maximum is a
    sum of terms :math:`x^p e^{-mx}`.
    """
    below = {(0, 0): Fraction(1)}
    for shape in shapes:
        product: dict[tuple[int, int], Fraction] = {}
        for (p, m), c in below.items():
            product[p, m] = product.get((p, m), Fraction(0)) + c
            for j in range(shape):
                product[p + j, m + 1] = product.get((p + j, m + 1), Fraction(0)) - c / math.factorial(j)
        below = product
    largest = -sum(c * math.factorial(p) / m ** (p + 1) for (p, m), c in below.items() if m)
    return float(largest / sum(shapes))
