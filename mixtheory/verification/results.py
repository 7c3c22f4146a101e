"""What a decision returns: one object a component, a mutant and a claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixtheory.verification.claim import Claim

__all__ = ["REFUTED", "UNDECIDED", "VERIFIED", "ClaimResult", "ComponentResult", "FormulaResult", "MutantResult"]

Array = NDArray[np.float64]

VERIFIED, REFUTED, UNDECIDED = "verified", "refuted", "undecided"


@dataclass(frozen=True)
class FormulaResult:
    """The formula column of a component: closed form against oracle.

    `residual` is the largest ``|closed - oracle|``, `tolerance` the largest allowed one at that entry; `holds` is
    None where there is no oracle, and `reason` then says why.
    """

    closed: Array = field(compare=False)
    residual: float
    tolerance: float
    holds: bool | None
    reason: str = ""


@dataclass(frozen=True)
class ComponentResult:
    """What the simulator column says of one component.

    `low` and `high` are the interval at the stage that decided (or at the last one; nan before it was valid),
    `region` the claimed region, `units` the independent units used, `units_needed` what an undecided component would
    need. `estimate` and `mcse` are nan in an identity.
    """

    label: str
    verdict: str
    formula: FormulaResult
    closed: float
    estimate: float
    mcse: float
    margin: float
    low: float
    high: float
    region: tuple[float, float]
    units: int
    stage: int
    units_needed: float | None = None


@dataclass(frozen=True)
class MutantResult:
    """Whether a mutant was refuted.

    `distance` is the largest distance of the mutant from the closed form, in margins: of its values (formula), or of
    its estimates (simulator).
    """

    name: str
    kind: str
    refuted: bool
    distance: float
    component: str
    units: int
    detail: str


@dataclass(frozen=True)
class ClaimResult:
    """The verdict of a claim with everything behind it."""

    claim: Claim
    verdict: str
    components: tuple[ComponentResult, ...]
    mutants: tuple[MutantResult, ...]
    seed: int
    alpha: float
    seconds: float = field(default=0.0, compare=False)

    @property
    def formula_verdict(self) -> str:
        """Verdict of the formula column: "verified", "refuted", or "no oracle" if a component lacks one."""
        holds = [c.formula.holds for c in self.components]
        if any(h is False for h in holds):
            return REFUTED
        return "no oracle" if any(h is None for h in holds) else VERIFIED

    @property
    def simulator_verdict(self) -> str:
        """Verdict of the simulator column."""
        return combine([c.verdict for c in self.components])

    @property
    def passed(self) -> bool:
        """Whether the claim is verified and each mutant that was tried is refuted."""
        return self.verdict == VERIFIED and all(m.refuted for m in self.mutants)


def combine(verdicts: Iterable[str]) -> str:
    """Return the verdict of a vector: verified iff all are, refuted iff one is."""
    seen = set(verdicts)
    if REFUTED in seen:
        return REFUTED
    return UNDECIDED if UNDECIDED in seen else VERIFIED
