"""A study: a named design grid, a simulator and metrics.

The replicates of a cell are cut into blocks of a fixed size that belongs to the study. A block is seeded by keys
(`mixtheory.montecarlo.seeds`), computed anywhere (`execute`), stored in one transaction (`store`), and merged as a
left fold over its index; so a result depends on the root seed, the cell and the number of blocks, and on nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mixtheory._validation import check_choice, check_integer
from mixtheory.montecarlo import execute as _execute
from mixtheory.montecarlo.metrics import Metric
from mixtheory.montecarlo.progress import Progress
from mixtheory.montecarlo.seeds import block_generator, block_sequence, canonical, check_root, digest
from mixtheory.montecarlo.source import source_hash
from mixtheory.montecarlo.store import Failure, Store

__all__ = ["BlockFailure", "MixedResults", "Study", "grid"]

Cell = Mapping[str, Any]

# A run whose first blocks all fail has a bug, not bad luck.
_HOPELESS = 8


class BlockFailure(RuntimeError):
    """Some blocks raised an error; the others are stored."""


class MixedResults(RuntimeError):
    """Blocks of different machines or library versions would be mixed."""


def grid(**axes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the product of some axes as a list of cells.

    Examples
    --------
    >>> grid(n=[10, 20], law=["a"])
    [{'n': 10, 'law': 'a'}, {'n': 20, 'law': 'a'}]
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


@dataclass(frozen=True)
class _Plan:
    """One cell of a run: its parameters, keys and number of blocks."""

    parameters: dict[str, Any]
    seed_key: dict[str, Any]
    result_key: str
    blocks: int

    def block_name(self, study: str, index: int) -> str:
        return f"{study}/{self.result_key[:12]}/{index}"


class Study:
    """A named design grid (cells), a simulator and metrics.

    Parameters
    ----------
    cells : sequence of mappings, or mapping of profile to such a sequence
        Parameters of each cell, plain data (numbers, str, bool, None, tuples); see `grid`.
    simulate : callable
        ``simulate(rng, **cell)`` returns one replicate, a float or a mapping of names to floats; with `batched`,
        ``simulate(rng, n, **cell)`` returns n replicates, an array (n,) or a mapping of names to arrays (n, ...). A
        single unnamed output is called ``"value"``. A replicate is the independent unit.
    metrics : sequence of Metric
    name : str, optional
        Name of the study, part of every seed; by default that of the simulator.
    title : str
        One line for people.
    data : sequence of str, optional
        Names of the parameters that are data: cells that agree on them share their random numbers. By default all.
    replicates : int or mapping of profile to int
        Replicates a cell, rounded up to whole blocks.
    block_size : int, optional
        Replicates a block, chosen so that a block is at least 50 ms of work; 100, or 2**14 if `batched`.
    batched : bool
    backend : {"threads", "loky"}
        What `workers` are: threads for kernels that release the GIL, processes for Python code.
    reference : callable, optional
        ``reference(**cell)`` returns a mapping of metric names to closed-form values, shown beside the estimates.

    Examples
    --------
    >>> from mixtheory.montecarlo import Bias, Study
    >>> def simulate(rng, n):
    ...     return {"median": float(np.median(rng.normal(size=n)))}
    >>> study = Study([{"n": 5}, {"n": 25}], simulate, [Bias("median", truth=0.0)], replicates=200)
    >>> study.run(seed=1)[["n", "metric", "replicates"]].values.tolist()
    [[5, 'bias', 200], [25, 'bias', 200]]
    """

    def __init__(
        self,
        cells: Sequence[Cell] | Mapping[str, Sequence[Cell]],
        simulate: Callable[..., Any],
        metrics: Sequence[Metric[Any]],
        *,
        name: str | None = None,
        title: str = "",
        data: Sequence[str] | None = None,
        replicates: int | Mapping[str, int] = 1000,
        block_size: int | None = None,
        batched: bool = False,
        backend: str = "threads",
        reference: Callable[..., Mapping[str, float]] | None = None,
    ) -> None:
        if not callable(simulate):
            raise TypeError(f"simulate must be callable, got {simulate!r}")
        self.metrics = tuple(metrics)
        if not self.metrics:
            raise ValueError("metrics must hold at least one metric, got none")
        names = [metric.name for metric in self.metrics]
        if len(set(names)) < len(names):
            raise ValueError(f"metrics must have different names, got {names}")
        self.name = name or str(getattr(simulate, "__name__", "study"))
        self.title = title
        self.simulate = simulate
        self.data = None if data is None else tuple(data)
        self.replicates = replicates
        self.block_size = check_integer("block_size", block_size or (2**14 if batched else 100), low=1)
        self.batched = batched
        self.backend = check_choice("backend", backend, _execute.BACKENDS)
        self.reference = reference
        self._cells = dict(cells) if isinstance(cells, Mapping) else {"": cells}
        for profile, rows in self._cells.items():
            self._check_cells(profile, rows)
        for number in replicates.values() if isinstance(replicates, Mapping) else [replicates]:
            check_integer("replicates", number, low=1)

    def _check_cells(self, profile: str, rows: Sequence[Cell]) -> None:
        where = f"cells of profile {profile!r}" if profile else "cells"
        if isinstance(rows, (str, bytes)) or not isinstance(rows, Sequence) or not rows:
            raise ValueError(f"{where} must be a sequence of at least one mapping, got {rows!r}")
        keys = set()
        for cell in rows:
            if not isinstance(cell, Mapping):
                raise TypeError(f"{where} must be mappings of parameter names to values, got {cell!r}")
            missing = [p for p in self.data or () if p not in cell]
            if missing:
                raise ValueError(f"data names parameters that a cell lacks: {missing}; the cell has {list(cell)}")
            keys.add(canonical(dict(cell)))
        if len(keys) < len(rows):
            raise ValueError(f"{where} must differ from each other; two are the same")

    @property
    def profiles(self) -> tuple[str, ...]:
        """Names of the profiles under which the study can be run."""
        named = [p for p in self._cells if p]
        if isinstance(self.replicates, Mapping):
            named += [p for p in self.replicates if p not in named]
        return tuple(named)

    def cells(self, profile: str | None = None) -> list[dict[str, Any]]:
        """Return the cells of a profile."""
        return [dict(cell) for cell in self._cells[self._profile(profile, self._cells)]]

    def _profile(self, profile: str | None, table: Mapping[str, Any]) -> str:
        if "" in table:
            if profile is not None and self.profiles:
                check_choice("profile", profile, self.profiles)
            return ""
        if profile is None:
            return next(iter(table))
        return check_choice("profile", profile, self.profiles or table)

    def blocks(self, profile: str | None = None, replicates: int | None = None) -> int:
        """Return the number of blocks a cell that hold at least `replicates` replicates."""
        if replicates is None:
            table = self.replicates if isinstance(self.replicates, Mapping) else {"": self.replicates}
            replicates = table[self._profile(profile, table)]
        return math.ceil(check_integer("replicates", replicates, low=1) / self.block_size)

    @functools.cached_property
    def generation(self) -> str:
        """Hash of the source of the simulator, the metrics and everything that they call in this project."""
        return source_hash([self.simulate, *self.metrics])

    def _plan(self, cell: Cell, blocks: int, root: int) -> _Plan:
        parameters = dict(cell)
        seed_key = parameters if self.data is None else {p: parameters[p] for p in self.data}
        signatures = [metric.signature() for metric in self.metrics]
        key = digest((self.name, parameters, signatures, self.block_size, root)).hex()
        return _Plan(parameters, seed_key, key, blocks)

    @property
    def _work(self) -> _execute.Work:
        return _execute.Work(self.name, self.simulate, self.metrics, self.block_size, self.batched)

    def run(
        self,
        *,
        profile: str | None = None,
        replicates: int | None = None,
        seed: int = 0,
        workers: int = 1,
        backend: str | None = None,
        scheduler: str | None = None,
        store: str | Path | Store | None = None,
        allow_mixed: bool = False,
        progress: bool = False,
    ) -> pd.DataFrame:
        """Compute the blocks that are missing and return the estimates.

        Parameters
        ----------
        profile : str, optional
            Which cells and number of replicates; by default the first.
        replicates : int, optional
            Replicates a cell instead of the profile's, rounded up to whole blocks.
        seed : int
            Root seed in [0, 2**128).
        workers : int
            Threads or processes; results do not depend on it.
        backend, scheduler
            See `mixtheory.montecarlo.execute.execute`.
        store : path or Store, optional
            Where blocks are kept; a second run computes only what is missing. By default they live in memory.
        allow_mixed : bool
            Merge blocks although they come from other processors or library versions.
        progress : bool
            Say what is done, on standard error.

        Returns
        -------
        DataFrame
            A row for each cell and metric: the parameters, ``metric``, ``estimate``, ``mcse``, ``replicates`` and,
            if the study has closed forms, ``reference``.

        Raises
        ------
        BlockFailure
            If blocks raised errors; the others are stored.
        MixedResults
            If stored blocks have another fingerprint and `allow_mixed` is not set.
        StoreError, StoreLocked, SchedulerError, ValueError, TypeError
        """
        root = check_root(seed)
        check_integer("workers", workers, low=1)
        blocks = self.blocks(profile, replicates)
        plans = [self._plan(cell, blocks, root) for cell in self.cells(profile)]
        if isinstance(store, Store):
            return self._run(store, plans, root, workers, backend, scheduler, allow_mixed, progress, replicates)
        with Store(store) as opened:
            return self._run(opened, plans, root, workers, backend, scheduler, allow_mixed, progress, replicates)

    def _run(
        self,
        store: Store,
        plans: list[_Plan],
        root: int,
        workers: int,
        backend: str | None,
        scheduler: str | None,
        allow_mixed: bool,
        progress: bool,
        replicates: int | None,
    ) -> pd.DataFrame:
        missing = []
        for cell, plan in enumerate(plans):
            present = store.present(plan.result_key, self.generation)
            missing += [(cell, index) for index in range(plan.blocks) if index not in present]
        total = sum(plan.blocks for plan in plans)
        with Progress(self.name, total, done=total - len(missing), enabled=progress) as report:
            for line in self._news(store, plans, root, total - len(missing), total, replicates):
                report.say(line)
            for plan in plans:
                store.add_cell(
                    plan.result_key,
                    study=self.name,
                    parameters=canonical(plan.parameters),
                    block_size=self.block_size,
                    root=root,
                )
            self._refuse_mixed(store, plans, bool(missing), allow_mixed)
            jobs = [_execute.Job(c, i, plans[c].parameters, plans[c].seed_key) for c, i in missing]
            outcomes = _execute.execute(
                self._work, jobs, root=root, workers=workers, backend=backend or self.backend, scheduler=scheduler
            )
            # closing the outcomes stops the workers, whatever ended the loop
            with contextlib.closing(outcomes):
                failed = self._collect(store, plans, root, outcomes, allow_mixed, report)
        if failed:
            names = ", ".join(f.name for f in failed[:3]) + (", ..." if len(failed) > 3 else "")
            raise BlockFailure(
                f"{len(failed)} of {len(missing)} blocks of study {self.name!r} failed; the others are stored. Replay "
                f"one with `mixtheory replay BLOCK`: {names}\nThe first error was:\n{failed[0].traceback}"
            )
        return self._frame(store, plans)

    def _news(
        self, store: Store, plans: list[_Plan], root: int, done: int, total: int, replicates: int | None
    ) -> list[str]:
        """Return what a person should know before the run starts."""
        lines = []
        asked, whole = replicates, plans[0].blocks * self.block_size
        if asked is not None and asked != whole:
            lines.append(f"{asked} replicates a cell rounded up to {whole} ({plans[0].blocks} blocks)")
        if store.stale_lock:
            lines.append(f"took over the lock of {store.stale_lock}, which is no longer running")
        keys = [plan.result_key for plan in plans]
        older = {g: n for g, n in store.generations(keys).items() if g != self.generation}
        if older:
            lines.append(
                f"the simulator or a metric changed: {sum(older.values())} blocks of {len(older)} earlier version(s) "
                f"are kept and not used; this is version {self.generation[:8]}"
            )
        sizes = sorted(
            {
                size
                for plan in plans
                for size in store.other_block_sizes(
                    study=self.name, parameters=canonical(plan.parameters), root=root, block_size=self.block_size
                )
            }
        )
        if sizes:
            lines.append(f"blocks of other sizes {sizes} are kept and not used; this run has size {self.block_size}")
        if done:
            lines.append(f"{done} of {total} blocks were stored before")
        return lines

    def _refuse_mixed(self, store: Store, plans: list[_Plan], computing: bool, allow_mixed: bool) -> None:
        found = set(store.fingerprints([plan.result_key for plan in plans], self.generation))
        if computing:
            found.add(_execute.fingerprint_text())
        if len(found) > 1 and not allow_mixed:
            raise MixedResults(
                "stored blocks were computed on another processor or with other library versions, so their last bits "
                "may differ; use another store, or allow mixing (allow_mixed=True, --allow-mixed):\n"
                + "\n".join(sorted(found))
            )

    def _collect(
        self,
        store: Store,
        plans: list[_Plan],
        root: int,
        outcomes: Iterable[_execute.Outcome],
        allow_mixed: bool,
        report: Progress,
    ) -> list[Failure]:
        failed: list[Failure] = []
        finished = 0
        here = _execute.fingerprint_text()
        for outcome in outcomes:
            plan = plans[outcome.cell]
            if outcome.fingerprint != here and not allow_mixed:
                raise MixedResults(
                    "a worker has another processor or other library versions than this process; use the same on all, "
                    f"or allow mixing (allow_mixed=True, --allow-mixed):\n{here}\n{outcome.fingerprint}"
                )
            if outcome.payload is None:
                name = plan.block_name(self.name, outcome.block)
                seed = block_sequence(root, self.name, plan.seed_key, outcome.block)
                failure = Failure(
                    name, plan.result_key, self.generation, outcome.block, repr(seed), outcome.traceback
                )
                store.record_failure(failure)
                failed.append(failure)
                report.say(f"block {name} failed: {outcome.traceback.strip().splitlines()[-1]}")
                if not finished and len(failed) >= _HOPELESS:
                    break
            else:
                store.put(
                    plan.result_key,
                    self.generation,
                    outcome.block,
                    outcome.payload,
                    seconds=outcome.seconds,
                    fingerprint=outcome.fingerprint,
                )
                finished += 1
            report.advance()
        return failed

    def _frame(self, store: Store, plans: list[_Plan]) -> pd.DataFrame:
        rows = []
        for plan in plans:
            payloads = store.payloads(plan.result_key, self.generation, plan.blocks)
            blocks = [_execute.unpack_payload(payload) for payload in payloads]
            closed = self.reference(**plan.parameters) if self.reference is not None else {}
            for position, metric in enumerate(self.metrics):
                with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
                    estimate = metric.estimate([block[position] for block in blocks])
                row = {
                    **plan.parameters,
                    "metric": metric.name,
                    "estimate": estimate.value,
                    "mcse": estimate.mcse,
                    "replicates": estimate.replicates,
                }
                if self.reference is not None:
                    row["reference"] = float(closed.get(metric.name, math.nan))
                rows.append(row)
        return pd.DataFrame(rows)

    def find_block(self, name: str, root: int) -> tuple[dict[str, Any], int]:
        """Return the parameters of the cell and the index of a block by its name.

        Raises
        ------
        ValueError
            If no cell of any profile has such a block.
        """
        study, _, rest = name.partition("/")
        key, _, index = rest.partition("/")
        if study == self.name and index.isdigit():
            for cells in self._cells.values():
                for cell in cells:
                    plan = self._plan(cell, 1, root)
                    if plan.result_key.startswith(key) and key:
                        return plan.parameters, int(index)
        raise ValueError(f"block must be the name of a block of study {self.name!r} under seed {root}, got {name!r}")

    def replay(self, name: str, *, seed: int = 0) -> dict[str, Any]:
        """Compute one block again in this process, errors included, and return its replicates.

        Parameters
        ----------
        name : str
            Name of the block, as a failed run prints it: ``study/key/index``.
        seed : int
            Root seed of that run.
        """
        parameters, index = self.find_block(name, check_root(seed))
        plan = self._plan(parameters, 1, seed)
        return self._work.outputs(block_generator(seed, self.name, plan.seed_key, index), parameters)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run the study from the command line of its own script."""
        from mixtheory.montecarlo.command import main

        return main(self, arguments)
