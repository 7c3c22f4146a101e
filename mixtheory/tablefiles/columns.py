"""What is wrong with the columns of a table, with the line or row of the first cell that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mixtheory.tablefiles.cells import Cells

__all__ = ["Problems"]

_SHOWN_PLACES = 3
_SHOWN_COLUMNS = 8


class Problems:
    """Collects what is wrong with each column, so that one message names all of them.

    Parameters
    ----------
    path : Path
    unit : {"line", "row"}
        How cells are found again.
    places : callable
        Takes rows, counted from 0 and in order, and returns their lines (or rows, counted from 1).
    misfit : callable
        Returns a message about the first line with too few cells, which look like missing values, or None.
    """

    def __init__(
        self,
        path: Path,
        unit: str,
        places: Callable[[Sequence[int]], list[int]],
        misfit: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._path, self._unit, self._places, self._misfit = path, unit, places, misfit
        self._found: list[str] = []
        self._missing = False

    def _at(self, rows: Sequence[int] | NDArray[Any]) -> str:
        first = [int(row) for row in rows[:_SHOWN_PLACES]]
        more = ", ..." if len(rows) > len(first) else ""
        unit = self._unit if len(rows) == 1 else f"{self._unit}s"
        return f"{unit} {', '.join(map(str, self._places(first)))}{more}"

    def add(self, message: str) -> None:
        """Note one problem."""
        self._found.append(message)

    def missing(self, name: str, rows: NDArray[Any]) -> None:
        """Note missing values.

        Raises
        ------
        ValueError
            If they come of a line that has too few cells.
        """
        if not self._missing and (misfit := self._misfit()):
            raise ValueError(misfit)
        self._missing = True
        self.add(f"column {name!r} has {len(rows)} missing value(s): {self._at(rows)}")

    def dates(self, name: str, row: int, shown: object) -> None:
        """Note a column of dates."""
        self.add(
            f"column {name!r} holds dates ({self._at([row])}: {str(shown)!r}), which cannot be mixed; write them as "
            f"numbers, such as days since a date, or take each as a category by --categorical {name}"
        )

    def of_cells(self, name: str, codes: NDArray[Any], cells: Cells, *, declared: bool) -> bool:
        """Note what is wrong with a column of text, given by the codes of its cells; return whether something is."""
        before = len(self._found)

        def rows_of(kinds: NDArray[np.bool_]) -> NDArray[Any]:
            return np.flatnonzero(kinds[codes])

        lost = cells.empty if cells.word.any() or declared else cells.missing
        if lost.any():
            self.missing(name, rows_of(lost))
        if declared or not cells.word.any():
            return len(self._found) > before
        words, numbers = rows_of(cells.word), rows_of(cells.number)
        if cells.all_words("commas") or cells.all_words("thousands"):
            shown = cells.values[int(codes[words[0]])]
            self.add(
                f"column {name!r} holds numbers with a decimal comma ({self._at(words[:1])}: {shown!r}); "
                "say --decimal ,"
                if not cells.all_words("thousands")
                else f"column {name!r} holds numbers with commas ({self._at(words[:1])}: {shown!r}); remove them if "
                "they separate thousands, or say --decimal , if they are signs of decimals"
            )
        elif cells.all_words("points"):
            shown = cells.values[int(codes[words[0]])]
            self.add(
                f"column {name!r} holds numbers with points ({self._at(words[:1])}: {shown!r}), but --decimal is a "
                "comma; remove them if they separate thousands, or say --decimal ."
            )
        elif len(numbers):
            few, kind = (words, "text") if len(words) <= len(numbers) else (numbers, "a number")
            shown = cells.values[int(codes[few[0]])]
            self.add(
                f"column {name!r} holds {len(numbers)} number(s) and {len(words)} text(s); {kind} first in "
                f"{self._at(few[:1])}: {shown!r}; correct the cells, or take all as text by --categorical {name}"
            )
        elif cells.all_words("dates"):
            self.dates(name, int(words[0]), cells.values[int(codes[words[0]])])
        return len(self._found) > before

    def check_numbers(self, frame: pd.DataFrame) -> None:
        """Note missing and infinite numbers."""
        empty = frame.isna().to_numpy()
        for place in np.flatnonzero(empty.any(axis=0)):
            self.missing(str(frame.columns[int(place)]), np.flatnonzero(empty[:, place]))
        floats = [str(name) for name, dtype in frame.dtypes.items() if pd.api.types.is_float_dtype(dtype)]
        infinite = np.isinf(frame[floats].to_numpy(dtype=np.float64, na_value=np.nan))
        for place in np.flatnonzero(infinite.any(axis=0)):
            rows = np.flatnonzero(infinite[:, place])
            self.add(f"column {floats[place]!r} has {rows.size} infinite value(s): {self._at(rows)}")

    def raise_first(self) -> None:
        """Raise an error that names all problems.

        Raises
        ------
        ValueError
            If there is one.
        """
        if not self._found:
            return
        found = self._found[:_SHOWN_COLUMNS]
        if len(self._found) > len(found):
            found.append(f"and {len(self._found) - len(found)} more columns")
        if self._missing:
            found.append("fill in or remove rows with missing values first")
        raise ValueError(f"{self._path}: {'; '.join(found)}")
