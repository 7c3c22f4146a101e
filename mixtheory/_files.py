"""Files that are there whole or not at all, and paths that are checked before the work begins."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

__all__ = ["check_new", "check_writable", "open_atomically", "write_atomically"]


@contextmanager
def open_atomically(path: Path, mode: str = "w", *, encoding: str | None = None) -> Iterator[IO[Any]]:
    """Open a file for writing that takes its place when the block ends without an error, and otherwise never.

    Parameters
    ----------
    path : Path
        A file that is there stays as it is until then. Folders are made as needed.
    mode : {"w", "wb"}
        Text, with ends of lines as they are written, or bytes.
    encoding : str, optional
        Of text, by default UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    text: dict[str, Any] = {} if "b" in mode else {"encoding": encoding or "utf-8", "newline": ""}
    try:
        with temporary.open(mode, **text) as file:
            yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file of text (UTF-8) or bytes so that it is there whole or not at all."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    with open_atomically(path, "wb") as file:
        file.write(data)


def check_writable(name: str, path: Path) -> None:
    """Raise an error that names an option if no file can be written at its path; nothing is left behind.

    Raises
    ------
    ValueError
        If the path is a folder or empty, or its folder, or the one in which that would be made, cannot be written.
    """
    if not path.name or path.is_dir():
        raise ValueError(f"{name} must name a file, got {str(path)!r}")
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(f"{name} must name a file that can be written, got {str(path)!r}: {error.strerror}") from None


def check_new(name: str, path: Path, *, force: bool, inputs: dict[str, Path]) -> None:
    """Raise an error that names an option if its file is there already and `force` does not allow to replace it.

    Raises
    ------
    ValueError
        If there is such a file; the message says so if it is one of `inputs` (names of arguments and their files).
    """
    if force or not path.exists():
        return
    same = [argument for argument, other in inputs.items() if other.exists() and path.samefile(other)]
    what = f"is {same[0]} itself" if same else "exists already"
    raise ValueError(f"{name} must be new: {str(path)!r} {what}; --force replaces it")
