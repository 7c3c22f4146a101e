"""Components made ready for a decision: numbers instead of functions, and margins that are checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtheory.verification.claim import (
    INTERCEPT_SHARE,
    MARGIN_SHARE,
    Around,
    Claim,
    ClaimError,
    Component,
    OfSd,
    number,
)
from mixtheory.verification.intervals import DKW, Interval, Summary
from mixtheory.verification.results import REFUTED, UNDECIDED, VERIFIED, FormulaResult

__all__ = ["Target", "check_formula", "prepare"]

Array = NDArray[np.float64]


def check_formula(component: Component) -> FormulaResult:
    """Compare the closed form of a component with its oracle."""
    closed = component.closed_values()
    oracle = component.oracle_values()
    if oracle is None:
        return FormulaResult(closed, math.nan, math.nan, None, component.no_oracle)
    if oracle.shape != closed.shape:
        raise ClaimError(f"component {component.label!r}: {closed.size} closed values, {oracle.size} oracle values")
    residual = np.abs(closed - oracle)
    tolerance = component.oracle_atol + component.oracle_rtol * np.abs(oracle)
    # not (residual <= tolerance) is true for nan as well
    worst = int(np.argmax(np.where(np.isnan(residual), np.inf, residual - tolerance)))
    return FormulaResult(closed, float(residual[worst]), float(tolerance[worst]), bool(np.all(residual <= tolerance)))


@dataclass(frozen=True)
class Target:
    """A component made ready: numbers instead of functions."""

    component: Component
    formula: FormulaResult
    interval: Interval
    columns: tuple[int, ...]
    closed: float
    margin: float
    low: float
    high: float
    distance: float | None
    reference: Array | None
    edges: Array | None

    def judge(self, bounds: tuple[float, float] | None) -> str:
        """Return the verdict of an interval."""
        if bounds is None:
            return UNDECIDED
        if self.low <= bounds[0] and bounds[1] <= self.high:
            return VERIFIED
        return REFUTED if bounds[1] < self.low or bounds[0] > self.high else UNDECIDED

    def found(self, summary: Summary, errors: float = 0.0) -> float:
        """Return how far the estimate is from the edge of the region, up to some standard errors in favour."""
        gap = min(abs(summary.estimate - self.low), abs(summary.estimate - self.high))
        return gap + errors * summary.standard_error

    def slack(self, summary: Summary, errors: float = 0.0) -> float:
        """Return how far the anticipated truth is from the edge of the region; by default it is at the estimate."""
        return self.found(summary, errors) if self.distance is None else self.distance


def prepare(claim: Claim, index: int) -> Target:
    """Evaluate a component's closed form, oracle and margin, and check them against the claim's class."""
    component = claim.components[index]
    formula = check_formula(component)
    assert component.interval is not None
    interval = component.interval.resolve()
    reference = edges = None
    if isinstance(interval, DKW):
        reference, edges = interval.reference(), np.asarray(interval.edges, dtype=np.float64)
    if component.closed is None:
        closed = 0.0
    elif formula.closed.size != 1:
        raise ClaimError(f"component {component.label!r}: closed must return one number")
    else:
        closed = float(formula.closed[0])
    margin = component.margin_at(closed)
    finite_size = abs(number(component.finite_size))
    _check_margin(claim, component, closed, margin, finite_size)
    total = margin + finite_size
    low, high = component.region.limits(closed, total)
    distance: float | None = margin if component.region == Around() else None
    if distance is None and component.expected is not None:
        expected = number(component.expected)
        distance = expected - low if math.isfinite(low) else high - expected
        if not distance > 0:
            raise ClaimError(f"component {component.label!r}: expected={expected:g} is outside the region")
    columns = component.columns
    if columns is None:
        chosen: tuple[int, ...] = () if component.function else (index,)
    else:
        chosen = (columns,) if isinstance(columns, int) else tuple(columns)
    if component.function is None and len(chosen) != 1:
        raise ClaimError(f"component {component.label!r}: a mean has one column, got {chosen}")
    return Target(component, formula, interval, chosen, closed, total, low, high, distance, reference, edges)


def _check_margin(claim: Claim, component: Component, closed: float, margin: float, finite_size: float) -> None:
    where = f"component {component.label!r}"
    if not math.isfinite(closed):
        raise ClaimError(f"{where}: the closed form is {closed}")
    if not (math.isfinite(margin) and margin >= 0):
        raise ClaimError(f"{where}: the margin is {margin}")
    bound = component.region != Around() or component.closed is None
    if claim.margin_class == "qualitative" and (bound or claim.kind not in ("inequality", "difference")):
        # beside a bound a two-sided component is an equality, and held to what an equality may claim
        return
    scale = abs(closed)
    if component.closed is None:
        scale = 1.0
    share = MARGIN_SHARE
    if component.size == math.inf:
        share = INTERCEPT_SHARE
        if finite_size:
            raise ClaimError(f"{where}: an extrapolated intercept has no finite-size term")
    if isinstance(component.margin, OfSd):
        sd = number(component.margin.sd)
        # a closed form that is 0 comes out as rounding error
        if scale > 1e-9 * sd:
            raise ClaimError(f"{where}: a margin in sd is for a closed form that is 0, not {closed:g}")
        scale = sd
    if margin > share * scale * (1 + 1e-9):
        raise ClaimError(
            f"{where}: margin {margin:g} is above {share:.1%} of {scale:g}, the most that margin_class "
            f"{claim.margin_class!r} allows"
        )
