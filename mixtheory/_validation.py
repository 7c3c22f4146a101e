"""Checks of user input: every message names the argument, what is allowed and what was given."""

from __future__ import annotations

import difflib
import math
import operator
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "broadcast_parameters",
    "check_array",
    "check_choice",
    "check_extensions",
    "check_flag",
    "check_generator",
    "check_integer",
    "check_labels",
    "check_matrix",
    "check_real",
    "check_random_state",
    "check_reals",
    "check_sequence",
    "check_size",
    "frame_like",
    "is_frame",
    "near_matches",
    "seed_sequence",
    "shown",
]


_SHOWN_ENTRIES = 20


def shown(value: Any) -> str:
    """Return `value` as text for a message: numbers print plainly, without the name of their numpy type."""
    if isinstance(value, np.generic):
        item = value.item()
        return str(item) if isinstance(item, np.generic) else repr(item)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(shown(item) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.size <= _SHOWN_ENTRIES:
            return shown(array.tolist())
        return np.array2string(array, threshold=_SHOWN_ENTRIES, separator=", ")
    return repr(value)


def is_frame(value: Any) -> bool:
    """Whether `value` is a pandas DataFrame, without importing pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def frame_like(X: Any, rows: NDArray[Any]) -> NDArray[Any] | pd.DataFrame:
    """Return `rows` as a DataFrame with the columns of `X` if that is one."""
    return type(X)(rows, columns=X.columns) if is_frame(X) else rows


def check_labels(y: Any, target: NDArray[Any]) -> None:
    """Raise an error if a label of `y` is missing; `target` is `y` as an array.

    NumPy writes a missing label in a list of strings as text.
    """
    import pandas as pd

    text = target.dtype.kind in "US"
    given = np.asarray(y, dtype=object) if text and isinstance(y, (list, tuple)) else target
    if np.ma.is_masked(y) or np.any(pd.isna(given)):
        raise ValueError("labels y must not be missing, got None, NaN or masked entries")
    if text and given is not target and not all(isinstance(label, (str, bytes)) for label in given):
        raise TypeError("labels y must be of one kind, got text and other labels")
    if target.dtype.kind == "f" and not np.all(np.isfinite(target)):
        raise ValueError("labels y must be finite, got infinite values")


def _check_unmasked(name: str, value: Any) -> None:
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked entries, got a masked array of dtype {value.dtype}")


def _allowed(low: float, high: float, closed: str) -> str:
    left = "[" if closed in ("left", "both") else "("
    right = "]" if closed in ("right", "both") else ")"
    if math.isinf(low) and math.isinf(high):
        return "finite"
    if math.isinf(high):
        return f"finite and {'>=' if left == '[' else '>'} {low:g}"
    if math.isinf(low):
        return f"finite and {'<=' if right == ']' else '<'} {high:g}"
    return f"in {left}{low:g}, {high:g}{right}"


def _inside(values: NDArray[np.float64], low: float, high: float, closed: str) -> bool:
    above = values >= low if closed in ("left", "both") else values > low
    below = values <= high if closed in ("right", "both") else values < high
    return bool(np.all(np.isfinite(values) & (above | math.isinf(low)) & (below | math.isinf(high))))


def check_reals(
    name: str, value: ArrayLike, *, low: float = -math.inf, high: float = math.inf, closed: str = "neither"
) -> NDArray[np.float64]:
    """Return `value` as a float array whose entries are finite and between `low` and `high`.

    `closed` is ``"left"``, ``"right"``, ``"both"`` or ``"neither"`` and says which ends are allowed.
    """
    if isinstance(value, (str, bytes)) or value is None:
        raise TypeError(f"{name} must be a real number, got {value!r}")
    _check_unmasked(name, value)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        kind = f" of dtype {value.dtype}" if hasattr(value, "dtype") else ""
        raise TypeError(f"{name} must be a real number, got {shown(value)}{kind}") from None
    if not _inside(array, low, high, closed):
        raise ValueError(f"{name} must be {_allowed(low, high, closed)}, got {shown(value)}")
    return array


def check_real(
    name: str, value: Any, *, low: float = -math.inf, high: float = math.inf, closed: str = "neither"
) -> float:
    """Return `value` as a float that is finite and between `low` and `high`."""
    array = check_reals(name, value, low=low, high=high, closed=closed)
    if array.ndim:
        raise TypeError(f"{name} must be a single real number, got an array of shape {array.shape}")
    return float(array)


def broadcast_parameters(**values: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Broadcast parameters; arrays are copied and made read-only, and -0.0 becomes 0.0."""
    try:
        arrays = [np.array(a + 0.0) for a in np.broadcast_arrays(*values.values())]
    except ValueError:
        shapes = ", ".join(f"{name} {value.shape}" for name, value in values.items())
        raise ValueError(f"parameters must have shapes that broadcast together, got {shapes}") from None
    for array in arrays:
        array.flags.writeable = False
    return dict(zip(values, arrays, strict=True))


# Beyond this the shapes of a law with given mean overflow.
_LARGEST_EXTENSION = 1e50


def check_extensions(eps0: ArrayLike, eps1: ArrayLike, *, some: bool = False) -> None:
    """Check the extensions of a law beyond 0 and 1: >= 0, not too large, and with `some` not both 0."""
    for name, value in (("eps0", eps0), ("eps1", eps1)):
        if np.any(check_reals(name, value, low=0.0, closed="left") > _LARGEST_EXTENSION):
            raise ValueError(f"{name} must be at most {_LARGEST_EXTENSION:g}, got {shown(value)}")
    if some and np.any(np.add(eps0, eps1) == 0):
        raise ValueError(
            "eps0 and eps1 must not both be 0: eps0 + eps1 must be finite and > 0 to preserve the covariance, "
            f"got {shown(eps0)} and {shown(eps1)}"
        )


def check_integer(name: str, value: Any, *, low: int | None = None, high: int | None = None) -> int:
    """Return `value` as an int between `low` and `high` (both allowed)."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an integer, got {shown(value)}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {shown(value)}") from None
    if (low is not None and number < low) or (high is not None and number > high):
        if high is None:
            allowed = f">= {low}"
        elif low is None:
            allowed = f"<= {high}"
        else:
            allowed = f"between {low} and {high}"
        raise ValueError(f"{name} must be an integer {allowed}, got {number}")
    return number


def check_size(name: str, value: Any) -> int | tuple[int, ...]:
    """Return `value` as the size of a draw: an int >= 0 or a tuple of them."""
    if isinstance(value, (tuple, list)):
        return tuple(check_integer(name, item, low=0) for item in value)
    return check_integer(name, value, low=0)


def _not_real(array: NDArray[Any]) -> bool:
    if array.dtype.kind == "O":
        return any(isinstance(item, (str, bytes, complex, np.complexfloating)) for item in array.flat)
    return array.dtype.kind not in "biuf"


def _floats(name: str, value: Any) -> NDArray[np.float64]:
    """Return `value` as floats; text, complex numbers and masked entries are refused rather than converted."""
    _check_unmasked(name, value)
    if is_frame(value):
        bad = [
            f"{column!r} ({value.dtypes.iloc[place]})"
            for place, column in enumerate(value.columns)
            if _not_real(np.asarray(value.iloc[:, place]))
        ]
        if bad:
            raise TypeError(f"{name} must have numeric columns only, got {', '.join(bad)}")
        missing = [repr(column) for column, some in zip(value.columns, value.isna().any(), strict=True) if some]
        if missing:
            raise ValueError(f"{name} must be finite, got missing values in {', '.join(missing)}")
    try:
        array = np.asarray(value)
        real = not _not_real(array)
        floats = array.astype(np.float64, copy=False) if real else None
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be an array of real numbers, got {type(value).__name__}") from None
    if floats is None:
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    return floats


def check_matrix(name: str, value: ArrayLike, *, ndim: int = 2, min_rows: int = 1) -> NDArray[np.float64]:
    """Return `value` as a finite float array of `ndim` dimensions with at least `min_rows` rows."""
    array = _floats(name, value)
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s), got shape {array.shape}")
    if array.shape[0] < min_rows:
        raise ValueError(f"{name} must have at least {min_rows} row(s), got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, got NaN or infinite values")
    return array


def check_array(name: str, value: Any, *, ndims: tuple[int, ...], what: str) -> NDArray[np.float64]:
    """Return `value` as a finite float array of one of the numbers of dimensions `ndims`, for messages `what`."""
    array = _floats(name, value)
    if array.ndim not in ndims:
        given = f"shape {array.shape}" if array.ndim else shown(value)
        raise ValueError(f"{name} must be {what}, got {given}")
    return check_matrix(name, array, ndim=array.ndim)


def check_flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def check_sequence(name: str, value: Any) -> None:
    """Check that `value` has a length and entries in order: a list, a tuple, an array, but no text."""
    if isinstance(value, (str, bytes)) or not (hasattr(value, "__len__") and hasattr(value, "__getitem__")):
        raise TypeError(f"{name} must be a sequence such as a list or tuple, got {shown(value)}")


def check_generator(rng: Any) -> np.random.Generator:
    """Return `rng` if it is a ``numpy.random.Generator``; no global state and no bare seeds are accepted."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
    return rng


def seed_sequence(random_state: Any) -> np.random.SeedSequence:
    """Return a seed sequence of its own for a `random_state`, so that spawning from it leaves the user's object alone.

    A Generator and a RandomState are advanced by 16 bytes.
    """
    try:
        if isinstance(random_state, (bool, np.bool_)):
            raise TypeError
        if isinstance(random_state, (np.random.Generator, np.random.RandomState)):
            return np.random.SeedSequence(int.from_bytes(random_state.bytes(16), "little"))
        if isinstance(random_state, np.random.SeedSequence):
            return np.random.SeedSequence(random_state.entropy, spawn_key=random_state.spawn_key)
        return np.random.SeedSequence(random_state)
    except (TypeError, ValueError):
        raise ValueError(
            "random_state must be None, an integer >= 0, a RandomState, a SeedSequence or a Generator, "
            f"got {shown(random_state)}"
        ) from None


def check_random_state(random_state: Any) -> np.random.Generator:
    """Return a generator for the `random_state` of a tool; a Generator is returned itself."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return np.random.default_rng(seed_sequence(random_state))


def near_matches(name: str, choices: Iterable[str]) -> str:
    """Return a hint such as ``"; did you mean 'wine'?"`` or an empty string."""
    close = difflib.get_close_matches(name, list(choices), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else ""


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`; otherwise suggest near matches."""
    options = list(choices)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {options}, got {shown(value)}")
    if value not in options:
        raise ValueError(f"{name} must be one of {options}, got {shown(value)}{near_matches(value, options)}")
    return value
