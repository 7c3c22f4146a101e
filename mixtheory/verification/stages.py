"""The stages of a decision: a pilot, then prefixes of blocks with intervals of falling level, up to a budget.

An independent pilot (its own random numbers) gives the size of the first stage; sizes double from stage to stage; at
stage k the interval has level ``alpha_k = alpha 6 / (pi^2 k^2)``. These add up to alpha and the sizes do not depend on
the units that the intervals are made of, so looking again after each stage costs nothing but width. A claim stops,
undecided, at the first stage at which a true claim would have been verified except with probability `BETA`; this
budget is recomputed from the units seen so far, so it is a function of seed, claim and level alone, as is the verdict.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.montecarlo.accumulate import Histogram, Moments
from mixtheory.montecarlo.seeds import block_generator
from mixtheory.verification.claim import Claim, ClaimError, Simulator
from mixtheory.verification.functions import derivatives
from mixtheory.verification.intervals import DKW, Summary, required_units
from mixtheory.verification.results import REFUTED, UNDECIDED, ComponentResult
from mixtheory.verification.target import Target

__all__ = ["BETA", "run_stages", "stage_level"]

Array = NDArray[np.float64]

# a true claim is undecided with at most this probability
BETA = 1e-6

# a plan this many times beyond the cap is hopeless even if the units seen so far overstate the spread
_HOPELESS = 4
# an estimate is trusted to within this many standard errors
_ERRORS = 5.0
# room for the sample skewness to exceed the declared one by its sampling error
_SKEWNESS_ROOM = 1.1


def stage_level(alpha: float, stage: int) -> float:
    """Return ``alpha 6 / (pi^2 stage^2)``; over all stages these levels add up to alpha.

    Examples
    --------
    >>> round(sum(stage_level(0.05, k) for k in range(1, 100_000)), 4)
    0.05
    """
    return alpha * 6.0 / (math.pi * stage) ** 2


class _Prefix:
    """The units of blocks 0, 1, ... of one simulator, accumulated in order."""

    def __init__(self, claim: Claim, targets: Sequence[Target], simulate: Simulator, key: Any, seed: int) -> None:
        self.claim, self.targets, self.simulate, self.key, self.seed = claim, targets, simulate, key, seed
        self.blocks = 0
        self.width = 0
        self.moments: Moments | None = None
        self.histograms: list[Histogram | None] = [None] * len(targets)
        self.gradients: list[Array | None] = [None] * len(targets)

    def pilot(self) -> list[Summary]:
        """Return what a few blocks with other random numbers say of the components, and forget their units."""
        count = self.claim.pilot_units // self.claim.block_size
        first = [self._simulate("pilot", index) for index in range(count)]
        base = Moments.from_values(np.concatenate(first))
        for i, target in enumerate(self.targets):
            if target.component.function:
                # the linear part at the pilot's means becomes a column, whose skewness can be accumulated
                columns = self._columns(target)
                sd = np.sqrt(base.variance[columns])
                at = derivatives(target.component.function, base.mean[columns], sd, base.count)
                self.gradients[i] = at.gradient
        for values in first:
            self._add(values)
        summaries = [self.summary(i) for i in range(len(self.targets))]
        self.moments, self.histograms = None, [None] * len(self.targets)
        return summaries

    def extend(self, units: int) -> None:
        """Simulate blocks until there are `units` units."""
        last = units // self.claim.block_size
        for index in range(self.blocks, last):
            self._add(self._simulate("sample", index))
        self.blocks = last

    def _columns(self, target: Target) -> list[int]:
        return list(target.columns or range(self.width))

    def _simulate(self, part: str, index: int) -> Array:
        rng = block_generator(self.seed, ("claim", self.claim.name), (self.key, part), index)
        n = self.claim.block_size
        values = np.asarray(self.simulate(rng, n), dtype=np.float64)
        if values.ndim == 1:
            values = values[:, None]
        if values.ndim != 2 or values.shape[0] != n:
            raise ClaimError(f"simulate(rng, {n}) must return shape ({n},) or ({n}, columns), got {values.shape}")
        if self.width not in (0, values.shape[1]):
            raise ClaimError(f"simulate returned {self.width} columns first and {values.shape[1]} in block {index}")
        self.width = values.shape[1]
        if not np.all(np.isfinite(values)):
            raise ClaimError(f"block {index} holds nan or infinite units")
        for target in self.targets:
            columns = self._columns(target)
            if max(columns) >= self.width or min(columns) < 0:
                raise ClaimError(f"component {target.component.label!r} uses column {max(columns)} of {self.width}")
            if target.component.function is None:
                try:
                    target.interval.check(values[:, columns[0]])
                except ValueError as error:
                    raise ClaimError(f"component {target.component.label!r}: {error}") from None
        return values

    def _add(self, values: Array) -> None:
        parts = [values]
        for target, gradient in zip(self.targets, self.gradients, strict=True):
            if gradient is not None:
                # no BLAS: its last bits depend on the number of threads
                parts.append(np.sum(values[:, self._columns(target)] * gradient, axis=1)[:, None])
        moments = Moments.from_values(np.concatenate(parts, axis=1) if len(parts) > 1 else values)
        self.moments = moments if self.moments is None else self.moments.merge(moments)
        for i, target in enumerate(self.targets):
            if target.edges is not None:
                histogram = Histogram.from_values(values[:, target.columns[0]], target.edges)
                previous = self.histograms[i]
                self.histograms[i] = histogram if previous is None else previous.merge(histogram)

    def summary(self, index: int) -> Summary:
        """Return what is known of a component."""
        target, moments = self.targets[index], self.moments
        assert moments is not None
        histogram = self.histograms[index]
        if histogram is not None and target.reference is not None:
            return DKW.summarize(moments.count, histogram.below, target.reference)
        if target.component.function is None:
            j = target.columns[0]
            sd, skewness = math.sqrt(moments.variance[j]), float(moments.skewness[j])
            return Summary(count=moments.count, estimate=float(moments.mean[j]), sd=sd, skewness=skewness)
        columns = self._columns(target)
        linear = self.width + sum(g is not None for g in self.gradients[:index])
        covariance = moments.covariance[np.ix_(columns, columns)]
        at = derivatives(target.component.function, moments.mean[columns], np.sqrt(np.diag(covariance)), moments.count)
        # sums instead of BLAS, as above
        covered = np.sum(covariance * at.gradient, axis=1)
        variance = float(np.sum(at.gradient * covered))
        if not variance > 0:
            return Summary(count=moments.count, estimate=at.value, sd=0.0)
        sd = math.sqrt(variance)
        bend = float(np.sum(covered * np.sum(at.hessian * covered, axis=1))) / sd**3
        # the third cumulant of a studentised function of means is that of its linear part plus 3/2 of its bend
        skewness = abs(float(moments.skewness[linear])) + 1.5 * abs(bend)
        curvature = abs(float(np.sum(at.hessian * covariance))) / (2.0 * sd)
        return Summary(count=moments.count, estimate=at.value, sd=sd, skewness=skewness, curvature=curvature)


def _first_stage(claim: Claim, targets: Sequence[Target], pilot: Sequence[Summary], alpha: float, beta: float) -> int:
    """Return the size of the first stage: half of what a true claim needs, or what shows a clearly false one."""
    cap = _HOPELESS * claim.max_units
    refute = math.inf
    needs = []
    for target, seen in zip(targets, pilot, strict=True):
        # of a mean the declared skewness is known better than the pilot's; of a function it is rarely known
        unit = seen if target.component.function else replace(seen, skewness=0.0)
        # at half the size a true claim is verified more often than not, at the second stage but for `beta`
        half = 0.5 * required_units(
            target.interval, unit, alpha=stage_level(alpha, 2), beta=beta, distance=target.slack(unit, _ERRORS)
        )
        level = stage_level(alpha, 1)
        valid = _SKEWNESS_ROOM * required_units(
            target.interval, unit, alpha=level, beta=beta, distance=sys.float_info.max
        )
        needs.append(max(half, valid))
        outside = max(target.low - unit.estimate, unit.estimate - target.high)
        gap = outside - _ERRORS * unit.standard_error
        if gap > 0:
            clear = required_units(target.interval, unit, alpha=level, beta=beta, distance=gap)
            refute = min(refute, max(clear, valid))
    units = min(max(needs), refute)
    if not units <= cap:
        units = claim.pilot_units
    units = min(max(units, claim.pilot_units), claim.max_units)
    return min(math.ceil(units / claim.block_size), claim.max_units // claim.block_size) * claim.block_size


def _plan(target: Target, summary: Summary, first: int, alpha: float, beta: float, distance: float) -> int:
    """Return the first stage at which the interval lies within `distance` of the truth, but for `beta`."""
    stage, units = 1, first
    while units <= 2**62 and target.interval.reach(summary, units, stage_level(alpha, stage), beta) > distance:
        stage, units = stage + 1, units * 2
    return stage


def run_stages(
    claim: Claim, targets: Sequence[Target], simulate: Simulator, key: Any, seed: int, alpha: float
) -> tuple[ComponentResult, ...]:
    """Run the stages of one simulator until every component is decided, one is refuted or the budget is spent.

    Parameters
    ----------
    claim : Claim
        Block size, first stage and cap.
    targets : sequence of Target
        The components; `alpha` is split evenly over them.
    simulate : callable
        The claim's simulator, or a mutant.
    key : plain value
        Which simulator; with the root seed and the claim's name it keys the random numbers.
    seed : int
        Root seed.
    alpha : float
        Level of the claim.
    """
    share, beta = alpha / len(targets), BETA / len(targets)
    prefix = _Prefix(claim, targets, simulate, key, seed)
    decided: list[ComponentResult | None] = [None] * len(targets)
    first = units = _first_stage(claim, targets, prefix.pilot(), share, beta)
    last_units = claim.max_units // claim.block_size * claim.block_size
    stage = 1
    while True:
        prefix.extend(units)
        open_results: list[ComponentResult] = []
        going = False
        for i, target in enumerate(targets):
            if decided[i] is not None:
                continue
            summary = prefix.summary(i)
            bounds = target.interval.bounds(summary, stage_level(share, stage))
            verdict = target.judge(bounds)
            result = _component_result(target, summary, bounds, verdict, stage)
            if verdict != UNDECIDED:
                decided[i] = result
                continue
            last = _plan(target, summary, first, share, beta, target.slack(summary))
            # if a true claim would have been verified by now, plan for the truth being where the estimate is
            slack = target.found(summary) if last <= stage else target.slack(summary)
            level = stage_level(share, max(last, stage + 1))
            needed = required_units(target.interval, summary, alpha=level, beta=beta, distance=slack)
            best = required_units(
                target.interval, summary, alpha=level, beta=beta, distance=target.slack(summary, _ERRORS)
            )
            going = going or (last > stage and best <= _HOPELESS * claim.max_units)
            open_results.append(replace(result, units_needed=needed))
        refuted = any(d is not None and d.verdict == REFUTED for d in decided)
        if refuted or not open_results or not going or units >= last_units:
            waiting = iter(open_results)
            return tuple(d if d is not None else next(waiting) for d in decided)
        stage, units = stage + 1, min(2 * units, last_units)


def _component_result(
    target: Target, summary: Summary, bounds: tuple[float, float] | None, verdict: str, stage: int
) -> ComponentResult:
    low, high = bounds or (math.nan, math.nan)
    return ComponentResult(
        label=target.component.label,
        verdict=verdict,
        formula=target.formula,
        closed=target.closed,
        estimate=summary.estimate,
        mcse=summary.standard_error,
        margin=target.margin,
        low=low,
        high=high,
        region=(target.low, target.high),
        units=summary.count,
        stage=stage,
    )
