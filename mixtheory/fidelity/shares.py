r"""Shares of categories: exact intervals, and Fisher's null.

Given the real rows a synthetic count is binomial: its interval is that of Clopper and Pearson. Under the null that both
tables are samples of one population, the synthetic count given the total of both is hypergeometric (Fisher's exact
test), so that rare categories need no normal approximation. Many rows at once: Bonferroni.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mixtheory.fidelity.context import Context
from mixtheory.fidelity.readings import table_of_readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TITLES", "category_table", "fisher_counts", "share_readings"]

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

_SHOWN_CATEGORIES = 50
_OTHERS = "(all others)"
# the hypergeometric law is normal to 1 % in its quantiles where its variance is larger
_LARGE = 1_000.0

TITLES = {
    "categories": "Shares of the categories of nominal columns; value is the difference. Intervals are exact "
    "(Clopper-Pearson), the null is Fisher's given the total of both tables; both hold for all categories at once.",
}
"""Readings of the tables."""


def fisher_counts(total: ArrayLike, n: ArrayLike, m: ArrayLike, level: float) -> tuple[Array, Array]:
    """Return the bounds of a hypergeometric count: m rows drawn from n + m, of which `total` are marked.

    Examples
    --------
    >>> [bound.tolist() for bound in fisher_counts([10], 50, 50, 0.95)]
    [[2.0], [8.0]]
    """
    marked, others, drawn = np.broadcast_arrays(*(np.atleast_1d(a).astype(np.int64) for a in (total, n, m)))
    everything = others + drawn
    share = marked / everything
    variance = drawn * share * (1 - share) * others / np.maximum(everything - 1, 1)
    z = stats.norm.ppf((1 + level) / 2) * np.sqrt(variance) + 0.5
    low, high = np.floor(drawn * share - z), np.ceil(drawn * share + z)
    small = variance <= _LARGE
    if small.any():
        law = stats.hypergeom(everything[small], marked[small], drawn[small])
        low[small], high[small] = law.ppf((1 - level) / 2), law.ppf((1 + level) / 2)
    return np.maximum(low, 0.0), np.minimum(high, np.minimum(marked, drawn))


def share_readings(
    index: Any, real: Counts, n: int, synthetic: Counts, m: int, level: float, expected: ArrayLike | None = None
) -> pd.DataFrame:
    """Return the readings of shares real / n and synthetic / m, all of them at once."""
    each = 1 - (1 - level) / max(1, len(real))
    low = stats.beta.ppf((1 - each) / 2, synthetic, m - synthetic + 1)
    high = stats.beta.ppf((1 + each) / 2, synthetic + 1, m - synthetic)
    low, high = np.where(synthetic == 0, 0.0, low), np.where(synthetic == m, 1.0, high)
    fewest, most = fisher_counts(real + synthetic, n, m, each)
    p, q = real / n, synthetic / m
    total = real + synthetic
    return table_of_readings(
        index,
        q - p,
        scales="difference",
        level=level,
        columns={"real": p, "synthetic": q},
        interval=(np.sqrt(q * (1 - q) / m), low - p, high - p),
        null_band=(fewest / m - (total - fewest) / n, most / m - (total - most) / n),
        expected=None if expected is None else np.asarray(expected) - p,
    )


def _group_weights(context: Context) -> Array | None:
    """Return the weight of each real row in the expected shares: groups have the shares of the synthetic rows."""
    tables, expectation = context.tables, context.expectation
    if expectation is None or not expectation.categories:
        return None
    if -1 in expectation.factors:
        return np.full(context.n, 1 / context.n)
    real = np.bincount(tables.real_labels, minlength=len(tables.classes))
    synthetic = np.bincount(tables.synthetic_labels, minlength=len(tables.classes))
    return np.asarray((synthetic / np.maximum(real, 1))[tables.real_labels] / context.m)


def category_table(context: Context) -> pd.DataFrame | None:
    """Return the table "categories"."""
    import pandas as pd

    tables, weights = context.tables, _group_weights(context)
    names: list[tuple[str, str]] = []
    real: list[int] = []
    synthetic: list[int] = []
    expected: list[float] = []
    for place, (column, categories) in enumerate(zip(tables.nominal, tables.categories, strict=True)):
        codes = tables.real_codes[:, place]
        first = np.bincount(codes, minlength=len(categories))
        second = np.bincount(tables.synthetic_codes[:, place], minlength=len(categories))
        likely = np.bincount(codes, weights=weights, minlength=len(categories))
        order = np.argsort(-(first / context.n + second / context.m), kind="stable")
        shown, rest = order[:_SHOWN_CATEGORIES], order[_SHOWN_CATEGORIES:]
        names += [(column, categories[code]) for code in shown]
        real += first[shown].tolist()
        synthetic += second[shown].tolist()
        expected += likely[shown].tolist()
        if rest.size:
            names.append((column, _OTHERS))
            real.append(int(first[rest].sum()))
            synthetic.append(int(second[rest].sum()))
            expected.append(float(likely[rest].sum()))
            context.notes.append(f"{column}: {rest.size} of {len(categories)} categories are counted together.")
        new = int(np.sum((first == 0) & (second > 0)))
        if new:
            rows = int(second[first == 0].sum())
            context.notes.append(f"{column}: {new} categories in {rows} synthetic rows do not occur in the real rows.")
    if not names:
        return None
    index = pd.MultiIndex.from_tuples(names, names=["column", "category"])
    return share_readings(
        index,
        np.array(real),
        context.n,
        np.array(synthetic),
        context.m,
        context.level,
        None if weights is None else np.array(expected),
    )
