"""The first look at a CSV file, in blocks: its encoding, the length of its lines, whole numbers with leading zeros."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LONGEST_LINE", "Scan", "scan_csv"]

# bytes of UTF-8 text; a row of a million numbers of 15 digits
LONGEST_LINE = 2**24
_BLOCK = 2**20
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SIGNS, _EXPONENT = (np.frombuffer(letters, dtype=np.uint8) for letters in (b"+-", b"eE"))
_OTHER_FILES = {b"PK\x03\x04": "a zip archive or a workbook", b"\x1f\x8b": "compressed by gzip"}


@dataclass(frozen=True)
class Scan:
    """What the bytes of a CSV file say.

    Attributes
    ----------
    encoding : str
        With which the file is to be opened; it skips a byte order mark.
    leading_zeros : bool
        Whether a cell may start with 0 and another digit.
    """

    encoding: str
    leading_zeros: bool


def scan_csv(path: Path, encoding: str, advance: Callable[[int], Any] = int) -> Scan:
    """Read a file once, in blocks, and refuse what no table can be read from.

    Parameters
    ----------
    path : Path
    encoding : str
    advance : callable
        Is told the number of bytes of each block.

    Raises
    ------
    ValueError
        If the file is empty, of another kind or in another encoding (with line and byte), or a line is longer than
        `LONGEST_LINE`, 16 MiB.
    """
    decoder: codecs.IncrementalDecoder | None = None
    is_utf8, place, line, since_newline, zeros = False, 0, 1, 0, False
    last = b"\n\n"
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if decoder is None:
                encoding = _encoding(path, block, encoding)
                decoder = codecs.getincrementaldecoder(encoding)()
                is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
            text = _decode(decoder, block, path, encoding, place, line)
            # of another encoding the characters alone matter below
            units = block if is_utf8 else text.encode("utf-8", "surrogatepass")
            if b"\0" in units:
                at = line + units[: units.index(b"\0")].count(b"\n")
                raise ValueError(
                    f"{path}, line {at}: a zero byte, which no text in {encoding} has; try --encoding utf-16"
                )
            first, final = _newline(units, first=True), _newline(units, first=False)
            since_newline += len(units) if first < 0 else first
            if since_newline > LONGEST_LINE:
                at = line + units[: max(first, 0)].count(b"\n")
                raise ValueError(
                    f"{path}, line {at} is longer than {LONGEST_LINE:,} bytes; is this a table with a row in each line?"
                )
            if first >= 0:
                since_newline = len(units) - final - 1
            zeros = zeros or _leading_zeros(last + units)
            last = (last + units)[-3:]
            line += units.count(b"\n")
            place += len(block)
            advance(len(block))
    if decoder is None:
        raise ValueError(f"{path} is empty: it must hold a line of names and a line for each row")
    _decode(decoder, b"", path, encoding, place, line, final=True)
    return Scan(encoding, zeros)


def _encoding(path: Path, block: bytes, encoding: str) -> str:
    for magic, what in _OTHER_FILES.items():
        if block.startswith(magic):
            raise ValueError(f"{path} is {what}, not a table as text; save or unpack it as CSV first")
    if codecs.lookup(encoding).name != "utf-8":
        return encoding
    marks = [found for mark, found in _BOMS.items() if block.startswith(mark)]
    return marks[0] if marks else "utf-8"


def _decode(
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    path: Path,
    encoding: str,
    place: int,
    line: int,
    *,
    final: bool = False,
) -> str:
    # bytes of a character that the last block cut
    kept = decoder.getstate()[0]
    try:
        return decoder.decode(block, final)
    except UnicodeDecodeError as error:
        at = place - len(kept) + error.start
        before = (kept + block)[: error.start]
        wrong = line + before.count(b"\n")
        value = (kept + block)[error.start]
        hint = "cp1252, latin-1 or utf-16" if encoding.startswith("utf-8") else "utf-8"
        raise ValueError(
            f"{path}, line {wrong}: byte {at + 1:,} of the file, 0x{value:02x}, is no text in {encoding}; say which "
            f"encoding it is, such as --encoding {hint}"
        ) from None
    except UnicodeError as error:
        raise ValueError(f"{path} is no text in {encoding}: {error}; try --encoding utf-8") from None


def _newline(units: bytes, *, first: bool) -> int:
    """Return the place of the first or last end of a line, -1 if there is none."""
    if first:
        found = [place for place in (units.find(b"\n"), units.find(b"\r")) if place >= 0]
        return min(found, default=-1)
    return max(units.rfind(b"\n"), units.rfind(b"\r"))


def _leading_zeros(units: bytes) -> bool:
    """Whether 0 and another digit follow what may be the beginning of a cell, and a sign."""
    values: NDArray[np.uint8] = np.frombuffer(units, dtype=np.uint8)
    # unsigned: what is below 0 wraps to above 9
    digit = values - np.uint8(ord("0")) < 10
    found = (values[2:-1] == ord("0")) & digit[3:] & ~digit[1:-2] & (values[1:-2] != ord("."))
    places = np.flatnonzero(found) + 2
    before, earlier = values[places - 1], values[places - 2]
    # of the few that are left, exponents
    return bool(np.any(~(np.isin(before, _EXPONENT) | (np.isin(before, _SIGNS) & np.isin(earlier, _EXPONENT)))))
