"""Reading a table from Parquet, whose columns have types of their own."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from mixtheory.tablefiles.columns import Problems
from mixtheory.tablefiles.dialect import check_names
from mixtheory.tablefiles.formats import TableFormat, load_parquet_library

__all__ = ["read_parquet"]


def read_parquet(path: Path, text: Collection[str]) -> tuple[pd.DataFrame, TableFormat, list[str]]:
    """Return the table, its format and notes; see `mixtheory.tablefiles.read_table`."""
    load_parquet_library()
    import pyarrow as pa
    import pyarrow.parquet as pq

    problems = Problems(path, "row", lambda rows: [row + 1 for row in rows])
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            indexes = (schema.pandas_metadata or {}).get("index_columns", [])
            check_names(str(path), [name for name in schema.names if name not in indexes])
            for field in schema:
                if reason := _refusal(field.type):
                    problems.add(f"column {field.name!r} holds {reason} ({field.type})")
            problems.raise_first()
            frame = file.read().to_pandas()
    except pa.ArrowException as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from None
    if not len(frame.columns) or not len(frame):
        raise ValueError(f"{path} has {len(frame)} row(s) and {len(frame.columns)} column(s)")
    check_names(str(path), [str(name) for name in frame.columns])
    frame.columns = [str(name) for name in frame.columns]
    for name in frame.columns:
        column = frame[name]
        if name not in text and column.notna().any():
            known = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
            row = int(np.flatnonzero(column.notna())[0])
            if pd.api.types.is_datetime64_any_dtype(known.dtype) or _holds_dates(column.iloc[row]):
                problems.dates(name, row, column.iloc[row])
    problems.check_numbers(frame)
    problems.raise_first()
    notes = []
    if not isinstance(frame.index, pd.RangeIndex):
        names = [str(name) for name in frame.index.names if name is not None]
        named = f" {', '.join(map(repr, names))}" if names else ""
        notes.append(f"the row index{named} of {path.name} is no column")
    return frame, TableFormat("parquet"), notes


def _refusal(kind: object) -> str | None:
    """Return what a type holds that is neither a number nor a category, or None."""
    import pyarrow.types as pt

    if pt.is_decimal(kind):
        return "decimal numbers, which have no arithmetic here: write them as double"
    if pt.is_nested(kind):
        return "lists or records: write one column for each entry"
    if pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_fixed_size_binary(kind):
        return "bytes, which are no category: write them as text"
    if pt.is_duration(kind):
        return "durations: write them as numbers, such as seconds"
    return None


def _holds_dates(value: object) -> bool:
    import datetime

    return isinstance(value, (datetime.date, datetime.time))
