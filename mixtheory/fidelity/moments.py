"""Means, variances, skewness and kurtosis of single columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.fidelity.blocks import Moments, RowBlocks
from mixtheory.fidelity.context import Context
from mixtheory.fidelity.readings import table_of_readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TITLES", "moment_tables"]

Array = NDArray[np.float64]

_NULL = "The null band holds it when the synthetic rows are a fresh sample of the population of the real ones."
TITLES = {
    "means": "Means of the columns; value is the change in real standard deviations. " + _NULL,
    "variances": "Standard deviations of the columns; value is the ratio of the variances, synthetic (divisor m - 1) "
    "over real (divisor n: the real rows are given). " + _NULL,
    "shape": "Third and fourth order: skewness and excess kurtosis of the columns; value is the difference. "
    "For its null rows are standardised in each table before they are shuffled: changes of means and variances do not "
    "count.",
}
"""Readings of the tables."""


def _log(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(values)


def _standardised(rows: Array) -> Array:
    deviation = rows.std(axis=0)
    return np.asarray((rows - rows.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0))


def _skewness(part: Moments) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return part.third / part.second**1.5


def _kurtosis(part: Moments) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return part.fourth / part.second**2 - 3.0


def _shape_numbers(part: Moments) -> Array:
    """Return skewness and kurtosis of each column in turn, on the last axis."""
    numbers = np.stack([_skewness(part), _kurtosis(part)], axis=-1)
    return numbers.reshape(*numbers.shape[:-2], -1)


def _differences(pairs: Iterable[tuple[Moments, Moments]], *, plug_in: bool = False) -> list[Array]:
    """Return the changes of the mean (in the units of the table), of the logarithm of the variance, and of the shape.

    Shape (B, p) each; pairs are batches of replicates, or one table and a batch. With `plug_in` the first variance has
    the divisor n, as that of the real rows has.
    """
    parts: tuple[list[Array], list[Array], list[Array]] = ([], [], [])
    with np.errstate(invalid="ignore"):
        for first, second in pairs:
            parts[0].append(second.mean - first.mean)
            before = first.second if plug_in else first.second * first.unbiased[..., None]
            parts[1].append(_log(second.second * second.unbiased[..., None]) - _log(before))
            parts[2].append(_shape_numbers(second) - _shape_numbers(first))
    return [np.concatenate(part) for part in parts]


def _means_in_own_units(pairs: Iterable[tuple[Moments, Moments]]) -> Iterator[tuple[Moments, Moments]]:
    """Yield pairs with the second mean, less the first, in standard deviations of the first, where these are not 0."""
    for first, second in pairs:
        unit = np.sqrt(first.second)
        away = (second.mean - first.mean) / np.where(unit > 0, unit, 1.0)
        yield replace(first, mean=np.zeros_like(away)), replace(second, mean=away)


def moment_tables(context: Context) -> dict[str, pd.DataFrame]:
    """Return the tables "means", "variances" and "shape"; the first two have a row for constant columns as well."""
    import pandas as pd

    tables, expectation, rng = context.tables, context.expectation, context.stream("moments")
    keep = tables.varies
    n, m = context.n, context.m
    if not tables.numeric:
        return {}
    real = RowBlocks(tables.real[:, keep], rng, matrices=False)
    synthetic = RowBlocks(tables.synthetic[:, keep], rng, matrices=False)
    before, after = real.moments(), synthetic.moments()
    boot = _differences((after, part) for part in synthetic.resampled(context.replicates, rng))
    null: list[Array | None] = [None, None, None]
    if context.can_shuffle:
        rows = np.concatenate([tables.real, tables.synthetic])[:, keep]
        pooled = RowBlocks(rows, rng, matrices=False)
        splits = _means_in_own_units(pooled.splits(context.replicates, rng, n))
        null = list(_differences(splits, plug_in=True))
        alike = np.concatenate([_standardised(part[:, keep]) for part in (tables.real, tables.synthetic)])
        null[2] = _differences(RowBlocks(alike, rng, matrices=False).splits(context.replicates, rng, n))[2]
    law: list[Array | None] = [None, None, None]
    likely = context.law_rows(rng)
    if likely is not None:
        drawn = RowBlocks(likely, rng, matrices=False)
        whole = drawn.moments()
        law = list(_differences((whole, part) for part in drawn.resampled(context.replicates, rng, rows=m)))
    names = np.array(tables.numeric, dtype=object)
    shared: dict[str, Any] = dict(level=context.level, rows=m)
    index = pd.Index(names[keep], name="column")
    column = np.flatnonzero(keep)
    mean = None if expectation is None else expectation.mean[keep]
    out = {
        "means": table_of_readings(
            index,
            after.mean - before.mean,
            scales="difference",
            columns={
                "real": [tables.raw(place, 0.0) for place in column],
                "synthetic": [tables.raw(place, x) for place, x in zip(column, after.mean, strict=True)],
            },
            deviations=boot[0],
            law_deviations=law[0],
            null=null[0],
            expected=None if mean is None else mean - before.mean,
            **shared,
        )
    }
    ratio = after.second * after.unbiased / before.second
    with np.errstate(over="ignore", under="ignore"):
        deviation = np.ldexp(tables.deviations[keep], tables.exponents[keep])
        out["variances"] = table_of_readings(
            index,
            ratio,
            scales="ratio",
            columns={"real": deviation, "synthetic": deviation * np.sqrt(ratio)},
            deviations=boot[1],
            law_deviations=law[1],
            null=null[1],
            floor=context.own_share,
            expected=None if expectation is None else np.diagonal(expectation.covariance)[keep] / before.second,
            **shared,
        )
    out = {name: _with_constants(name, table, context) for name, table in out.items()}
    if keep.any() and min(n, m) > 1:
        out["shape"] = _shape(context, before, after, names[keep], boot[2], null[2], law[2], shared)
    return out


def _shape(
    context: Context,
    before: Moments,
    after: Moments,
    names: NDArray[np.object_],
    boot: Array,
    null: Array | None,
    law: Array | None,
    shared: dict[str, Any],
) -> pd.DataFrame:
    import pandas as pd

    keep, expectation = context.tables.varies, context.expectation
    real, synthetic = _shape_numbers(before), _shape_numbers(after)
    expected = None
    if expectation is not None:
        variance = np.diagonal(expectation.covariance)[keep]
        with np.errstate(divide="ignore", invalid="ignore"):
            skewness = expectation.third[keep] / variance**1.5
            kurtosis = expectation.fourth[keep] / variance**2 - 3.0
        expected = np.column_stack([skewness, kurtosis]).ravel() - real
    return table_of_readings(
        pd.MultiIndex.from_product([names, ["skewness", "excess kurtosis"]], names=["column", "statistic"]),
        synthetic - real,
        scales="difference",
        columns={"real": real, "synthetic": synthetic},
        deviations=boot,
        law_deviations=law,
        null=null,
        floor=context.own_share,
        expected=expected,
        **shared,
    )


def _with_constants(name: str, table: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Add the columns that are constant in the real rows: unchanged, or changed beyond every unit."""
    import pandas as pd

    tables = context.tables
    constant = np.flatnonzero(~tables.varies)
    if not constant.size:
        return table
    kept = (tables.synthetic[:, constant] == 0).all(axis=0)
    raw = np.array([tables.raw(place, 0.0) for place in constant])
    unchanged = 0.0 if name == "means" else 1.0
    band = np.full(constant.size, unchanged)
    value = np.where(kept, unchanged, np.inf)
    real = raw if name == "means" else np.zeros(constant.size)
    more = table_of_readings(
        pd.Index([tables.numeric[place] for place in constant], name="column"),
        value,
        scales="difference" if name == "means" else "ratio",
        level=context.level,
        columns={"real": real, "synthetic": np.where(kept, real, np.nan)},
        interval=(np.zeros(constant.size), value, value),
        null_band=(band, band),
        expected=band if "expected" in table else None,
    )
    note = f"Constant in the real rows, compared in means and variances only: {', '.join(more.index)}" + (
        f"; not constant in the synthetic rows: {', '.join(more.index[~kept])}."
        if not kept.all()
        else ", and constant in the synthetic rows."
    )
    if note not in context.notes:
        context.notes.append(note)
    return pd.concat([table, more]).loc[[column for column in tables.numeric]]
