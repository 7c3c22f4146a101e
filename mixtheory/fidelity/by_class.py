"""Shares, means and covariance matrices of the rows of single classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixtheory.fidelity.blocks import Moments, RowBlocks
from mixtheory.fidelity.context import FEWEST_ROWS, Context
from mixtheory.fidelity.matrices import LARGEST_MATRIX, log_traces, norms
from mixtheory.fidelity.readings import table_of_readings
from mixtheory.fidelity.shares import share_readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TITLES", "class_table"]

Array = NDArray[np.float64]

_SHOWN_CLASSES = 20
_STATISTICS = ["mean distance", "operator distance", "Frobenius distance", "total variance"]
_SCALES = ["distance", "distance", "distance", "ratio"]

TITLES = {
    "classes": "Each class for itself: its share (value is the difference; many samplers change it on purpose), the "
    "distance of its means (real standard deviations of the table, Euclidean over the columns), the distances of its "
    "covariance matrices over the norm of the real one, and the ratio of their traces. Intervals and null bands hold "
    "for all numbers at once; one half of their error is for the shares.",
}
"""Readings of the tables."""


@dataclass(eq=False)
class _Reading:
    """Statistics of one class, to be made rows of the table together with those of the others."""

    columns: dict[str, list[float]]
    value: list[float]
    boot: Array
    null: Array | None
    law: Array | None
    rows: int
    floor: Array
    expected: Array | None


def _compare(first: Moments, second: Moments, before: Array, scale: Array) -> Array:
    """Return the distances of means and of covariance matrices, and the logarithm of the ratio of the traces."""
    after = second.sample_covariance
    mean = np.linalg.norm(second.mean - first.mean, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix = norms(after - before) / scale
    return np.column_stack([mean, matrix, log_traces(before, after)])


def _moments_of_class(context: Context, code: int) -> _Reading | None:
    tables, rng = context.tables, context.stream(f"class {code}")
    keep = tables.varies
    rows = tables.real[tables.real_labels == code][:, keep]
    others = tables.synthetic[tables.synthetic_labels == code][:, keep]
    n, m = len(rows), len(others)
    if min(n, m) < 2 or not 0 < rows.shape[1] <= LARGEST_MATRIX:
        return None
    real, synthetic = RowBlocks(rows, rng), RowBlocks(others, rng)
    before, after = real.moments(), synthetic.moments()
    assert before.covariance is not None
    scale = norms(before.covariance)
    if not scale.min() > 0:
        return None
    matrix = after.sample_covariance
    boot = [_compare(after, part, matrix, scale) for part in synthetic.resampled(context.replicates, rng)]
    null = None
    if n + m >= FEWEST_ROWS:
        parts = []
        for first, second in RowBlocks(np.concatenate([rows, others]), rng).splits(context.replicates, rng, n):
            assert first.covariance is not None
            parts.append(_compare(first, second, first.covariance, norms(first.covariance)))
        null = np.concatenate(parts)
    law, likely = None, context.law_rows(rng, code)
    if likely is not None:
        drawn = RowBlocks(likely, rng)
        whole = drawn.moments()
        drawn_parts = drawn.resampled(context.replicates, rng, rows=m)
        law = np.concatenate([_compare(whole, part, whole.sample_covariance, scale) for part in drawn_parts])
    ratio = float(np.trace(matrix) / np.trace(before.covariance))
    expected = None
    factor = np.nan if context.expectation is None else context.expectation.factors.get(code, np.nan)
    if context.expectation is not None and np.isfinite(factor) and not np.isnan(context.expectation.mean[keep]).any():
        expected = np.array([0.0, abs(factor - 1), abs(factor - 1), factor])
    return _Reading(
        columns={
            "real": [np.nan, *scale, float(np.trace(before.covariance))],
            "synthetic": [np.nan, *norms(matrix), float(np.trace(matrix))],
        },
        value=[
            float(np.linalg.norm(after.mean - before.mean)),
            *(norms(matrix - before.covariance) / scale),
            ratio,
        ],
        boot=np.concatenate(boot),
        null=null,
        law=law,
        rows=m,
        floor=float(np.sqrt(n / (n + m))) * np.array([0.0, ratio, ratio, 1.0]),
        expected=expected,
    )


def _table(names: list[str], readings: list[_Reading], context: Context, level: float) -> pd.DataFrame:
    import pandas as pd

    def repeated(numbers: list[int]) -> Array:
        return np.repeat(np.array(numbers, dtype=np.float64), len(_STATISTICS))

    unknown = np.full((context.replicates, len(_STATISTICS)), np.nan)
    laws = [reading.law for reading in readings if reading.law is not None]
    expected = [np.full(len(_STATISTICS), np.nan) if r.expected is None else r.expected for r in readings]
    table = table_of_readings(
        pd.MultiIndex.from_product([names, _STATISTICS], names=["class", "statistic"]),
        np.concatenate([reading.value for reading in readings]),
        scales=_SCALES * len(readings),
        level=level,
        columns={side: np.concatenate([r.columns[side] for r in readings]) for side in ("real", "synthetic")},
        deviations=np.concatenate([reading.boot for reading in readings], axis=1),
        law_deviations=np.concatenate(laws, axis=1) if len(laws) == len(readings) else None,
        rows=repeated([reading.rows for reading in readings]),
        null=np.concatenate([unknown if r.null is None else r.null for r in readings], axis=1),
        floor=np.concatenate([reading.floor for reading in readings]),
        expected=np.concatenate(expected),
    )
    without = np.repeat([reading.null is None for reading in readings], len(_STATISTICS))
    table.loc[without, ["null_low", "null_high"]] = np.nan
    table.loc[without, "within_null"] = None
    return table


def class_table(context: Context) -> pd.DataFrame | None:
    """Return the table "classes"."""
    import pandas as pd

    tables = context.tables
    if tables.kind != "classes":
        return None
    real = np.bincount(tables.real_labels, minlength=len(tables.classes))
    synthetic = np.bincount(tables.synthetic_labels, minlength=len(tables.classes))
    order = np.argsort(-(real / context.n + synthetic / context.m), kind="stable")[:_SHOWN_CLASSES]
    if len(tables.classes) > _SHOWN_CLASSES:
        context.notes.append(f"Classes: the {_SHOWN_CLASSES} largest of {len(tables.classes)} are shown.")
    half = 1 - (1 - context.level) / 2
    names = [str(tables.classes[code]) for code in order]
    index = pd.MultiIndex.from_tuples([(name, "share") for name in names], names=["class", "statistic"])
    shares = share_readings(index, real[order], context.n, synthetic[order], context.m, half)
    found = {place: reading for place, code in enumerate(order) if (reading := _moments_of_class(context, int(code)))}
    lacking = [name for place, name in enumerate(names) if place not in found]
    if lacking and tables.varies.any():
        context.notes.append(
            "Classes without moments (fewer than two real or synthetic rows, no variance, or more than "
            f"{LARGEST_MATRIX} columns): {', '.join(lacking)}."
        )
    parts = [shares]
    if found:
        parts.append(_table([names[place] for place in found], list(found.values()), context, half))
    places = [*range(len(names)), *(place for place in found for _ in _STATISTICS)]
    return pd.concat(parts).iloc[np.argsort(places, kind="stable")]
