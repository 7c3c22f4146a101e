"""What the commands for tables share: options, loading with progress and notes, what is said of columns."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixtheory._validation import shown

if TYPE_CHECKING:
    import pandas as pd

    from mixtheory.tablefiles import LoadedTable, TableFormat

__all__ = [
    "Categorical",
    "Decimal",
    "Encoding",
    "Force",
    "NOTHING_WRITTEN",
    "Output",
    "Seed",
    "Separator",
    "Spelling",
    "check_same_kinds",
    "is_continuous",
    "load",
    "note",
    "note_row_names",
    "notes_from_warnings",
    "show_columns",
    "text_columns",
    "working",
]

Categorical = Annotated[
    list[str] | None,
    typer.Option(help="A column of codes that is a category, such as numbers that name something; may be repeated."),
]
Separator = Annotated[str | None, typer.Option(help="Between the cells of CSV files; found by default.")]
Decimal = Annotated[str, typer.Option(help="Sign of decimals in CSV files: . or ,")]
Encoding = Annotated[str, typer.Option(help="Encoding of CSV files, such as cp1252.")]
Seed = Annotated[int, typer.Option(help="Seed; the same seed writes the same bytes.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]

NOTHING_WRITTEN = "nothing was written"
_SHOWN_COLUMNS = 30
_SHOWN_CATEGORIES = 4
_NAME_WIDTH = 32
_FEW = 10
# from how many rows on all different texts are suspected to be names of rows
_MANY = 20


@dataclass(frozen=True)
class Spelling:
    """How CSV files are spelt: options of every command that reads one."""

    separator: str | None = None
    decimal: str = "."
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Output:
    """A file to be written, checked before any work."""

    name: str
    path: Path

    @classmethod
    def checked(cls, name: str, path: Path, *, force: bool, inputs: dict[str, Path], table: bool = True) -> Output:
        """Return the output if it can be written, is new unless `force`, and has a known ending if it is a `table`.

        Raises
        ------
        ValueError
            If it is not.
        RuntimeError
            If it is Parquet and pyarrow is not installed.
        """
        from mixtheory._files import check_new, check_writable
        from mixtheory.tablefiles import TableFormat
        from mixtheory.tablefiles.formats import is_parquet_name, load_parquet_library

        if table:
            TableFormat().for_file(name, path)
            if is_parquet_name(path):
                load_parquet_library()
        check_new(name, path, force=force, inputs=inputs)
        check_writable(name, path)
        return cls(name, path)

    def write(self, frame: pd.DataFrame, source: TableFormat, *, index: bool = False) -> None:
        """Write a table in the spelling of its source, and say so."""
        from mixtheory.tablefiles import write_table

        with working(f"writing {self.path}", len(frame)) as advance:
            write_table(frame, self.path, source.for_file(self.name, self.path), index=index, advance=advance)
        print(f"wrote {self.path}: {len(frame):,} rows, {frame.shape[1]:,} columns")


def note(text: object) -> None:
    """Say on standard error what a person should know."""
    print(f"note: {text}", file=sys.stderr)


@contextmanager
def notes_from_warnings() -> Iterator[None]:
    """Show warnings of the work as notes, each once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for text in dict.fromkeys(str(warning.message) for warning in caught if warning.category is UserWarning):
        note(text)


@contextmanager
def working(text: str, total: int | None = None) -> Iterator[Callable[[int], Any]]:
    """Show that something is being done, on a terminal only; yields a function that counts what has been done."""
    if not sys.stderr.isatty():
        yield int
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done: bar.advance(task, done)


def load(argument: str, path: Path, spelling: Spelling, categorical: Sequence[str] | None) -> LoadedTable:
    """Read a table, with progress and notes, whose columns `categorical` are text or have a type of categories."""
    from mixtheory.tablefiles import read_table

    chosen = list(categorical or ())
    size = path.stat().st_size if path.is_file() else None
    with working(f"reading {path}", size) as advance:
        table = read_table(
            path,
            text=chosen,
            separator=spelling.separator,
            decimal=spelling.decimal,
            encoding=spelling.encoding,
            argument=argument,
            advance=advance,
        )
    for name in chosen:
        table.check_column("--categorical", name)
    for text in table.notes:
        note(text)
    return table


def text_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that hold no numbers: text, categories, booleans and dates."""
    from pandas.api.types import is_any_real_numeric_dtype

    return [str(name) for name in frame.columns if not is_any_real_numeric_dtype(frame[name].dtype)]


def note_row_names(frame: pd.DataFrame) -> None:
    """Say which columns seem to name rows, as texts that differ in most of them do: new rows repeat real texts."""
    if len(frame) < _MANY:
        return
    named = [name for name in text_columns(frame) if 2 * frame[name].nunique() > len(frame)]
    if named:
        note(
            f"texts differ in most rows in column(s) {shown(named[:10])}: new rows repeat texts of real ones; remove "
            "columns that name rows or persons"
        )


def check_same_kinds(first: tuple[str, pd.DataFrame], second: tuple[str, pd.DataFrame]) -> None:
    """Check that two tables have the same columns, in any order, and agree which of them hold numbers.

    Raises
    ------
    ValueError
        Naming the columns for which that is not so.
    """
    (one, left), (two, right) = first, second
    for here, there, owner, other in ((left, right, one, two), (right, left, two, one)):
        lacking = [str(name) for name in here.columns if name not in there.columns]
        if lacking:
            raise ValueError(
                f"{owner} and {other} must have the same columns, got only in {owner}: {shown(lacking[:10])}"
            )
    words = {one: set(text_columns(left)), two: set(text_columns(right))}
    for name in left.columns:
        if (name in words[one]) != (name in words[two]):
            text, numbers = (one, two) if name in words[one] else (two, one)
            raise ValueError(
                f"column {name!r} holds text in {text} and numbers in {numbers}; "
                f"--categorical {name} takes both as text"
            )


def is_continuous(y: pd.Series[Any], categorical: Collection[str]) -> bool:
    """Whether a target is numbers: more different ones than can be labels of classes."""
    from pandas.api.types import is_any_real_numeric_dtype

    from mixtheory.fidelity.inputs import LABEL_NUMBERS

    return is_any_real_numeric_dtype(y.dtype) and y.name not in categorical and y.nunique() > LABEL_NUMBERS


def show_columns(table: LoadedTable, categorical: Collection[str], roles: dict[str, str]) -> None:
    """Print which columns are categories, whole numbers and numbers; `roles` says what some are for."""
    from pandas.api.types import is_integer_dtype

    frame = table.frame
    words = {*text_columns(frame), *categorical}
    kinds = {
        str(name): "categories" if name in words else "whole numbers" if is_integer_dtype(frame[name]) else "numbers"
        for name in frame.columns
    }
    counts = ", ".join(f"{list(kinds.values()).count(kind)} {kind}" for kind in dict.fromkeys(kinds.values()))
    print(f"{table.path}: {len(frame):,} rows, {len(kinds):,} columns ({counts})")
    # of very many columns those that a person may want to change
    rank = {"categories": 0, "whole numbers": 1, "numbers": 2}
    names = list(kinds)
    if len(names) > _SHOWN_COLUMNS:
        names = sorted(names, key=lambda name: (name not in roles, rank[kinds[name]]))[:_SHOWN_COLUMNS]
    width = min(max(len(name) for name in names), _NAME_WIDTH)
    for name in names:
        role = f"; {roles[name]}" if name in roles else ""
        values = _categories(frame[name]) if kinds[name] == "categories" else _range(frame[name])
        print(f"  {name:{width}}  {kinds[name]:13}  {values}{role}")
    if len(kinds) > len(names):
        print(f"  and {len(kinds) - len(names):,} more")


def _range(column: pd.Series[Any]) -> str:
    ends = f"{column.min():.6g} to {column.max():.6g}"
    few = column.dtype.kind in "iu" and column.nunique() <= _FEW
    return f"{ends}, {column.nunique()} different (if they are codes: --categorical)" if few else ends


def _categories(column: pd.Series[Any]) -> str:
    counts = column.value_counts()
    counts = counts[counts > 0]
    named = ", ".join(f"{label} ({count:,})" for label, count in counts.head(_SHOWN_CATEGORIES).items())
    return f"{len(counts):,}: {named}" + (", ..." if len(counts) > _SHOWN_CATEGORIES else "")
