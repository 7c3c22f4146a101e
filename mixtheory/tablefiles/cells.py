"""What the distinct cells of a column of text are: numbers, marks of missing values, dates or words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "Cells", "is_number", "looks_like_date"]

# how a missing number is written; in columns of words only an empty cell is missing
MISSING = (
    "",
    "NA",
    "N/A",
    "n/a",
    "na",
    "NaN",
    "nan",
    "-NaN",
    "-nan",
    "NULL",
    "null",
    "None",
    "<NA>",
    "#NA",
    "#N/A",
    "#N/A N/A",
)

_NUMBER = re.compile(r"\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|infinity)\s*", flags=re.ASCII | re.IGNORECASE)
_COMMA_NUMBER = re.compile(r"\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*", flags=re.ASCII)
_THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?\s*", flags=re.ASCII)
_POINTS = re.compile(r"\s*[+-]?(?:\d*\.\d+|\d{1,3}(?:\.\d{3})+(?:,\d*)?)\s*", flags=re.ASCII)
_IDENTIFIER = re.compile(r"[+-]?0\d+", flags=re.ASCII)
_WHOLE = re.compile(r"\s*[+-]?\d+\s*", flags=re.ASCII)
_DATE = re.compile(
    r"\d{4}([-/.])\d{1,2}\1\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})",
    flags=re.ASCII,
)


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell is a number: digits with a point and an exponent, or inf."""
    if decimal != ".":
        # a point is then no sign of decimals
        return "." not in cell and _NUMBER.fullmatch(cell.replace(decimal, ".")) is not None
    return _NUMBER.fullmatch(cell) is not None


def looks_like_date(cell: str) -> bool:
    """Whether a cell is a date such as 2026-05-01, 2026-05-01 12:30 or 1.5.2026."""
    return _DATE.fullmatch(cell.strip()) is not None


@dataclass(frozen=True)
class Cells:
    """The distinct cells of a column, and which of them are what.

    Attributes
    ----------
    values : sequence of str
    number, missing, empty, word : ndarray of bool
        Numbers; marks of a missing number, including empty cells; empty cells; all else. Each cell is a number, a mark
        or a word.
    decimal : str
    """

    values: Sequence[str]
    number: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    empty: NDArray[np.bool_]
    word: NDArray[np.bool_]
    decimal: str

    @classmethod
    def of(cls, values: Sequence[str], decimal: str = ".") -> Cells:
        """Look at each distinct cell once."""
        marks = frozenset(MISSING)
        missing = np.array([value in marks for value in values], dtype=np.bool_)
        number = np.array([is_number(value, decimal) for value in values], dtype=np.bool_) & ~missing
        empty = np.array([value == "" for value in values], dtype=np.bool_)
        return cls(values, number, missing, empty, ~(number | missing), decimal)

    def all_words(self, what: str) -> bool:
        """Whether all words are dates (`what` is "dates") or numbers with "commas", maybe between "thousands".

        Of numbers with a decimal comma, "points" are what commas are otherwise.
        """
        words = [value for value, word in zip(self.values, self.word, strict=True) if word]
        if what == "dates":
            return bool(words) and all(map(looks_like_date, words))
        pattern = {"commas": _COMMA_NUMBER, "thousands": _THOUSANDS, "points": _POINTS}[what]
        return bool(words) and (self.decimal == ",") == (what == "points") and all(map(pattern.fullmatch, words))

    def identifiers(self) -> bool:
        """Whether all numbers are whole and one has a leading zero or does not fit into 64 bits."""
        numbers = [value.strip() for value, number in zip(self.values, self.number, strict=True) if number]
        if not numbers or not all(map(_WHOLE.fullmatch, numbers)):
            return False
        return any(_IDENTIFIER.fullmatch(value) or not -(2**63) <= int(value) < 2**63 for value in numbers)
