"""The command select: rows of a pool whose covariance matches that of real rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixtheory._exit_status import clear_errors
from mixtheory.table_commands.options import (
    NOTHING_WRITTEN,
    Categorical,
    Decimal,
    Encoding,
    Force,
    Output,
    Seed,
    Separator,
    Spelling,
    check_same_kinds,
    load,
    note,
    notes_from_warnings,
    show_columns,
    text_columns,
    working,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["select"]


def select(
    pool: Annotated[Path, typer.Argument(help="Rows to choose from: CSV or Parquet.")],
    target: Annotated[Path, typer.Option(help="Real rows, with the same columns.")],
    number: Annotated[int, typer.Option("-n", "--number", help="Rows to select.")],
    out: Annotated[Path | None, typer.Option(help="File for the selected rows.")] = None,
    class_column: Annotated[str | None, typer.Option(help="Column of classes; each is matched on its own.")] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Column that is carried along, not compared; may be repeated.")
    ] = None,
    units: Annotated[
        str, typer.Option(help="std: columns count in standard deviations of the real rows; raw: as they are.")
    ] = "std",
    components: Annotated[int, typer.Option(help="Principal components that are compared, at most.")] = 32,
    categorical: Categorical = None,
    seed: Seed = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")] = False,
    force: Force = False,
    separator: Separator = None,
    decimal: Decimal = ".",
    encoding: Encoding = "utf-8",
) -> None:
    """Select rows of a pool whose covariance matches that of real rows, and write them as they are.

    Rows come in the order of selection, class by class. A categorical column counts as a column of 0 and 1 for each of
    its categories.
    """
    with clear_errors(NOTHING_WRITTEN), notes_from_warnings():
        from mixtheory import CovarianceMatcher
        from mixtheory._validation import check_choice, check_integer

        check_integer("-n", number, low=1)
        check_integer("--seed", seed, low=0)
        check_choice("--units", units, ("std", "raw"))
        output = None
        if not dry_run:
            if out is None:
                raise ValueError("--out must name a file for the result, or --dry-run be given")
            output = Output.checked("--out", out, force=force, inputs={"POOL": pool, "--target": target})
        spelling, chosen = Spelling(separator, decimal, encoding), set(categorical or ())
        candidates = load("POOL", pool, spelling, categorical)
        # a column that is carried along need not be in the real rows
        real = load("--target", target, spelling, [name for name in chosen if name not in (ignore or ())])
        roles = {candidates.check_column("--ignore", name): "not compared" for name in ignore or ()}
        rows, goal = (table.frame.drop(columns=list(roles), errors="ignore") for table in (candidates, real))
        check_same_kinds(("POOL", rows), ("--target", goal))
        labels: list[Any] = [None, None]
        if class_column is not None:
            candidates.check_column("--class-column", class_column)
            roles[class_column] = "class"
            labels = [table[class_column] for table in (rows, goal)]
            rows, goal = rows.drop(columns=class_column), goal.drop(columns=class_column)
        show_columns(candidates, chosen, roles)
        print(f"{real.path}: {len(goal):,} real rows")
        if not rows.shape[1]:
            raise ValueError("POOL must have columns to compare beside the class column and those ignored, got none")
        nominal = [name for name in rows.columns if name in chosen or name in text_columns(rows)]
        pool_numbers, goal_numbers = _comparable(rows, goal[list(rows.columns)], nominal, units)
        if number > len(rows):
            raise ValueError(f"-n must be at most the {len(rows):,} rows of POOL, got {number:,}")
        if output is None:
            print(f"dry run: {number:,} rows would be selected by {pool_numbers.shape[1]:,} columns of numbers")
            return
        # the columns of each nominal one add up to 1, which is no direction
        directions = max(1, min(check_integer("--components", components, low=1), pool_numbers.shape[1] - len(nominal)))
        matcher = CovarianceMatcher(number, n_components=directions, random_state=seed)
        with working("selecting rows"):
            matcher.fit(pool_numbers, goal_numbers, *labels)
        if class_column is not None:
            counts = zip(matcher.classes_, matcher.class_counts_, strict=True)
            print(", ".join(f"class {label}: {count:,} rows" for label, count in counts))
        last = matcher.objective_path_[-1]
        print(f"distance of the covariances (Frobenius norm, in the compared columns' units): {last:.6g}")
        output.write(candidates.frame.iloc[matcher.sample_indices_], candidates.format, index=True)


def _comparable(
    rows: pd.DataFrame, goal: pd.DataFrame, nominal: list[str], units: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables as numbers, in standard deviations of the real rows if these are the `units`."""
    from mixtheory.table_commands.indicators import as_numbers

    if nominal:
        note(f"compared as a column of 0 and 1 for each category: {', '.join(map(repr, nominal))}")
    candidates, real = as_numbers([rows, goal], nominal)
    if units == "raw":
        return candidates, real
    deviations = real.std(ddof=0)
    # a constant keeps its units: the matcher says that it cannot be matched
    deviations = deviations.where(deviations > 0, 1.0)
    return candidates / deviations, real / deviations
