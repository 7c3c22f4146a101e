r"""Copies, near-copies and distances to the nearest real record.

Distances depend on the size of the reference: those from synthetic rows to the real rows are compared with those from
each real row to the other real rows, a reference of the same size less one row. Copies are counted among all rows;
distances use at most `max_rows` real and synthetic rows. A near-copy is at most as far from a real row as the closest
5 % of the real rows are from each other.

The null deals real and synthetic rows out again. Copies among all rows: of each group of equal rows the number that
becomes real is drawn from the multivariate hypergeometric law, exactly. Distances: rows are shuffled and queried, at
most 750 of either table, and deviations from the median are scaled to the numbers of rows by
:math:`\sqrt{1/n + 1/m}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mixtheory.fidelity.context import Context
from mixtheory.fidelity.nearest import Records, nearest_distances, row_hashes
from mixtheory.fidelity.readings import table_of_readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEAR", "TITLES", "privacy_table"]

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

NEAR = 0.05
"""Share of the real rows that are by definition as close to another one as a near-copy."""
_LEVELS = (NEAR, 0.5)
# rows of either table in the null of the distances
_PART = 750
# groups of equal rows times replicates; fewer replicates are drawn of more groups, but not fewer than these
_DRAWS, _FEWEST = 10**7, 40

TITLES = {
    "privacy": "Nearest records: synthetic rows against real rows (synthetic), and real rows against the other real "
    "rows (real). For copies and near-copies value is the difference of the shares and count the number of synthetic "
    "rows; for quantiles of the nearest distance value is the ratio. "
    "Above the null band: more copies than a fresh sample has.",
}
"""Readings of the tables."""


def _copy_shares(real: Counts, synthetic: Counts, n: int, m: int) -> Array:
    """Return the share of synthetic rows that equal real ones less that of real rows that equal others (B,).

    The arguments are the numbers of rows (B, g) in groups of equal rows.
    """
    copies, twins = np.sum(synthetic * (real > 0), axis=-1), np.sum(real * (real > 1), axis=-1)
    return np.asarray(copies / m - twins / n)


def _copies(context: Context, real: Records, synthetic: Records, level: float) -> pd.DataFrame:
    """Return the reading of the exact copies among all rows."""
    import pandas as pd

    n, m, rng = len(real), len(synthetic), context.stream("copies")
    _, inverse = np.unique(np.concatenate([row_hashes(real), row_hashes(synthetic)]), return_inverse=True)
    groups = np.bincount(inverse)
    before = np.bincount(inverse[:n], minlength=groups.size)
    # rows that have no copy anywhere are all the same
    several = groups > 1
    counts = np.append(before[several], before[~several].sum())
    total = np.append(groups[several], groups[~several].sum())
    copies = int(np.sum((total - counts)[:-1][counts[:-1] > 0]))
    twins = int(np.sum(counts[:-1][counts[:-1] > 1]))
    if copies:
        context.notes.append(f"{copies} of {m} synthetic rows equal a real row in all columns.")
    low = 0.0 if copies == 0 else float(stats.beta.ppf((1 - level) / 2, copies, m - copies + 1))
    high = 1.0 if copies == m else float(stats.beta.ppf((1 + level) / 2, copies + 1, m - copies))
    null = None
    if context.can_shuffle:
        number = min(context.replicates, max(_FEWEST, _DRAWS // total.size))
        dealt = rng.multivariate_hypergeometric(total, n, size=number, method="marginals")[:, :-1]
        null = _copy_shares(dealt, total[:-1] - dealt, n, m)[:, None]
    return table_of_readings(
        pd.Index(["exact copies"], name="statistic"),
        [copies / m - twins / n],
        scales="difference",
        level=level,
        columns={"real": [twins / n], "synthetic": [copies / m], "count": [float(copies)]},
        interval=([np.sqrt(copies * (m - copies) / m) / m], [low - twins / n], [high - twins / n]),
        null=null,
    )


def _quantiles(distances: Array) -> Array:
    return np.quantile(distances, _LEVELS, axis=-1, method="higher")


def _statistics(distances: Array, own: Array) -> Array:
    """Return the excess share of near-copies and the logarithms of the ratios of the quantiles."""
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = _quantiles(own), _quantiles(distances)
        ratios = np.where(before == after, 0.0, np.log(after / before))
    near = np.mean(distances <= before[0]) - np.mean(own <= before[0])
    return np.array([near, *ratios])


def privacy_table(context: Context) -> pd.DataFrame | None:
    """Return the table "privacy", and keep the nearest distances for pictures."""
    import pandas as pd

    tables, rng = context.tables, context.stream("privacy")
    # columns that are constant in the real rows and not in the synthetic ones are infinitely far from copies
    real = Records(tables.real, tables.real_codes)
    synthetic = Records(tables.synthetic, tables.synthetic_codes)
    level = 1 - (1 - context.level) / 2
    copies = _copies(context, real, synthetic, level)
    if context.n < 3 or not (tables.varies.any() or tables.nominal):
        return copies
    real = Records(tables.real[:, tables.varies], tables.real_codes)
    synthetic = Records(tables.synthetic[:, tables.varies], tables.synthetic_codes)
    for name, rows in (("real", context.n), ("synthetic", context.m)):
        if rows > context.max_rows:
            context.notes.append(
                f"Nearest records: {context.max_rows} of {rows} {name} rows, drawn at random; copies among all rows."
            )
    real = real[np.sort(rng.permutation(context.n)[: context.max_rows])]
    synthetic = synthetic[np.sort(rng.permutation(context.m)[: context.max_rows])]
    own, distances = nearest_distances(real, real, same=True), nearest_distances(synthetic, real)
    before, after = _quantiles(own), _quantiles(distances)
    context.arrays |= {"nearest_real": own, "nearest_synthetic": distances, "near_threshold": before[:1]}
    observed = _statistics(distances, own)
    boot = np.empty((context.replicates, 3))
    with np.errstate(invalid="ignore"):
        for place in range(context.replicates):
            drawn = distances[rng.integers(distances.size, size=distances.size)]
            boot[place] = _statistics(drawn, own) - observed
    null, n, m = None, min(len(real), _PART), min(len(synthetic), _PART)
    if context.can_shuffle:
        both = Records(np.concatenate([real.numbers, synthetic.numbers]), np.concatenate([real.codes, synthetic.codes]))
        null = np.empty((context.replicates, 3))
        for place in range(context.replicates):
            order = rng.permutation(len(both))
            first, second = both[order[:n]], both[order[len(real) : len(real) + m]]
            null[place] = _statistics(nearest_distances(second, first), nearest_distances(first, first, same=True))
    with np.errstate(over="ignore"):
        value = np.array([observed[0], *np.exp(observed[1:])])
    near = np.array([np.mean(own <= before[0]), np.mean(distances <= before[0])])
    if before[0] == 0:
        context.notes.append(f"At least {NEAR:.0%} of the real rows have a copy: near-copies are copies.")
    table = table_of_readings(
        pd.Index(["near-copies", "nearest distance, 5 % quantile", "nearest distance, median"], name="statistic"),
        value,
        scales=["difference", "ratio", "ratio"],
        level=level,
        columns={
            "real": [near[0], *before],
            "synthetic": [near[1], *after],
            "count": [float(np.sum(distances <= before[0])), np.nan, np.nan],
        },
        deviations=boot,
        rows=distances.size,
        null=null,
        null_factor=float(np.sqrt((1 / own.size + 1 / distances.size) / (1 / n + 1 / m))),
    )
    return pd.concat([copies, table])
