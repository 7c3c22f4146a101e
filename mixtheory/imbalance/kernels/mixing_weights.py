"""Mixing weights inside simulators: a stretched Beta weight of two parents, or the fixed weights of several."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from mixtheory._jit import jit
from mixtheory.imbalance.kernels.scatters import Floats

__all__ = ["MixingWeights", "draw_weights", "empty_weights", "mean_square", "mixing_weights", "squares"]


class MixingWeights(NamedTuple):
    """A law of weights as a kernel takes it."""

    shape: Floats
    """Shapes, lowest value and width of the stretched Beta weight of the first of two parents."""

    fixed: Floats
    """Weights of the parents where they are fixed, else empty."""


def mixing_weights(law: Any) -> MixingWeights:
    """Return a law as kernels take it.

    Parameters
    ----------
    law : object
        With the fixed ``weights`` of its parents, as `mixtheory.Zeta`, or a stretched Beta law with numbers ``alpha``,
        ``beta``, ``eps0``, ``eps1``, as `mixtheory.EpBeta`.
    """
    fixed = getattr(law, "weights", None)
    if fixed is not None:
        return MixingWeights(np.ones(4), np.array(fixed, dtype=np.float64))
    shape = np.array([law.alpha, law.beta, -law.eps0, 1.0 + law.eps0 + law.eps1], dtype=np.float64)
    return MixingWeights(shape, np.empty(0))


@jit
def empty_weights(law: MixingWeights) -> Floats:
    """Return room for the weights of the parents of one row."""
    return np.empty(law.fixed.size if law.fixed.size else 2)


@jit
def draw_weights(rng: Generator, law: MixingWeights, out: Floats) -> float:
    """Draw the weights of the parents of one row; return the sum of their squares."""
    if law.fixed.size:
        total = 0.0
        for t in range(out.size):
            out[t] = law.fixed[t]
            total += law.fixed[t] ** 2
        return total
    # uniform weights are common, and seven times as cheap
    uniform = law.shape[0] == 1.0 and law.shape[1] == 1.0
    unit: float = rng.random() if uniform else rng.beta(law.shape[0], law.shape[1])
    weight: float = law.shape[2] + law.shape[3] * unit
    out[0], out[1] = weight, 1.0 - weight
    return weight**2 + (1.0 - weight) ** 2


def mean_square(law: MixingWeights) -> float:
    """Return the mean of the sum of squared weights."""
    if law.fixed.size:
        return float(np.sum(law.fixed**2))
    alpha, beta, low, width = law.shape
    share = alpha / (alpha + beta)
    mean = low + width * share
    return float(mean**2 + (1.0 - mean) ** 2 + 2.0 * width**2 * share * (1.0 - share) / (alpha + beta + 1.0))


def squares(rng: Generator, law: MixingWeights, size: tuple[int, ...]) -> Floats:
    """Draw sums of squared weights of many rows at once."""
    if law.fixed.size:
        return np.full(size, mean_square(law))
    alpha, beta, low, width = law.shape
    weights = low + width * rng.beta(alpha, beta, size=size)
    return np.asarray(weights**2 + (1.0 - weights) ** 2)
