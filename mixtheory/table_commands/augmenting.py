"""The command augment: a table with synthetic rows."""

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
    is_continuous,
    load,
    note,
    note_row_names,
    notes_from_warnings,
    show_columns,
    text_columns,
    working,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["augment"]

_KINDS = ("auto", "hard", "soft", "continuous")
_MIXERS = ("mixup", "zeta", "regression")
# up to here doubles hold every whole number
_LARGEST = 2**53


def augment(
    data: Annotated[Path, typer.Argument(help="Table: CSV or Parquet.")],
    target: Annotated[str, typer.Option(help="Column of classes or numbers to predict.")],
    out: Annotated[Path | None, typer.Option(help="File for the result, CSV or Parquet by its ending.")] = None,
    method: Annotated[
        str,
        typer.Option(help="mixup, zeta, regression, smote, borderline, adasyn, gaussian, bootstrap or jitter."),
    ] = "mixup",
    law: Annotated[
        str, typer.Option(help="Weights of mixup: preserving (the covariance), within (the hull) or beta.")
    ] = "preserving",
    ratio: Annotated[float | None, typer.Option(help="Rows to add, as a multiple of the rows; by default 1.")] = None,
    count: Annotated[int | None, typer.Option(help="Rows to add, as a number.")] = None,
    balance: Annotated[bool, typer.Option("--balance", help="Fill the classes up to the largest one.")] = False,
    auto: Annotated[bool, typer.Option("--auto", help="Add to the smaller class what validates best.")] = False,
    pairing: Annotated[
        str | None, typer.Option(help="Who is mixed: same_class, any, knn or label (near in the target).")
    ] = None,
    label_rule: Annotated[
        str, typer.Option(help="Label of a row mixed of classes: first_parent, bernoulli or larger_weight.")
    ] = "first_parent",
    preserve: Annotated[str, typer.Option(help="covariance: stretch rows so that it is kept; or none.")] = "none",
    target_kind: Annotated[
        str, typer.Option(help="auto, hard (labels), soft (a weight for each class) or continuous (numbers).")
    ] = "auto",
    categorical: Categorical = None,
    bounds: Annotated[
        list[str] | None,
        typer.Option(help="observed, nonnegative, or COLUMN=LOW:HIGH (an end may be left out); may be repeated."),
    ] = None,
    alpha: Annotated[float, typer.Option(help="Of --law beta.")] = 1.0,
    delta: Annotated[float, typer.Option(help="Of --law within: what the covariance may shrink by.")] = 0.05,
    gamma: Annotated[float, typer.Option(help="Of --method zeta: the larger, the nearer to the first parent.")] = 2.8,
    parents: Annotated[int, typer.Option(help="Of --method zeta: at most so many.")] = 32,
    neighbors: Annotated[int, typer.Option(help="Of --pairing knn, smote, borderline and adasyn.")] = 5,
    only_synthetic: Annotated[bool, typer.Option("--only-synthetic", help="Leave the real rows out.")] = False,
    seed: Seed = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")] = False,
    force: Force = False,
    separator: Separator = None,
    decimal: Decimal = ".",
    encoding: Encoding = "utf-8",
) -> None:
    """Add synthetic rows to a table: the real rows first, the columns as they are.

    A target of more than 20 different numbers is continuous, others are classes. Under --target-kind soft the target
    becomes a column for each class. Missing values are refused.
    """
    with clear_errors(NOTHING_WRITTEN), notes_from_warnings():
        from mixtheory._validation import check_choice, check_integer

        check_integer("--seed", seed, low=0)
        check_choice("--target-kind", target_kind, _KINDS)
        make = _maker(
            method, {"--law": (law, "preserving"), "--pairing": (pairing, None), "--preserve": (preserve, "none")}
        )
        amount = _amount(ratio, count, balance, auto)
        output = _output(out, data, dry_run, force)
        table = load("DATA", data, Spelling(separator, decimal, encoding), categorical)
        table.check_column("--target", target)
        chosen = set(categorical or ())
        kind = _kind(target_kind, method, table.frame[target], chosen)
        roles = {target: "target, numbers" if kind == "continuous" else f"target, {kind} labels"}
        show_columns(table, chosen, roles)
        X, y, types = _parts(table.frame, target, chosen, kind)
        note_row_names(X)
        if method not in _MIXERS and (nominal := text_columns(X)):
            raise ValueError(
                f"--method {method} makes numbers, got categories in {', '.join(map(repr, nominal))}; mixup and zeta "
                "take them, as would a table without these columns or with numbers in their place"
            )
        sampler = make(
            law=law,
            pairing=pairing or ("same_class" if kind == "hard" else "any"),
            target=kind,
            label_rule=label_rule,
            preserve=preserve,
            alpha=alpha,
            delta=delta,
            gamma=gamma,
            n_parents=parents,
            n_neighbors=neighbors,
            amount=amount,
            bounds=_bounds(bounds, X),
            append=not only_synthetic,
            random_state=seed,
        )
        with working("checking" if dry_run else "drawing rows"):
            made = sampler.fit(X, y) if dry_run else sampler.fit_resample(X, y)
        _show_plan(sampler, len(X))
        if output is None:
            print("dry run: nothing was written")
            return
        if not sampler.column_costs_.empty:
            print("columns kept valid, and what that changed:")
            print(sampler.column_costs_.to_string(float_format=lambda value: f"{value:.3g}"))
        new_X, new_y = made
        joined = _joined(new_X.astype(types), new_y, table.frame, target)
        _note_range(table.frame, joined.iloc[0 if only_synthetic else len(X) :])
        output.write(joined, table.format)


def _output(out: Path | None, data: Path, dry_run: bool, force: bool) -> Output | None:
    if dry_run:
        return None
    if out is None:
        raise ValueError("--out must name a file for the result, or --dry-run be given")
    return Output.checked("--out", out, force=force, inputs={"DATA": data})


def _amount(ratio: float | None, count: int | None, balance: bool, auto: bool) -> Any:
    from mixtheory._validation import check_integer, check_real

    given = {"--ratio": ratio is not None, "--count": count is not None, "--balance": balance, "--auto": auto}
    names = [name for name, some in given.items() if some]
    if len(names) > 1:
        raise ValueError(f"only one of {', '.join(given)} can be given, got {' and '.join(names)}")
    if auto:
        return "auto"
    if balance:
        return None
    if count is not None:
        return check_integer("--count", count, low=0)
    return 1.0 if ratio is None else check_real("--ratio", ratio, low=0, closed="left")


def _maker(method: str, given: dict[str, tuple[str | None, str | None]]) -> Any:
    """Return a function from all options to a sampler; `given` has options with their defaults, refused if idle."""
    from mixtheory import GeneratorSampler, Mixup, RegressionMixup, ZetaMixup
    from mixtheory._validation import check_choice
    from mixtheory.table_commands.generators import GENERATORS, make_generator

    mixers = dict(zip(_MIXERS, (Mixup, ZetaMixup, RegressionMixup), strict=True))
    check_choice("--method", method, (*mixers, *[name for name in GENERATORS if name not in mixers]))

    kind: Any = mixers.get(method, GeneratorSampler)
    known = kind._get_param_names()
    for name, (value, default) in given.items():
        if value != default and name[2:] not in known:
            raise ValueError(f"{name} has no effect with --method {method}, got {value!r}; leave it out")

    def make(**options: Any) -> Any:
        if kind is GeneratorSampler:
            options["generator"] = make_generator(method, options["n_neighbors"])
        return kind(**{name: value for name, value in options.items() if name in known})

    return make


def _kind(wanted: str, method: str, y: pd.Series[Any], categorical: set[str]) -> str:
    kind = wanted
    if wanted == "auto":
        kind = "continuous" if method == "regression" or is_continuous(y, categorical) else "hard"
    if kind != "hard" and method not in _MIXERS:
        raise ValueError(
            f"--method {method} needs classes, got {kind} targets ({y.nunique():,} different values in column "
            f"{y.name!r}); mixup, zeta and regression take others, and --target-kind hard makes every number a class"
        )
    if method == "regression" and kind != "continuous":
        raise ValueError(f"--method regression needs --target-kind continuous, got {kind}")
    return kind


def _parts(
    frame: pd.DataFrame, target: str, categorical: set[str], kind: str
) -> tuple[pd.DataFrame, pd.Series[Any], dict[str, Any]]:
    """Return columns and target, and the types of the columns that were made categories."""
    X = frame.drop(columns=target).reset_index(drop=True)
    if not X.shape[1]:
        raise ValueError(f"DATA must have columns beside the target {target!r}, got none")
    # numbers and dates that were declared to be categories
    types = {str(name): X[name].dtype for name in X.columns if name in categorical and X[name].dtype.kind != "O"}
    X = X.astype(dict.fromkeys(types, "category"))
    for name in X.columns:
        if X[name].dtype.kind in "iu" and max(abs(int(X[name].min())), abs(int(X[name].max()))) > _LARGEST:
            raise ValueError(
                f"column {name!r} of DATA has whole numbers beyond 2**53, which cannot be mixed exactly; if they are "
                f"codes, --categorical {name} takes them as categories"
            )
    y = frame[target].reset_index(drop=True)
    if kind == "continuous" and y.dtype.kind in "iu":
        note(f"target {target!r} becomes floating-point numbers: mixtures of whole numbers are none")
    return X, y, types


def _bounds(given: list[str] | None, X: pd.DataFrame) -> Any:
    from mixtheory._validation import near_matches

    if not given:
        return None
    if given[0] in ("observed", "nonnegative"):
        if len(given) > 1:
            raise ValueError(f"--bounds {given[0]} must stand alone, got {' and '.join(map(repr, given))}")
        return given[0]
    pairs = {}
    for item in given:
        name, equal, ends = item.rpartition("=")
        low, colon, high = ends.partition(":")
        if not equal or not colon:
            raise ValueError(f"--bounds must be observed, nonnegative or COLUMN=LOW:HIGH, got {item!r}")
        if name not in X.columns:
            raise ValueError(f"--bounds must name a column of DATA, got {name!r}{near_matches(name, list(X.columns))}")
        try:
            pairs[name] = (float(low) if low else None, float(high) if high else None)
        except ValueError:
            raise ValueError(f"--bounds must have numbers as LOW and HIGH, got {item!r}") from None
    return pairs


def _show_plan(sampler: Any, rows: int) -> None:
    counts = sampler.sampling_strategy_
    if counts:
        real = dict(zip(sampler.classes_, sampler.class_counts_, strict=True))
        for label, new in counts.items():
            print(f"class {label}: {real[label]:,} real rows, {new:,} new")
    print(f"{rows:,} real rows, {sampler.n_new_:,} new, by {' '.join(repr(sampler).split())}")
    factor = getattr(sampler, "variance_factor_", None)
    if factor is None:
        print("variance factor: generators have none that is known before a draw")
        return
    factors = factor if isinstance(factor, dict) else {None: factor}
    for label, value in factors.items():
        of = "the data" if label is None else f"class {label}"
        # not a number: no multiple of the data's covariance is the new one
        known = f"{value:.6g}" if value == value else "none: how far neighbours or classes are apart decides"
        print(f"variance factor, covariance of a new row over that of {of}: {known}")


def _note_range(real: pd.DataFrame, made: pd.DataFrame) -> None:
    """Say in which columns new rows lie outside the range of the real ones, or soft labels outside 0 to 1."""
    from pandas.api.types import is_any_real_numeric_dtype

    outside, rows = [], made.index[:0]
    for name in made.columns:
        if not is_any_real_numeric_dtype(made[name].dtype):
            continue
        low, high = (real[name].min(), real[name].max()) if name in real.columns else (0.0, 1.0)
        # sums of weights may miss 1 by rounding
        slack = 1e-9 * max(abs(low), abs(high))
        beyond = (made[name] < low - slack) | (made[name] > high + slack)
        if beyond.any():
            outside.append(f"{name!r} ({made[name].min():.6g} to {made[name].max():.6g}, real {low:.6g} to {high:.6g})")
            rows = rows.union(made.index[beyond])
    if outside:
        more = f" and {len(outside) - 3} more" if len(outside) > 3 else ""
        note(
            f"{len(rows):,} of {len(made):,} new rows lie outside the range of the real ones: "
            f"{', '.join(outside[:3])}{more}; --bounds keeps columns (not the target) in, as do mixup's laws within "
            "and beta without --preserve"
        )


def _joined(X: pd.DataFrame, y: Any, frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return one table with the columns in their order; soft labels stand where the target did."""
    import pandas as pd

    place = list(frame.columns).index(target)
    soft = isinstance(y, pd.DataFrame)
    labels = y.set_axis([f"{target}={label}" for label in y.columns], axis=1) if soft else y.to_frame(target)
    joined: pd.DataFrame = pd.concat([X.iloc[:, :place], labels, X.iloc[:, place:]], axis=1)
    double = joined.columns[joined.columns.duplicated()]
    if len(double):
        raise ValueError(f"soft labels need new names of columns, got {double[0]!r} in DATA already")
    return joined
