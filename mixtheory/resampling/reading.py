"""Tables of any kind as numbers: what may be mixed, and a clear word on what may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import check_array

from mixtheory._validation import is_frame
from mixtheory.resampling.columns import column_places
from mixtheory.resampling.tables import Table, is_sparse

__all__ = ["LARGEST_WHOLE", "as_floats", "read_table"]

Array = NDArray[Any]
Indices = NDArray[np.int64]

LARGEST_WHOLE = 2**53
"""Up to here every integer is a number in double precision."""

_SHOWN_COLUMNS = 5

# generators learn from numbers alone
_NOMINAL = "declare it in categorical_features, if the sampler has that parameter; otherwise encode it or drop it"


def read_table(X: Any, categorical: Any, *, dense: bool = False) -> Table:
    """Return a table of any kind with its numbers apart; `categorical` says which columns are nominal.

    The sparse columns of a DataFrame are read as dense ones if `dense`, which refuses other sparse tables.

    Raises
    ------
    TypeError
        If a column that is not nominal holds text, dates or anything else that is no number, a sparse table has nominal
        columns, or it must be dense.
    ValueError
        If there are no rows or columns, a number is missing, infinite, complex or, of a column of integers, beyond
        2**53, or `categorical` is not as `column_places` wants it.
    """
    if np.ma.is_masked(X):
        raise ValueError("X must have no masked entries, got a masked array")
    listed = isinstance(X, (list, tuple))
    if is_sparse(X):
        if dense:
            raise TypeError(f"X must be dense, got a sparse {type(X).__name__}; use its toarray()")
        return _sparse_table(X, categorical)
    if is_frame(X):
        _check_size(X.shape)
        return _frame_table(X, categorical, dense)
    return _array_table(_as_array(X, listed), categorical, listed)


def as_floats(table: Table, columns: NDArray[np.bool_]) -> Table:
    """Return a table whose numeric `columns` (a mask) come back as double precision, whatever they were."""
    if not columns.any():
        return table
    source = table.source
    if is_frame(source):
        source = source.copy(deep=False)
        for place in table.places[columns]:
            source.isetitem(place, source.iloc[:, place].astype(np.float64))
    elif source.dtype.kind in "iub":
        # an array has one type
        source, columns = source.astype(np.float64), np.ones_like(columns)
    kept = zip(table.dtypes, columns, strict=True)
    return replace(table, source=source, dtypes=tuple(np.dtype(np.float64) if now else dtype for dtype, now in kept))


def _check_size(shape: tuple[int, ...]) -> None:
    for count, what in zip(shape, ("sample", "feature"), strict=True):
        if count < 1:
            raise ValueError(f"Found X with {count} {what}(s) (shape={shape}) while a minimum of 1 is required.")


def _as_array(X: Any, listed: bool) -> Array:
    if listed:
        try:
            # NumPy would write the numbers of a row with text as text
            X = np.asarray(X, dtype=object) if np.asarray(X).dtype.kind in "US" else X
        except ValueError as error:
            raise ValueError(f"X must have rows of one length: {error}") from None
    return np.asarray(check_array(X, dtype=None, ensure_all_finite=False, input_name="X"))


def _nominal(categorical: Any, candidates: NDArray[np.bool_], names: tuple[Any, ...], named: bool) -> Indices:
    if isinstance(categorical, str) and categorical == "auto":
        return np.flatnonzero(candidates)
    if categorical is None:
        return np.empty(0, dtype=np.int64)
    return column_places("categorical_features", categorical, names, named)


def _others(nominal: Indices, columns: int) -> Indices:
    return np.setdiff1d(np.arange(columns), nominal)


def _array_table(X: Array, categorical: Any, listed: bool) -> Table:
    columns = X.shape[1]
    names = tuple(range(columns))
    if X.dtype.kind == "O":
        text = np.array([not all(_is_number(value) for value in X[:, place]) for place in range(columns)])
    else:
        text = np.full(columns, X.dtype.kind in "USTb")
    nominal = _nominal(categorical, text, names, named=False)
    places = _others(nominal, columns)
    if X.dtype.kind not in "OUSTb" or not places.size:
        whole = X if places.size == columns else X[:, places]
        numbers = _plain_numbers(whole, names) if places.size else np.empty((len(X), 0))
        dtypes = (X.dtype,) * len(places)
    else:
        parts = [_column_numbers(X[:, place], place) for place in places.tolist()]
        numbers = np.ascontiguousarray(np.array([part for part, _ in parts]).T)
        dtypes = tuple(dtype for _, dtype in parts)
    _check_finite(numbers, places, names)
    return Table(numbers, tuple(places.tolist()), places, dtypes, tuple(nominal.tolist()), nominal, X, listed)


def _frame_table(X: Any, categorical: Any, dense: bool) -> Table:
    import pandas as pd

    names = tuple(X.columns)
    if not X.columns.is_unique:
        twice = X.columns[X.columns.duplicated()][0]
        raise ValueError(f"X must have different column names, got {twice!r} more than once")
    # a sparse column is of the type that it holds
    dtypes = [getattr(dtype, "subtype", dtype) if isinstance(dtype, pd.SparseDtype) else dtype for dtype in X.dtypes]
    nominal = _nominal(categorical, np.array([dtype.kind in "OUSTb" for dtype in dtypes]), names, named=True)
    places = _others(nominal, len(names))
    kept: tuple[np.dtype[Any], ...]
    if not dense and any(isinstance(X.dtypes.iloc[place], pd.SparseDtype) for place in places):
        numbers, kept = _sparse_columns(X, places, names)
    else:
        same = {dtypes[place] for place in places}
        if len(same) == 1 and isinstance(dtype := same.pop(), np.dtype) and dtype.kind == "f":
            numbers = _plain_numbers((X if places.size == len(names) else X.iloc[:, places]).to_numpy(), names)
            kept = (dtype,) * len(places)
        else:
            parts = [_column_numbers(X.iloc[:, place], names[place]) for place in places]
            kept = tuple(dtype for _, dtype in parts)
            numbers = np.empty((len(X), len(places)))
            for column, (part, _) in enumerate(parts):
                numbers[:, column] = part
    _check_finite(numbers, places, names)
    return Table(
        numbers,
        tuple(names[place] for place in places),
        places,
        kept,
        tuple(names[place] for place in nominal),
        nominal,
        X,
        False,
    )


def _sparse_table(X: Any, categorical: Any) -> Table:
    _check_size(X.shape)
    names = tuple(range(X.shape[1]))
    if _nominal(categorical, np.zeros(len(names), dtype=bool), names, named=False).size:
        raise TypeError("X must be dense to have nominal columns (categorical_features), got a sparse table")
    source = X if X.format in ("csr", "csc") else X.tocsr()
    if source.dtype.kind not in "fiuc":
        raise TypeError(f"X must hold numbers to be sparse, got dtype {source.dtype}; use X.astype(float)")
    rows = source.tocsr()
    numbers = type(rows)((_plain_numbers(rows.data, names), rows.indices, rows.indptr), shape=rows.shape)
    if not numbers.has_canonical_format:
        numbers = numbers.copy()
        numbers.sum_duplicates()
    places = np.arange(len(names))
    _check_finite(numbers, places, names)
    return Table(numbers, names, places, (source.dtype,) * len(names), (), np.empty(0, dtype=np.int64), source, False)


def _sparse_columns(X: Any, places: Indices, names: tuple[Any, ...]) -> tuple[Any, tuple[np.dtype[Any], ...]]:
    """Return columns of which some are sparse as one csr; a column whose gaps are no zeros keeps all its entries."""
    import pandas as pd

    indices, values, dtypes = [], [], []
    for place in places:
        column = X.iloc[:, place]
        dtype = column.dtype
        if isinstance(dtype, pd.SparseDtype) and dtype.fill_value == 0:
            indices.append(column.array.sp_index.indices)
            part, kept = _column_numbers(column.array.sp_values, names[place])
        else:
            indices.append(np.arange(len(X)))
            part, kept = _column_numbers(column, names[place])
        values.append(part)
        dtypes.append(kept)
    pointers = np.concatenate([[0], np.cumsum([len(part) for part in values])])
    columns = sparse.csc_matrix(
        (np.concatenate(values).astype(np.float64), np.concatenate(indices), pointers), shape=(len(X), len(places))
    )
    return columns.tocsr(), tuple(dtypes)


def _plain_numbers(values: Array, names: tuple[Any, ...]) -> Array:
    """Return an array of numbers in single or double precision, C-contiguous, itself where it is that."""
    _check_kind(values.dtype, "X" if values.ndim > 1 and values.shape[1] > 1 else names[0])
    if values.dtype.kind in "iu":
        _check_whole(values, names)
    single = values.dtype.kind == "f" and values.dtype.itemsize <= 4
    with np.errstate(over="ignore"):  # beyond double precision: infinite, and refused as such
        return np.ascontiguousarray(values, dtype=np.float32 if single else np.float64)


def _column_numbers(column: Any, name: Any) -> tuple[Array, np.dtype[Any]]:
    """Return a column as numbers, missing ones as NaN, and what it holds."""
    import pandas as pd

    values = column
    if isinstance(column.dtype, pd.CategoricalDtype):
        raise ValueError(f"X must hold numbers in column {name!r}, got categories; {_NOMINAL}")
    if column.dtype.kind in "iufb" and not isinstance(column.dtype, (np.dtype, pd.SparseDtype)):
        missing = column.isna()
        if missing.any():
            return column.to_numpy(dtype=np.float64, na_value=np.nan), np.dtype(np.float64)
        values = column.to_numpy(dtype=np.dtype(f"{column.dtype.kind}{getattr(column.dtype, 'itemsize', 8)}"))
    values = np.asarray(values)
    if values.dtype.kind in "OUST":
        return _object_numbers(values, name)
    if values.dtype.kind == "b":
        return values.astype(np.float64), values.dtype
    return _plain_numbers(values, (name,)), values.dtype


def _object_numbers(values: Array, name: Any) -> tuple[Array, np.dtype[Any]]:
    if any(isinstance(value, (str, bytes)) for value in values):
        raise ValueError(f"X must hold numbers in column {name!r}, got text; {_NOMINAL}")
    whole = all(isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)) for value in values)
    try:
        numbers = np.array([np.nan if value is None else value for value in values]).astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        try:
            numbers = np.array([float(value) for value in values])
        except (TypeError, ValueError, OverflowError) as error:
            raise TypeError(f"X must hold numbers in column {name!r}: {error}") from None
    if whole:
        _check_whole(numbers, (name,))
    return numbers, np.dtype(np.int64 if whole else np.float64)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _check_kind(dtype: np.dtype[Any], name: Any) -> None:
    where = "" if name == "X" else f" in column {name!r}"
    if dtype.kind == "c":
        # scikit-learn's words
        raise ValueError(f"Complex data not supported: X must hold real numbers{where}, got dtype {dtype}")
    if dtype.kind in "Mm":
        raise TypeError(
            f"X must hold numbers{where}, got dates or times ({dtype}), which cannot be mixed: turn them into numbers, "
            "drop them, or declare them in categorical_features, if the sampler has that parameter"
        )
    if dtype.kind not in "fiu":
        raise TypeError(f"X must hold numbers{where}, got dtype {dtype}; {_NOMINAL}")


def _check_whole(values: Array, names: tuple[Any, ...]) -> None:
    """Check that integers can be written in double precision."""
    if not values.size or (values.max() <= LARGEST_WHOLE and values.min() >= -LARGEST_WHOLE):
        return
    large = (values > LARGEST_WHOLE) | (values < -LARGEST_WHOLE)
    column = names[int(large.any(axis=0).argmax())] if large.ndim > 1 else names[0]
    found = values[large].flat[0]
    where = f"column {column!r}" if large.ndim > 1 or len(names) == 1 else "X"
    raise ValueError(
        f"X must have integers up to 2**53, beyond which mixtures cannot be written exactly, got {int(found)} in "
        f"{where}; if it is a code or an identifier, {_NOMINAL}"
    )


def _check_finite(numbers: Any, places: Indices, names: tuple[Any, ...]) -> None:
    """Check that all numbers are finite; the sum tells at a fraction of the cost of looking at each."""
    data = numbers.data if is_sparse(numbers) else numbers
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(data.sum()) or np.isfinite(data).all():
            return
    found = []
    for column, place in enumerate(places):
        values = numbers[:, [column]].data if is_sparse(numbers) else numbers[:, column]
        for count, what in ((np.isnan(values).sum(), "missing (NaN)"), (np.isinf(values).sum(), "infinite (inf)")):
            if count:
                found.append(f"{count} {what} in column {names[place]!r}")
    more = f" and {len(found) - _SHOWN_COLUMNS} more" if len(found) > _SHOWN_COLUMNS else ""
    raise ValueError(f"X must have finite numbers only, got {', '.join(found[:_SHOWN_COLUMNS])}{more}")
