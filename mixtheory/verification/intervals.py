"""Confidence intervals that hold in the far tail, and the sizes that they need.

A verdict is read off an interval whose level is about 1e-9, where a normal approximation is not to be trusted without
a condition. So the Student interval exists only from the size on at which its tail error is bounded; the others hold
at every size. Every interval says two things: its bounds from a `Summary` of the units seen, and its `reach`, the
distance within which all of it lies from the truth, except with probability `beta`, at a size not yet simulated. The
second one turns a margin into a budget.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mixtheory._validation import check_real

__all__ = [
    "DKW",
    "ClopperPearson",
    "EmpiricalBernstein",
    "Interval",
    "StudentT",
    "Summary",
    "normal_quantile",
    "required_units",
    "skewness_size",
]

Array = NDArray[np.float64]
Bounds = tuple[float, float]

MIN_UNITS = 64
# largest exponent of the tail error exp(z^3 skew / (3 sqrt n)) that a Student interval may have
_TAIL_ERROR = 0.1


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What an interval knows of a component after n independent units.

    Attributes
    ----------
    count : int
        Number of independent units n.
    estimate : float
        The estimate: a mean, a smooth function of means, or a distance.
    sd : float
        Standard deviation of one unit, so that the standard error is ``sd / sqrt(n)``.
    skewness : float
        Estimated skewness of one unit (for a function of means: of its linear part, curvature included).
    curvature : float
        ``|tr(H Sigma)| / (2 sd)`` of a function of means with Hessian H: its bias in standard errors, times
        ``sqrt(n)``. Zero for a mean.
    upper : float or None
        For distances between distribution functions: an upper bound of the empirical distance (`estimate` is the
        lower bound).
    resolution : float
        For distances between distribution functions: the largest mass between neighbouring edges.
    """

    count: int
    estimate: float
    sd: float
    skewness: float = 0.0
    curvature: float = 0.0
    upper: float | None = None
    resolution: float = 0.0

    @property
    def standard_error(self) -> float:
        """Monte Carlo standard error of the estimate."""
        return self.sd / math.sqrt(self.count)


@runtime_checkable
class Interval(Protocol):
    """A kind of confidence interval."""

    def check(self, values: Array) -> None:
        """Raise ValueError if units are not of the kind that the interval is for."""

    def resolve(self) -> Interval:
        """Return the interval with its lazy parts evaluated."""

    def bounds(self, summary: Summary, alpha: float) -> Bounds | None:
        """Return the interval of level ``1 - alpha``, or None where it is not valid yet."""

    def reach(self, summary: Summary, units: float, alpha: float, beta: float) -> float:
        """Return how far from the truth the interval from `units` units reaches, but for probability `beta`."""


def normal_quantile(tail: float) -> float:
    """Return z with ``P(|Z| > z) = tail`` for a standard normal Z, exact in the far tail.

    Examples
    --------
    >>> round(normal_quantile(0.05), 4)
    1.96
    >>> round(normal_quantile(1e-9), 4)
    6.1094
    """
    return -float(special.ndtri(tail / 2.0))


def skewness_size(alpha: float, skewness: float, curvature: float = 0.0) -> float:
    """Return the size from which a Student interval is valid at level ``1 - alpha``.

    In the far tail the probability of an error is that of the normal law times about
    ``exp(z^3 |skewness| / (3 sqrt n) + z curvature / sqrt n)``; the size makes the exponent 0.1 at most,
    ``n >= (z^3 |skewness| / 0.3)^2`` for a mean. The excess is on one side only, so an error of either kind, which
    needs one side, stays below ``alpha / 2 * exp(0.1)`` and thus below `alpha`.

    Examples
    --------
    >>> skewness_size(1e-9, 0.0)
    64.0
    >>> round(skewness_size(1e-9, 2.0))
    2311071
    """
    z = normal_quantile(alpha)
    return max(float(MIN_UNITS), ((z**3 * abs(skewness) / 3.0 + z * abs(curvature)) / _TAIL_ERROR) ** 2)


@dataclass(frozen=True)
class StudentT:
    """Student's interval for a mean, or for a smooth function of means by the delta method.

    Valid from 64 independent units on and only if ``n >= (z^3 |skewness| / 0.3)^2``, see `skewness_size`.

    Parameters
    ----------
    skewness : float or callable
        Skewness of one unit, declared or known exactly; the running estimate may raise it, never lower it.
    """

    skewness: float | Callable[[], float]

    def __post_init__(self) -> None:
        if not callable(self.skewness):
            check_real("skewness", self.skewness)

    def check(self, values: Array) -> None:
        """Accept every finite unit."""

    def resolve(self) -> StudentT:
        """Return the interval with its skewness evaluated."""
        skewness = self.skewness() if callable(self.skewness) else self.skewness
        return replace(self, skewness=check_real("skewness", skewness))

    def valid_from(self, summary: Summary, alpha: float) -> float:
        """Return the number of units from which the interval is valid at level ``1 - alpha``."""
        declared = self.skewness() if callable(self.skewness) else self.skewness
        return skewness_size(alpha, max(abs(declared), abs(summary.skewness)), summary.curvature)

    def bounds(self, summary: Summary, alpha: float) -> Bounds | None:
        """Return ``estimate -+ t sd / sqrt(n)``, or None below the valid size."""
        # units without any spread say nothing of how far off their mean may be
        if summary.count < self.valid_from(summary, alpha) or not summary.sd > 0:
            return None
        half = -float(special.stdtrit(summary.count - 1, alpha / 2.0)) * summary.standard_error
        return summary.estimate - half, summary.estimate + half

    def reach(self, summary: Summary, units: float, alpha: float, beta: float) -> float:
        """Return ``(t_alpha + z_beta) sd / sqrt(n)``, infinite below the valid size."""
        if units < self.valid_from(summary, alpha):
            return math.inf
        t = -float(special.stdtrit(units - 1, alpha / 2.0))
        return (t + normal_quantile(beta)) * summary.sd / math.sqrt(units)


@dataclass(frozen=True)
class EmpiricalBernstein:
    """Empirical Bernstein interval for the mean of units in [low, high], valid at every size.

    ``|mean - mu| <= sqrt(2 V L / n) + 7 (high - low) L / (3 (n - 1))`` with ``L = log(4 / alpha)`` and the sample
    variance V: A. Maurer and M. Pontil, "Empirical Bernstein bounds and sample variance penalization" (COLT 2009),
    theorem 4, on both sides.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        check_real("low", self.low)
        check_real("high", self.high, low=self.low)

    def check(self, values: Array) -> None:
        """Raise ValueError if a unit lies outside [low, high]."""
        if values.min() < self.low or values.max() > self.high:
            found = f"[{values.min():g}, {values.max():g}]"
            raise ValueError(f"units declared in [{self.low:g}, {self.high:g}] reach {found}")

    def resolve(self) -> EmpiricalBernstein:
        """Return the interval itself."""
        return self

    def bounds(self, summary: Summary, alpha: float) -> Bounds | None:
        """Return the interval, None for fewer than two units."""
        if summary.count < 2:
            return None
        log = math.log(4.0 / alpha)
        n = summary.count
        half = summary.sd * math.sqrt(2.0 * log / n) + 7.0 * (self.high - self.low) * log / (3.0 * (n - 1))
        return summary.estimate - half, summary.estimate + half

    def reach(self, summary: Summary, units: float, alpha: float, beta: float) -> float:
        """Return the half width plus Bernstein's bound of the error of the mean."""
        if units < 2:
            return math.inf
        width = self.high - self.low
        log, chance = math.log(4.0 / alpha), math.log(2.0 / beta)
        spread = summary.sd * (math.sqrt(2.0 * log / units) + math.sqrt(2.0 * chance / units))
        return spread + width * (7.0 * log / (3.0 * (units - 1.0)) + chance / (3.0 * units))


@dataclass(frozen=True)
class ClopperPearson:
    """Exact interval for a probability; units are 0 or 1."""

    def check(self, values: Array) -> None:
        """Raise ValueError if a unit is neither 0 nor 1."""
        if not np.all((values == 0.0) | (values == 1.0)):
            raise ValueError("units of a probability must be 0 or 1")

    def resolve(self) -> ClopperPearson:
        """Return the interval itself."""
        return self

    @staticmethod
    def _bounds(successes: float, units: float, alpha: float) -> Bounds:
        tail = alpha / 2.0
        low = float(special.betaincinv(successes, units - successes + 1.0, tail)) if successes > 0 else 0.0
        # the complement keeps a tail of 1e-10 exact
        failures = units - successes
        high = 1.0 - float(special.betaincinv(failures, successes + 1.0, tail)) if failures > 0 else 1.0
        return low, high

    def bounds(self, summary: Summary, alpha: float) -> Bounds | None:
        """Return the interval from the number of successes."""
        return self._bounds(float(round(summary.estimate * summary.count)), float(summary.count), alpha)

    def reach(self, summary: Summary, units: float, alpha: float, beta: float) -> float:
        """Return how far the interval reaches at counts that are `beta`-extreme for the estimated probability."""
        p = min(max(summary.estimate, 0.0), 1.0)
        # an observed share of 0 or 1 does not mean that the next counts will not vary
        spread = math.sqrt(max(p * (1.0 - p), 1.0 / max(summary.count, 1)))
        shift = normal_quantile(beta) * spread * math.sqrt(units)
        below = self._bounds(max(0.0, math.floor(p * units - shift)), units, alpha)[0]
        above = self._bounds(min(units, math.ceil(p * units + shift)), units, alpha)[1]
        return max(p - below, above - p)


@dataclass(frozen=True)
class DKW:
    """Interval for the distance ``sup |G - F|`` between the law G of the units and a continuous F.

    By the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant, ``sup |G_n - G| <= sqrt(log(2/alpha)/(2n))``
    with probability ``1 - alpha``. Between neighbouring edges both functions are monotone, so values at the edges
    bound the empirical distance from both sides and no units need to be kept.

    Parameters
    ----------
    cdf : callable
        The public distribution function F, vectorised.
    edges : array_like or callable
        Increasing points; the mass of F between neighbours (and outside) must be small against the margin.
    """

    cdf: Callable[[Array], Any]
    edges: ArrayLike | Callable[[], ArrayLike]

    def check(self, values: Array) -> None:
        """Accept every finite unit."""

    def resolve(self) -> DKW:
        """Return the interval with its edges evaluated."""
        edges = np.asarray(self.edges() if callable(self.edges) else self.edges, dtype=np.float64)
        if edges.ndim != 1 or edges.size < 1 or np.any(np.diff(edges) <= 0):
            raise ValueError("edges must be one-dimensional and strictly increasing")
        return replace(self, edges=edges)

    def reference(self) -> Array:
        """Return F at the edges, shape (len(edges),)."""
        return np.asarray(self.cdf(np.asarray(self.resolve().edges)), dtype=np.float64)

    @staticmethod
    def summarize(count: int, below: Array, reference: Array) -> Summary:
        """Return the summary of `count` units whose share `below` each edge is compared with F there."""
        empirical = np.concatenate([[0.0], below, [1.0]])
        claimed = np.concatenate([[0.0], reference, [1.0]])
        upper = max(float(np.max(empirical[1:] - claimed[:-1])), float(np.max(claimed[1:] - empirical[:-1])))
        lower = float(np.max(np.abs(below - reference)))
        # at one point the empirical distribution function has a standard deviation of at most 1/2 a unit
        return Summary(count=count, estimate=lower, sd=0.5, upper=upper, resolution=float(np.max(np.diff(claimed))))

    @staticmethod
    def _width(units: float, alpha: float) -> float:
        return math.sqrt(math.log(2.0 / alpha) / (2.0 * units))

    def bounds(self, summary: Summary, alpha: float) -> Bounds | None:
        """Return ``[lower - w, upper + w]`` with the DKW width w, cut at 0."""
        width = self._width(summary.count, alpha)
        upper = summary.estimate if summary.upper is None else summary.upper
        return max(0.0, summary.estimate - width), upper + width

    def reach(self, summary: Summary, units: float, alpha: float, beta: float) -> float:
        """Return the width, the largest error of the empirical function and the mass between edges."""
        return self._width(units, alpha) + self._width(units, beta) + summary.resolution


def required_units(interval: Interval, summary: Summary, *, alpha: float, beta: float, distance: float) -> float:
    """Return the smallest number of units whose interval lies within `distance` of the truth.

    For Student's interval this is ``((z_alpha + z_beta) sd / distance)^2``, or the size from which it is valid.

    Parameters
    ----------
    interval : Interval
        Kind of interval.
    summary : Summary
        Standard deviation and skewness, estimated or declared (`count` of the estimate included).
    alpha, beta : float
        Level of the interval and the probability with which it may reach farther.
    distance : float
        Distance from the truth to the edge of the claimed region.

    Returns
    -------
    float
        A whole number, or ``inf`` if no size up to 2**62 is enough.

    Examples
    --------
    >>> unit = Summary(count=1000, estimate=0.0, sd=1.0)
    >>> n = required_units(StudentT(0.0), unit, alpha=1e-9, beta=1e-6, distance=0.01)
    >>> round(((normal_quantile(1e-9) + normal_quantile(1e-6)) / 0.01) ** 2), int(n)
    (1210231, 1210242)
    """
    if not distance > 0:
        return math.inf
    high = 2
    while interval.reach(summary, high, alpha, beta) > distance:
        high *= 2
        if high > 2**62:
            return math.inf
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if interval.reach(summary, middle, alpha, beta) > distance:
            low = middle
        else:
            high = middle
    return float(high)
