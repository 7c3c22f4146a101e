"""What is known of a file with a table: CSV or Parquet, and how its cells are spelt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mixtheory._validation import check_choice

__all__ = ["SEPARATORS", "TableFormat", "is_parquet_name", "load_parquet_library"]

SEPARATORS = (",", ";", "\t", "|")
_CSV_ENDINGS = (".csv", ".tsv", ".txt")
_PARQUET_ENDINGS = (".parquet", ".pq")


@dataclass(frozen=True)
class TableFormat:
    """How a table is written to a file.

    Attributes
    ----------
    kind : {"csv", "parquet"}
    separator : str
        Between cells; one character.
    decimal : {".", ","}
        In numbers.
    encoding : str
        Of text, one that Python knows.
    """

    kind: str = "csv"
    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, ("csv", "parquet"))
        check_choice("--decimal", self.decimal, (".", ","))
        if self.kind == "csv" and self.separator == self.decimal:
            raise ValueError(f"--separator and --decimal must differ, got {self.separator!r} for both")
        try:
            "".encode(self.encoding)
        except LookupError:
            raise ValueError(
                f"--encoding must be one that Python knows, such as utf-8, latin-1, cp1252 or utf-16, got "
                f"{self.encoding!r}"
            ) from None

    def for_file(self, name: str, path: Path) -> TableFormat:
        """Return the format of a file to be written: its kind by the end of its name, the spelling as here.

        A table that was read from Parquet is written to CSV with commas (tabs for ``.tsv``), points and UTF-8.

        Raises
        ------
        ValueError
            If the end of the name says nothing.
        """
        if is_parquet_name(path):
            return TableFormat("parquet")
        ending = path.suffix.lower()
        if ending not in _CSV_ENDINGS:
            known = ", ".join((*_CSV_ENDINGS, *_PARQUET_ENDINGS))
            raise ValueError(f"{name} must end in one of {known}, got {str(path)!r}")
        if ending == ".tsv":
            return replace(self, kind="csv", separator="\t")
        return replace(self, kind="csv", separator="," if self.kind == "parquet" else self.separator)


def is_parquet_name(path: Path) -> bool:
    """Whether the end of a file's name says that it is Parquet."""
    return path.suffix.lower() in _PARQUET_ENDINGS


def load_parquet_library() -> None:
    """Raise an error that says what to install if Parquet files cannot be read and written."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise RuntimeError("Parquet files need pyarrow: pip install 'mixtheory[parquet]'; CSV files do not") from None
