"""Reading a table from CSV: the parser of pandas for what fits, and messages with line and column for what does not."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import IO, Any

import pandas as pd

from mixtheory.tablefiles.cells import MISSING, Cells
from mixtheory.tablefiles.columns import Problems
from mixtheory.tablefiles.dialect import Head, first_blank, first_misfit, last_line, line_numbers, listed, read_head
from mixtheory.tablefiles.formats import TableFormat
from mixtheory.tablefiles.scanning import Scan, scan_csv

__all__ = ["read_csv"]

# newer versions of pandas read every number to its last digit, and warn of the option that made the older ones do so
_NEWER = tuple(int(part) for part in pd.__version__.split(".")[:2]) >= (3, 1)
_EXACT: dict[str, Any] = {} if _NEWER else {"float_precision": "round_trip"}


def read_csv(
    path: Path,
    text: Collection[str],
    *,
    separator: str | None,
    decimal: str,
    encoding: str,
    advance: Callable[[int], Any],
) -> tuple[pd.DataFrame, TableFormat, list[str]]:
    """Return the table, its format and notes; see `mixtheory.tablefiles.read_table`."""
    scan = scan_csv(path, encoding, advance)
    head = read_head(path, scan.encoding, separator)
    file_format = TableFormat("csv", head.separator, decimal, encoding if scan.encoding == "utf-8" else scan.encoding)
    reader = _Reader(path, scan, head, decimal)
    likely = reader.likely_text(text)
    frame = reader.parse(likely)
    notes = list(head.notes)
    problems = Problems(
        path,
        "line",
        lambda rows: line_numbers(path, scan.encoding, head, rows),
        lambda: first_misfit(path, scan.encoding, head),
    )
    kept = reader.settle(frame, likely, text, problems)
    if kept:
        notes.append(f"kept as text, as whole numbers with leading zeros or more than 64 bits: {listed(kept)}")
    problems.check_numbers(frame)
    problems.raise_first()
    return frame, file_format, notes


class _Reader:
    """One CSV file, read as a whole or in some columns."""

    def __init__(self, path: Path, scan: Scan, head: Head, decimal: str) -> None:
        self.path, self.scan, self.head, self.decimal = path, scan, head, decimal

    def likely_text(self, text: Collection[str]) -> list[str]:
        """Return the columns with a word in the first rows, and those that are to be text."""
        likely = []
        for place, name in enumerate(self.head.names):
            cells = dict.fromkeys(row[place] for row in self.head.rows if place < len(row))
            if name in text or Cells.of(list(cells), self.decimal).word.any():
                likely.append(name)
        return likely

    def parse(self, text: Collection[str], only: Sequence[str] | None = None) -> pd.DataFrame:
        """Read some columns as text, and the others as numbers.

        Marks of missing values become NaN, unless `only` some columns are read, as they are.
        """
        names = self.head.names
        with warnings.catch_warnings():
            # a first row that is too long was refused before; mixed columns are looked at below
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            file: IO[bytes]
            with self.path.open("rb") as file:
                try:
                    frame: pd.DataFrame = pd.read_csv(
                        file,
                        sep=self.head.separator,
                        header=0,
                        names=names,
                        index_col=False,
                        usecols=None if only is None else list(only),
                        dtype=dict.fromkeys(text, "str"),
                        keep_default_na=False,
                        na_values=list(MISSING),
                        na_filter=only is None,
                        decimal=self.decimal,
                        encoding=self.scan.encoding,
                        engine="c",
                        low_memory=False,
                        **_EXACT,
                    )
                except pd.errors.ParserError as error:
                    raise ValueError(self._why(error)) from None
        if only is None and len(names) == 1 and (line := first_blank(self.path, self.scan.encoding, self.head)):
            raise ValueError(f"{self.path}, line {line} is blank: in a table of one column that is a missing value")
        return frame

    def _why(self, error: Exception) -> str:
        misfit = first_misfit(self.path, self.scan.encoding, self.head)
        if "EOF inside string" in str(error):
            return f"{self.path}, line {last_line(self.path, self.scan.encoding, self.head)}: a quote is never closed"
        return misfit or f"{self.path} cannot be read: {error}"

    def settle(
        self, frame: pd.DataFrame, likely: Sequence[str], text: Collection[str], problems: Problems
    ) -> list[str]:
        """Decide in place what each column is that is not plainly numbers; return the names kept as text.

        Columns `likely` have been read as text.
        """
        types = {str(name): dtype for name, dtype in frame.dtypes.items() if name not in likely}
        again = [name for name, dtype in types.items() if not pd.api.types.is_any_real_numeric_dtype(dtype)]
        # among words a mark of a missing value is a word
        again += [name for name in likely if frame[name].isna().any()]
        if self.scan.leading_zeros:
            again += [name for name, dtype in types.items() if pd.api.types.is_integer_dtype(dtype)]
        reread = self.parse(again, again) if again else frame
        kept = []
        for name in dict.fromkeys([*likely, *again]):
            column = reread[name] if name in again else frame[name]
            # each distinct cell is looked at once
            codes, values = pd.factorize(column)
            cells = Cells.of([str(value) for value in values], self.decimal)
            problem = problems.of_cells(name, codes, cells, declared=name in text)
            identifiers = cells.identifiers()
            if problem or name in text or cells.word.any() or identifiers:
                frame[name] = column
            if identifiers and name not in text and not problem:
                kept.append(repr(name))
        return kept
