"""The way back: synthetic rows in the container, columns and types of the table that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mixtheory._validation import is_frame
from mixtheory.resampling.tables import Table, is_sparse

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["restore_table"]

Array = NDArray[Any]
Indices = NDArray[np.int64]


def restore_table(table: Table, rows: Any, donors: Indices, append: bool) -> Any:
    """Return synthetic rows as a table like that of `table`, below its rows if `append`.

    Parameters
    ----------
    table : Table
        The real rows.
    rows : ndarray or csr, shape (m, d_numeric)
        Numeric columns of the synthetic rows, whole where the column holds integers.
    donors : ndarray of int64, shape (m, d_nominal)
        Places of the real rows whose values the nominal columns take.
    append : bool
        Whether the real rows come first.
    """
    if is_frame(table.source):
        return _frame(table, rows, donors, append)
    if is_sparse(table.source):
        return _sparse(table, rows, append)
    whole = _array(table, rows, donors, append)
    return whole.tolist() if table.listed else whole


def _stacked(table: Table, rows: Array, append: bool) -> Array:
    """Return the real numbers with `rows` below them, without a copy of `rows` where `Table.blank` made them."""
    if not append:
        return rows
    n, whole = table.n_rows, rows.base
    total = (n + len(rows), rows.shape[1])
    if whole is None or whole.shape != total or not _is_end(rows, whole):
        whole = np.empty(total, dtype=rows.dtype)
        whole[n:] = rows
    whole[:n] = table.numbers
    return whole


def _is_end(rows: Array, whole: Array) -> bool:
    end = whole[len(whole) - len(rows) :]
    return whole.dtype == rows.dtype and rows.ctypes.data == end.ctypes.data and rows.strides == end.strides


def _array(table: Table, rows: Array, donors: Indices, append: bool) -> Array:
    source = table.source
    if not len(table.nominal_places) and rows.dtype == source.dtype:
        return _stacked(table, rows, append)
    n = table.n_rows if append else 0
    whole = np.empty((n + len(rows), source.shape[1]), dtype=source.dtype)
    whole[:n] = source[:n]
    for column, place in enumerate(table.nominal_places):
        whole[n:, place] = source[donors[:, column], place]
    if len(table.places) == source.shape[1] and source.dtype.kind != "O":
        whole[n:] = rows
        return whole
    for column, place in enumerate(table.places):
        whole[n:, place] = rows[:, column].astype(table.dtypes[column])
    return whole


def _sparse(table: Table, rows: Any, append: bool) -> Any:
    source = table.source
    new = rows.astype(source.dtype)
    return type(source)(sparse.vstack([source, new], format=source.format) if append else new)


def _frame(table: Table, rows: Any, donors: Indices, append: bool) -> pd.DataFrame:
    import pandas as pd

    X = table.source
    n = table.n_rows if append else 0
    index = pd.RangeIndex(n + rows.shape[0])
    if len(table.places) == X.shape[1] and set(X.dtypes) == {rows.dtype}:
        made = pd.DataFrame(_stacked(table, rows, append), index=index, copy=False)
    else:
        columns = dict(_numeric_columns(table, rows, n))
        for column, place in enumerate(table.nominal_places.tolist()):
            takes = np.concatenate([np.arange(n), donors[:, column]])
            columns[place] = X.iloc[:, place].array.take(takes)
        made = pd.DataFrame({place: columns[place] for place in range(X.shape[1])}, index=index, copy=False)
    made.columns = X.columns
    made.attrs = dict(X.attrs)
    return made


def _numeric_columns(table: Table, rows: Any, n: int) -> Iterator[tuple[int, Any]]:
    """Yield places and values of the numeric columns, below the first `n` real rows."""
    import pandas as pd

    X = table.source
    whole = None
    if is_sparse(rows):
        accessor: Any = pd.DataFrame.sparse
        whole = accessor.from_spmatrix(sparse.vstack([table.numbers, rows], format="csc") if n else rows.tocsc())
    for column, place in enumerate(table.places.tolist()):
        old = X.iloc[:, place]
        if whole is None:
            new = pd.Series(_column(rows[:, column], old.dtype, table.dtypes[column]))
            yield place, pd.concat([old.iloc[:n], new], ignore_index=True).array
        else:
            values = whole[column]
            values = values if isinstance(old.dtype, pd.SparseDtype) else values.sparse.to_dense()
            yield place, values.astype(old.dtype).array


def _column(values: Array, dtype: Any, kept: np.dtype[Any]) -> Any:
    """Return new values of a column in its type; objects become what they hold first."""
    import pandas as pd

    values = values.astype(kept)
    return values.astype(object) if dtype.kind == "O" else pd.array(values, dtype=dtype)
