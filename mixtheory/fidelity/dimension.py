r"""Intrinsic dimension of both tables at the same number of rows.

Estimates look at neighbours at the distance that the number of rows allows, so both tables are compared with the same
number of rows. Standard errors come from random halves: with D the difference of the estimates of two halves,
Var(estimate) = E D^2 / 4, and the bias that smaller tables share cancels in D.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mixtheory.fidelity.context import Context
from mixtheory.fidelity.readings import table_of_readings
from mixtheory.intrinsic_dimension import mle_dimension, nearest_neighbors, two_nn_dimension

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DIMENSION_ROWS", "TITLES", "dimension_table"]

Array = NDArray[np.float64]

DIMENSION_ROWS = 4_000
"""Rows of either table that are compared at most."""
_NEIGHBORS = 10
_HALVES = 10
_FEWEST = 50

TITLES = {
    "dimension": "Intrinsic dimension of the numeric columns (real standard deviations) at the same number of rows, by "
    f"two nearest neighbours and by maximum likelihood ({_NEIGHBORS} neighbours); value is the difference.",
}
"""Readings of the tables."""


def _estimates(rows: Array) -> Array:
    """Return both estimates; ValueError if distances do not allow them."""
    found = nearest_neighbors(rows, _NEIGHBORS)
    return np.array(
        [
            two_nn_dimension(rows, neighbors=found),
            mle_dimension(rows, n_neighbors=_NEIGHBORS, neighbors=found),
        ]
    )


def _with_variance(rows: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    half = len(rows) // 2
    differences = []
    for _ in range(_HALVES):
        order = rng.permutation(len(rows))
        differences.append(_estimates(rows[order[:half]]) - _estimates(rows[order[half:]]))
    return _estimates(rows), np.mean(np.square(differences), axis=0) / 4


def dimension_table(context: Context) -> pd.DataFrame | None:
    """Return the table "dimension"."""
    import pandas as pd

    tables, rng = context.tables, context.stream("dimension")
    keep = tables.varies
    if not keep.any():
        return None
    size = min(context.n, context.m, DIMENSION_ROWS)
    if size < _FEWEST:
        context.notes.append(f"Intrinsic dimension needs {_FEWEST} rows of either table.")
        return None
    if max(context.n, context.m) > size:
        context.notes.append(f"Intrinsic dimension: {size} rows of either table, drawn at random.")
    parts = []
    for name, rows in (("real", tables.real), ("synthetic", tables.synthetic)):
        try:
            parts.append(_with_variance(rows[rng.permutation(len(rows))[:size]][:, keep], rng))
        except ValueError as error:
            context.notes.append(f"Intrinsic dimension cannot be estimated for the {name} rows: {error}.")
            return None
    (real, real_variance), (synthetic, variance) = parts
    # the real rows are given, but some of them were left out
    spread = np.sqrt(variance + real_variance * (1 - size / context.n))
    each = 1 - (1 - context.level) / 2
    reach = stats.t.ppf((1 + each) / 2, _HALVES)
    value, null = synthetic - real, reach * np.sqrt(2 * real_variance)
    return table_of_readings(
        pd.Index(["two_nn", "mle"], name="statistic"),
        value,
        scales="difference",
        level=context.level,
        columns={"real": real, "synthetic": synthetic},
        interval=(spread, value - reach * spread, value + reach * spread),
        null_band=(-null, null),
    )
