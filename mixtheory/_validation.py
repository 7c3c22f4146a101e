"""Checks of user input: every message names the argument, what is allowed and what was given."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "check_choice",
    "check_generator",
    "check_integer",
    "check_matrix",
    "check_real",
    "check_reals",
    "near_matches",
]


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
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a real number, got {value!r}") from None
    if not _inside(array, low, high, closed):
        raise ValueError(f"{name} must be {_allowed(low, high, closed)}, got {value!r}")
    return array


def check_real(
    name: str, value: Any, *, low: float = -math.inf, high: float = math.inf, closed: str = "neither"
) -> float:
    """Return `value` as a float that is finite and between `low` and `high`."""
    array = check_reals(name, value, low=low, high=high, closed=closed)
    if array.ndim:
        raise TypeError(f"{name} must be a single real number, got an array of shape {array.shape}")
    return float(array)


def check_integer(name: str, value: Any, *, low: int | None = None, high: int | None = None) -> int:
    """Return `value` as an int between `low` and `high` (both allowed)."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if (low is not None and number < low) or (high is not None and number > high):
        if high is None:
            allowed = f">= {low}"
        elif low is None:
            allowed = f"<= {high}"
        else:
            allowed = f"between {low} and {high}"
        raise ValueError(f"{name} must be an integer {allowed}, got {number}")
    return number


def check_matrix(
    name: str, value: ArrayLike, *, ndim: int = 2, min_rows: int = 1, dtype: type = np.float64
) -> NDArray[Any]:
    """Return `value` as a finite array of `ndim` dimensions with at least `min_rows` rows."""
    try:
        array: NDArray[Any] = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of real numbers, got {type(value).__name__}") from None
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s), got shape {array.shape}")
    if array.shape[0] < min_rows:
        raise ValueError(f"{name} must have at least {min_rows} row(s), got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, got NaN or infinite values")
    return array


def check_generator(rng: Any) -> np.random.Generator:
    """Return `rng` if it is a ``numpy.random.Generator``; no global state and no bare seeds are accepted."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
    return rng


def near_matches(name: str, choices: Iterable[str]) -> str:
    """Return a hint such as ``"; did you mean 'wine'?"`` or an empty string."""
    close = difflib.get_close_matches(name, list(choices), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else ""


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`; otherwise suggest near matches."""
    options = list(choices)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {options}, got {value!r}")
    if value not in options:
        raise ValueError(f"{name} must be one of {options}, got {value!r}{near_matches(value, options)}")
    return value
