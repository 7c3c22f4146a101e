"""Is there a mistake in a formula that no claim would notice.

`mutate` applies small changes to theory modules (a sign, a coefficient, an exponent, two arguments swapped; see
`mixtheory.verification.mutations`) and evaluates the formula column of the claims that reach the changed function. A
claim notices a change if its closed form no longer agrees with its oracle, raises, or is nan; or if it moves by four
margins or more, in which case a verified simulator column refutes it by arithmetic. Not for use beside other threads.
"""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.verification.claim import MUTANT_MARGINS, Claim, ClaimError, Component
from mixtheory.verification.mutations import Mutation, applied, clear_caches, live_function, mutations

__all__ = ["MutationReport", "Noticed", "mutate"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Noticed:
    """What became of a mutation: the claim that noticed it and how, or None."""

    mutation: Mutation
    claim: str | None
    how: str


@dataclass(frozen=True)
class MutationReport:
    """All mutations, and oracles that share code with the mutated modules (there should be none)."""

    outcomes: tuple[Noticed, ...]
    shared: tuple[str, ...]

    @property
    def unnoticed(self) -> tuple[Noticed, ...]:
        """Mutations that no claim notices."""
        return tuple(o for o in self.outcomes if o.claim is None)

    @property
    def fraction(self) -> float:
        """Share of mutations that some claim notices; 0 if there are none."""
        return 1.0 - len(self.unnoticed) / len(self.outcomes) if self.outcomes else 0.0

    def summary(self) -> str:
        """Return the share and the unnoticed mutations, a line each."""
        lines = [f"{len(self.outcomes) - len(self.unnoticed)} of {len(self.outcomes)} mutations noticed "
                 f"({self.fraction:.1%})"]  # fmt: skip
        lines += [f"not noticed: {o.mutation} ({o.how})" for o in self.unnoticed]
        lines += [f"the oracle shares code with the theory: {name}" for name in self.shared]
        return "\n".join(lines)


class _Runaway(BaseException):
    """Too many lines: a mutated loop may never end, and theory code may catch Exception."""


@contextmanager
def _watched(files: set[str], limit: float, seen: set[tuple[str, int]] | None = None) -> Iterator[None]:
    """Count lines run in the theory's files, note its functions, and stop after `limit` lines."""
    lines = 0

    def in_frame(frame: types.FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        if event == "line":
            lines += 1
            if lines > limit:
                raise _Runaway
        return in_frame

    def on_call(frame: types.FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if seen is not None:
            seen.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))
        return in_frame

    previous = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(previous)


@dataclass(frozen=True)
class _Baseline:
    claim: str
    component: Component
    closed: Array
    oracle: Array | None
    margin: float
    reached: frozenset[tuple[str, int]]

    def notices(self) -> str | None:
        """Evaluate the closed form as it is now; return how it was noticed to be wrong, or None."""
        try:
            closed = self.component.closed_values()
        except Exception as error:
            return f"raises {type(error).__name__}"
        if closed.shape != self.closed.shape:
            return "changes shape"
        if not np.all(np.isfinite(closed)):
            return "is not finite"
        if self.oracle is not None:
            tolerance = self.component.oracle_atol + self.component.oracle_rtol * np.abs(self.oracle)
            if np.any(np.abs(closed - self.oracle) > tolerance):
                return "formula"
        if self.margin > 0 and float(np.max(np.abs(closed - self.closed))) >= MUTANT_MARGINS * self.margin:
            return "simulator"
        return None


def _baselines(claims: Sequence[Claim], files: set[str]) -> tuple[list[_Baseline], list[str]]:
    found, shared = [], []
    for claim in claims:
        for component in claim.components:
            reached: set[tuple[str, int]] = set()
            touched: set[tuple[str, int]] = set()
            with _watched(files, float("inf"), reached):
                closed = component.closed_values()
            with _watched(files, float("inf"), touched):
                oracle = component.oracle_values()
            if touched:
                shared.append(f"{claim.name} [{component.label}]")
            margin = component.margin_at(float(closed[0])) if component.closed is not None else float("nan")
            found.append(_Baseline(claim.name, component, closed, oracle, margin, frozenset(reached)))
            if found[-1].notices():
                raise ClaimError(f"claim {claim.name!r}: {component.label!r} disagrees with its oracle unmutated")
    return found, shared


def mutate(
    claims: Iterable[Claim],
    modules: Sequence[types.ModuleType],
    *,
    progress: Callable[[int, int, str], None] | None = None,
    max_lines: int = 1_000_000,
) -> MutationReport:
    """Apply every mutation of the modules and say which claim notices it.

    Parameters
    ----------
    claims : iterable of Claim
        Their closed forms must build what they need when called: objects made at import keep their old values.
    modules : sequence of module
        Theory modules with source; a mutated function is never called outside the claims' closed forms.
    progress : callable, optional
        Called as ``progress(done, total, mutation)``.
    max_lines : int
        A closed form that runs more lines of theory than this is stopped, and the mutation counts as noticed.

    Raises
    ------
    ClaimError
        If a closed form disagrees with its oracle before any mutation.
    """
    files = {m.__file__ for m in modules if m.__file__}
    clear_caches(modules)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        baselines, shared = _baselines(list(claims), files)
        todo = [m for module in modules for m in mutations(module)]
        outcomes = []
        for done, mutation in enumerate(todo, start=1):
            outcomes.append(_try(mutation, baselines, files, max_lines))
            if progress is not None:
                progress(done, len(todo), str(mutation))
    return MutationReport(tuple(outcomes), tuple(shared))


def _try(mutation: Mutation, baselines: Sequence[_Baseline], files: set[str], max_lines: int) -> Noticed:
    function = live_function(sys.modules[mutation.module], mutation.function)
    if function is None:
        return Noticed(mutation, None, "the function cannot be found")
    here = (function.__code__.co_filename, function.__code__.co_firstlineno)
    candidates = [b for b in baselines if here in b.reached]
    if not candidates:
        return Noticed(mutation, None, "no claim calls the function")
    with applied(mutation):
        for baseline in candidates:
            try:
                with _watched(files, max_lines):
                    how = baseline.notices()
            except _Runaway:
                how = "does not end"
            if how:
                return Noticed(mutation, baseline.claim, how)
    return Noticed(mutation, None, f"{len(candidates)} components call the function")
