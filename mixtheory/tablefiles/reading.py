"""Read a table from a file."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixtheory._validation import near_matches
from mixtheory.tablefiles.formats import TableFormat

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LoadedTable", "read_table"]

_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True)
class LoadedTable:
    """A table that was read from a file.

    Attributes
    ----------
    path : Path
    frame : DataFrame
        Names of columns are text and differ; no cell is missing, no number infinite.
    format : TableFormat
        How the file spells it.
    notes : list of str
        What a person should know of how it was read.
    """

    path: Path
    frame: pd.DataFrame
    format: TableFormat
    notes: list[str]

    def check_column(self, option: str, name: str) -> str:
        """Return the name of a column of the table.

        Raises
        ------
        ValueError
            If there is none; near matches are suggested.
        """
        names = [str(column) for column in self.frame.columns]
        if name not in names:
            some = ", ".join(map(repr, names[:10])) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
            raise ValueError(
                f"{option} must name a column of {self.path}: {some}, got {name!r}{near_matches(name, names)}"
            )
        return name


def read_table(
    path: Path | str,
    *,
    text: Collection[str] = (),
    separator: str | None = None,
    decimal: str = ".",
    encoding: str = "utf-8",
    argument: str = "DATA",
    advance: Callable[[int], Any] = int,
) -> LoadedTable:
    """Read a table from CSV or Parquet, which the first bytes of the file tell apart.

    The whole table is held in memory. In CSV

    - the first line that is not blank holds the names of the columns; blank lines are skipped;
    - the separator is found (comma, semicolon, tab or bar) unless it is given; cells may be quoted by ``"`` and then
      hold separators and ends of lines, of which LF, CR LF and CR are known; a byte order mark is skipped;
    - a column is numbers if all its cells are, and text if none is; a column with both is refused. Whole numbers
      become int64, others float64, both to the last digit;
    - whole numbers one of which has a leading zero (``007``) or more than 64 bits are identifiers and stay text;
    - ``true`` and ``false`` are text, so that a cell is written as it was read;
    - empty cells are missing; so are ``NA``, ``NaN``, ``null`` and the like among numbers, but among words they are
      words;
    - dates are refused unless named in `text`.

    In Parquet columns keep their types; an index that was stored along stays the index. Lists, bytes, decimal numbers
    and durations are refused, and dates as above.

    Parameters
    ----------
    path : path
    text : collection of str
        Columns of CSV to take as text whatever their cells are, and of Parquet that may hold dates. Names that no
        column has are ignored here.
    separator : str, optional
        One character.
    decimal : {".", ","}
        Sign between whole part and decimals.
    encoding : str
        By default UTF-8; a byte order mark of UTF-16 counts.
    argument : str
        What messages call the path.
    advance : callable
        Is told the bytes of each part of a CSV file that has been looked at.

    Returns
    -------
    LoadedTable

    Raises
    ------
    ValueError
        If there is no such file, or it holds no table that can be used: with the line and column of what is wrong.
    RuntimeError
        If the file is Parquet and pyarrow is not installed.
    """
    path = Path(path)
    TableFormat("csv", separator or "\0", decimal, encoding)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "there is no such file"
        raise ValueError(f"{argument} must name a file, got {str(path)!r}: {what}")
    with path.open("rb") as file:
        magic = file.read(len(_PARQUET_MAGIC))
    if magic == _PARQUET_MAGIC:
        from mixtheory.tablefiles.parquet_reading import read_parquet

        frame, found, notes = read_parquet(path, text)
    else:
        from mixtheory.tablefiles.csv_reading import read_csv

        frame, found, notes = read_csv(
            path, text, separator=separator, decimal=decimal, encoding=encoding, advance=advance
        )
    return LoadedTable(path, frame, found, notes)
