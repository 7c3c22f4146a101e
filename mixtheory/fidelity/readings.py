r"""Intervals and nulls that hold for all rows of a table at once.

A row r of a table has a value and, on a scale where its errors are about symmetric (the logarithm for ratios),
deviations :math:`D_{br}` of replicates b. With quantiles over the replicates,

.. math:: h_r = Q_{level}(|D_{br}|), \qquad q = Q_{level}\Big(\max_r \frac{|D_{br}|}{h_r}\Big), \qquad
          \text{value}_r \pm q \, h_r \text{ for all rows at once},

so that the probability that any row of a table is missed is 1 - level (the single-step method of max-t, with quantiles
in place of standard errors, so that rows of different shapes are treated alike). A distance between matrices or laws
obeys the triangle inequality: with D the distances of replicates from the estimate, the distance of the truth is within
q h of the value.

Nulls are permutation tests: a null replicate is the same number for real and synthetic rows that were shuffled
together and dealt out again, as many as there are of each. If the synthetic rows are a fresh sample of the population
of the real ones, all deals are equally likely, the true one among them: with :math:`s^\pm_r` the quantiles to 0.9 of
the deviations above and below the median :math:`c_r` of the replicates, and q the
:math:`\lceil(B+1)\,level\rceil`-th smallest of the B maxima of their deviations over :math:`s^\pm_r`, the true value
of any row is outside :math:`[c_r - q s^-_r, c_r + q s^+_r]` with probability at most 1 - level at any number of rows
and under any law, but for what the replicates tell of their own quantiles and medians. Splits of the real rows alone
have no such property: their spread is itself uncertain, and statistics that are fitted to one part are biased. The null
of a distance is one-sided, :math:`c_r = 0`: real rows are never too close.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCALES", "half_widths", "null_reach", "spread", "table_of_readings"]

Array = NDArray[np.float64]

SCALES = ("difference", "ratio", "distance")
"""Scales of a row: errors add to a difference, multiply a ratio, and bound a distance by the triangle inequality."""

# expectations and values that are equal but for rounding
_ROUNDING = 1e-9


def spread(deviations: Array) -> Array:
    """Return the root mean square of the deviations (B, p) of each row; infinite if one of them is no number."""
    finite = np.isfinite(deviations).all(axis=0)
    squares = np.where(finite, np.nan_to_num(deviations, nan=0.0, posinf=0.0, neginf=0.0), 0.0)
    return np.where(finite, np.sqrt(np.mean(squares**2, axis=0)), np.inf)


def _upper(replicates: Array, level: float) -> Array:
    """Return what a further replicate stays below with probability `level`, of B replicates on the first axis."""
    rank = min(len(replicates), int(np.ceil((len(replicates) + 1) * level)))
    return np.asarray(np.partition(replicates, rank - 1, axis=0)[rank - 1])


def half_widths(deviations: Array, level: float, rows: ArrayLike) -> Array:
    """Return the half widths q h_r of all rows at once, times t over normal quantiles for few `rows` of the tables."""
    scale = _upper(np.abs(np.where(np.isfinite(deviations), deviations, 0.0)), level)
    # deviations that are 0 but for rare replicates
    scale = np.where(scale > 0, scale, stats.norm.ppf((1 + level) / 2) * spread(deviations))
    scale = np.where(np.isfinite(spread(deviations)), scale, np.inf)
    usable = np.isfinite(scale) & (scale > 0)
    if not usable.any():
        return scale
    largest = np.max(np.abs(deviations[:, usable]) / scale[usable], axis=1)
    few = stats.t.ppf((1 + level) / 2, np.maximum(np.asarray(rows) - 1, 1)) / stats.norm.ppf((1 + level) / 2)
    return np.asarray(scale * float(_upper(largest, level)) * few)


def _side(away: Array) -> Array:
    """Return the quantile to 0.9 of the positive ones of deviations (B, p), which rare far ones do not move; or 0."""
    ordered, some = np.sort(away, axis=0), np.sum(away > 0, axis=0)
    rank = len(away) - some + np.ceil(0.9 * some).astype(np.int64) - 1
    return np.asarray(np.take_along_axis(ordered, np.maximum(rank, 0)[None], axis=0)[0])


def null_reach(null: Array, level: float, one_sided: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
    """Return medians of null replicates (B, p), and how far below and above them all rows stay at once.

    A row of which more than a share (1 - level) / 2 of the replicates is not finite has no bounds.
    """
    finite = np.isfinite(null)
    usable = np.mean(~finite, axis=0) <= (1 - level) / 2
    held = np.where(finite, null, 0.0)
    centre = np.where(one_sided, 0.0, np.median(held, axis=0))
    away = np.where(finite, held - centre, 0.0)
    sides = [_side(np.maximum(sign * away, 0.0)) for sign in (-1.0, 1.0)]
    scale = np.where(away < 0, *sides)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(finite, np.where(away == 0, 0.0, np.abs(away) / scale), np.inf)
    reach = _upper(far[:, usable].max(axis=1), level) if usable.any() else 0.0
    with np.errstate(invalid="ignore"):
        low, high = (np.where(usable, np.where(side > 0, reach * side, 0.0), np.inf) for side in sides)
    return centre, low, high


def _band(value: Array, scales: NDArray[Any], below: Array, above: Array) -> tuple[Array, Array]:
    """Return value - below and value + above on the scale of each row."""
    with np.errstate(over="ignore", invalid="ignore"):
        low = np.where(scales == "ratio", value * np.exp(-below), value - below)
        high = np.where(scales == "ratio", value * np.exp(above), value + above)
    least = np.where(scales == "difference", -np.inf, 0.0)
    # 0 times infinity, and infinity less itself: nothing is known on that side
    low = np.where(np.isnan(low) | (below == np.inf), least, np.maximum(low, least))
    high = np.where(np.isnan(high) | (above == np.inf), np.inf, high)
    return np.where(np.isnan(value), np.nan, low), np.where(np.isnan(value), np.nan, high)


def _inside(point: Array, low: Array, high: Array) -> Any:
    """Return whether low <= point <= high up to rounding, NA where one of them is not known."""
    import pandas as pd

    unknown = np.isnan(point) | np.isnan(low) | np.isnan(high)
    with np.errstate(invalid="ignore"):
        slack = _ROUNDING * np.maximum(1.0, np.abs(np.where(np.isfinite(point), point, 0.0)))
        inside = (point >= low - slack) & (point <= high + slack)
    return pd.arrays.BooleanArray(inside & ~unknown, unknown)


def table_of_readings(
    index: Any,
    value: ArrayLike,
    *,
    scales: str | list[str],
    level: float,
    columns: Mapping[str, ArrayLike] | None = None,
    deviations: Array | None = None,
    rows: ArrayLike = 10**9,
    null: Array | None = None,
    null_factor: float = 1.0,
    floor: ArrayLike | None = None,
    law_deviations: Array | None = None,
    interval: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    null_band: tuple[ArrayLike, ArrayLike] | None = None,
    expected: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return a table of values with intervals, nulls and expectations.

    Parameters
    ----------
    index : Index
    value : array_like, shape (p,)
    scales : str or list of str
        One of `SCALES`, for all rows or for each.
    level : float
        Probability with which intervals hold, for all rows at once; the same for the null.
    columns : mapping, optional
        Columns in front: real, synthetic.
    deviations : ndarray, shape (B, p), optional
        Deviations of bootstrap replicates from the value, logarithms for ratios; distances from the estimate.
    rows : int or array_like, shape (p,)
        Synthetic rows behind the value.
    null : ndarray, shape (S, p), optional
        Values (logarithms for ratios) of shuffled rows.
    null_factor : float
        The factor on deviations of null replicates with fewer rows than the tables have.
    floor : array_like, shape () or (p,), optional
        Intervals are at least as wide as the null times this. Errors of m rows alone have the share n / (n + m) of the
        variance of a difference to n others; without a floor a sample that misses the rare large values of its law has
        intervals that are too narrow.
    law_deviations : ndarray, shape (B, p), optional
        Errors of as many rows drawn from the law; intervals are at least as wide as theirs.
    interval, null_band : tuples of array_like, optional
        Standard errors, low, high and null_low, null_high, where they come from a closed form.
    expected : array_like, shape (p,), optional
    """
    import pandas as pd

    values = np.asarray(value, dtype=np.float64)
    kinds = np.broadcast_to(np.asarray(scales, dtype=object), values.shape)
    unknown = np.full(values.shape, np.nan)
    error, low, high = (unknown, unknown, unknown) if interval is None else map(np.asarray, interval)
    null_low, null_high = (unknown, unknown) if null_band is None else map(np.asarray, null_band)
    least: Array | None = None
    if null is not None:
        centre, below, above = null_reach(null, level, kinds == "distance")
        least = np.maximum(below, above) * null_factor
        middle = np.where(kinds == "ratio", np.exp(np.minimum(centre, 700.0)), centre)
        null_low, null_high = _band(middle, kinds, below * null_factor, above * null_factor)
    if deviations is not None:
        behind = np.asarray(rows, dtype=np.float64)
        with np.errstate(divide="ignore"):
            unbiased = np.sqrt(np.where(behind > 1, behind / (behind - 1), np.nan))
        reach = half_widths(deviations, level, rows) * unbiased
        if least is not None and floor is not None:
            reach = np.maximum(reach, np.where(np.isfinite(least), least, 0.0) * np.asarray(floor))
        if law_deviations is not None:
            reach = np.maximum(reach, half_widths(law_deviations, level, rows))
        low, high = _band(values, kinds, reach, reach)
        scale = spread(deviations) * unbiased
        with np.errstate(invalid="ignore"):
            error = np.where(kinds == "ratio", np.where(values == 0, 0.0, values * scale), scale)
    entries: dict[str, Any] = {name: np.asarray(entry) for name, entry in (columns or {}).items()}
    bounds = {"std_error": error, "low": low, "high": high, "null_low": null_low, "null_high": null_high}
    entries["value"] = values
    entries |= {name: np.array(entry, dtype=np.float64) for name, entry in bounds.items()}
    entries["within_null"] = _inside(values, entries["null_low"], entries["null_high"])
    if expected is not None and not np.isnan(np.asarray(expected, dtype=np.float64)).all():
        entries["expected"] = np.array(expected, dtype=np.float64)
        entries["as_expected"] = _inside(entries["expected"], entries["low"], entries["high"])
    return pd.DataFrame(entries, index=index)
