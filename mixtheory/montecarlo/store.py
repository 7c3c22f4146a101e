"""The store of finished blocks: one SQLite file, one writer, one transaction a block.

A block is found by its *result key* (study, all parameters, metrics, block size, root seed), its *generation* (the
hash of the simulator's source) and its index. Nothing is ever overwritten or deleted: a changed simulator or another
block size has other keys and lies beside what was there.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from mixtheory.montecarlo.lock import Lock, StoreError, StoreLocked

__all__ = ["Failure", "Store", "StoreError", "StoreLocked"]

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cells (
    result_key TEXT PRIMARY KEY, study TEXT NOT NULL, parameters TEXT NOT NULL, block_size INTEGER NOT NULL,
    root TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE fingerprints (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE blocks (
    result_key TEXT NOT NULL, generation TEXT NOT NULL, block INTEGER NOT NULL, payload BLOB NOT NULL,
    checksum BLOB NOT NULL, seconds REAL NOT NULL, fingerprint INTEGER NOT NULL, finished REAL NOT NULL,
    PRIMARY KEY (result_key, generation, block)
);
CREATE TABLE failures (
    name TEXT PRIMARY KEY, result_key TEXT NOT NULL, generation TEXT NOT NULL, block INTEGER NOT NULL,
    seed TEXT NOT NULL, traceback TEXT NOT NULL, failed REAL NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Failure:
    """A block that raised an error: its name, where it belongs, its seed and the traceback."""

    name: str
    result_key: str
    generation: str
    block: int
    seed: str
    traceback: str


def checksum(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=16).digest()


@contextlib.contextmanager
def _explained(path: str, doing: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "full" in text:
            advice = "the disk is full; blocks finished so far are kept: free some space and run the same command again"
        elif "readonly" in text or "unable to open" in text:
            advice = "the file or its folder cannot be written; check the path and its permissions"
        elif "malformed" in text or "not a database" in text or "disk image" in text:
            advice = (
                "the file is damaged or is no store; nothing in it was changed. Move it away, or copy the blocks that "
                "can still be read with `mixtheory run --salvage`"
            )
        elif "locked" in text:
            advice = "another program holds the file; close it and run the same command again"
        else:
            advice = "blocks finished so far are kept"
        raise StoreError(f"cannot {doing} the store {path}: {text}: {advice}") from error


class Store:
    """Finished blocks of studies in one SQLite file, or in memory.

    Parameters
    ----------
    path : str or Path, optional
        The file; it and its folder are made if need be. Without it the store lives in memory.
    readonly : bool
        Open an existing file to read only: no lock is taken.

    Raises
    ------
    StoreLocked
        If another process has the store open for writing.
    StoreError
        If the file is damaged, of another version, or cannot be written.
    """

    def __init__(self, path: str | Path | None = None, *, readonly: bool = False) -> None:
        self.path = None if path is None else Path(path)
        self._lock: Lock | None = None
        self._fingerprints: dict[int, str] = {}
        label = "in memory" if self.path is None else str(self.path)
        self._label = label
        if self.path is None:
            self._connection = sqlite3.connect(":memory:", isolation_level=None)
            self._create()
            return
        if readonly:
            if not self.path.is_file():
                raise StoreError(f"there is no store at {label}")
            with _explained(label, "open"):
                self._connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)
                self._check()
            return
        self._open_for_writing(label)

    def _open_for_writing(self, label: str) -> None:
        assert self.path is not None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.path.with_name(self.path.name + ".lock"))
        except OSError as error:
            raise StoreError(
                f"cannot open the store {label}: {error.strerror or error}: check the path and its permissions"
            ) from error
        try:
            with _explained(label, "open"):
                self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=10.0)
                # a finished transaction survives the death of this process; a power cut may lose the last ones
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                # a process that died just after making the file leaves a database without tables
                if self._tables():
                    self._check()
                else:
                    self._create()
        except BaseException:
            self._lock.release()
            raise

    def _create(self) -> None:
        with self._transaction():
            for statement in _SCHEMA.split(";"):
                if statement.strip():
                    self._connection.execute(statement)
            self._connection.execute("INSERT INTO meta VALUES ('schema', ?)", (str(SCHEMA_VERSION),))

    def _tables(self) -> set[str]:
        rows = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}

    def _check(self) -> None:
        if not {"meta", "blocks"} <= self._tables():
            raise StoreError(f"{self._label} is an SQLite file but no mixtheory store; give another path")
        (version,) = self._connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        if int(version) != SCHEMA_VERSION:
            raise StoreError(
                f"the store {self._label} has format {version}, this version of mixtheory reads {SCHEMA_VERSION}; "
                "move the file away"
            )
        (verdict,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"database disk image is malformed ({verdict})")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # a full disk may have rolled back already
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @property
    def stale_lock(self) -> str | None:
        """Who left a lock behind that this store took over, if anybody did."""
        return None if self._lock is None else self._lock.stale

    def add_cell(self, result_key: str, *, study: str, parameters: str, block_size: int, root: int) -> None:
        """Record what a result key stands for."""
        with _explained(self._label, "write to"), self._transaction():
            self._connection.execute(
                "INSERT OR IGNORE INTO cells VALUES (?, ?, ?, ?, ?)",
                (result_key, study, parameters, block_size, str(root)),
            )

    def other_block_sizes(self, *, study: str, parameters: str, root: int, block_size: int) -> list[int]:
        """Return the other block sizes under which the same cell lies in the store."""
        rows = self._connection.execute(
            "SELECT DISTINCT block_size FROM cells WHERE study = ? AND parameters = ? AND root = ? AND block_size != ?",
            (study, parameters, str(root), block_size),
        )
        return sorted(size for (size,) in rows)

    def generations(self, result_keys: Sequence[str]) -> dict[str, int]:
        """Return the generations that hold blocks of some cells, oldest first, with their number of blocks."""
        found: dict[str, tuple[float, int]] = {}
        for key in result_keys:
            rows = self._connection.execute(
                "SELECT generation, min(finished), count(*) FROM blocks WHERE result_key = ? GROUP BY generation",
                (key,),
            )
            for generation, first, count in rows:
                before, number = found.get(generation, (first, 0))
                found[generation] = (min(before, first), number + count)
        return {g: n for g, (_, n) in sorted(found.items(), key=lambda item: item[1][0])}

    def _fingerprint_id(self, text: str) -> int:
        for number, known in self._fingerprints.items():
            if known == text:
                return number
        self._connection.execute("INSERT OR IGNORE INTO fingerprints (text) VALUES (?)", (text,))
        (number,) = self._connection.execute("SELECT id FROM fingerprints WHERE text = ?", (text,)).fetchone()
        self._fingerprints[number] = text
        return int(number)

    def fingerprints(self, result_keys: Sequence[str], generation: str) -> list[str]:
        """Return the fingerprints of the stored blocks of some cells."""
        texts: set[str] = set()
        for key in result_keys:
            rows = self._connection.execute(
                "SELECT DISTINCT text FROM blocks JOIN fingerprints ON fingerprint = id "
                "WHERE result_key = ? AND generation = ?",
                (key, generation),
            )
            texts.update(text for (text,) in rows)
        return sorted(texts)

    def put(
        self, result_key: str, generation: str, block: int, payload: bytes, *, seconds: float, fingerprint: str
    ) -> None:
        """Store one finished block in a transaction of its own; a block that is there stays as it is."""
        with _explained(self._label, "write to"), self._transaction():
            number = self._fingerprint_id(fingerprint)
            self._connection.execute(
                "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (result_key, generation, block, payload, checksum(payload), seconds, number, time.time()),
            )
            self._connection.execute(
                "DELETE FROM failures WHERE result_key = ? AND generation = ? AND block = ?",
                (result_key, generation, block),
            )

    def present(self, result_key: str, generation: str) -> set[int]:
        """Return the indices of the stored blocks of a cell."""
        with _explained(self._label, "read"):
            rows = self._connection.execute(
                "SELECT block FROM blocks WHERE result_key = ? AND generation = ?", (result_key, generation)
            )
            return {block for (block,) in rows}

    def payloads(self, result_key: str, generation: str, count: int) -> list[bytes]:
        """Return the payloads of blocks 0 .. count - 1 of a cell that are there, in order of their index.

        Raises
        ------
        StoreError
            If a payload does not agree with its checksum.
        """
        with _explained(self._label, "read"):
            rows = self._connection.execute(
                "SELECT block, payload, checksum FROM blocks WHERE result_key = ? AND generation = ? AND block < ? "
                "ORDER BY block",
                (result_key, generation, count),
            ).fetchall()
        for block, payload, digest in rows:
            if checksum(payload) != digest:
                raise StoreError(
                    f"block {block} in the store {self._label} does not agree with its checksum: the file is damaged. "
                    "Copy the blocks that can still be read with `mixtheory run --salvage`"
                )
        return [payload for _, payload, _ in rows]

    def is_sound(self) -> bool:
        """Return whether every stored payload agrees with its checksum."""
        with _explained(self._label, "read"):
            rows = self._connection.execute("SELECT payload, checksum FROM blocks")
            return all(checksum(payload) == digest for payload, digest in rows)

    def record_failure(self, failure: Failure) -> None:
        """Record a block that raised an error; it is never returned as a result."""
        with _explained(self._label, "write to"), self._transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    failure.name,
                    failure.result_key,
                    failure.generation,
                    failure.block,
                    failure.seed,
                    failure.traceback,
                    time.time(),
                ),
            )

    def failures(self) -> list[Failure]:
        """Return the recorded failures, by name."""
        rows = self._connection.execute(
            "SELECT name, result_key, generation, block, seed, traceback FROM failures ORDER BY name"
        )
        return [Failure(*row) for row in rows]

    def root_of(self, key: str) -> int:
        """Return the root seed of the cell whose result key starts with `key`.

        Raises
        ------
        ValueError
            If no cell or several have such a key.
        """
        rows = self._connection.execute(
            "SELECT root FROM cells WHERE substr(result_key, 1, ?) = ?", (len(key), key)
        ).fetchall()
        if not key or len(rows) != 1:
            raise ValueError(f"block must name one cell of the store {self._label}, got key {key!r} of {len(rows)}")
        return int(rows[0][0])

    def close(self) -> None:
        """Close the file and release the lock."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
