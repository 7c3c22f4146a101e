"""Comparisons over random splits of real data, and of several methods over data sets.

Splits overlap, so their naive standard error is too small: C. Nadeau and Y. Bengio, "Inference for the generalization
error", Machine Learning 52 (2003), correct the variance of a mean over R random splits from :math:`S^2/R` to
:math:`S^2(1/R + n_{test}/n_{train})`. Data sets are independent, so that methods are compared over them by ranks:
J. Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006), with the signed-rank test of
Wilcoxon for pairs, whose outcome does not depend on the other methods: A. Benavoli, G. Corani and F. Mangili, "Should
we really use post-hoc tests based on mean-ranks?", JMLR 17 (2016).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mixtheory._validation import check_integer, check_matrix, check_real, check_reals

__all__ = [
    "RankSummary",
    "compare_over_splits",
    "corrected_standard_error",
    "holm",
    "rank_summary",
    "win_tie_loss",
]


def corrected_standard_error(mcse: ArrayLike, splits: int, test_share: float) -> NDArray[np.float64]:
    r"""Return the standard error of a mean over overlapping splits, :math:`S\sqrt{1/R + n_{test}/n_{train}}`.

    Parameters
    ----------
    mcse : array_like
        Naive standard error :math:`S/\sqrt R`, >= 0.
    splits : int
        Number R of splits, at least 2.
    test_share : float
        Share of the rows that is held out, in (0, 1).

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> round(float(corrected_standard_error(0.01, 21, 0.3)), 4)
    0.0316
    """
    naive = check_reals("mcse", mcse, low=0.0, closed="left")
    runs = check_integer("splits", splits, low=2)
    share = check_real("test_share", test_share, low=0.0, high=1.0)
    return np.asarray(naive * math.sqrt(1 + runs * share / (1 - share)))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's adjusted p-values for one family of tests.

    Parameters
    ----------
    p_values : array_like, shape (k,)
        P-values in [0, 1].

    Raises
    ------
    ValueError
        If a value is outside [0, 1] or the array is empty or not one-dimensional.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    p = check_reals("p_values", p_values, low=0.0, high=1.0, closed="both")
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"p_values must have 1 dimension and at least one entry, got shape {p.shape}")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate((p.size - np.arange(p.size)) * p[order]), 1.0)
    return adjusted


def compare_over_splits(
    frame: pd.DataFrame, *, test_share: float, family: Sequence[str] = ("law",), level: float = 0.95
) -> pd.DataFrame:
    """Return corrected intervals and tests of mean differences over splits, from rows of a tidy frame.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``estimate`` (mean difference), ``mcse`` (naive) and ``replicates`` (splits).
    test_share : float
        Share of the rows that is held out.
    family : sequence of str
        Columns that name a family: Holm's correction is over the rows that agree on them.
    level : float
        Level of the intervals, in (0, 1).

    Returns
    -------
    DataFrame
        The rows with ``standard_error``, ``lower``, ``upper``, ``p_value`` (Student's t with R - 1 degrees of
        freedom, two sided) and ``p_holm``.

    Raises
    ------
    ValueError
        If a column is missing, an estimate is not finite, or an argument is outside its range.

    Examples
    --------
    >>> frame = pd.DataFrame({"law": "a", "estimate": [0.0, -0.2], "mcse": [0.01, 0.01], "replicates": 21})
    >>> compare_over_splits(frame, test_share=0.3)["p_holm"].round(4).tolist()
    [1.0, 0.0]
    """
    check_real("level", level, low=0.0, high=1.0)
    missing = {"estimate", "mcse", "replicates", *family} - set(frame.columns)
    if missing:
        raise ValueError(f"frame lacks the columns {sorted(missing)}")
    out = frame.reset_index(drop=True)
    estimate = check_reals("estimate", out["estimate"].to_numpy())
    runs = [int(value) for value in out["replicates"]]
    errors = [corrected_standard_error(m, r, test_share) for m, r in zip(out["mcse"], runs, strict=True)]
    error = np.array(errors, dtype=np.float64)
    freedom = np.array(runs) - 1
    # no spread at all: either the difference is zero for certain, or it is certain not to be
    ratio = np.divide(estimate, error, out=np.where(estimate == 0, 0.0, np.inf), where=error > 0)
    half = stats.t.ppf((1 + level) / 2, freedom) * error
    out = out.assign(
        standard_error=error,
        lower=estimate - half,
        upper=estimate + half,
        p_value=2 * stats.t.sf(np.abs(ratio), freedom),
    )
    groups = out.groupby(list(family), dropna=False, sort=False)["p_value"]
    return out.assign(p_holm=groups.transform(lambda p: holm(p.to_numpy())))


def win_tie_loss(
    table: pd.DataFrame, *, by: Sequence[str], level: float = 0.05, lower_is_better: bool = True
) -> pd.DataFrame:
    """Count wins, ties and losses of a method over data sets, from tests of its differences to a rival.

    Parameters
    ----------
    table : DataFrame
        Rows of `compare_over_splits`, one a data set: ``estimate`` is the method minus the rival.
    by : sequence of str
        Columns that name a count, such as the rival.
    level : float
        A win or loss has a p-value below it, in (0, 1); the rest are ties.
    lower_is_better : bool
        Whether the metric is a loss.

    Returns
    -------
    DataFrame
        The columns `by`, and ``sets``, ``better`` (sets with an estimate in favour of the method, whatever its error),
        ``wins``, ``ties``, ``losses`` (by ``p_value``, each set for itself), ``wins_holm`` and ``losses_holm`` (by
        ``p_holm``).

    Raises
    ------
    ValueError
        If a column is missing or `level` is outside its range.

    Examples
    --------
    >>> frame = pd.DataFrame({"rival": "none", "estimate": [-1.0, -0.1, 0.9], "p_value": [0.01, 0.3, 0.04],
    ...                       "p_holm": [0.03, 0.3, 0.08]})
    >>> win_tie_loss(frame, by=["rival"])[["better", "wins", "ties", "losses", "losses_holm"]].values.tolist()
    [[2, 1, 1, 1, 0]]
    """
    alpha = check_real("level", level, low=0.0, high=1.0)
    missing = {"estimate", "p_value", "p_holm", *by} - set(table.columns)
    if missing:
        raise ValueError(f"table lacks the columns {sorted(missing)}")
    gain = -table["estimate"] if lower_is_better else table["estimate"]
    outcomes: dict[str, pd.Series] = {"sets": gain == gain, "better": gain > 0}
    for suffix, column in (("", "p_value"), ("_holm", "p_holm")):
        clear = table[column] < alpha
        outcomes[f"wins{suffix}"] = clear & (gain > 0)
        outcomes[f"losses{suffix}"] = clear & (gain < 0)
    outcomes["ties"] = ~(outcomes["wins"] | outcomes["losses"])
    counts = table[list(by)].assign(**outcomes).groupby(list(by), sort=False, dropna=False).sum().astype(int)
    order = ["sets", "better", "wins", "ties", "losses", "wins_holm", "losses_holm"]
    return counts[order].reset_index()


@dataclass(frozen=True, eq=False)
class RankSummary:
    """Methods compared over data sets by ranks.

    Attributes
    ----------
    ranks : Series
        Mean rank of each method, best (lowest) first; ties within a data set share their mean rank.
    statistic, p_value : float
        Friedman's statistic in the form of Iman and Davenport, F with (k - 1) and (k - 1)(N - 1) degrees of freedom
        for k methods on N sets, and its p-value.
    pairs : DataFrame
        One row a pair: ``first`` and ``second`` (the better mean rank first), ``better`` and ``worse`` (sets where the
        first is better or worse), ``median`` (median of the first minus the second), ``p_value`` (two-sided signed-rank
        test of Wilcoxon, zeros split between the signs) and ``p_holm`` (over all pairs).
    groups : tuple of tuples
        Maximal runs of methods, in the order of their ranks, in which no pair differs at `level` after Holm's
        correction; runs of one are left out. These are the bars of a critical-difference diagram.
    level : float
    sets : int
        Number of data sets.
    """

    ranks: pd.Series
    statistic: float
    p_value: float
    pairs: pd.DataFrame
    groups: tuple[tuple[str, ...], ...]
    level: float
    sets: int


def _signed_rank(difference: NDArray[np.float64]) -> float:
    if not difference.any():
        return 1.0
    return float(stats.wilcoxon(difference, zero_method="zsplit").pvalue)


def _friedman(ranks: NDArray[np.float64]) -> tuple[float, float]:
    """Iman and Davenport's F of a table of ranks, from sums of squares, which allows for ties."""
    n, k = ranks.shape
    between = n * np.sum((ranks.mean(axis=0) - (k + 1) / 2) ** 2)
    within = np.sum((ranks - (k + 1) / 2) ** 2) - between
    freedom = (k - 1) * (n - 1)
    if between == 0:
        return 0.0, 1.0
    if within <= 1e-12 * between:
        return math.inf, 0.0
    statistic = float((n - 1) * between / within)
    return statistic, float(stats.f.sf(statistic, k - 1, freedom))


def rank_summary(table: pd.DataFrame, *, level: float = 0.05, lower_is_better: bool = True) -> RankSummary:
    """Compare methods over data sets: mean ranks, Friedman's test, and signed-rank tests of all pairs with Holm.

    Parameters
    ----------
    table : DataFrame, shape (N, k)
        A row for each data set, at least 2, and a column for each method, at least 2; finite.
    level : float
        Level of the groups, in (0, 1).
    lower_is_better : bool
        Whether the numbers are losses.

    Returns
    -------
    RankSummary

    Raises
    ------
    ValueError
        If the table is too small, has equal column names or an entry that is not finite, or `level` is outside its
        range.

    Notes
    -----
    Differences of losses are compared across sets by their size in the signed-rank test: the numbers should be of one
    kind. A summary of one table treats the sets as the sample; that they have errors of their own is left aside.

    Examples
    --------
    >>> losses = pd.DataFrame({"a": [0.1, 0.2, 0.3, 0.4], "b": [0.2, 0.3, 0.5, 0.5], "c": [0.9, 0.8, 0.7, 0.6]})
    >>> summary = rank_summary(losses)
    >>> summary.ranks.to_dict()
    {'a': 1.0, 'b': 2.0, 'c': 3.0}
    >>> summary.groups
    (('a', 'b', 'c'),)
    """
    alpha = check_real("level", level, low=0.0, high=1.0)
    values = check_matrix("table", table, min_rows=2)
    if values.shape[1] < 2 or not table.columns.is_unique:
        raise ValueError(f"table must have at least 2 columns with different names, got {list(table.columns)}")
    ranks = stats.rankdata(values if lower_is_better else -values, axis=1)
    means = pd.Series(ranks.mean(axis=0), index=table.columns, name="rank").sort_values(kind="stable")
    statistic, p_value = _friedman(ranks)
    rows: list[dict[str, object]] = []
    for first, second in itertools.combinations(means.index, 2):
        difference = (table[first] - table[second]).to_numpy(dtype=np.float64)
        gain = -difference if lower_is_better else difference
        rows.append(
            {
                "first": first,
                "second": second,
                "better": int(np.sum(gain > 0)),
                "worse": int(np.sum(gain < 0)),
                "median": float(np.median(difference)),
                "p_value": _signed_rank(difference),
            }
        )
    pairs = pd.DataFrame(rows)
    pairs = pairs.assign(p_holm=holm(pairs["p_value"].to_numpy()))
    groups = _groups([str(name) for name in means.index], pairs["p_holm"].to_numpy() < alpha)
    return RankSummary(means, statistic, p_value, pairs, groups, alpha, len(table))


def _groups(order: Sequence[str], differs: NDArray[np.bool_]) -> tuple[tuple[str, ...], ...]:
    """Return the maximal runs of `order` without a pair that differs; pairs are in the order of combinations."""
    k = len(order)
    clear = np.zeros((k, k), dtype=bool)
    clear[np.triu_indices(k, 1)] = differs
    found: list[tuple[int, int]] = []
    for start in range(k):
        stop = start + 1
        while stop < k and not clear[start : stop + 1, start : stop + 1].any():
            stop += 1
        if stop - start > 1 and (not found or stop > found[-1][1]):
            found.append((start, stop))
    return tuple(tuple(order[start:stop]) for start, stop in found)
