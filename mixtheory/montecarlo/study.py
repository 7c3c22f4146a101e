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
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mixtheory._validation import check_choice, check_integer
from mixtheory.montecarlo import execute as _execute
from mixtheory.montecarlo.metrics import Metric
from mixtheory.montecarlo.run import Plan, Run
from mixtheory.montecarlo.seeds import block_generator, canonical, check_root, digest
from mixtheory.montecarlo.source import source_hash
from mixtheory.montecarlo.store import Store

__all__ = ["Study", "grid"]

Cell = Mapping[str, Any]

# columns of the result and arguments of the simulator
_RESERVED = {"metric", "estimate", "mcse", "replicates", "reference", "rng"}


def grid(**axes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the product of some axes as a list of cells.

    Examples
    --------
    >>> grid(n=[10, 20], law=["a"])
    [{'n': 10, 'law': 'a'}, {'n': 20, 'law': 'a'}]
    """
    for name, values in axes.items():
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TypeError(f"{name} must be a sequence of values such as [{values!r}], got {values!r}")
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


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
        Replicates a block, chosen so that a block is at least 50 ms of work. By default 100; if `batched` the
        largest power of two that is no more than the replicates and than 2**20.
    batched : bool
    backend : {"threads", "loky"}
        What `workers` are: threads for kernels that release the GIL, processes for Python code.
    reference : callable, optional
        ``reference(**cell)`` returns a mapping of metric names to closed-form values, shown beside the estimates.

    Examples
    --------
    >>> import numpy as np
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
        if isinstance(metrics, Metric) or not all(isinstance(metric, Metric) for metric in metrics):
            raise TypeError(f"metrics must be a sequence of metrics such as [Mean('value')], got {metrics!r}")
        self.metrics = tuple(metrics)
        if not self.metrics:
            raise ValueError("metrics must hold at least one metric, got none")
        names = [metric.name for metric in self.metrics]
        if len(set(names)) < len(names):
            raise ValueError(f"metrics must have different names, got {names}")
        self.name = name or str(getattr(simulate, "__name__", "study"))
        if not isinstance(self.name, str) or "/" in self.name:
            raise ValueError(f"name must be a str without '/', got {self.name!r}")
        self.title = title
        self.simulate = simulate
        self.data = None if data is None else tuple(data)
        self.replicates = replicates
        counts = list(replicates.values()) if isinstance(replicates, Mapping) else [replicates]
        largest = max(check_integer("replicates", number, low=1) for number in counts)
        if block_size is None:
            block_size = 2 ** min(20, largest.bit_length() - 1) if batched else 100
        self.block_size = check_integer("block_size", block_size, low=1)
        self.batched = batched
        self.backend = check_choice("backend", backend, _execute.BACKENDS)
        self.reference = reference
        self._cells = dict(cells) if isinstance(cells, Mapping) else {"": cells}
        for profile, rows in self._cells.items():
            self._check_cells(profile, rows)

    def _check_cells(self, profile: str, rows: Sequence[Cell]) -> None:
        where = f"cells of profile {profile!r}" if profile else "cells"
        if isinstance(rows, (str, bytes)) or not isinstance(rows, Sequence) or not rows:
            raise ValueError(f"{where} must be a sequence of at least one mapping, got {rows!r}")
        keys = set()
        for cell in rows:
            if not isinstance(cell, Mapping):
                raise TypeError(f"{where} must be mappings of parameter names to values, got {cell!r}")
            reserved = _RESERVED | ({"n"} if self.batched else set())
            taken = sorted(reserved & set(cell))
            if taken:
                raise ValueError(f"{where} must not call a parameter {taken}: the engine uses these names")
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

    def plans(self, profile: str | None = None, replicates: int | None = None, seed: int = 0) -> list[Plan]:
        """Return what a run would compute: the keys and the number of blocks of every cell."""
        root = check_root(seed)
        blocks = self.blocks(profile, replicates)
        return [self._plan(cell, blocks, root) for cell in self.cells(profile)]

    def _plan(self, cell: Cell, blocks: int, root: int) -> Plan:
        parameters = dict(cell)
        seed_key = parameters if self.data is None else {p: parameters[p] for p in self.data}
        signatures = [metric.signature() for metric in self.metrics]
        key = digest((self.name, parameters, signatures, self.block_size, root)).hex()
        return Plan(parameters, seed_key, key, blocks)

    @property
    def work(self) -> _execute.Work:
        """What of the study travels to workers."""
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
        plans = self.plans(profile, replicates, seed)
        check_integer("workers", workers, low=1)
        backend = _execute.check_backend(backend, scheduler, self.backend)
        with contextlib.nullcontext(store) if isinstance(store, Store) else Store(store) as opened:
            return Run(self, opened, plans, seed, allow_mixed).complete(
                workers=workers,
                backend=backend,
                scheduler=scheduler,
                progress=progress,
                asked=replicates,
            )

    def find_block(self, name: str, root: int) -> tuple[dict[str, Any], int]:
        """Return the parameters of the cell and the index of a block by its name.

        Raises
        ------
        ValueError
            If no cell of any profile has such a block.
        """
        study, _, rest = name.partition("/")
        key, _, index = rest.partition("/")
        if study == self.name and index.isdigit() and int(index) < 2**64:
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
        return self.work.outputs(block_generator(seed, self.name, plan.seed_key, index), parameters)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run the study from the command line of its own script."""
        from mixtheory.montecarlo.command import main

        return main(self, arguments)
