"""The command fidelity: what synthetic rows keep of real ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
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
    is_continuous,
    load,
    notes_from_warnings,
    show_columns,
    working,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fidelity"]


def fidelity(
    real: Annotated[Path, typer.Argument(help="Real rows: CSV or Parquet.")],
    synthetic: Annotated[Path, typer.Argument(help="Synthetic rows alone, with the same columns.")],
    target: Annotated[str | None, typer.Option(help="Column of classes or numbers to predict.")] = None,
    expected_law: Annotated[
        str | None, typer.Option(help="Law that the rows were mixed by: preserving, within or beta.")
    ] = None,
    expected_factor: Annotated[
        float | None, typer.Option(help="Covariance that is expected, as a multiple of the real one.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="Of --expected-law beta.")] = 1.0,
    delta: Annotated[float, typer.Option(help="Of --expected-law within.")] = 0.05,
    html: Annotated[Path | None, typer.Option(help="File for the report as a page.")] = None,
    latex: Annotated[Path | None, typer.Option(help="File for the tables as LaTeX.")] = None,
    bootstrap: Annotated[int, typer.Option(help="Bootstrap samples.")] = 200,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    max_rows: Annotated[int, typer.Option(help="Rows for distances, of larger tables a random part.")] = 20_000,
    categorical: Categorical = None,
    seed: Seed = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be compared, write nothing.")] = False,
    force: Force = False,
    separator: Separator = None,
    decimal: Decimal = ".",
    encoding: Encoding = "utf-8",
) -> None:
    """Compare synthetic rows with real ones: moments, distributions, privacy, regressions.

    SYNTHETIC holds synthetic rows only (augment --only-synthetic). A target of more than 20 different numbers is
    continuous, others are classes.
    """
    with clear_errors(NOTHING_WRITTEN), notes_from_warnings():
        from mixtheory import fidelity_report
        from mixtheory._files import write_atomically
        from mixtheory._validation import check_integer

        check_integer("--seed", seed, low=0)
        expected = _expected(expected_law, expected_factor, alpha, delta)
        inputs = {"REAL": real, "SYNTHETIC": synthetic}
        outputs = {
            name: Output.checked(name, path, force=force, inputs=inputs, table=False)
            for name, path in (("--html", html), ("--latex", latex))
            if path is not None and not dry_run
        }
        if html is not None and html == latex:
            raise ValueError(f"--html and --latex must name different files, got {str(html)!r} for both")
        spelling = Spelling(separator, decimal, encoding)
        tables = [load(name, path, spelling, categorical) for name, path in inputs.items()]
        first, second = (table.frame for table in tables)
        check_same_kinds(("REAL", first), ("SYNTHETIC", second))
        if len(second) > len(first) and _same_rows(first, second[first.columns].iloc[: len(first)]):
            raise ValueError(
                "SYNTHETIC must hold synthetic rows only, got the rows of REAL first; augment has --only-synthetic"
            )
        chosen, roles, y = set(categorical or ()), {}, {}
        if target is not None:
            tables[0].check_column("--target", target)
            continuous = is_continuous(first[target], chosen)
            roles[target] = "target, numbers" if continuous else "target, labels"
            y = {"y_real": _labels(first[target], continuous), "y_synthetic": _labels(second[target], continuous)}
            first, second = first.drop(columns=target), second.drop(columns=target)
            if not first.shape[1]:
                raise ValueError(f"REAL must have columns beside the target {target!r}, got none")
        for table in tables:
            show_columns(table, chosen, roles)
        if dry_run:
            print("dry run: nothing was compared or written")
            return
        with working("comparing"):
            report = fidelity_report(
                _nominal(first, chosen),
                _nominal(second, chosen),
                **y,
                expected=expected,
                n_bootstrap=bootstrap,
                level=level,
                max_rows=max_rows,
                random_state=seed,
            )
        # files first: the reader of a long text may stop early
        for name, output in outputs.items():
            with working(f"writing {output.path}"):
                write_atomically(output.path, report.to_html() if name == "--html" else report.to_latex())
        print(report.summary())
        for output in outputs.values():
            print(f"wrote {output.path}")


def _expected(law: str | None, factor: float | None, alpha: float, delta: float) -> Any:
    if law is not None and factor is not None:
        raise ValueError("only one of --expected-law and --expected-factor can be given")
    if law is None:
        return factor
    from mixtheory._validation import check_choice
    from mixtheory.mixing.samplers import NAMED_LAWS, named_law

    # the law that augment would mix pairs by
    return named_law(check_choice("--expected-law", law, NAMED_LAWS), alpha=alpha, delta=delta)


def _same_rows(one: pd.DataFrame, two: pd.DataFrame) -> bool:
    return all(np.array_equal(one[name].to_numpy(), two[name].to_numpy()) for name in one.columns)


def _labels(y: pd.Series[Any], continuous: bool) -> pd.Series[Any]:
    """Return a target in the type that says what it is: whole numbers that are many are numbers, not labels."""
    return y.astype("float64") if continuous else y


def _nominal(frame: pd.DataFrame, categorical: set[str]) -> pd.DataFrame:
    """Return the table with columns that were declared to be categories as such."""
    names = [name for name in frame.columns if name in categorical and frame[name].dtype.kind != "O"]
    return frame.astype({name: "str" for name in names})
