"""Write a table to a file, which is there whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from mixtheory._files import open_atomically
from mixtheory.tablefiles.formats import TableFormat, load_parquet_library

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_table"]

_CHUNK = 20_000


def write_table(
    frame: pd.DataFrame,
    path: Path,
    file_format: TableFormat,
    *,
    index: bool = False,
    advance: Callable[[int], Any] = int,
) -> None:
    r"""Write a table to CSV or Parquet; a file that is there stays as it is until the new one is complete.

    CSV has the line ends ``\n`` and quotes only where they are needed. A float is written with as few digits as give
    it back (float32 as a float32), so reading returns the same numbers; all else as text. The bytes depend on the table
    alone. In Parquet columns keep their types, compressed by snappy; the bytes also depend on the version of pyarrow.

    Parameters
    ----------
    frame : DataFrame
    path : Path
    file_format : TableFormat
        Whether it is CSV or Parquet, and how cells are spelt.
    index : bool
        Whether Parquet stores the index along. CSV never does.
    advance : callable
        Is told the number of rows of each part of a CSV file that has been written.

    Raises
    ------
    ValueError
        If a text cannot be written in the encoding.
    OSError
        If the file cannot be written.
    RuntimeError
        If the file is Parquet and pyarrow is not installed.
    """
    if file_format.kind == "parquet":
        load_parquet_library()
        with open_atomically(path, "wb") as file:
            frame.to_parquet(file, engine="pyarrow", compression="snappy", index=None if index else False)
        return
    with open_atomically(path, encoding=file_format.encoding) as file:
        try:
            _write_csv(frame, file, file_format, advance)
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{path} cannot be written in {file_format.encoding}: {error.object[error.start]!r} is not in it"
            ) from None


def _write_csv(frame: pd.DataFrame, file: IO[str], file_format: TableFormat, advance: Callable[[int], Any]) -> None:
    writer = csv.writer(file, delimiter=file_format.separator, lineterminator="\n")
    writer.writerow(frame.columns)
    for start in range(0, len(frame), _CHUNK):
        part = frame.iloc[start : start + _CHUNK]
        writer.writerows(zip(*_cells(part, file_format.decimal), strict=True))
        advance(len(part))


def _cells(part: pd.DataFrame, decimal: str) -> Iterator[list[Any]]:
    for place in range(part.shape[1]):
        column = part.iloc[:, place]
        cells = column.tolist()
        if str(column.dtype).lower().startswith("float"):
            # the digits of the type itself, which are fewer for half and single precision
            narrow = np.dtype(str(column.dtype).lower())
            if narrow != np.float64:
                cells = column.to_numpy(dtype=narrow).astype(str).tolist()
            if decimal != ".":
                cells = [str(cell).replace(".", decimal) for cell in cells]
        yield cells
