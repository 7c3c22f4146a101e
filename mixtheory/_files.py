"""Files that are there whole or not at all, and paths that are checked before the work begins."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["check_writable", "write_atomically"]


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(name: str, path: Path) -> None:
    """Raise an error that names an option if no file can be written at its path; nothing is left behind.

    Raises
    ------
    ValueError
        If the path is a folder or empty, or its folder cannot be made or written.
    """
    if not path.name or path.is_dir():
        raise ValueError(f"{name} must name a file, got {str(path)!r}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise ValueError(f"{name} must name a file that can be written, got {str(path)!r}: {error.strerror}") from None
