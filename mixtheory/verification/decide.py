"""The decision: from a claim, a root seed and a level to one of three verdicts.

A component is *verified* if a confidence interval for the truth lies inside its claimed region, *refuted* if it lies
outside, *undecided* otherwise; and its closed form must agree with its oracle to rounding. A pass is thus evidence
that the truth is within the margin, never a mere failure to reject. How the simulator column comes to its interval
is in `mixtheory.verification.stages`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import joblib
import numpy as np

from mixtheory._validation import check_integer, check_real
from mixtheory.montecarlo.fingerprint import one_thread
from mixtheory.montecarlo.seeds import check_root
from mixtheory.verification.claim import (
    MUTANT_MARGINS,
    Around,
    Claim,
    ClaimError,
    Component,
    FormulaMutant,
    OfSd,
    SimulatorMutant,
)
from mixtheory.verification.results import (
    REFUTED,
    UNDECIDED,
    VERIFIED,
    ClaimResult,
    ComponentResult,
    MutantResult,
    combine,
)
from mixtheory.verification.stages import run_stages
from mixtheory.verification.target import check_formula, prepare

__all__ = ["CLAIM_ALPHA", "CLAIM_SHARE", "SUITE_ALPHA", "decide", "verify"]

SUITE_ALPHA = 1e-6
# every claim has this share of the suite's level, whichever claims are selected and however many there are
CLAIM_SHARE = 1000
CLAIM_ALPHA = SUITE_ALPHA / CLAIM_SHARE

# a declared standard deviation may exceed the estimated one by no more than estimation error
_DECLARED_SD = 1.1

Progress = Callable[[int, int, str], None]


def decide(claim: Claim, *, seed: int = 0, alpha: float = CLAIM_ALPHA, mutants: bool = False) -> ClaimResult:
    """Decide one claim.

    Parameters
    ----------
    claim : Claim
        The claim.
    seed : int
        Root seed; the verdict is a function of it, the claim and `alpha` alone.
    alpha : float
        Level of this claim, split over its components: a false verdict has at most this probability.
    mutants : bool
        Try the claim's mutants too.

    Returns
    -------
    ClaimResult
        With `verdict` "verified", "refuted" or "undecided".

    Raises
    ------
    ClaimError
        If a margin is wider than its class allows or the simulator returns units of the wrong kind.
    """
    level = check_real("alpha", alpha, low=0.0, high=1.0)
    return verify_at([claim], check_root(seed), level, 1, mutants, None)[0]


def verify(
    claims: Iterable[Claim],
    *,
    seed: int = 0,
    alpha: float = SUITE_ALPHA,
    workers: int = 1,
    mutants: bool = False,
    progress: Progress | None = None,
) -> list[ClaimResult]:
    """Decide claims, in threads, and return the results in the order of the claims.

    Parameters
    ----------
    claims : iterable of Claim
        Each name may occur once.
    seed : int
        Root seed.
    alpha : float
        Level of a suite of 1,000 claims; each claim has a thousandth of it, however many are selected.
    workers : int
        Number of threads. Verdicts and estimates are the same bits for any number.
    mutants : bool
        Try each claim's mutants too.
    progress : callable, optional
        Called as ``progress(done, total, name)`` after each decision, a simulator mutant counting as one.

    Raises
    ------
    ClaimError
        If a claim is not well posed, with its name.
    ValueError
        If a name occurs twice, or `alpha`, `seed` or `workers` is out of range.
    """
    chosen = list(claims)
    if not all(isinstance(claim, Claim) for claim in chosen):
        raise TypeError(f"claims must be Claim objects, got {chosen!r}")
    names = [claim.name for claim in chosen]
    if len(set(names)) < len(names):
        raise ValueError(f"claims must have different names, got {sorted(n for n in set(names) if names.count(n) > 1)}")
    check_options(seed=seed, alpha=alpha, workers=workers)
    return verify_at(chosen, seed, alpha / CLAIM_SHARE, workers, mutants, progress)


def check_options(*, seed: int, alpha: float, workers: int) -> None:
    """Raise ValueError or TypeError if an option of `verify` is out of range."""
    check_root(seed)
    check_real("alpha", alpha, low=0.0, high=1.0)
    check_integer("workers", workers, low=1)


_Part = tuple[tuple[ComponentResult, ...], float]


def verify_at(
    chosen: list[Claim], seed: int, level: float, workers: int, mutants: bool, progress: Progress | None
) -> list[ClaimResult]:
    """Decide claims, each at the level `level`; see `verify`."""
    tasks: list[tuple[Claim, SimulatorMutant | None]] = []
    for claim in chosen:
        tasks.append((claim, None))
        if mutants:
            tasks.extend((claim, m) for m in claim.mutants if isinstance(m, SimulatorMutant))
    parts: list[_Part | None] = [None] * len(tasks)
    # one BLAS thread for one worker or many: a product's last bits depend on their number
    with one_thread():
        pool = joblib.Parallel(n_jobs=workers, backend="threading", return_as="generator_unordered", batch_size=1)
        work = pool(joblib.delayed(_decide_task)(i, *task, seed, level) for i, task in enumerate(tasks))
        for done, (index, part) in enumerate(work, start=1):
            parts[index] = part
            if progress is not None:
                claim, mutant = tasks[index]
                progress(done, len(tasks), claim.name if mutant is None else f"{claim.name} / {mutant.name}")
        decided = iter(part for part in parts if part is not None)
        return [_assemble(claim, decided, seed, level, mutants) for claim in chosen]


def _decide_task(
    index: int, claim: Claim, mutant: SimulatorMutant | None, seed: int, alpha: float
) -> tuple[int, _Part]:
    start = time.perf_counter()
    try:
        components = _decide(claim, mutant, seed, alpha)
    except ClaimError as error:
        where = f"claim {claim.name!r}" + (f", mutant {mutant.name!r}" if mutant else "")
        raise ClaimError(f"{where}: {error}") from error
    return index, (components, time.perf_counter() - start)


def _decide(claim: Claim, mutant: SimulatorMutant | None, seed: int, alpha: float) -> tuple[ComponentResult, ...]:
    if claim.simulate is None:
        return tuple(_identity(component) for component in claim.components)
    targets = [prepare(claim, index) for index in range(len(claim.components))]
    if mutant is not None:
        return run_stages(claim, targets, mutant.simulate, ("mutant", mutant.name), seed, alpha)
    results = run_stages(claim, targets, claim.simulate, "simulator", seed, alpha)
    for target, result in zip(targets, results, strict=True):
        declared = target.component.margin
        if isinstance(declared, OfSd) and result.verdict == VERIFIED:
            sd = result.mcse * math.sqrt(result.units)
            if result.margin > declared.share * sd * _DECLARED_SD:
                raise ClaimError(
                    f"component {result.label!r}: margin {result.margin:g} is not {declared.share:g} of the "
                    f"standard deviation, which is {sd:g}"
                )
    return results


def _identity(component: Component) -> ComponentResult:
    formula = check_formula(component)
    single = float(formula.closed[0]) if formula.closed.size == 1 else math.nan
    return ComponentResult(
        label=component.label,
        verdict=VERIFIED if formula.holds else REFUTED,
        formula=formula,
        closed=single,
        estimate=math.nan,
        mcse=math.nan,
        margin=formula.tolerance,
        low=math.nan,
        high=math.nan,
        region=(math.nan, math.nan),
        units=formula.closed.size,
        stage=0,
    )


def _assemble(claim: Claim, parts: Any, seed: int, alpha: float, mutants: bool) -> ClaimResult:
    components, seconds = next(parts)
    formula = REFUTED if any(c.formula.holds is False for c in components) else VERIFIED
    verdict = combine([formula, *(c.verdict for c in components)])
    result = ClaimResult(claim, verdict, components, (), seed, alpha, seconds)
    if not mutants:
        return result
    tried: list[MutantResult] = []
    for mutant in claim.mutants:
        if isinstance(mutant, FormulaMutant):
            tried.append(_formula_mutant(claim, mutant, result))
        else:
            wrong, spent = next(parts)
            seconds += spent
            tried.append(_simulator_mutant(claim, mutant, wrong))
    return replace(result, mutants=tuple(tried), seconds=seconds)


def _simulator_mutant(claim: Claim, mutant: SimulatorMutant, wrong: Sequence[ComponentResult]) -> MutantResult:
    distances = [abs(c.estimate - c.closed) / c.margin if c.margin > 0 else math.inf for c in wrong]
    # a margin of up to a quarter of the distance to a mutant, unless a person's judgement set it; the run stopped once
    # the mutant was refuted, so the distance is held against the far end of the interval, not against the estimate
    needed = 0.0 if claim.margin_class == "qualitative" else MUTANT_MARGINS
    refuted = [i for i, c in enumerate(wrong) if c.verdict == REFUTED and _farthest(c) >= needed]
    i = max(refuted or range(len(wrong)), key=lambda j: distances[j])
    c = wrong[i]
    if refuted:
        detail = f"interval [{c.low:.6g}, {c.high:.6g}] is outside the region [{c.region[0]:.6g}, {c.region[1]:.6g}]"
    else:
        verdict = combine([w.verdict for w in wrong])
        detail = (
            f"the wrong simulator is {verdict}: estimate {c.estimate:.6g} against {c.closed:.6g}, {distances[i]:.3g} "
            f"margins away where {needed:g} are asked for"
        )
        if verdict == UNDECIDED and c.units_needed is not None:
            detail += f", {c.units_needed:.3g} units needed"
    return MutantResult(mutant.name, "simulator", bool(refuted), distances[i], c.label, c.units, detail)


def _farthest(component: ComponentResult) -> float:
    """Return the largest distance from the closed form, in margins, that the interval allows."""
    if not component.margin > 0:
        return math.inf
    return max(abs(component.low - component.closed), abs(component.high - component.closed)) / component.margin


def _formula_mutant(claim: Claim, mutant: FormulaMutant, result: ClaimResult) -> MutantResult:
    given = mutant.values()
    if len(claim.components) == 1 and not (isinstance(given, (tuple, list)) and len(given) == 1):
        given = (given,)
    values = list(given)
    if len(values) != len(claim.components):
        raise ClaimError(
            f"claim {claim.name!r}, mutant {mutant.name!r}: {len(values)} values for {len(claim.components)} components"
        )
    best = (False, -1.0, result.components[0], "changes no component")
    for component, decided, value in zip(claim.components, result.components, values, strict=True):
        if value is None:
            continue
        wrong = np.atleast_1d(np.asarray(value, dtype=np.float64)).ravel()
        if wrong.shape != decided.formula.closed.shape or not np.all(np.isfinite(wrong)):
            raise ClaimError(
                f"claim {claim.name!r}, mutant {mutant.name!r}: {value!r} does not fit component {decided.label!r}"
            )
        gap = float(np.max(np.abs(wrong - decided.formula.closed)))
        distance = gap / decided.margin if decided.margin > 0 else math.inf
        if component.region == Around():
            resolved = distance >= MUTANT_MARGINS
            detail = f"{gap:.6g} from the closed form"
        else:
            low, high = component.region.limits(float(wrong[0]), decided.margin)
            resolved = bool(decided.high < low or decided.low > high)
            detail = f"interval [{decided.low:.6g}, {decided.high:.6g}] against the region [{low:.6g}, {high:.6g}]"
        if (resolved, distance) > best[:2]:
            best = (resolved, distance, decided, detail)
    resolved, distance, decided, detail = best
    if result.verdict != VERIFIED:
        resolved, detail = False, f"the claim is {result.verdict}, so arithmetic proves nothing"
    return MutantResult(mutant.name, "formula", resolved, distance, decided.label, decided.units, detail)
