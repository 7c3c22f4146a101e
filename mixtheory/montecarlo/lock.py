"""The lock that keeps a second writer from a store."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["Lock", "StoreError", "StoreLocked"]


class StoreError(RuntimeError):
    """A store cannot be read or written; finished blocks in it are untouched."""


class StoreLocked(StoreError):
    """Another process is writing to the store."""


class Lock:
    """An advisory lock on a small file that says who holds it.

    The operating system drops the lock when its process dies, so a file that names somebody but is not locked is
    stale. Across hosts (a shared folder) such locks are not reliable, so another host's name is believed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stale: str | None = None
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock_file(self._file)
        except OSError:
            holder = self._read()
            os.close(self._file)
            raise StoreLocked(
                f"the store {path.with_suffix('')} is in use by {_who(holder)}; wait until that run ends, or stop it"
            ) from None
        holder = self._read()
        here = socket.gethostname()
        if holder and holder.get("host") != here:
            os.close(self._file)
            raise StoreLocked(
                f"the store {path.with_suffix('')} was left locked by {_who(holder)}. A store belongs on a local disk; "
                f"if that run is over, delete {path} and try again"
            )
        if holder:
            self.stale = _who(holder)
        self._write({"host": here, "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")})

    def _read(self) -> dict[str, Any]:
        os.lseek(self._file, 0, os.SEEK_SET)
        try:
            holder = json.loads(os.read(self._file, 4096) or b"{}")
        except ValueError:
            return {}
        return holder if isinstance(holder, dict) else {}

    def _write(self, holder: dict[str, Any]) -> None:
        os.lseek(self._file, 0, os.SEEK_SET)
        os.ftruncate(self._file, 0)
        if holder:
            os.write(self._file, json.dumps(holder).encode())

    def release(self) -> None:
        """Give the lock back; the emptied file stays, since removing it would race with the next holder."""
        self._write({})
        os.close(self._file)


def _who(holder: dict[str, Any]) -> str:
    if not holder:
        return "another process"
    return f"process {holder.get('pid')} on {holder.get('host')} (since {holder.get('since')})"


def _lock_file(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        # lock a byte far behind the text, so that others can still read who holds the lock
        os.lseek(descriptor, 2**30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
