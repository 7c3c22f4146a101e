"""One run of a study: what is missing is computed, stored block by block, and folded into estimates."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mixtheory.montecarlo import execute as _execute
from mixtheory.montecarlo.progress import Progress
from mixtheory.montecarlo.seeds import block_sequence, canonical
from mixtheory.montecarlo.store import Failure, Store

if TYPE_CHECKING:
    from mixtheory.montecarlo.study import Study

__all__ = ["BlockFailure", "MixedResults", "Plan", "Run"]

# A run whose first blocks all fail has a bug, not bad luck.
_HOPELESS = 8


class BlockFailure(RuntimeError):
    """Some blocks raised an error; the others are stored."""


class MixedResults(RuntimeError):
    """Blocks of different machines or library versions would be mixed."""


@dataclass(frozen=True)
class Plan:
    """One cell of a run: its parameters, keys and number of blocks."""

    parameters: dict[str, Any]
    seed_key: dict[str, Any]
    result_key: str
    blocks: int

    def block_name(self, study: str, index: int) -> str:
        """Return the name by which a block is replayed."""
        return f"{study}/{self.result_key[:12]}/{index}"


@dataclass(frozen=True)
class Run:
    """A study, the cells to compute, and the store that they go to."""

    study: Study
    store: Store
    plans: Sequence[Plan]
    root: int
    allow_mixed: bool = False

    @property
    def total(self) -> int:
        """Number of blocks of the run, stored before or not."""
        return sum(plan.blocks for plan in self.plans)

    def missing(self) -> list[tuple[int, int]]:
        """Return the cell and index of every block that is not stored."""
        found = []
        for cell, plan in enumerate(self.plans):
            present = self.store.present(plan.result_key, self.study.generation)
            found += [(cell, index) for index in range(plan.blocks) if index not in present]
        return found

    def complete(
        self, *, workers: int, backend: str, scheduler: str | None, progress: bool, asked: int | None
    ) -> pd.DataFrame:
        """Compute what is missing and return the estimates; `asked` is the number of replicates a person named."""
        study, missing = self.study, self.missing()
        done = self.total - len(missing)
        with Progress(study.name, self.total, done=done, enabled=progress) as report:
            for line in self._news(done, asked):
                report.say(line)
            for plan in self.plans:
                self.store.add_cell(
                    plan.result_key,
                    study=study.name,
                    parameters=canonical(plan.parameters),
                    block_size=study.block_size,
                    root=self.root,
                )
            self._refuse_mixed(bool(missing))
            jobs = [_execute.Job(c, i, self.plans[c].parameters, self.plans[c].seed_key) for c, i in missing]
            outcomes = _execute.execute(
                study.work, jobs, root=self.root, workers=workers, backend=backend, scheduler=scheduler
            )
            # closing the outcomes stops the workers, whatever ended the loop
            with contextlib.closing(outcomes):
                failed = self._collect(outcomes, report)
        if failed:
            names = ", ".join(f.name for f in failed[:3]) + (", ..." if len(failed) > 3 else "")
            if self.store.path is None:
                advice = "nothing is kept without a store (store=PATH). Replay one with study.replay(BLOCK, seed=SEED)"
            else:
                advice = "the others are stored. Replay one with `mixtheory replay BLOCK`"
            raise BlockFailure(
                f"{len(failed)} of {len(missing)} blocks of study {study.name!r} failed; {advice}: {names}\n"
                f"The first error was:\n{failed[0].traceback}"
            )
        return self._frame()

    def _news(self, done: int, asked: int | None) -> list[str]:
        """Return what a person should know before the run starts."""
        lines = []
        study, store, plans = self.study, self.store, self.plans
        whole = plans[0].blocks * study.block_size
        if asked is not None and asked != whole:
            lines.append(f"{asked} replicates a cell rounded up to {whole} ({plans[0].blocks} blocks)")
        if store.stale_lock:
            lines.append(f"took over the lock of {store.stale_lock}, which is no longer running")
        keys = [plan.result_key for plan in plans]
        older = {g: n for g, n in store.generations(keys).items() if g != study.generation}
        if older:
            lines.append(
                f"the simulator or a metric changed: {sum(older.values())} blocks of {len(older)} earlier version(s) "
                f"are kept and not used; this is version {study.generation[:8]}"
            )
        sizes = sorted(
            {
                size
                for plan in plans
                for size in store.other_block_sizes(
                    study=study.name, parameters=canonical(plan.parameters), root=self.root, block_size=study.block_size
                )
            }
        )
        if sizes:
            lines.append(f"blocks of other sizes {sizes} are kept and not used; this run has size {study.block_size}")
        if done:
            lines.append(f"{done} of {self.total} blocks were stored before")
        return lines

    def _refuse_mixed(self, computing: bool) -> None:
        keys = [plan.result_key for plan in self.plans]
        found = set(self.store.fingerprints(keys, self.study.generation))
        if computing:
            found.add(_execute.fingerprint_text())
        if len(found) > 1 and not self.allow_mixed:
            raise MixedResults(
                "stored blocks were computed on another processor or with other library versions, so their last bits "
                "may differ; use another store, or allow mixing (allow_mixed=True, --allow-mixed):\n"
                + "\n".join(sorted(found))
            )

    def _collect(self, outcomes: Iterable[_execute.Outcome], report: Progress) -> list[Failure]:
        study, store = self.study, self.store
        failed: list[Failure] = []
        finished = 0
        here = _execute.fingerprint_text()
        for outcome in outcomes:
            plan = self.plans[outcome.cell]
            if outcome.fingerprint != here and not self.allow_mixed:
                raise MixedResults(
                    "a worker has another processor or other library versions than this process; use the same on all, "
                    f"or allow mixing (allow_mixed=True, --allow-mixed):\n{here}\n{outcome.fingerprint}"
                )
            if outcome.payload is None:
                name = plan.block_name(study.name, outcome.block)
                seed = block_sequence(self.root, study.name, plan.seed_key, outcome.block)
                failure = Failure(name, plan.result_key, study.generation, outcome.block, repr(seed), outcome.traceback)
                store.record_failure(failure)
                failed.append(failure)
                report.say(f"block {name} failed: {outcome.traceback.strip().splitlines()[-1]}")
                if not finished and len(failed) >= _HOPELESS:
                    break
            else:
                store.put(
                    plan.result_key,
                    study.generation,
                    outcome.block,
                    outcome.payload,
                    seconds=outcome.seconds,
                    fingerprint=outcome.fingerprint,
                )
                finished += 1
            report.advance()
        return failed

    def _frame(self) -> pd.DataFrame:
        study = self.study
        rows = []
        for plan in self.plans:
            payloads = self.store.payloads(plan.result_key, study.generation, plan.blocks)
            blocks = [_execute.unpack_payload(payload) for payload in payloads]
            closed = study.reference(**plan.parameters) if study.reference is not None else {}
            for position, metric in enumerate(study.metrics):
                with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
                    estimate = metric.estimate([block[position] for block in blocks])
                row = {
                    **plan.parameters,
                    "metric": metric.name,
                    "estimate": estimate.value,
                    "mcse": estimate.mcse,
                    "replicates": estimate.replicates,
                }
                if study.reference is not None:
                    row["reference"] = float(closed.get(metric.name, math.nan))
                rows.append(row)
        return pd.DataFrame(rows)
