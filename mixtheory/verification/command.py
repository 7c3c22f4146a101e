"""Deciding claims from a shell: progress, the table, and the file of verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mixtheory._files import write_atomically
from mixtheory.montecarlo.progress import Progress
from mixtheory.verification import report
from mixtheory.verification.claim import Claim, SimulatorMutant
from mixtheory.verification.decide import SUITE_ALPHA, verify
from mixtheory.verification.results import ClaimResult

__all__ = ["run_verification"]


def run_verification(
    claims: Sequence[Claim],
    *,
    seed: int = 0,
    alpha: float | None = None,
    workers: int = 1,
    mutants: bool = False,
    json_file: Path | None = None,
) -> list[ClaimResult]:
    """Decide claims with a progress bar, print the table of verdicts, and write them to a JSON file if asked to.

    Parameters are those of `mixtheory.verification.verify`; `alpha` is the level of the suite, by default 1e-6.
    """
    decisions = len(claims)
    if mutants:
        decisions += sum(isinstance(mutant, SimulatorMutant) for claim in claims for mutant in claim.mutants)
    with Progress("verify", decisions, unit="decisions", interval=10.0) as progress:
        results = verify(
            claims,
            seed=seed,
            alpha=SUITE_ALPHA if alpha is None else alpha,
            workers=workers,
            mutants=mutants,
            progress=lambda done, total, name: progress.advance(),
        )
    report.show(results)
    if json_file is not None:
        write_atomically(json_file, report.to_json(results))
    return results
