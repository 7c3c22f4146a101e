"""Two tables with the same columns, checked: numbers in units of the real rows, and codes of categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_integer, check_labels, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LABEL_NUMBERS", "Tables", "read_tables"]

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

LABEL_NUMBERS = 20
"""Floating-point targets with more different values than this are numbers, others are class labels."""

# a column whose deviation is below this share of its largest value is constant up to rounding
_CONSTANT = 1e-13
# fourth powers of standardised numbers, summed over rows, must stay finite
_FARTHEST = 1e60


@dataclass(frozen=True, eq=False)
class Tables:
    """The real and the synthetic table.

    Attributes
    ----------
    numeric, nominal : list of str
        Names of the columns of either kind.
    real, synthetic : ndarray, shapes (n, d) and (m, d)
        Numeric columns minus the real mean, over the real standard deviation (divisor n). Real columns that are
        constant are 0; synthetic rows have 0 there too if they equal the constant up to rounding, otherwise +-inf.
    exponents, means, deviations : ndarray, shape (d,)
        A number is 2**exponent (mean + deviation * standardised); deviation 0 where the real column is constant.
    whole : ndarray of bool, shape (d,)
        Whether a column varies and holds only whole numbers in both tables.
    real_codes, synthetic_codes : ndarray of int64, shapes (n, c) and (m, c)
        Categories as places in `categories`.
    kind : None, "classes" or "numbers"
        What the targets are. Numbers are the last numeric column.
    real_labels, synthetic_labels : ndarray of int64
        Class labels as places in `classes`.
    """

    numeric: list[str]
    nominal: list[str]
    real: Array
    synthetic: Array
    exponents: Codes
    means: Array
    deviations: Array
    whole: NDArray[np.bool_]
    real_codes: Codes
    synthetic_codes: Codes
    categories: list[list[str]]
    kind: str | None
    real_labels: Codes
    synthetic_labels: Codes
    classes: list[Any]

    @property
    def varies(self) -> NDArray[np.bool_]:
        """Whether the real column is no constant."""
        return self.deviations > 0

    def raw(self, column: Any, value: Any) -> Any:
        """Return standardised numbers of a column in its own units."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(self.means[column] + self.deviations[column] * value, int(self.exponents[column]))


def _frame(name: str, value: Any) -> pd.DataFrame:
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        frame = value
    else:
        if np.ma.is_masked(value):
            raise ValueError(f"{name} must have no masked entries")
        array = np.asarray(value)
        if array.ndim != 2:
            raise ValueError(f"{name} must be a table with rows and columns, got shape {array.shape}")
        frame = pd.DataFrame(array, columns=[f"x{place}" for place in range(array.shape[1])])
        if array.dtype.kind == "O":
            frame = frame.infer_objects()
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise ValueError(f"{name} must have at least one row and one column, got shape {frame.shape}")
    names = pd.Index([str(column) for column in frame.columns])
    if not names.is_unique:
        raise ValueError(
            f"{name} must have different column names, got {list(names[names.duplicated()])} more than once"
        )
    missing = frame.isna().sum().to_numpy()
    if missing.any():
        found = ", ".join(f"{names[place]!r} ({missing[place]})" for place in np.flatnonzero(missing).tolist())
        raise ValueError(f"{name} must have no missing values, got some in columns (number): {found}")
    return frame.set_axis(names, axis=1)


def _matched(real: Any, synthetic: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    first, second = _frame("real", real), _frame("synthetic", synthetic)
    if hasattr(real, "columns") != hasattr(synthetic, "columns") and first.shape[1] == second.shape[1]:
        # an array has no names of its own
        named = first.columns if hasattr(real, "columns") else second.columns
        first, second = first.set_axis(named, axis=1), second.set_axis(named, axis=1)
    if set(first.columns) != set(second.columns):
        lacking = [column for column in first.columns if column not in second.columns]
        extra = [column for column in second.columns if column not in first.columns]
        raise ValueError(
            f"synthetic must have the columns of real, got {second.shape[1]} for {first.shape[1]}: "
            f"missing {shown(lacking[:20])}, more {shown(extra[:20])}"
        )
    return first, second[list(first.columns)]


def _nominal_columns(frame: pd.DataFrame, other: pd.DataFrame, chosen: Any) -> list[str]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    names = list(frame.columns)

    def text_like(column: str) -> bool:
        return is_bool_dtype(frame[column].dtype) or not is_numeric_dtype(frame[column].dtype)

    for column in names:
        for table in (frame, other):
            if table[column].dtype.kind in "mMc":
                raise TypeError(
                    f"column {column!r} must hold numbers or categories, got {table[column].dtype}: make it a number"
                )
    if isinstance(chosen, str) and chosen == "auto":
        return [column for column in names if text_like(column)]
    if chosen is None:
        picked: list[str] = []
    elif isinstance(chosen, str) or not hasattr(chosen, "__len__"):
        raise TypeError(f"categorical_features must be 'auto', None, a mask, places or names, got {shown(chosen)}")
    else:
        items = list(chosen)
        if items and all(isinstance(item, (bool, np.bool_)) for item in items):
            if len(items) != len(names):
                raise ValueError(f"categorical_features must have {len(names)} entries as a mask, got {len(items)}")
            picked = [column for column, some in zip(names, items, strict=True) if some]
        else:
            picked = [
                item
                if isinstance(item, str)
                else names[check_integer("categorical_features", item, low=-len(names), high=len(names) - 1)]
                for item in items
            ]
    unknown = [column for column in picked if column not in names]
    if unknown:
        raise ValueError(f"categorical_features must be columns of the table {names}, got {unknown}")
    text = [column for column in names if column not in picked and text_like(column)]
    if text:
        raise TypeError(f"columns {text} are no numbers: name them in categorical_features")
    return [column for column in names if column in picked]


def _numbers(name: str, frame: pd.DataFrame, columns: list[str]) -> list[Array]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    out = []
    for column in columns:
        series = frame[column]
        if is_bool_dtype(series.dtype) or not is_numeric_dtype(series.dtype):
            raise TypeError(f"column {column!r} of {name} must hold numbers as in the other table, got {series.dtype}")
        values = series.to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError(f"column {column!r} of {name} must be finite, got {np.sum(~np.isfinite(values))} others")
        out.append(values)
    return out


def _standardised(name: str, real: Array, synthetic: Array) -> tuple[Array, Array, int, float, float]:
    """Return both columns in units of the real one, and the exponent, mean and deviation of these units."""
    exponent = int(np.frexp(np.abs(real).max())[1])
    scaled = np.ldexp(real, -exponent)
    mean = float(scaled.mean())
    deviation = float(np.sqrt(np.mean((scaled - mean) ** 2)))
    with np.errstate(over="ignore", under="ignore"):
        other = np.ldexp(synthetic, -exponent)
    if deviation <= _CONSTANT * np.abs(scaled).max():
        same = np.abs(other - mean) <= 10 * _CONSTANT * np.abs(scaled).max()
        away = np.where(same, 0.0, np.copysign(np.inf, other - mean))
        return np.zeros_like(real), away, exponent, mean, 0.0
    with np.errstate(over="ignore"):
        second = (other - mean) / deviation
    if not np.abs(second).max(initial=0.0) < _FARTHEST:
        raise ValueError(
            f"synthetic column {name!r} has values more than {_FARTHEST:g} real standard deviations from the real "
            "mean: mend it before it is compared"
        )
    return (scaled - mean) / deviation, second, exponent, mean, deviation


def _coded(real: pd.Series[Any], synthetic: pd.Series[Any]) -> tuple[Codes, Codes, list[Any]]:
    import pandas as pd

    both = pd.concat([real.astype(object), synthetic.astype(object)], ignore_index=True)
    codes, values = pd.factorize(both)
    codes = np.asarray(codes, dtype=np.int64)
    return codes[: len(real)], codes[len(real) :], list(values)


def _target(name: str, y: Any, rows: int) -> pd.Series[Any]:
    import pandas as pd

    series = y.iloc[:, 0] if isinstance(y, pd.DataFrame) and y.shape[1] == 1 else y
    if np.ndim(series) != 1 or len(series) != rows:
        raise ValueError(f"{name} must have one label or number for each of {rows} rows, got shape {np.shape(series)}")
    check_labels(series, np.asarray(series))
    return pd.Series(series).reset_index(drop=True)


def _is_numbers(series: pd.Series[Any]) -> bool:
    return series.dtype.kind == "f" and series.nunique() > LABEL_NUMBERS


def read_tables(real: Any, synthetic: Any, y_real: Any, y_synthetic: Any, categorical_features: Any) -> Tables:
    """Check two tables and their targets; see `fidelity_report` for the arguments and the errors."""
    first, second = _matched(real, synthetic)
    n, m = len(first), len(second)
    if (y_real is None) != (y_synthetic is None):
        raise ValueError("y_real and y_synthetic must be given both or neither")
    nominal = _nominal_columns(first, second, categorical_features)
    names = [column for column in first.columns if column not in nominal]
    pairs = list(zip(_numbers("real", first, names), _numbers("synthetic", second, names), strict=True))
    kind: str | None = None
    classes: list[Any] = []
    real_labels, synthetic_labels = np.empty(0, np.int64), np.empty(0, np.int64)
    if y_real is not None:
        target, other = _target("y_real", y_real, n), _target("y_synthetic", y_synthetic, m)
        kind = "numbers" if _is_numbers(target) else "classes"
        if kind == "numbers":
            name = str(target.name) if target.name is not None else "y"
            while name in first.columns:
                name = f"{name} (target)"
            names.append(name)
            frames = [series.to_frame(name) for series in (target, other)]
            pairs.append((_numbers("y_real", frames[0], [name])[0], _numbers("y_synthetic", frames[1], [name])[0]))
        else:
            real_labels, synthetic_labels, classes = _coded(target, other)
    columns = [_standardised(name, *pair) for name, pair in zip(names, pairs, strict=True)]
    coded = [_coded(first[column], second[column]) for column in nominal]

    def stacked(place: int, rows: int) -> Array:
        return np.column_stack([column[place] for column in columns]) if columns else np.empty((rows, 0))

    def codes(place: int, rows: int) -> Codes:
        return np.column_stack([column[place] for column in coded]) if coded else np.empty((rows, 0), np.int64)

    return Tables(
        numeric=names,
        nominal=nominal,
        real=stacked(0, n),
        synthetic=stacked(1, m),
        exponents=np.array([column[2] for column in columns], dtype=np.int64),
        means=np.array([column[3] for column in columns]),
        deviations=np.array([column[4] for column in columns]),
        whole=np.array(
            [
                column[4] > 0 and all((part == np.rint(part)).all() for part in pair)
                for column, pair in zip(columns, pairs, strict=True)
            ],
            dtype=bool,
        ),
        real_codes=codes(0, n),
        synthetic_codes=codes(1, m),
        categories=[[str(value) for value in column[2]] for column in coded],
        kind=kind,
        real_labels=real_labels,
        synthetic_labels=synthetic_labels,
        classes=classes,
    )
