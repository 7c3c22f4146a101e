"""What the last bits of a result depend on: processor type and versions of the numerical libraries."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.metadata
import platform
from collections.abc import Iterator

from threadpoolctl import ThreadpoolController

__all__ = ["fingerprint", "hold_one_thread", "one_thread"]

_LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "statsmodels")


@functools.cache
def _controller() -> ThreadpoolController:
    # NumPy and SciPy bring a BLAS each, which is found only once it is loaded
    importlib.import_module("numpy.linalg")
    importlib.import_module("scipy.linalg")
    return ThreadpoolController()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread, as every process that computes blocks does, the serial path included.

    A factorisation differs in its last bits between one and two threads.
    """
    # looked up anew: a library that was loaded since would otherwise keep its threads
    with ThreadpoolController().limit(limits=1):
        yield


@functools.cache
def hold_one_thread() -> None:
    """Hold BLAS and OpenMP of a worker process to one thread for as long as it lives."""
    for library in _controller().lib_controllers:
        library.set_num_threads(1)


@functools.cache
def fingerprint() -> tuple[tuple[str, str], ...]:
    """Return the names and values on which bit-for-bit agreement depends.

    Examples
    --------
    >>> dict(fingerprint())["numpy"] == __import__("numpy").__version__
    True
    """
    entries = {"machine": platform.machine(), "python": platform.python_version(), "cpu": _cpu_features()}
    found = {
        " ".join(str(library.get(key)) for key in ("internal_api", "version", "architecture"))
        for library in _controller().info()
        if library["user_api"] == "blas"
    }
    entries["blas"] = ", ".join(sorted(found))
    for name in _LIBRARIES:
        entries[name] = importlib.metadata.version(name)
    return tuple(sorted(entries.items()))


def _cpu_features() -> str:
    features = importlib.import_module("numpy._core._multiarray_umath").__cpu_features__
    return " ".join(sorted(name for name, present in features.items() if present))
