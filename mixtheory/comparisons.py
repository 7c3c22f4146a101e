"""Comparisons over random splits of real data: splits overlap, so their naive standard error is too small.

C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52 (2003), correct the variance of
a mean over R random splits from :math:`S^2/R` to :math:`S^2(1/R + n_{test}/n_{train})`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mixtheory._validation import check_integer, check_real, check_reals

__all__ = ["compare_over_splits", "corrected_standard_error", "holm"]


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
