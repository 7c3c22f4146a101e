"""Running a study from a shell: the store and the table in the results folder, and a clear end whatever happens."""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mixtheory._files import write_atomically
from mixtheory.montecarlo.execute import BACKENDS, SchedulerError, fingerprint_text
from mixtheory.montecarlo.lock import Lock, StoreError
from mixtheory.montecarlo.run import BlockFailure, MixedResults
from mixtheory.montecarlo.salvage import salvage
from mixtheory.montecarlo.store import Store

if TYPE_CHECKING:
    from mixtheory.montecarlo.study import Study

__all__ = ["RunOptions", "main", "run_study", "store_path", "table_path"]

INTERRUPTED = 130


@dataclass(frozen=True)
class RunOptions:
    """What a person may say about a run."""

    profile: str | None = None
    replicates: int | None = None
    workers: int = 1
    seed: int = 0
    results: Path = Path("results")
    backend: str | None = None
    scheduler: str | None = None
    allow_mixed: bool = False
    salvage: bool = False


def store_path(results: Path, study: str) -> Path:
    """Return the path of a study's store in a results folder."""
    return results / f"{study}.sqlite"


def table_path(results: Path, study: str) -> Path:
    """Return the path of a study's tidy table in a results folder."""
    return results / "tables" / f"{study}.csv"


def run_study(study: Study, options: RunOptions) -> pd.DataFrame:
    """Run a study into a results folder: its store, its tidy table, and a record of how it was run.

    Raises
    ------
    StoreError, SchedulerError, ValueError, BlockFailure, MixedResults
        As `Study.run`; whatever was finished stays in the store and no table is written.
    """
    path = store_path(options.results, study.name)
    if options.salvage:
        # a mistake in the options must not touch the store
        study.plans(options.profile, options.replicates, options.seed)
        _salvage(path)
    start = time.monotonic()
    frame = study.run(
        profile=options.profile,
        replicates=options.replicates,
        seed=options.seed,
        workers=options.workers,
        backend=options.backend,
        scheduler=options.scheduler,
        store=path,
        allow_mixed=options.allow_mixed,
        progress=True,
    )
    record = {
        "study": study.name,
        "title": study.title,
        "profile": options.profile,
        "seed": options.seed,
        "cells": len(study.cells(options.profile)),
        "blocks": study.blocks(options.profile, options.replicates),
        "block_size": study.block_size,
        "version": study.generation,
        "mixtheory": importlib.metadata.version("mixtheory"),
        "fingerprint": json.loads(fingerprint_text()),
        "seconds": round(time.monotonic() - start, 3),
    }
    # repr of a float is exact, so the table holds what the store holds
    write_atomically(table_path(options.results, study.name), frame.to_csv(index=False))
    write_atomically(options.results / "runs" / f"{study.name}.json", json.dumps(record, indent=1) + "\n")
    return frame


def _salvage(path: Path) -> None:
    """Copy what can be read of a damaged store beside it, then put the copy in its place."""
    damaged = path.with_name(f"{path.name}.damaged")
    fresh = path.with_name(f"{path.name}.salvaged")
    if not path.is_file():
        raise StoreError(f"there is no store at {path} to salvage")
    if damaged.exists() or fresh.exists():
        raise StoreError(f"{damaged} or {fresh} exists from an earlier salvage; move it away first")
    # a run that is still writing to the store holds this lock
    lock = Lock(path.with_name(f"{path.name}.lock"))
    try:
        with contextlib.suppress(StoreError), Store(path, readonly=True) as store:
            if store.is_sound():
                raise ValueError(f"--salvage is for damaged stores; {path} is sound, run the command without it")
        copied = salvage(path, fresh)
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                os.replace(part, damaged.with_name(damaged.name + suffix))
        os.replace(fresh, path)
    finally:
        lock.release()
        fresh.with_name(f"{fresh.name}.lock").unlink(missing_ok=True)
    print(f"copied {copied} blocks of the damaged store, which is kept as {damaged}", file=sys.stderr)


def main(study: Study, arguments: Sequence[str] | None = None) -> int:
    """Run one study with options from a command line; return the exit status."""
    parser = argparse.ArgumentParser(prog=study.name, description=study.title)
    if study.profiles:
        parser.add_argument("--profile", choices=study.profiles, help=f"by default {study.profiles[0]}")
    parser.add_argument("--replicates", type=int, help="replicates a cell, rounded up to whole blocks")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="by default all cores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--backend", choices=BACKENDS)
    parser.add_argument("--scheduler", help="address of a Dask scheduler")
    parser.add_argument("--allow-mixed", action="store_true", help="merge blocks of other machines or versions")
    parser.add_argument("--salvage", action="store_true", help="first copy what can be read of a damaged store")
    return run_to_end(study, RunOptions(**vars(parser.parse_args(arguments))))


def run_to_end(study: Study, options: RunOptions) -> int:
    """Run a study, print its table, and turn every foreseen error into one message and an exit status."""
    try:
        frame = run_study(study, options)
    except KeyboardInterrupt:
        path = store_path(options.results, study.name)
        print(f"\ninterrupted: finished blocks are in {path}; run the same command again to go on", file=sys.stderr)
        return INTERRUPTED
    except (StoreError, SchedulerError, BlockFailure, MixedResults, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (ValueError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (OSError, RuntimeError) as error:
        path = store_path(options.results, study.name)
        print(f"error: {type(error).__name__}: {error}; finished blocks are in {path}", file=sys.stderr)
        return 1
    with pd.option_context("display.width", 200, "display.max_rows", 40, "display.max_columns", 30):
        print(frame)
    print(f"table: {table_path(options.results, study.name)}")
    return 0
