"""Metrics of the whole distribution of an output: quantiles and distances, and the jackknife that serves them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_real
from mixtheory.montecarlo.accumulate import Accumulator, Histogram, Raw
from mixtheory.montecarlo.metrics import Cell, Estimate, Metric, Outputs, column, finite_rows, set_fields

__all__ = ["KolmogorovSmirnov", "Quantile", "jackknife"]

Array = NDArray[np.float64]
A = TypeVar("A", bound=Accumulator)

JACKKNIFE_BLOCKS = 64


@dataclass(frozen=True, init=False)
class Quantile(Metric[Raw]):
    """Quantile `q` of an output, from the replicates themselves.

    The MCSE is half the distance of the order statistics one binomial standard deviation ``sqrt(n q (1 - q))``
    below and above the rank of the quantile; it needs no density estimate.
    """

    output: str
    q: float

    def __init__(self, output: str, q: float, name: str | None = None) -> None:
        set_fields(self, output=output, q=check_real("q", q, low=0.0, high=1.0), name=name or f"quantile_{q:g}")

    def collect(self, outputs: Outputs, cell: Cell) -> Raw:
        """Return the finite replicates."""
        return Raw.from_values(finite_rows([column(outputs, self.output, cell)]))

    def estimate(self, blocks: Sequence[Raw]) -> Estimate:
        """Return the sample quantile (Hyndman-Fan type 7)."""
        values = np.concatenate([block.values[:, 0] for block in blocks])
        n = values.size
        if n == 0:
            return Estimate(math.nan, math.nan, 0)
        spread = math.sqrt(self.q * (1.0 - self.q) / n)
        low, value, high = np.quantile(values, np.clip([self.q - spread, self.q, self.q + spread], 0.0, 1.0))
        return Estimate(float(value), float(high - low) / 2.0, n)


@dataclass(frozen=True, init=False)
class KolmogorovSmirnov(Metric[Histogram]):
    """Distance ``max |F_n - F|`` over fixed edges between an output and a continuous distribution function.

    MCSE by the jackknife over blocks, which needs at least 64 of them. The estimate is biased upwards by the order
    of ``1 / sqrt(n)`` where the true distance is near zero.
    """

    output: str
    cdf: Callable[[Array], Array]
    edges: tuple[float, ...]

    def __init__(self, output: str, cdf: Callable[[Array], Array], edges: Sequence[float], name: str = "ks") -> None:
        set_fields(self, output=output, cdf=cdf, edges=tuple(float(e) for e in edges), name=name)

    def collect(self, outputs: Outputs, cell: Cell) -> Histogram:
        """Return the counts between the edges."""
        return Histogram.from_values(finite_rows([column(outputs, self.output, cell)])[:, 0], self.edges)

    def estimate(self, blocks: Sequence[Histogram]) -> Estimate:
        """Return the distance on the edges and its jackknife error."""
        target = np.asarray(self.cdf(np.asarray(self.edges)), dtype=np.float64)
        return jackknife(blocks, lambda histogram: float(np.max(np.abs(histogram.below - target))))


def jackknife(blocks: Sequence[A], function: Callable[[A], float]) -> Estimate:
    """Return a function of merged accumulators with its delete-one-block jackknife error.

    Raises
    ------
    ValueError
        With fewer than 64 blocks, too few for the error to be trusted.
    """
    count = len(blocks)
    if count < JACKKNIFE_BLOCKS:
        raise ValueError(
            f"the jackknife needs at least {JACKKNIFE_BLOCKS} blocks, got {count}: ask for more replicates or a "
            "smaller block_size"
        )
    prefix = list(blocks)
    for i in range(1, count):
        prefix[i] = prefix[i - 1].merge(blocks[i])
    suffix = list(blocks)
    for i in range(count - 2, -1, -1):
        suffix[i] = blocks[i].merge(suffix[i + 1])
    left_out = np.empty(count)
    left_out[0] = function(suffix[1])
    left_out[-1] = function(prefix[-2])
    for i in range(1, count - 1):
        left_out[i] = function(prefix[i - 1].merge(suffix[i + 1]))
    variance = (count - 1) / count * float(np.sum((left_out - left_out.mean()) ** 2))
    return Estimate(function(prefix[-1]), math.sqrt(variance), prefix[-1].count)
