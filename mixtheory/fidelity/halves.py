r"""The largest differences of the report beside those of two random halves of the real rows.

Halves are compared as they are: of n / 2 rows each, they differ more than tables of n rows do, by
:math:`\sqrt{4 / n}` against :math:`\sqrt{1 / n + 1 / m}`, and each range is of one statistic. What is inside may
differ from fresh rows after all (the null bands of the other tables say so), and many synthetic rows may be closer to
the real ones than halves are to each other: nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixtheory.fidelity.blocks import RowBlocks
from mixtheory.fidelity.context import Context
from mixtheory.fidelity.matrices import LARGEST_MATRIX, correlations_of, in_own_units, log_traces, norms
from mixtheory.fidelity.readings import table_of_readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SPLITS", "TITLES", "halves_table", "largest_ks"]

Array = NDArray[np.float64]

SPLITS = 50
"""Random pairs of halves."""
_ROWS = 20_000
# halves of fewer rows have no variances
_FEWEST = 4

_NAMES = {
    "means": "largest mean difference (sd)",
    "total": "total variance, ratio",
    "frobenius": "covariance, Frobenius distance",
    "ks": "largest KS",
    "correlations": "largest correlation difference",
}

TITLES = {
    "halves": "The largest differences of synthetic and real rows (value) beside those of two random halves of the "
    f"real rows: their median and central range at the level of the report, over {SPLITS} random splits. Halves have "
    "half of the rows and are not scaled to more, each range is of one statistic, and nothing of it is judged: "
    "it shows how much real rows differ among themselves.",
}
"""Readings of the tables."""


def largest_ks(rows: Array, chosen: NDArray[np.bool_]) -> Array:
    """Return for each choice of rows (S, n) the largest KS distance of the columns between chosen and other rows.

    Examples
    --------
    >>> largest_ks(np.array([[0.0], [1.0], [1.0], [2.0]]), np.array([[True, True, False, False]])).tolist()
    [0.5]
    """
    largest = np.zeros(len(chosen))
    sizes = chosen.sum(axis=1, keepdims=True)
    others = chosen.shape[1] - sizes
    for column in rows.T:
        order = np.argsort(column, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(column[order]) > 0, True))
        counts = np.cumsum(chosen[:, order], axis=1, dtype=np.int32)[:, ends]
        away = np.abs(counts / sizes - (ends + 1 - counts) / others).max(axis=1)
        largest = np.maximum(largest, away)
    return largest


def _of_report(tables: Mapping[str, pd.DataFrame], names: list[str]) -> dict[str, float]:
    """Return the statistics of synthetic and real rows, of all rows, as other tables have them; columns by name."""
    found = {"means": float(tables["means"]["value"].loc[names].abs().max())}
    if "covariance" in tables:
        of_matrix = tables["covariance"]["value"]
        found |= {"total": float(of_matrix["total variance"]), "frobenius": float(of_matrix["Frobenius distance"])}
    found["ks"] = float(tables["marginals"]["value"].xs("KS", level="statistic").max())
    if "correlations" in tables:
        found["correlations"] = float(tables["correlations"]["value"].abs().max())
    return found


def halves_table(context: Context, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return the table "halves"; `tables` are the others of the report."""
    import pandas as pd

    keep, rng = context.tables.varies, context.stream("halves")
    if not keep.any() or context.n < _FEWEST:
        return None
    rows = context.tables.real[np.sort(rng.permutation(context.n)[:_ROWS])][:, keep]
    n, d = rows.shape
    found = _of_report(tables, [context.tables.numeric[place] for place in np.flatnonzero(keep)])
    between: dict[str, list[Array]] = {name: [] for name in found}
    upper = np.triu_indices(d, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        for one, other in RowBlocks(rows, rng, matrices=d <= LARGEST_MATRIX).splits(SPLITS, rng, n // 2):
            # a column that is constant in one half has no unit there
            units = np.where(one.second > 0, np.sqrt(one.second), np.nan)
            between["means"].append(_largest((other.mean - one.mean) / units))
            if one.covariance is None or "total" not in found:
                continue
            first, second = in_own_units(one.covariance, other.sample_covariance)
            between["total"].append(np.exp(log_traces(first, second)))
            between["frobenius"].append(norms(second - first)[:, 1] / norms(first)[:, 1])
            if "correlations" in found:
                difference = correlations_of(second) - correlations_of(first)
                between["correlations"].append(_largest(difference[..., upper[0], upper[1]]))
    chosen = rng.permuted(np.tile(np.arange(n) < n // 2, (SPLITS, 1)), axis=1)
    between["ks"].append(largest_ks(rows, chosen))
    names = list(found)
    ends = [(1 - context.level) / 2, 0.5, (1 + context.level) / 2]
    low, median, high = np.array([_quantiles(np.concatenate(between[name]), ends) for name in names]).T
    context.notes.append(
        f"Halves: {SPLITS} random splits of {n:,}"
        + (f" of {context.n:,} real rows, drawn at random." if n < context.n else " real rows.")
    )
    table = table_of_readings(
        pd.Index([_NAMES[name] for name in names], name="statistic"),
        [found[name] for name in names],
        scales="difference",
        level=context.level,
        columns={"median": median},
        null_band=(low, high),
    )
    # many synthetic rows are closer to all real rows than two halves are to each other: no fault
    table["within_null"] = pd.array([pd.NA] * len(table), dtype="boolean")
    return table


def _largest(differences: Array) -> Array:
    """Return the largest of the sizes that are known, on the last axis."""
    sizes = np.abs(differences)
    return np.where(np.isnan(sizes).all(axis=-1), np.nan, np.where(np.isnan(sizes), -np.inf, sizes).max(axis=-1))


def _quantiles(values: Array, levels: list[float]) -> Array:
    known = values[np.isfinite(values)]
    return np.quantile(known, levels) if known.size else np.full(len(levels), np.nan)
