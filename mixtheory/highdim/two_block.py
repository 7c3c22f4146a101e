r"""Search for the best covariance of synthetic rows that scales two blocks of coordinates of the real covariance.

Two blocks are enough to show where matching is not optimal: constraints of low order (C8), equal traces of the
covariances (C9), and n < p with a fixed beta or a Sigma_t that is not isotropic (C10).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from mixtheory._validation import check_choice, check_integer, check_real, shown
from mixtheory.highdim.equivalents import excess_risk
from mixtheory.highdim.spectra import Spectrum, as_spectrum

__all__ = ["TwoBlockOptimum", "optimal_two_block"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TwoBlockOptimum:
    """The best relative eigenvalue pair (block, rest) of a scan, its value, and the value of matching.

    `grid` and `values` are the scanned eigenvalues of the block and the objective there; `at_edge` says that the best
    value lies where the scan ends.
    """

    lam: tuple[float, float]
    value: float
    matched: float
    at_edge: bool
    grid: Array
    values: Array


def optimal_two_block(
    sigma_t: object,
    n_t: int,
    n_s: int,
    *,
    block: int,
    normalisation: str = "relative",
    q: float = 1.0,
    objective: str = "risk",
    noise_var: float = 1.0,
    beta: object = None,
    bounds: tuple[float, float] | None = None,
    points: int = 39,
) -> TwoBlockOptimum:
    r"""Best synthetic covariance among those that multiply two blocks of a diagonal Sigma_t by x and y.

    .. math:: \Sigma_s = diag(x \sigma_1, \ldots, x \sigma_m, y \sigma_{m+1}, \ldots, y \sigma_p),

    with y fixed by x through the normalisation: the power mean of order q of lambda = (x, ..., y, ...) is 1
    ("relative"; q = 1 is Tr M^T M = p, q = 0 is det M^T M = 1), or Tr Sigma_s = Tr Sigma_t ("trace"). Matching is x =
    1.

    Parameters
    ----------
    sigma_t : Spectrum or array_like, shape (p,)
        Diagonal covariance of the real rows.
    n_t, n_s : int
        Numbers of real and synthetic rows, n_t + n_s different from p.
    block : int
        Number m of leading coordinates in the first block, from 1 to p - 1.
    normalisation : {"relative", "trace"}
    q : float
        Order of the power mean for "relative".
    objective : {"risk", "variance", "bias"}
        What is minimised; "bias" is for n < p.
    noise_var : float
        sigma^2.
    beta : array_like, shape (p,) or (p, p), optional
        Coefficients or E[beta beta^T]; needed for n < p.
    bounds : tuple of float, optional
        Smallest and largest x. By default 2.5 % to 97.5 % of the largest x that leaves y > 0; for q < 1 from 1/20 to
        20 where y > 0.
    points : int
        Number of scanned x, at least 3, equally spaced, for q < 1 in log x.

    Returns
    -------
    TwoBlockOptimum

    Raises
    ------
    ValueError
        If Sigma_t is not diagonal, the bounds are not feasible, or another argument is not as described.

    Notes
    -----
    C8, C9 and C10 [derived]: derived in this project. The scan is followed by a bounded minimisation between the
    neighbours of its best point.

    Examples
    --------
    >>> found = optimal_two_block([4.0] * 20 + [0.25] * 20, 40, 40, block=20, normalisation="trace")
    >>> round(found.value, 3), round(found.matched, 3)
    (0.735, 1.0)
    """
    target = as_spectrum("sigma_t", sigma_t)
    if not target.diagonal:
        raise ValueError("sigma_t must be diagonal: its blocks are sets of coordinates")
    block = check_integer("block", block, low=1, high=target.p - 1)
    points = check_integer("points", points, low=3)
    check_choice("normalisation", normalisation, ("relative", "trace"))
    check_choice("objective", objective, ("risk", "variance", "bias"))
    q = check_real("q", q)
    if normalisation == "trace":
        share, order = float(np.sum(target.values[:block])) / target.trace, 1.0
    else:
        share, order = block / target.p, q
    # share x^q + (1 - share) y^q = 1
    with np.errstate(over="ignore"):
        edge = float(np.exp(-np.log(share) / order)) if order != 0 else np.inf
    low, high = _bounds(bounds, order, edge)

    def partner(x: float) -> float:
        odds = share / (1 - share)
        if order == 0:
            return float(x**-odds)
        # the power is close to 1 for orders near 0
        return float(np.exp(np.log1p(-odds * np.expm1(order * np.log(x))) / order))

    def value(x: float) -> float:
        factors = np.concatenate([np.full(block, x), np.full(target.p - block, partner(x))])
        sigma_s = Spectrum(factors * target.values)
        result = excess_risk(target, sigma_s, n_t, n_s, noise_var=noise_var, beta=beta)
        chosen = getattr(result, objective)
        if chosen is None:
            raise ValueError("objective 'bias' needs beta")
        return float(chosen)

    grid = np.linspace(low, high, points) if order >= 1 else np.geomspace(low, high, points)
    values = np.array([value(float(x)) for x in grid])
    best = int(np.argmin(values))
    around = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, points - 1)]))
    search = minimize_scalar(value, bounds=around, method="bounded", options={"xatol": 1e-9 * around[1]})
    x, least = (float(search.x), float(search.fun)) if search.fun < values[best] else (float(grid[best]), values[best])
    at_edge = min(x - low, high - x) < 1e-6 * (high - low)
    return TwoBlockOptimum((x, partner(x)), float(least), value(1.0), bool(at_edge), grid, values)


def _bounds(bounds: tuple[float, float] | None, order: float, edge: float) -> tuple[float, float]:
    if bounds is None:
        if order >= 1:
            return 0.025 * edge, 0.975 * edge
        if order > 0:
            return 1 / 20, min(20.0, 0.975 * edge)
        return (1 / 20, 20.0) if order == 0 else (edge / 0.975, 20 * edge)
    try:
        low, high = (check_real("bounds", end, low=0) for end in bounds)
    except (TypeError, ValueError):
        raise ValueError(f"bounds must be two relative eigenvalues 0 < low < high, got {shown(bounds)}") from None
    feasible = high < edge if order >= 0 else low > edge
    if not (low < high and feasible):
        side = "below" if order >= 0 else "above"
        raise ValueError(
            f"bounds must be 0 < low < high and {side} {edge:g} to leave the other block a positive factor, "
            f"got {shown(bounds)}"
        )
    return low, high
