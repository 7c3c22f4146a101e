"""Execution of blocks: serial, threads, processes or a Dask cluster, one joblib call whose backend is swapped.

A block is the only unit of work. Whoever computes it, its generator comes from its keys and BLAS runs on one thread,
so its bits are the same everywhere on one type of processor with one set of libraries.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import re
import signal
import struct
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cloudpickle
import joblib
import numpy as np

from mixtheory._validation import check_choice, check_integer
from mixtheory.montecarlo.accumulate import Histogram, Moments, Raw, from_bytes
from mixtheory.montecarlo.fingerprint import fingerprint, hold_one_thread, one_thread
from mixtheory.montecarlo.metrics import Metric
from mixtheory.montecarlo.seeds import block_generator

__all__ = ["BACKENDS", "Job", "Outcome", "SchedulerError", "Work", "check_backend", "execute", "unpack_payload"]

BACKENDS = ("threads", "loky", "dask")

_CONNECT_SECONDS = 10
_ADDRESS = re.compile(r"([a-z]+://)?[^\s/:]+:\d+")


class SchedulerError(ConnectionError):
    """A Dask scheduler cannot be reached."""


@dataclass(frozen=True)
class Work:
    """What a block does: the part of a study that travels to workers."""

    study: str
    simulate: Callable[..., Any]
    metrics: tuple[Metric[Any], ...]
    block_size: int
    batched: bool

    def outputs(self, rng: np.random.Generator, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the replicates of one block, an array (n, ...) for each output."""
        n = self.block_size
        if self.batched:
            result = self.simulate(rng, n, **parameters)
            outputs = dict(result) if isinstance(result, Mapping) else {"value": result}
            arrays = {name: np.asarray(value) for name, value in outputs.items()}
        else:
            rows = [self.simulate(rng, **parameters) for _ in range(n)]
            rows = [row if isinstance(row, Mapping) else {"value": row} for row in rows]
            if any(row.keys() != rows[0].keys() for row in rows):
                names = sorted({name for row in rows for name in row.keys() ^ rows[0].keys()})
                raise ValueError(f"the simulator of study {self.study!r} must always return the same outputs: {names}")
            arrays = {name: np.asarray([row[name] for row in rows]) for name in rows[0]}
        for name, array in arrays.items():
            if array.ndim == 0 or len(array) != n:
                raise ValueError(
                    f"the simulator of study {self.study!r} must return {n} replicates, "
                    f"output {name!r} has shape {array.shape}"
                )
        return arrays

    def compute(self, root: int, parameters: Mapping[str, Any], seed_key: Any, index: int) -> bytes:
        """Return the payload of one block: the binary form of each metric's accumulator."""
        outputs = self.outputs(block_generator(root, self.study, seed_key, index), parameters)
        parts = [metric.collect(outputs, parameters).to_bytes() for metric in self.metrics]
        return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def unpack_payload(payload: bytes) -> list[Moments | Histogram | Raw]:
    """Return the accumulators of a block's payload, one for each metric."""
    found, position = [], 0
    while position < len(payload):
        (length,) = struct.unpack_from("<I", payload, position)
        found.append(from_bytes(payload[position + 4 : position + 4 + length]))
        position += 4 + length
    return found


class Job(NamedTuple):
    """One block to compute: the position of its cell in the run, and what seeds it."""

    cell: int
    block: int
    parameters: Mapping[str, Any]
    seed_key: Any


class Outcome(NamedTuple):
    """A computed block: its payload, or the traceback of the error that it raised."""

    cell: int
    block: int
    payload: bytes | None
    traceback: str
    seconds: float
    fingerprint: str


def _compute(work: Work, root: int, job: Job) -> Outcome:
    start = time.perf_counter()
    payload, trace = None, ""
    try:
        payload = work.compute(root, job.parameters, job.seed_key, job.block)
    except Exception:
        # an error of the person's simulator is a result of its own: it is recorded, never lost, never cached
        trace = traceback.format_exc()
    seconds = time.perf_counter() - start
    return Outcome(job.cell, job.block, payload, trace, seconds, fingerprint_text())


@functools.cache
def fingerprint_text() -> str:
    """Return this process's fingerprint as text."""
    return json.dumps(dict(fingerprint()), sort_keys=True)


@functools.lru_cache(maxsize=8)
def _load(blob: bytes) -> Work:
    work = cloudpickle.loads(blob)
    assert isinstance(work, Work)
    return work


def _compute_remotely(blob: bytes, root: int, job: Job) -> Outcome:
    hold_one_thread()
    return _compute(_load(blob), root, job)


def _dump(work: Work) -> bytes:
    """Pickle the work; functions from scripts and notebooks travel by value, since workers cannot import them."""
    modules = {getattr(work.simulate, "__module__", None)}
    with contextlib.ExitStack() as stack:
        for name in modules:
            module = sys.modules.get(name or "")
            if module is None or name in ("__main__", "__mp_main__") or str(name).partition(".")[0] == "mixtheory":
                continue
            if name in cloudpickle.list_registry_pickle_by_value():
                continue
            cloudpickle.register_pickle_by_value(module)
            stack.callback(cloudpickle.unregister_pickle_by_value, module)
        return bytes(cloudpickle.dumps(work))


def check_backend(backend: str | None, scheduler: str | None, default: str = "threads") -> str:
    """Return the backend to use: `backend`, or Dask if a scheduler is named, or the default.

    Raises
    ------
    ValueError, TypeError
        If there is no such backend, Dask is asked for without a scheduler or another backend with one, or the
        scheduler is no address.
    """
    if backend is not None:
        check_choice("backend", backend, BACKENDS)
    if scheduler is None:
        if backend == "dask":
            raise ValueError("scheduler must be the address of a Dask scheduler when backend is 'dask', got None")
        return backend or default
    if backend not in (None, "dask"):
        raise ValueError(f"backend must be 'dask' or left out when a scheduler is given, got {backend!r}")
    if not isinstance(scheduler, str) or not _ADDRESS.fullmatch(scheduler):
        raise ValueError(f"scheduler must be an address such as tcp://127.0.0.1:8786, got {scheduler!r}")
    return "dask"


def execute(
    work: Work,
    jobs: Sequence[Job],
    *,
    root: int,
    workers: int = 1,
    backend: str | None = None,
    scheduler: str | None = None,
) -> Generator[Outcome, None, None]:
    """Yield the outcomes of blocks as they finish, in any order.

    Parameters
    ----------
    work : Work
    jobs : sequence of Job
    root : int
        Root seed.
    workers : int
        Number of threads or processes; 1 is the serial path. Ignored by Dask, which uses its whole cluster.
    backend : {"threads", "loky", "dask"}
    scheduler : str, optional
        Address of a Dask scheduler, such as ``"tcp://127.0.0.1:8786"``; implies ``backend="dask"``.

    Raises
    ------
    SchedulerError
        If the Dask scheduler cannot be reached.
    """
    check_integer("workers", workers, low=1)
    backend = check_backend(backend, scheduler)
    if not jobs:
        return
    if backend == "dask":
        assert scheduler is not None
        with _client(scheduler) as client, joblib.parallel_config(backend="dask", client=client):
            yield from _parallel(functools.partial(_compute_remotely, _dump(work), root), jobs, n_jobs=-1)
        return
    with one_thread():
        # the first block runs in this process alone: kernels are compiled once, before workers race to do so
        yield _compute(work, root, jobs[0])
        rest = jobs[1:]
        if workers == 1:
            for job in rest:
                yield _compute(work, root, job)
        elif backend == "threads":
            with joblib.parallel_config(backend="threading"):
                yield from _parallel(functools.partial(_compute, work, root), rest, n_jobs=workers)
        else:
            _silence_dying_executor()
            with joblib.parallel_config(
                backend="loky", inner_max_num_threads=1, initializer=_leave_interrupts_to_parent
            ):
                yield from _parallel(functools.partial(_compute_remotely, _dump(work), root), rest, n_jobs=workers)


def _parallel(
    function: Callable[[Job], Outcome], jobs: Sequence[Job], *, n_jobs: int
) -> Generator[Outcome, None, None]:
    pool = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered", pre_dispatch="4 * n_jobs", batch_size=1)
    outcomes = pool(joblib.delayed(function)(job) for job in jobs)
    try:
        yield from outcomes
    finally:
        with warnings.catch_warnings():
            # when a run is stopped early joblib warns of the work that is dropped; the store lacks it and says so
            warnings.simplefilter("ignore", UserWarning)
            outcomes.close()


def _leave_interrupts_to_parent() -> None:
    """Let the parent alone answer Ctrl-C, which a terminal sends to every process of the group."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@functools.cache
def _silence_dying_executor() -> None:
    """Drop the tracebacks that the thread of an executor prints when a run is stopped before its end.

    What goes wrong in a worker reaches the parent as an error of its own.
    """
    honest = threading.excepthook

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if arguments.thread is None or arguments.thread.name != "ExecutorManagerThread":
            honest(arguments)

    threading.excepthook = hook


@contextlib.contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise ImportError("a Dask scheduler needs the extra 'dask': pip install 'mixtheory[dask]'") from None
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise SchedulerError(
            f"scheduler {scheduler!r} cannot be reached within {_CONNECT_SECONDS} s: {error}; "
            "give the address that `dask scheduler` prints, such as tcp://127.0.0.1:8786"
        ) from error
    try:
        if not client.scheduler_info()["workers"]:
            raise SchedulerError(f"scheduler {scheduler!r} has no workers; start some with `dask worker {scheduler}`")
        yield client
    finally:
        client.close()
