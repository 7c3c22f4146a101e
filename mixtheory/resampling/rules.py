"""Columns that must stay whole or inside their bounds, and what that costs in mean and variance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_choice, check_real, shown
from mixtheory.resampling.columns import column_places
from mixtheory.resampling.reading import LARGEST_WHOLE
from mixtheory.resampling.tables import Table, is_sparse

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BOUNDS", "Rules", "apply_rules", "learn_rules"]

Array = NDArray[Any]
Flags = NDArray[np.bool_]

BOUNDS = ("observed", "nonnegative")

_COSTS = (
    "rule",
    "share_changed",
    "mean_change",
    "mean_change_sd",
    "variance_change",
    "variance_change_relative",
    "rounding_variance",
)

# rounding errors of a mixture, relative to the largest value of its column
_ROUNDING = 4 * np.finfo(np.float64).eps

# values that are rounded, and summed up, while they are in the cache
_BLOCK = 1 << 15


@dataclass(frozen=True)
class Rules:
    """Rules of the numeric columns.

    Attributes
    ----------
    whole : ndarray of bool, shape (d,)
        Whether a column holds integers alone.
    low, high : ndarray of float64, shape (d,)
        Its bounds, infinite where it has none; whole where the column is.
    bounded : ndarray of bool, shape (d,)
        Whether the user asked for bounds; integers are also kept in the range of their type.
    """

    whole: Flags
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    bounded: Flags

    @property
    def columns(self) -> NDArray[np.int64]:
        """Places of the columns under a rule."""
        return np.flatnonzero(self.whole | self.bounded)


def learn_rules(table: Table, integer_features: Any, bounds: Any, named: bool) -> Rules:
    """Return the rules of a table; see `OverSampler` for `integer_features` and `bounds`.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not as stated, names a nominal column, or no integer lies between the bounds of a column of
        integers.
    """
    d = len(table.places)
    whole = _whole(table, integer_features, named)
    low, high = np.full(d, -np.inf), np.full(d, np.inf)
    if isinstance(bounds, Mapping):
        for key, pair in bounds.items():
            place = _place(table, key, named)
            low[place], high[place] = _pair(key, pair)
    elif bounds is not None:
        check_choice("bounds", bounds, BOUNDS)
        least, most = _ranges(table.numbers)
        low = least if bounds == "observed" else np.where(least >= 0, 0.0, -np.inf)
        high = most if bounds == "observed" else high
    bounded = np.isfinite(low) | np.isfinite(high)
    for column in np.flatnonzero(whole):
        limits = _limits(table.dtypes[column])
        low[column] = max(np.ceil(low[column]), limits[0])
        high[column] = min(np.floor(high[column]), limits[1])
    for column in np.flatnonzero(bounded & ~whole):
        low[column], high[column] = _inward(low[column], high[column], table.dtypes[column])
    for column in np.flatnonzero(low > high):
        kind = "an integer" if whole[column] else f"a number of type {table.dtypes[column]}"
        raise ValueError(f"bounds must have {kind} between them, got none for column {table.names[column]!r}")
    return Rules(whole, low, high, bounded)


def _whole(table: Table, integer_features: Any, named: bool) -> Flags:
    if integer_features is None:
        return np.zeros(len(table.places), dtype=bool)
    if isinstance(integer_features, str) and integer_features == "auto":
        return np.array([dtype.kind in "iub" for dtype in table.dtypes], dtype=bool)
    names = _all_names(table)
    chosen = column_places("integer_features", integer_features, names, named)
    nominal = np.intersect1d(chosen, table.nominal_places)
    if nominal.size:
        raise ValueError(f"integer_features must have numeric columns, got the nominal {names[nominal[0]]!r}")
    return np.isin(table.places, chosen)


def _all_names(table: Table) -> tuple[Any, ...]:
    names = {**dict(zip(table.places, table.names, strict=True))}
    names.update(zip(table.nominal_places, table.nominal_names, strict=True))
    return tuple(names[place] for place in sorted(names))


def _place(table: Table, key: Any, named: bool) -> int:
    """Return the place of a column among the numeric ones."""
    place = column_places("bounds", [key], _all_names(table), named)[0]
    found = np.flatnonzero(table.places == place)
    if not found.size:
        raise ValueError(f"bounds must have numeric columns, got the nominal {key!r}")
    return int(found[0])


def _pair(key: Any, pair: Any) -> tuple[float, float]:
    if isinstance(pair, (str, bytes)) or not hasattr(pair, "__len__") or len(pair) != 2:
        raise TypeError(f"bounds must have a pair (low, high) for each column, got {shown(pair)} for {key!r}")
    low = -np.inf if pair[0] is None else check_real(f"bounds of {key!r}", pair[0])
    high = np.inf if pair[1] is None else check_real(f"bounds of {key!r}", pair[1])
    if low > high:
        raise ValueError(f"bounds of {key!r} must have low <= high, got {shown(pair)}")
    return low, high


def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind == "b":
        return 0.0, 1.0
    if dtype.kind not in "iu":
        return -float(LARGEST_WHOLE), float(LARGEST_WHOLE)
    info = np.iinfo(dtype)
    return float(max(info.min, -LARGEST_WHOLE)), float(min(info.max, LARGEST_WHOLE))


def _inward(low: float, high: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the nearest numbers of a type inside the bounds, so that rounding to it does not cross them."""
    if dtype.kind != "f" or dtype.itemsize >= 8:
        return low, high
    kind = dtype.type
    with np.errstate(over="ignore"):
        least, most = kind(low), kind(high)
    least = np.nextafter(least, kind(np.inf)) if float(least) < low else least
    most = np.nextafter(most, kind(-np.inf)) if float(most) > high else most
    return float(least), float(most)


def _ranges(numbers: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    least, most = numbers.min(axis=0), numbers.max(axis=0)
    if is_sparse(numbers):
        least, most = least.toarray(), most.toarray()
    return np.asarray(least, dtype=np.float64).ravel(), np.asarray(most, dtype=np.float64).ravel()


def apply_rules(rules: Rules, table: Table, rows: Any, rng: np.random.Generator) -> tuple[Any, pd.DataFrame]:
    r"""Round and clip synthetic rows in place, and return them with the cost for each column.

    A value x with the fraction :math:`f = x - \lfloor x \rfloor` becomes :math:`\lfloor x \rfloor + B` with B = 1 with
    probability f and 0 otherwise, drawn anew for each value; that is :math:`\lfloor x + U \rfloor` for U uniform on
    [0, 1), since :math:`\Pr(U \ge 1 - f) = f`. Given x its mean is :math:`\lfloor x \rfloor + f = x` and its variance
    :math:`f (1 - f)`. By the law of total variance the mean of a column is kept, its covariance with any other column
    (whose B are independent) is kept, and its variance grows by :math:`E f (1 - f) \le 1/4`; integers stay as they are
    (derived in this project). A value that differs from an integer by rounding errors, up to 4 units in the last place
    of the column's largest value, counts as that integer. Then values beyond their bounds become the bound.

    Returns
    -------
    rows : ndarray or csr
        The rows of the call.
    costs : DataFrame
        See `OverSampler.column_costs_`.

    Raises
    ------
    ValueError
        If zeros that a sparse table does not store lie outside the bounds.
    """
    columns = rules.columns
    if not len(columns):
        return rows, _no_costs().copy()
    sums = _sparse_sums if is_sparse(rows) else _dense_sums
    return rows, _costs(rules, table, columns, rows.shape[0], *sums(rules, table, columns, rows, rng))


def _snapped(values: Array, whole: Flags, largest: Array) -> Array:
    """Return values with those of whole columns that differ from an integer by rounding errors alone set to it."""
    nearest = np.rint(values)
    return np.where(whole & (np.abs(values - nearest) <= _ROUNDING * largest), nearest, values)


def _changed(values: Array, whole: Flags, low: Array, high: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return values under their rules, and the variance f (1 - f) that rounding adds to each."""
    below = np.floor(values)
    fractions = np.where(whole, values - below, 0.0)
    rounded = np.where(whole, below + (rng.random(values.shape) < fractions), values)
    return np.clip(rounded, low, high), fractions * (1 - fractions)


def _dense_sums(
    rules: Rules, table: Table, columns: NDArray[np.int64], rows: Array, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Change the columns in place; return centres and scales, and sums about these: x, x^2, y, y^2, changed, added."""
    whole, low, high = rules.whole[columns], rules.low[columns], rules.high[columns]
    sums = np.zeros((6, len(columns)))
    if not len(rows) or not len(columns):
        return np.zeros(len(columns)), np.ones(len(columns)), sums
    largest = np.maximum(rows.max(axis=0), -rows.min(axis=0))[columns].astype(np.float64)
    # squares of numbers near 1 neither overflow nor vanish, and a power of 2 changes no digit
    scale = np.ldexp(1.0, np.where(largest > 0, np.frexp(largest)[1], 0) - 1)
    block = 1 + _BLOCK // len(columns)
    centre = (rows[:block, columns] / scale).mean(axis=0)
    for start in range(0, len(rows), block):
        before = _snapped(rows[start : start + block, columns].astype(np.float64), whole, largest)
        after, added = _changed(before, whole, low, high, rng)
        rows[start : start + block, columns] = after
        x, y = before / scale - centre, after / scale - centre
        sums += [part.sum(axis=0) for part in (x, x * x, y, y * y, before != after, added)]
    return centre, scale, sums


def _sparse_sums(
    rules: Rules, table: Table, columns: NDArray[np.int64], rows: Any, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Do the same for stored entries; a zero is whole, and must lie inside the bounds."""
    d = rows.shape[1]
    stored = np.bincount(rows.indices, minlength=d)
    outside = np.flatnonzero(((rules.low > 0) | (rules.high < 0)) & (stored < rows.shape[0]))
    if outside.size:
        raise ValueError(
            f"bounds must have 0 between them for the zeros of a sparse table, got {rules.low[outside[0]]:g} and "
            f"{rules.high[outside[0]]:g} for column {table.names[outside[0]]!r}; use a dense table"
        )
    places = rows.indices
    largest = np.zeros(d)
    np.maximum.at(largest, places, np.abs(rows.data))
    scale = np.ldexp(1.0, np.where(largest > 0, np.frexp(largest)[1], 0) - 1)
    before = _snapped(rows.data.astype(np.float64), rules.whole[places], largest[places])
    after, added = _changed(before, rules.whole[places], rules.low[places], rules.high[places], rng)
    rows.data[:] = after
    x, y = before / scale[places], after / scale[places]
    parts = (x, x * x, y, y * y, before != after, added)
    sums = np.array([np.bincount(places, weights=part, minlength=d) for part in parts])
    return np.zeros(len(columns)), scale[columns], sums[:, columns]


def _relative(change: Array, to: Array) -> Array:
    return np.where(change == 0, 0.0, change / to)


def _cost_table(names: list[Any], words: list[str], *numbers: Array) -> pd.DataFrame:
    import pandas as pd

    index = pd.Index(names, dtype=object, name="column")
    return pd.DataFrame(dict(zip(_COSTS, (words, *numbers), strict=True)), index=index)


@cache
def _no_costs() -> pd.DataFrame:
    """Return the costs of no column, made once: to make it takes as long as to mix a small table."""
    return _cost_table([], [], *[np.empty(0)] * (len(_COSTS) - 1))


def _costs(
    rules: Rules, table: Table, columns: NDArray[np.int64], m: int, centre: Array, scale: Array, sums: Array
) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean_x, square_x, mean_y, square_y, changed, added = sums / m
        variance_x, variance_y = square_x - mean_x**2, square_y - mean_y**2
        deviation = np.sqrt(np.maximum(variance_x, 0.0))
        words = [
            ", ".join(word for word, on in (("integer", rules.whole[k]), ("bounds", rules.bounded[k])) if on)
            for k in columns
        ]
        return _cost_table(
            [table.names[k] for k in columns],
            words,
            changed,
            (mean_y - mean_x) * scale,
            _relative(mean_y - mean_x, deviation),
            (variance_y - variance_x) * scale**2,
            _relative(variance_y - variance_x, variance_x),
            added,
        )
