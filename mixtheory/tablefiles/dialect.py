"""The head of a CSV file: its separator, the names of its columns, its first rows; and lines that do not fit."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mixtheory._validation import shown
from mixtheory.tablefiles.cells import is_number
from mixtheory.tablefiles.formats import SEPARATORS

__all__ = ["Head", "check_names", "first_blank", "first_misfit", "last_line", "line_numbers", "listed", "read_head"]

_HEAD_ROWS = 100
_NAMED = 5

# the csv module's own limit, which is one for the whole process and which others change
_LONGEST_CELL = 131_072


@dataclass(frozen=True)
class Head:
    """The beginning of a CSV file.

    Attributes
    ----------
    separator : str
    names : list of str
        Names of the columns, from the first line that is not blank.
    line : int
        Number of that line.
    rows : list of list of str
        Cells of the first rows.
    notes : list of str
        What a person should know of how the file was read.
    """

    separator: str
    names: list[str]
    line: int
    rows: list[list[str]]
    notes: list[str]


def _records(path: Path, encoding: str, separator: str, *, blank: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line of each record and its cells; blank lines are records without cells if `blank`."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        line = 1
        try:
            for record in reader:
                if max(map(len, record), default=0) > _LONGEST_CELL:
                    raise csv.Error("field larger than field limit")
                if len(record) > 1 or (record and record[0].strip(" \t")):
                    yield line, record
                elif blank:
                    yield line, []
                line = reader.line_num + 1
        except csv.Error as error:
            raise ValueError(
                f"{path}, line {line}: {error}; a cell may have {_LONGEST_CELL:,} characters: is a quote "
                "there never closed?"
            ) from None


def read_head(path: Path, encoding: str, separator: str | None) -> Head:
    """Find the separator, unless it is given, and read names and first rows.

    The separator is the one of comma, semicolon, tab and bar that splits the first rows into equally many cells, the
    most of them; if none does, the one that splits the line of names into the most; otherwise there is one column.

    Raises
    ------
    ValueError
        If the file has only blank lines or no row below the names, or names are empty or occur twice.
    """
    if separator is not None:
        if len(separator) != 1 or separator in '"\r\n' or ord(separator) > 127:
            raise ValueError(
                f"--separator must be one character other than a quote or an end of line, got {separator!r}"
            )
        chosen = separator
    else:
        chosen = _find_separator(path, encoding)
    records = list(islice(_records(path, encoding, chosen), _HEAD_ROWS + 1))
    if not records:
        raise ValueError(f"{path} is empty: it must hold a line of names and a line for each row")
    (line, names), rows = records[0], [cells for _, cells in records[1:]]
    check_names(f"{path}, line {line}", names)
    if not rows:
        raise ValueError(f"{path} has only a line of names (line {line}), and no row")
    for at, cells in records[1:2]:
        # what readers of CSV take for a column of row names
        if len(cells) > len(names):
            raise ValueError(_misfit(path, at, len(cells), line, len(names)))
    notes = []
    if all(map(is_number, names)) and names != [str(k) for k in range(len(names))]:
        notes.append(f"line {line} holds only numbers, {shown(names[:3])}; it was taken for the names of the columns")
    return Head(chosen, names, line, rows, notes)


def _find_separator(path: Path, encoding: str) -> str:
    found = []
    for place, candidate in enumerate(SEPARATORS):
        try:
            widths = [len(cells) for _, cells in islice(_records(path, encoding, candidate), _HEAD_ROWS)]
        except ValueError:
            continue
        if widths and widths[0] > 1:
            found.append((len(set(widths)) == 1, widths[0], -place, candidate))
    return max(found)[-1] if found else SEPARATORS[0]


def check_names(where: str, names: Sequence[str]) -> None:
    """Raise an error if names of columns are empty or occur twice.

    Raises
    ------
    ValueError
        Naming them and the places of their columns, counted from 1.
    """
    empty = [place for place, name in enumerate(names, 1) if not name.strip()]
    if empty:
        hint = "; row numbers that were written along have no name: remove or name them" if empty == [1] else ""
        raise ValueError(f"{where}: column {listed(empty)} has no name{hint}")
    double = [name for name, times in Counter(names).items() if times > 1]
    if double:
        places = [
            f"{name!r} (columns {listed(k for k, other in enumerate(names, 1) if other == name)})"
            for name in double[:_NAMED]
        ]
        raise ValueError(f"{where}: names of columns must differ, got {listed(places)}")


def listed(items: Iterable[object], limit: int = _NAMED) -> str:
    """Return the first items as text, and how many there are if there are more."""
    texts = [str(item) for item in items]
    rest = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + rest


def _misfit(path: Path, line: int, width: int, header: int, columns: int) -> str:
    return f"{path}, line {line} has {width} cell(s), but the names in line {header} are {columns}"


def first_misfit(path: Path, encoding: str, head: Head) -> str | None:
    """Return a message about the first line with another number of cells than names, None if there is none."""
    for line, cells in islice(_records(path, encoding, head.separator), 1, None):
        if len(cells) != len(head.names):
            return _misfit(path, line, len(cells), head.line, len(head.names))
    return None


def first_blank(path: Path, encoding: str, head: Head) -> int | None:
    """Return the first blank line between rows, None if there is none."""
    found = None
    for line, cells in _records(path, encoding, head.separator, blank=True):
        if not cells and line > head.line:
            found = found or line
        elif found:
            return found
    return None


def line_numbers(path: Path, encoding: str, head: Head, rows: Sequence[int]) -> list[int]:
    """Return the lines in which rows of the table start; rows count from 0 below the names and are in order."""
    wanted, found = iter(rows), list[int]()
    place = next(wanted, None)
    for row, (line, _) in enumerate(islice(_records(path, encoding, head.separator), 1, None)):
        if place is None:
            break
        if row == place:
            found.append(line)
            place = next(wanted, None)
    return found


def last_line(path: Path, encoding: str, head: Head) -> int:
    """Return the line in which the last row starts."""
    return deque(_records(path, encoding, head.separator), maxlen=1)[0][0]
