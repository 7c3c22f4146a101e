"""The one place with the numba compile policy: how every kernel of the package is compiled and where it is cached."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["cache_folder", "jit", "kernel_sources", "source_hash"]

Function = TypeVar("Function", bound=Callable[..., Any])

_PACKAGE = Path(__file__).resolve().parent
_MARK = b"_jit import"
# numba reads its cache folder from one process-wide setting at decoration; two threads must not see each other's value
_LOCK = threading.RLock()


def kernel_sources(package: Path = _PACKAGE) -> list[Path]:
    """Return the modules of `package` that hold kernels (they import this module), sorted by path."""
    return [path for path in sorted(package.rglob("*.py")) if _MARK in path.read_bytes()]


def source_hash(package: Path = _PACKAGE) -> str:
    """Return a hash of the sources of every module that holds kernels.

    numba's own cache looks at the file of a kernel alone and misses a change in a callee of another file; a folder
    that is named by all sources cannot.
    """
    digest = hashlib.sha256()
    for path in kernel_sources(package):
        content = path.read_bytes()
        # lengths keep (name, content) pairs apart, so moving bytes from one file to the next changes the hash
        digest.update(f"{path.relative_to(package).as_posix()}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _usable(folder: Path) -> bool:
    """Make `folder` and say whether it is ours alone and writable (cached machine code of others is not for us)."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & stat.S_IWOTH):
            return False
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _candidates() -> list[Path]:
    folders = []
    if os.environ.get("NUMBA_CACHE_DIR"):
        folders.append(Path(os.environ["NUMBA_CACHE_DIR"]))
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folders.append(Path(home) / "mixtheory")
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folders.append(Path(tempfile.gettempdir()) / f"mixtheory-{user}")
    return [folder / f"kernels-{source_hash()}" for folder in folders]


@cache
def cache_folder() -> Path | None:
    """Return the folder of compiled kernels, or None if no place can be written (then nothing is cached).

    Tried in order: ``NUMBA_CACHE_DIR``, the user's cache folder (``XDG_CACHE_HOME``), the temporary folder.
    """
    return next((folder for folder in _candidates() if _usable(folder)), None)


def jit(function: Function) -> Function:
    """Compile `function` at its first call, without the GIL, cached, on one thread.

    ``parallel=True`` is no option: one Generator shared by the threads of a `prange` repeats draws, and no moment
    test sees it. Signatures are lazy, so nothing is compiled at import. With ``NUMBA_DISABLE_JIT=1`` the function
    stays plain Python; otherwise it is found as the attribute ``py_func``.

    Parameters
    ----------
    function : callable
        A function in numba's subset of Python that takes numbers, arrays and a ``numpy.random.Generator``.

    Returns
    -------
    callable
        The compiled function.

    Examples
    --------
    >>> import numpy as np
    >>> @jit
    ... def total(values):
    ...     result = 0.0
    ...     for value in values:
    ...         result += value
    ...     return result
    >>> total(np.array([1.0, 2.0]))
    3.0
    """
    import numba  # here, so that importing the package does not import numba

    # a function typed at a prompt or in a doctest has no source file to cache beside
    folder = cache_folder() if os.path.exists(function.__code__.co_filename) else None
    if folder is None:
        compiled: Function = numba.njit(function, nogil=True)
        return compiled
    with _LOCK:
        settings: Any = numba.config
        before = settings.CACHE_DIR
        settings.CACHE_DIR = str(folder)
        try:
            compiled = numba.njit(function, nogil=True, cache=True)
        finally:
            settings.CACHE_DIR = before
    return compiled
