"""Saving the blocks of a damaged store."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixtheory.montecarlo.lock import StoreError
from mixtheory.montecarlo.store import Store, checksum

__all__ = ["salvage"]


def salvage(damaged: str | Path, fresh: str | Path) -> int:
    """Copy every block that can still be read and agrees with its checksum into a new store; return their number.

    The damaged file is left as it is.
    """
    source, target = Path(damaged), Path(fresh)
    if not source.is_file():
        raise StoreError(f"there is no store at {source}")
    if target.exists():
        raise StoreError(f"{target} exists; a salvaged store is never written over another file")
    copied = 0
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, Store(target) as store:
        whole = _padded_copy(source, Path(folder) / "padded.sqlite")
        with contextlib.closing(sqlite3.connect(whole)) as old:
            texts = dict(_readable(old, "SELECT id, text FROM fingerprints"))
            for key, study, parameters, size, root in _readable(old, "SELECT * FROM cells"):
                store.add_cell(key, study=study, parameters=parameters, block_size=size, root=int(root))
            # no row is smaller than its checksum and keys, so there are no more rows than this
            for row in range(1, whole.stat().st_size // 64):
                for key, generation, block, payload, digest, seconds, number in _readable(
                    old,
                    "SELECT result_key, generation, block, payload, checksum, seconds, fingerprint FROM blocks "
                    f"WHERE rowid = {row}",
                ):
                    if isinstance(payload, bytes) and checksum(payload) == digest:
                        text = texts.get(number, "unknown")
                        store.put(key, generation, block, payload, seconds=seconds, fingerprint=text)
                        copied += 1
    return copied


def _padded_copy(source: Path, target: Path) -> Path:
    """Copy a database and pad it to the length that its header names, without which SQLite reads nothing of it."""
    shutil.copyfile(source, target)
    log = source.with_name(source.name + "-wal")
    if log.exists():
        shutil.copyfile(log, target.with_name(target.name + "-wal"))
    with target.open("r+b") as file:
        header = file.read(32)
        if header.startswith(b"SQLite format 3") and len(header) == 32:
            page = int.from_bytes(header[16:18], "big")
            pages = int.from_bytes(header[28:32], "big")
            length = (65536 if page == 1 else page) * pages
            if target.stat().st_size < length:
                file.truncate(length)
    return target


def _readable(connection: sqlite3.Connection, query: str) -> Iterator[Any]:
    """Yield rows until the first page that cannot be read."""
    with contextlib.suppress(sqlite3.DatabaseError):
        yield from connection.execute(query)
