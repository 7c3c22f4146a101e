"""Metrics of a simulation study, each with its Monte Carlo standard error (MCSE).

A metric says which columns it needs of a block's replicates, keeps them in a mergeable accumulator, and turns the
blocks of a cell into an estimate. Almost all are smooth functions of means, so one delta method serves them; with
bias, coverage, power and the squared errors it gives the closed formulas of T. P. Morris, I. R. White and
M. J. Crowther, "Using simulation studies to evaluate statistical methods", Statistics in Medicine 38 (2019).

Replicates whose columns are not finite are left out of the metric and not counted; `Failures` reports their share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_real, near_matches
from mixtheory.montecarlo.accumulate import Accumulator, Moments, fold

__all__ = [
    "Bias",
    "Correlation",
    "Coverage",
    "EmpiricalSE",
    "Estimate",
    "Failures",
    "Kurtosis",
    "Mean",
    "Metric",
    "ModelSE",
    "Power",
    "RMSE",
    "Ratio",
    "Skewness",
    "SmoothFunction",
    "Variance",
]

Array = NDArray[np.float64]
Outputs = Mapping[str, Array]
Cell = Mapping[str, Any]
A = TypeVar("A", bound=Accumulator)


class Estimate(NamedTuple):
    """An estimate with its Monte Carlo standard error and the number of replicates that it rests on."""

    value: float
    mcse: float
    replicates: int


@dataclass(frozen=True)
class Metric(Generic[A]):
    """A named quantity estimated from replicates."""

    name: str

    def collect(self, outputs: Outputs, cell: Cell) -> A:
        """Return the accumulator of one block's replicates."""
        raise NotImplementedError

    def estimate(self, blocks: Sequence[A]) -> Estimate:
        """Return the estimate from the accumulators of the blocks, in the order of their index."""
        raise NotImplementedError

    def signature(self) -> tuple[Any, ...]:
        """Return what identifies the metric in a result key: its class and its plain settings."""
        plain = (str, int, float, bool, tuple, type(None))
        settings = [(key, value) for key, value in vars(self).items() if isinstance(value, plain)]
        return (type(self).__name__, *sorted(settings))


def column(outputs: Outputs, name: str | float, cell: Cell) -> Array:
    """Return a column by the name of an output, the name of a cell parameter, or as a constant."""
    size = len(next(iter(outputs.values())))
    if isinstance(name, str):
        if name in outputs:
            return np.asarray(outputs[name], dtype=np.float64)
        if name not in cell:
            known = [*outputs, *cell]
            raise ValueError(
                f"a metric asks for {name!r}; the simulator and the cell have {known}{near_matches(name, known)}"
            )
        name = cell[name]
    return np.full(size, float(name))


def finite_rows(columns: Sequence[Array]) -> Array:
    table = columns[0][:, None] if len(columns) == 1 else np.column_stack(columns)
    # a finite sum proves all entries finite, at a tenth of the cost of looking at each
    if np.isfinite(table.sum()):
        return table
    return table[np.isfinite(table).all(axis=1)]


def _delta(moments: Moments, function: Callable[[Array, int], float]) -> Estimate:
    n = moments.count
    if n == 0:
        return Estimate(math.nan, math.nan, 0)
    value = float(function(moments.mean, n))
    if n == 1:
        return Estimate(value, math.nan, n)
    scale = np.sqrt(moments.variance)
    gradient = np.zeros_like(scale)
    for j in np.flatnonzero(scale > 0):
        # a step far above rounding and, once n is large, of the order of the mean's own error
        step = np.zeros_like(scale)
        step[j] = scale[j] * min(1e-3, 1.0 / math.sqrt(n))
        gradient[j] = (function(moments.mean + step, n) - function(moments.mean - step, n)) / (2.0 * step[j])
    variance = float(gradient @ moments.covariance @ gradient) / n
    return Estimate(value, math.sqrt(max(variance, 0.0)), n)


@dataclass(frozen=True)
class SmoothFunction(Metric[Moments]):
    """A smooth function of the means of some columns, with its MCSE by the delta method.

    Parameters
    ----------
    name : str
    columns : callable
        ``columns(outputs, cell)`` returns a sequence of arrays (n,).
    function : callable
        ``function(means, n)`` of the vector of means (k,) and the number of replicates.

    Examples
    --------
    >>> metric = SmoothFunction("cv", lambda o, c: [o["x"], o["x"] ** 2],
    ...                         lambda m, n: (m[1] - m[0] ** 2) ** 0.5 / m[0])
    >>> block = metric.collect({"x": np.array([1.0, 2.0, 3.0])}, {})
    >>> round(metric.estimate([block]).value, 4)
    0.4082
    """

    columns: Callable[[Outputs, Cell], Sequence[Array]]
    function: Callable[[Array, int], float]

    def collect(self, outputs: Outputs, cell: Cell) -> Moments:
        """Return the moments of the columns."""
        return Moments.from_values(finite_rows(self.columns(outputs, cell)))

    def estimate(self, blocks: Sequence[Moments]) -> Estimate:
        """Return the function of the means and its delta-method error."""
        return _delta(fold(blocks), self.function)


@dataclass(frozen=True, init=False)
class _OfColumns(Metric[Moments]):
    """Base of the standard metrics: subclasses say which columns and which function."""

    def collect(self, outputs: Outputs, cell: Cell) -> Moments:
        """Return the moments of the metric's columns."""
        return Moments.from_values(finite_rows(self._columns(outputs, cell)))

    def estimate(self, blocks: Sequence[Moments]) -> Estimate:
        """Return the function of the means and its delta-method error."""
        return _delta(fold(blocks), self._function)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        raise NotImplementedError

    def _function(self, mean: Array, n: int) -> float:
        return float(mean[0])


def set_fields(instance: Any, **values: Any) -> None:
    for key, value in values.items():
        object.__setattr__(instance, key, value)


class Mean(_OfColumns):
    """Mean of an output; MCSE = sd / sqrt(n)."""

    output: str

    def __init__(self, output: str, name: str | None = None) -> None:
        set_fields(self, output=output, name=name or output)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        return [column(outputs, self.output, cell)]


class Bias(_OfColumns):
    """Mean of ``estimate - truth``; `truth` is an output, a cell parameter or a number."""

    output: str
    truth: str | float

    def __init__(self, estimate: str, truth: str | float, name: str = "bias") -> None:
        set_fields(self, output=estimate, truth=truth, name=name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        return [column(outputs, self.output, cell) - column(outputs, self.truth, cell)]


class RMSE(Bias):
    """Root mean squared error ``sqrt(E (estimate - truth)**2)``."""

    def __init__(self, estimate: str, truth: str | float, name: str = "rmse") -> None:
        super().__init__(estimate, truth, name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        (error,) = super()._columns(outputs, cell)
        return [error**2]

    def _function(self, mean: Array, n: int) -> float:
        return math.sqrt(max(mean[0], 0.0))


class ModelSE(_OfColumns):
    """Average model standard error ``sqrt(E se**2)``."""

    output: str

    def __init__(self, se: str, name: str = "model_se") -> None:
        set_fields(self, output=se, name=name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        return [column(outputs, self.output, cell) ** 2]

    def _function(self, mean: Array, n: int) -> float:
        return math.sqrt(max(mean[0], 0.0))


class Coverage(_OfColumns):
    """Share of intervals ``[lower, upper]`` that hold the truth; MCSE = sqrt(p (1 - p) / n) up to ddof."""

    lower: str
    upper: str
    truth: str | float

    def __init__(self, lower: str, upper: str, truth: str | float, name: str = "coverage") -> None:
        set_fields(self, lower=lower, upper=upper, truth=truth, name=name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        lower = column(outputs, self.lower, cell)
        upper = column(outputs, self.upper, cell)
        truth = column(outputs, self.truth, cell)
        holds = ((lower <= truth) & (truth <= upper)).astype(np.float64)
        return [np.where(np.isfinite(lower + upper + truth), holds, np.nan)]


class Power(_OfColumns):
    """Share of p-values at or below `alpha`."""

    output: str
    alpha: float

    def __init__(self, pvalue: str, alpha: float = 0.05, name: str = "power") -> None:
        set_fields(self, output=pvalue, alpha=check_real("alpha", alpha, low=0.0, high=1.0), name=name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        pvalue = column(outputs, self.output, cell)
        return [np.where(np.isfinite(pvalue), pvalue <= self.alpha, np.nan)]


class Failures(_OfColumns):
    """Share of replicates whose output is not finite (convergence failures)."""

    output: str

    def __init__(self, output: str, name: str = "failures") -> None:
        set_fields(self, output=output, name=name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        return [(~np.isfinite(column(outputs, self.output, cell))).astype(np.float64)]


class _OfPowers(_OfColumns):
    """Base of metrics of the central moments of one output.

    Powers are taken about `center` (an output, a cell parameter or a number), which should be near the mean: it
    only guards against cancellation and does not enter the estimate.
    """

    order = 2
    output: str
    center: str | float

    def __init__(self, output: str, name: str | None = None, center: str | float = 0.0) -> None:
        set_fields(self, output=output, name=name or type(self).__name__.lower(), center=center)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        x = column(outputs, self.output, cell) - column(outputs, self.center, cell)
        return [x**p for p in range(1, self.order + 1)]

    @staticmethod
    def _variance(mean: Array, n: int) -> float:
        return float(max(mean[1] - mean[0] ** 2, 0.0)) * (n / (n - 1) if n > 1 else math.nan)


class Variance(_OfPowers):
    """Variance of an output (ddof = 1)."""

    def _function(self, mean: Array, n: int) -> float:
        return self._variance(mean, n)


class EmpiricalSE(_OfPowers):
    """Standard deviation of an estimate over replicates (ddof = 1); the MCSE does not assume normality."""

    def __init__(self, output: str, name: str = "empirical_se", center: str | float = 0.0) -> None:
        super().__init__(output, name, center)

    def _function(self, mean: Array, n: int) -> float:
        return math.sqrt(self._variance(mean, n))


class Skewness(_OfPowers):
    """Skewness ``mu3 / mu2**1.5`` of an output."""

    order = 3

    def _function(self, mean: Array, n: int) -> float:
        a, b, c = mean
        return float((c - 3 * a * b + 2 * a**3) / (b - a**2) ** 1.5)


class Kurtosis(_OfPowers):
    """Excess kurtosis ``mu4 / mu2**2 - 3`` of an output."""

    order = 4

    def _function(self, mean: Array, n: int) -> float:
        a, b, c, d = mean
        return float((d - 4 * a * c + 6 * a**2 * b - 3 * a**4) / (b - a**2) ** 2 - 3.0)


class Correlation(_OfColumns):
    """Correlation of two outputs."""

    x: str
    y: str

    def __init__(self, x: str, y: str, name: str = "correlation") -> None:
        set_fields(self, x=x, y=y, name=name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        x, y = column(outputs, self.x, cell), column(outputs, self.y, cell)
        return [x, y, x * x, y * y, x * y]

    def _function(self, mean: Array, n: int) -> float:
        x, y, xx, yy, xy = mean
        return float((xy - x * y) / math.sqrt((xx - x * x) * (yy - y * y)))


class Ratio(_OfColumns):
    """Ratio of the means of two outputs."""

    numerator: str
    denominator: str

    def __init__(self, numerator: str, denominator: str, name: str = "ratio") -> None:
        set_fields(self, numerator=numerator, denominator=denominator, name=name)

    def _columns(self, outputs: Outputs, cell: Cell) -> Sequence[Array]:
        return [column(outputs, self.numerator, cell), column(outputs, self.denominator, cell)]

    def _function(self, mean: Array, n: int) -> float:
        return float(mean[0] / mean[1])
