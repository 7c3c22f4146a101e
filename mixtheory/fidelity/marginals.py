r"""Distances between the distributions of single columns: Kolmogorov-Smirnov and Wasserstein.

With the distribution functions :math:`F_n` of the real and :math:`G_m` of the synthetic rows, in real standard
deviations,

.. math:: KS = \max |G_m - F_n|, \qquad W_1 = \int |G_m - F_n| \, dx.

The real rows are given; what is estimated is the distance of the law G of the synthetic rows from F_n. Both are norms,
so that it differs from the value by at most the distance of G_m from G: for KS the inequality of Dvoretzky, Kiefer and
Wolfowitz with Massart's constant, :math:`P(\max|G_m - G| > e) \le 2 \exp(-2 m e^2)`, with Bonferroni over the columns;
for W_1 the bootstrap. The null deals real and synthetic values out again. Replicates of different columns are drawn
apart, which makes bands that hold for all columns at once no narrower: the norms of Gaussian processes are small
together at least as often as if they were independent (the Gaussian correlation inequality, Royen 2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.fidelity.context import Context
from mixtheory.fidelity.readings import table_of_readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TITLES", "column_distances", "marginal_table"]

Array = NDArray[np.float64]

# replicates are counted in this many bins of about equal numbers of rows; values themselves are exact
_BINS = 1_000

TITLES = {
    "marginals": "Distances between the distributions of single columns: the largest difference of the distribution "
    "functions (KS) and the mean shift in real standard deviations that turns one into the other (Wasserstein). The "
    "null band begins at 0 and ends where a fresh sample of the population of the real rows stays below.",
}
"""Readings of the tables."""


def column_distances(first: Array, second: Array) -> tuple[float, float, float]:
    """Return KS, the second distribution function where it is attained, and Wasserstein's distance; rows sorted.

    Examples
    --------
    >>> column_distances(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    (0.5, 0.0, 1.0)
    """
    points = np.concatenate([first, second])
    points.sort(kind="stable")
    f = np.searchsorted(first, points, side="right") / first.size
    g = np.searchsorted(second, points, side="right") / second.size
    away = np.abs(g - f)
    place = int(np.argmax(away))
    return float(away[place]), float(g[place]), float(np.sum(away[:-1] * np.diff(points)))


def _distances_of_counts(differences: Array, widths: Array) -> tuple[Array, Array]:
    """Return KS and Wasserstein's distance of differences (B, K) of distribution functions at K points."""
    away = np.abs(differences)
    return away.max(axis=1), away[:, :-1] @ widths


def marginal_table(context: Context) -> pd.DataFrame | None:
    """Return the table "marginals" of the columns that vary, and keep quantiles for pictures."""
    import pandas as pd

    tables, rng = context.tables, context.stream("marginals")
    columns = np.flatnonzero(tables.varies)
    n, m, replicates = context.n, context.m, context.replicates
    if not columns.size:
        return None
    p = columns.size
    ks, level_at, wasserstein = np.empty(p), np.empty(p), np.empty(p)
    boot, null_ks, null_w = np.empty((replicates, p)), np.empty((replicates, p)), np.empty((replicates, p))
    levels = np.arange(1, 100) / 100
    quantiles = np.empty((2, p, levels.size))
    for place, column in enumerate(columns):
        first, second = np.sort(tables.real[:, column]), np.sort(tables.synthetic[:, column])
        quantiles[:, place] = np.quantile(first, levels), np.quantile(second, levels)
        ks[place], level_at[place], wasserstein[place] = column_distances(first, second)
        points = np.concatenate([first, second])
        points.sort(kind="stable")
        edges = np.unique(points[np.linspace(0, points.size - 1, min(_BINS, points.size)).round().astype(int)])
        widths = np.diff(edges)
        counts = [
            np.diff(np.searchsorted(rows, edges, side="right"), prepend=0).astype(np.int64) for rows in (first, second)
        ]
        drawn = rng.multinomial(m, counts[1] / m, size=replicates)
        boot[:, place] = _distances_of_counts(np.cumsum(drawn - counts[1], axis=1) / m, widths)[1]
        if context.can_shuffle:
            dealt = rng.multivariate_hypergeometric(counts[0] + counts[1], n, size=replicates, method="marginals")
            gap = np.cumsum((counts[0] + counts[1] - dealt) / m - dealt / n, axis=1)
            null_ks[:, place], null_w[:, place] = _distances_of_counts(gap, widths)
    context.arrays |= {
        "columns": np.array(tables.numeric)[columns],
        "quantile_levels": levels,
        "quantiles_real": quantiles[0],
        "quantiles_synthetic": quantiles[1],
    }
    # half of the error for either statistic
    each = 1 - (1 - context.level) / 2
    shared: dict[str, Any] = dict(scales="distance", level=each)
    names = [tables.numeric[column] for column in columns]
    farthest = np.sqrt(np.log(2 * p / (1 - each)) / (2 * m))
    parts = [
        table_of_readings(
            pd.MultiIndex.from_product([names, ["KS"]], names=["column", "statistic"]),
            ks,
            interval=(
                np.sqrt(level_at * (1 - level_at) / m),
                np.maximum(ks - farthest, 0.0),
                np.minimum(ks + farthest, 1.0),
            ),
            null=null_ks if context.can_shuffle else None,
            **shared,
        ),
        table_of_readings(
            pd.MultiIndex.from_product([names, ["Wasserstein"]], names=["column", "statistic"]),
            wasserstein,
            deviations=boot,
            rows=m,
            null=null_w if context.can_shuffle else None,
            **shared,
        ),
    ]
    order = np.arange(2 * p).reshape(2, p).T.ravel()
    return pd.concat(parts).iloc[order]
