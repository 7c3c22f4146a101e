"""The command size: how many synthetic rows the smaller class should get."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    load,
    note,
    notes_from_warnings,
    show_columns,
    text_columns,
    working,
)

__all__ = ["size"]


def size(
    data: Annotated[Path, typer.Argument(help="Table: CSV or Parquet.")],
    target: Annotated[str, typer.Option(help="Column of two classes.")],
    generator: Annotated[
        str, typer.Option(help="mixup, smote, borderline, adasyn, gaussian, bootstrap or jitter.")
    ] = "mixup",
    neighbors: Annotated[int, typer.Option(help="Of smote, borderline and adasyn.")] = 5,
    out: Annotated[Path | None, typer.Option(help="File for a table of all sizes and their losses.")] = None,
    categorical: Categorical = None,
    seed: Seed = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")] = False,
    force: Force = False,
    separator: Separator = None,
    decimal: Decimal = ".",
    encoding: Encoding = "utf-8",
) -> None:
    """Find by cross-validation how many synthetic rows the smaller of two classes should get.

    A logistic regression on standardised columns judges on held-out real rows. A categorical column enters as a column
    of 0 and 1 for each category but the first, between which synthetic rows may lie.
    """
    with clear_errors(NOTHING_WRITTEN), notes_from_warnings():
        import pandas as pd
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        from mixtheory import SyntheticSizeSearchCV
        from mixtheory._validation import check_integer
        from mixtheory.table_commands.generators import make_generator
        from mixtheory.table_commands.indicators import as_numbers

        check_integer("--seed", seed, low=0)
        made = make_generator(generator, neighbors)
        output = None
        if out is not None and not dry_run:
            output = Output.checked("--out", out, force=force, inputs={"DATA": data})
        table = load("DATA", data, Spelling(separator, decimal, encoding), categorical)
        table.check_column("--target", target)
        chosen = set(categorical or ())
        show_columns(table, {*chosen, target}, {target: "target"})
        rows, y = table.frame.drop(columns=target), table.frame[target]
        if not rows.shape[1]:
            raise ValueError(f"DATA must have columns beside the target {target!r}, got none")
        nominal = [name for name in rows.columns if name in chosen or name in text_columns(rows)]
        if nominal:
            note(f"a column of 0 and 1 for each category but the first: {', '.join(map(repr, nominal))}")
        (numbers,) = as_numbers([rows], nominal, drop_first=True)
        counts = y.value_counts()
        if len(counts) != 2:
            raise ValueError(f"--target must be a column of two classes, got {len(counts):,} in {target!r}")
        if dry_run:
            print(f"dry run: the class {counts.index[-1]} lacks {counts.iloc[0] - counts.iloc[-1]:,} rows")
            return
        search = SyntheticSizeSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), made, random_state=seed)
        with working("comparing sizes on held-out rows"):
            search.fit(numbers, y.to_numpy())
        print(search.summary())
        print(
            f"add {search.best_size_:,} rows to class {search.minority_label_}: {search.best_multiplier_:.4g} times "
            f"the {search.deficit_:,} that it lacks"
        )
        if output is not None:
            results = search.cv_results_
            losses = pd.DataFrame(
                {
                    "multiplier": results["param_multiplier"].astype(float),
                    "size": results["size"],
                    "is_candidate": results["is_candidate"],
                    "mean_loss": results["mean_test_loss"],
                    "standard_error": results["sem_test_score"],
                    "chosen": [place == search.best_index_ for place in range(len(results["size"]))],
                }
            )
            output.write(losses, table.format)
