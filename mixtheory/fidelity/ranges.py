r"""Values beyond the range of the real rows, column by column: an income below zero shows here.

Of m fresh rows of the population of n real ones each is the smallest of the n + 1 values with probability 1 / (n + 1):
m / (n + 1) rows are to be expected beyond either end. The number K of them beyond one end is at least k if the k
smallest of all n + m values are all fresh, and any k of the values are equally likely to be these:

.. math:: P(K \ge k) = \binom{m}{k} \Big/ \binom{n + m}{k} = \prod_{i < k} \frac{m - i}{n + m - i},

exact by exchangeability for any continuous law; ties only make it smaller. Many ends at once: Bonferroni.
Derived in this project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mixtheory.fidelity.context import Context
from mixtheory.fidelity.readings import table_of_readings
from mixtheory.publishing.tables import format_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TITLES", "most_beyond", "range_table"]

Array = NDArray[np.float64]

# a value is beyond an end if it is farther than sums of its rounding errors
_ROUNDING = 8 * float(np.finfo(np.float64).eps)

TITLES = {
    "range": "Synthetic values below the smallest (lowest) and above the largest (highest) real value of each column: "
    "beyond is their number, share their share. Of m fresh rows about m / (n + 1) lie beyond either end of n "
    "real rows, a share of 1 / (n + 1) (fresh rows). The null band is exact and holds for all ends at once; what lies "
    "far beyond may be impossible, as negative incomes are: compare the ends.",
}
"""Readings of the tables."""


def most_beyond(n: int, m: int, level: float) -> int:
    """Return the smallest number that no more of m fresh rows are beyond an end of n rows, with probability `level`.

    Examples
    --------
    >>> most_beyond(99, 1, 0.95), most_beyond(1, 1, 0.95), most_beyond(100, 1000, 0.95)
    (0, 1, 30)
    """
    fresh = np.arange(m, 0, -1, dtype=np.float64)
    log_reached = np.cumsum(np.log(fresh) - np.log(fresh + n))
    return int(np.searchsorted(-log_reached, -np.log1p(-level), side="left"))


def range_table(context: Context) -> pd.DataFrame | None:
    """Return the table "range" of the columns that vary."""
    import pandas as pd

    tables, n, m = context.tables, context.n, context.m
    columns = np.flatnonzero(tables.varies)
    if not columns.size:
        return None
    real, synthetic = tables.real[:, columns], tables.synthetic[:, columns]
    slack = _ROUNDING * (np.abs(tables.means[columns]) / tables.deviations[columns] + np.abs(real).max(axis=0))
    low, high = real.min(axis=0), real.max(axis=0)
    beyond = np.column_stack([np.sum(synthetic < low - slack, axis=0), np.sum(synthetic > high + slack, axis=0)])
    ends = [np.column_stack([rows.min(axis=0), rows.max(axis=0)]) for rows in (real, synthetic)]
    counts = beyond.ravel()
    each = 1 - (1 - context.level) / counts.size
    least = np.where(counts == 0, 0.0, stats.beta.ppf((1 - each) / 2, counts, m - counts + 1))
    most = np.where(counts == m, 1.0, stats.beta.ppf((1 + each) / 2, counts + 1, m - counts))
    share = counts / m
    names = [tables.numeric[column] for column in columns]
    context.notes.append(
        f"Values beyond the real range: of {m:,} fresh rows about {format_number(m / (n + 1), 3)}, m / (n + 1), lie "
        "beyond either end of a column."
    )
    for name, column, before, after in zip(names, columns, low, synthetic.T, strict=True):
        negative = int(np.sum(tables.raw(column, after) < 0))
        if negative and tables.raw(column, before) >= 0 and beyond[names.index(name), 0]:
            context.notes.append(f"{name}: {negative:,} of {m:,} synthetic values are negative, none of the real ones.")
    return table_of_readings(
        pd.MultiIndex.from_product([names, ["lowest", "highest"]], names=["column", "end"]),
        share,
        scales="difference",
        level=context.level,
        columns={
            **{
                name: np.concatenate([tables.raw(column, end) for column, end in zip(columns, part, strict=True)])
                for name, part in zip(("real", "synthetic"), ends, strict=True)
            },
            "count_beyond": counts,
            "fresh": np.full(counts.size, 1 / (n + 1)),
        },
        interval=(np.sqrt(share * (1 - share) / m), least, most),
        null_band=(np.zeros(counts.size), np.full(counts.size, most_beyond(n, m, each) / m)),
    )
