"""Covariance matrices: distances, eigenvalues, correlations; in units of the real standard deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.fidelity.blocks import RowBlocks
from mixtheory.fidelity.context import Context
from mixtheory.fidelity.readings import table_of_readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LARGEST_MATRIX", "TITLES", "correlations_of", "in_own_units", "log_traces", "matrix_tables", "norms"]

Array = NDArray[np.float64]

LARGEST_MATRIX = 300
"""Columns up to which covariance matrices are compared."""
_SHOWN_EIGENVALUES = 50
_SHOWN_PAIRS = 500
# eigenvalues below this share of the largest one are 0 up to rounding
_ZERO = 1e-10

_UNITS = "Columns are in real standard deviations. "
TITLES = {
    "covariance": _UNITS + "Distances are norms of the difference of the covariance matrices over the norm of the real "
    "one; 0 is no change. Total variance is the ratio of the traces. Distances from the law compare with the predicted "
    "matrix: their interval reaches 0 if the law explains the matrix.",
    "eigenvalues": _UNITS + "Variances along the eigenvectors of the real covariance matrix and their ratio; sorted is "
    "the eigenvalue of the synthetic rows of the same rank, which also moves because sorted eigenvalues spread.",
    "correlations": "Correlations of pairs of columns; value is the difference.",
}
"""Readings of the tables."""


def norms(matrices: Array) -> Array:
    """Return the operator and the Frobenius norm of symmetric matrices (..., d, d) on the last axis (..., 2)."""
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    values = np.linalg.eigvalsh(np.where(finite[..., None, None], matrices, 0.0))
    found = np.stack([np.abs(values).max(axis=-1), np.sqrt(np.sum(values**2, axis=-1))], axis=-1)
    return np.where(finite[..., None], found, np.nan)


def in_own_units(first: Array, second: Array) -> tuple[Array, Array]:
    """Return covariance matrices (..., d, d) in the standard deviations of the first one, where these are not 0."""
    unit = np.sqrt(np.diagonal(first, axis1=-2, axis2=-1))
    unit = np.where(unit > 0, unit, 1.0)
    return tuple(matrix / unit[..., :, None] / unit[..., None, :] for matrix in (first, second))  # type: ignore[return-value]


def log_traces(first: Array, second: Array) -> Array:
    """Return the logarithms of the ratios of the traces, second over first."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.trace(second, axis1=-2, axis2=-1) / np.trace(first, axis1=-2, axis2=-1)
        return np.asarray(np.log(ratio))


def correlations_of(covariance: Array) -> Array:
    """Return the correlation matrices of covariance matrices (..., d, d), NaN where a variance is 0."""
    deviation = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(covariance / deviation[..., :, None] / deviation[..., None, :])


def _along(covariance: Array, vectors: Array) -> Array:
    """Return the variances along the columns of `vectors`, both (..., d, .)."""
    return np.asarray(np.maximum(np.sum(vectors * (covariance @ vectors), axis=-2), 0.0))


class _Replicates:
    """Differences between the statistics of pairs of matrices, a batch of replicates after another."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Array]] = {"matrix": [], "along": [], "correlations": []}

    def add(self, first: Array, second: Array, scale: Array, vectors: Array, values: Array, pairs: Any) -> None:
        """Compare `second` with `first`; distances over `scale`, variances along `vectors` against `values`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            distances = norms(second - first) / scale
            along = np.log(_along(second, vectors) / values)
        correlations = correlations_of(second) - correlations_of(first)
        self._parts["matrix"].append(np.column_stack([distances, log_traces(first, second)]))
        self._parts["along"].append(along)
        self._parts["correlations"].append(correlations[..., pairs[0], pairs[1]])

    def of(self, name: str) -> Array | None:
        """Return all replicates of "matrix" (two distances and the trace), "along" or "correlations", (B, p)."""
        return np.concatenate(self._parts[name]) if self._parts[name] else None


def matrix_tables(context: Context) -> dict[str, pd.DataFrame]:
    """Return the tables "covariance", "eigenvalues" and "correlations" of the columns that vary."""
    import pandas as pd

    tables, rng = context.tables, context.stream("matrices")
    keep = tables.varies
    d, n, m = int(keep.sum()), context.n, context.m
    if d > LARGEST_MATRIX:
        context.notes.append(
            f"Covariance matrices are compared for at most {LARGEST_MATRIX} columns, not for these {d}."
        )
        return {}
    if d == 0 or m < 2 or n < 2:
        return {}
    names = np.array(tables.numeric, dtype=object)[keep]
    real, synthetic = RowBlocks(tables.real[:, keep], rng), RowBlocks(tables.synthetic[:, keep], rng)
    before, after = real.moments().covariance, synthetic.moments().sample_covariance
    assert before is not None
    values, vectors = (array[..., ::-1] for array in np.linalg.eigh(before))
    rank = max(1, int(np.sum(values > _ZERO * values[0])))
    values, vectors = values[:rank], vectors[:, :rank]
    along = _along(after, vectors)
    scale = norms(before)
    pairs = np.triu_indices(d, 1)
    boot, null, law = _Replicates(), _Replicates(), _Replicates()
    for part in synthetic.resampled(context.replicates, rng):
        boot.add(after, part.sample_covariance, scale, vectors, along, pairs)
    if context.can_shuffle:
        pooled = RowBlocks(np.concatenate([tables.real, tables.synthetic])[:, keep], rng)
        for one, other in pooled.splits(context.replicates, rng, n):
            assert one.covariance is not None
            first, second = in_own_units(one.covariance, other.sample_covariance)
            found, axes = (array[..., ::-1][..., :rank] for array in np.linalg.eigh(first))
            found = np.where(found > _ZERO * found[:, :1], found, 0.0)
            null.add(first, second, norms(first), axes, found, pairs)
    rows = context.law_rows(rng)
    if rows is not None:
        drawn = RowBlocks(rows, rng)
        whole = drawn.moments().sample_covariance
        for part in drawn.resampled(context.replicates, rng, rows=m):
            law.add(whole, part.sample_covariance, scale, vectors, _along(whole, vectors), pairs)
    predicted = None if context.expectation is None else context.expectation.covariance[np.ix_(keep, keep)]
    shared: dict[str, Any] = dict(level=context.level, rows=m, floor=context.own_share)
    sorted_values = np.asarray(np.linalg.eigvalsh(after)[::-1], dtype=np.float64)
    context.arrays |= {
        "columns": names.astype(str),
        "eigenvalues_real": values,
        "eigenvalues_synthetic": sorted_values[:rank],
        "eigenvalues_along": along,
        "correlations_real": correlations_of(before),
        "correlations_synthetic": correlations_of(after),
    }
    if d > 1:
        for name, rows in (("real", tables.real), ("synthetic", tables.synthetic)):
            some = np.sort(rng.permutation(len(rows))[:2000])
            if rank > 1:
                context.arrays[f"projection_{name}"] = rows[some][:, keep] @ vectors[:, :2]
    out = {"covariance": covariance_table(before, after, predicted, scale, boot, null, law, shared)}
    shown = slice(0, min(rank, _SHOWN_EIGENVALUES))
    if rank < d:
        context.notes.append(f"The real rows span {rank} of {d} directions; eigenvalues are compared there.")
    expected = None if predicted is None or np.isnan(predicted).any() else _along(predicted, vectors) / values
    out["eigenvalues"] = _eigenvalue_table(values, along, sorted_values, expected, boot, null, law, shown, shared)
    if d > 1:
        index = pd.MultiIndex.from_arrays([names[pairs[0]], names[pairs[1]]], names=["column", "other"])
        first, second = correlations_of(before)[pairs], correlations_of(after)[pairs]
        table = table_of_readings(
            index,
            second - first,
            scales="difference",
            columns={"real": first, "synthetic": second},
            deviations=boot.of("correlations"),
            null=null.of("correlations"),
            law_deviations=law.of("correlations"),
            expected=None if predicted is None else correlations_of(predicted)[pairs] - first,
            **shared,
        )
        out["correlations"] = _largest(table, context)
    return out


def _largest(table: pd.DataFrame, context: Context) -> pd.DataFrame:
    if len(table) <= _SHOWN_PAIRS:
        return table
    order = np.argsort(-table["value"].abs().fillna(np.inf).to_numpy(), kind="stable")[:_SHOWN_PAIRS]
    context.notes.append(
        f"Correlations: the {_SHOWN_PAIRS} largest differences of {len(table)} are shown; "
        "intervals and null hold for all."
    )
    return table.iloc[np.sort(order)]


def covariance_table(
    before: Array,
    after: Array,
    predicted: Array | None,
    scale: Array,
    boot: _Replicates,
    null: _Replicates,
    law: _Replicates,
    shared: dict[str, Any],
) -> pd.DataFrame:
    """Return the distances of two covariance matrices and of the synthetic one from the predicted one."""
    import pandas as pd

    distances = norms(after - before) / scale
    value = [*distances, np.trace(after) / np.trace(before)]
    rows = ["operator distance", "Frobenius distance", "total variance"]
    scales = ["distance", "distance", "ratio"]
    real, synthetic = [*scale, np.trace(before)], [*norms(after), np.trace(after)]
    parts = [part.of("matrix") for part in (boot, null, law)]
    expected = None
    # errors of a matrix are proportional to its size
    own = shared["floor"] * np.array([value[2], value[2], 1.0])
    if predicted is not None and np.isfinite(predicted).all():
        expected = [*(norms(predicted - before) / scale), np.trace(predicted) / np.trace(before), 0.0, 0.0]
        value += list(norms(after - predicted) / scale)
        rows += ["operator distance from the law", "Frobenius distance from the law"]
        scales += ["distance", "distance"]
        real, synthetic = [*real, *norms(predicted)], [*synthetic, *norms(after)]
        parts = [None if part is None else np.column_stack([part, part[:, :2]]) for part in parts]
        own = np.array([*own, own[0], own[1]])
    table = table_of_readings(
        pd.Index(rows, name="statistic"),
        value,
        scales=scales,
        columns={"real": real, "synthetic": synthetic},
        deviations=parts[0],
        null=parts[1],
        law_deviations=parts[2],
        expected=expected,
        **(shared | {"floor": own}),
    )
    # rows drawn anew from the population have no law to be at a distance from
    far = table.index[3:]
    table.loc[far, ["null_low", "null_high"]] = np.nan
    table.loc[far, "within_null"] = None
    return table


def _eigenvalue_table(
    values: Array,
    along: Array,
    sorted_values: Array,
    expected: Array | None,
    boot: _Replicates,
    null: _Replicates,
    law: _Replicates,
    shown: slice,
    shared: dict[str, Any],
) -> pd.DataFrame:
    import pandas as pd

    parts = [part.of("along") for part in (boot, null, law)]
    parts = [None if part is None else part[:, shown] for part in parts]
    table = table_of_readings(
        pd.Index([f"component {place + 1}" for place in range(len(values[shown]))], name="component"),
        along[shown] / values[shown],
        scales="ratio",
        columns={"real": values[shown], "synthetic": along[shown]},
        deviations=parts[0],
        null=parts[1],
        law_deviations=parts[2],
        expected=None if expected is None else expected[shown],
        **shared,
    )
    table["sorted"] = sorted_values[shown]
    table["sorted_value"] = sorted_values[shown] / values[shown]
    return table
