r"""Wald test of local symmetry: its covariance, its power, and the design on which it is calibrated.

Local symmetry says that the class gap :math:`g = m_0 - m_1`, the difference of the two mean scores at the minimiser of
the balanced risk, is zero. The test estimates g at the balanced fit and allows for the estimation of the fit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, stats

from mixtheory._validation import check_integer, check_real
from mixtheory.imbalance.models.chow import check_counts, chow_statistic, wald_covariance, wald_statistic

__all__ = [
    "SymmetryDesign",
    "chow_statistic",
    "local_shift",
    "naive_ratio",
    "naive_size",
    "null_shift",
    "power",
    "wald_covariance",
    "wald_statistic",
]

Array = NDArray[np.float64]

# fourth moment of the uniform law of variance 1, less the square of its second
_SQUARE_VARIANCE = 4 / 5


def power(noncentrality: float, df: int, level: float = 0.05) -> float:
    r"""Probability that a non-central :math:`\chi^2_{df}(\lambda)` variable exceeds the quantile of the central one.

    Parameters
    ----------
    noncentrality : float
        :math:`\lambda = g'V^{-1}g \ge 0`; 0 gives the level.
    df : int
    level : float, default 0.05

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> round(power(7.0027, 5), 4)
    0.5008
    """
    lam = check_real("noncentrality", noncentrality, low=0.0, closed="left")
    df = check_integer("df", df, low=1)
    level = check_real("level", level, low=0.0, high=1.0)
    if lam == 0:
        return level
    return float(stats.ncx2.sf(stats.chi2.isf(level, df), df, lam))


def null_shift() -> float:
    r"""Shift :math:`b_0 = (5 - \sqrt{21})/2` at which `SymmetryDesign` is locally symmetric.

    The smaller root of :math:`5b - 1 - b^2`; there :math:`\theta^*_1 = 1/10`.

    Examples
    --------
    >>> round(null_shift(), 10)
    0.2087121525
    """
    return (5 - math.sqrt(21)) / 2


def local_shift(h: float, n_majority: int, n_minority: int) -> float:
    r"""Shift b of `SymmetryDesign` whose class gap is :math:`h / \sqrt{n_{eff}}`, next to `null_shift`.

    With :math:`\tau = h/\sqrt{n_0 n_1/(n_0+n_1)}`, the root of :math:`2(5b - 1 - b^2) = \tau (6 + b^2)` that is
    :math:`b_0` for h = 0.

    Parameters
    ----------
    h : float
        Local alternative; the gap must lie within :math:`(-7 \pm 5\sqrt7)/6`, about -3.371 to 1.038.
    n_majority, n_minority : int

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or no shift has such a gap.

    Examples
    --------
    >>> round(local_shift(4.0, 5000, 250), 4), local_shift(0.0, 5000, 250) == null_shift()
    (0.3899, True)
    """
    n0, n1 = check_counts(n_majority, n_minority)
    tau = check_real("h", h) / math.sqrt(n0 * n1 / (n0 + n1))
    discriminant = 25 - (tau + 2) * (2 + 6 * tau)
    if discriminant < 0:
        raise ValueError(f"h must give a gap between -3.371 and 1.038, got {h:g}, a gap of {tau:.4g}")
    if tau == 0:
        return null_shift()
    # the other form of the root divides by tau + 2, which may vanish
    return (2 + 6 * tau) / (5 + math.sqrt(discriminant))


@dataclass(frozen=True)
class SymmetryDesign:
    r"""Two uniform classes in d dimensions, locally symmetric at one shift b of the minority.

    .. math:: X \mid 0 = -e_1 + diag(2, 1, \ldots, 1) U, \quad X \mid 1 = b e_1 + U,
        \quad U_j \text{ uniform on } [-\sqrt3, \sqrt3],

    with the loss :math:`(x'\theta - y + 1/2)^2` and no intercept. Everything at :math:`\theta^*` is diagonal.

    Parameters
    ----------
    d : int
        Dimension, at least 1.
    b : float, default `null_shift`
        Shift of the minority; :math:`|b| \le 10^6`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The design is that of the authors' public code; the closed forms are derived in this project.

    Examples
    --------
    >>> design = SymmetryDesign(5)
    >>> round(float(design.theta_star[0]), 12), abs(float(design.gap[0])) < 1e-15
    (0.1, True)
    >>> alternative = SymmetryDesign(5, local_shift(4.0, 5000, 250))
    >>> round(alternative.noncentrality(5000, 250), 4), round(alternative.power(5000, 250), 4)
    (8.7766, 0.6108)
    """

    d: int
    b: float = null_shift()

    def __post_init__(self) -> None:
        object.__setattr__(self, "d", check_integer("d", self.d, low=1))
        object.__setattr__(self, "b", check_real("b", self.b, low=-1e6, high=1e6, closed="both"))

    def _first(self, first: float, rest: float) -> Array:
        return np.concatenate([[first], np.full(self.d - 1, rest)])

    @property
    def theta_star(self) -> NDArray[np.float64]:
        r"""Balanced minimiser :math:`\theta^* = \frac{1 + b}{2(6 + b^2)} e_1`, shape (d,)."""
        return self._first((1 + self.b) / (2 * (6 + self.b**2)), 0.0)

    @property
    def gap(self) -> NDArray[np.float64]:
        r"""Class gap :math:`g = \frac{2(5b - 1 - b^2)}{6 + b^2} e_1`, shape (d,)."""
        return self._first(2 * (5 * self.b - 1 - self.b**2) / (6 + self.b**2), 0.0)

    @property
    def hessians(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Hessians diag(10, 2, ...) of the majority and diag(2 (1 + b^2), 2, ...) of the minority, each (d, d)."""
        return np.diag(self._first(10.0, 2.0)), np.diag(self._first(2 * (1 + self.b**2), 2.0))

    @property
    def score_covariances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""Score covariances :math:`S_0, S_1` at :math:`\theta^*`, diagonal, each (d, d).

        With :math:`t = \theta^*_1, \alpha = 1/2 - t, \beta = 2t` and :math:`a_1 = bt - 1/2`:
        :math:`S_{0,11} = 4[(2\alpha - \beta)^2 + 3.2 \beta^2]`, :math:`S_{0,jj} = 4(\alpha^2 + \beta^2)`,
        :math:`S_{1,11} = 4[(a_1 + bt)^2 + 0.8 t^2]`, :math:`S_{1,jj} = 4(a_1^2 + t^2)`.
        """
        t = float(self.theta_star[0])
        majority = _score_variances(-1.0, 2.0, 0.5 - t, 2 * t)
        minority = _score_variances(self.b, 1.0, self.b * t - 0.5, t)
        return np.diag(self._first(*majority)), np.diag(self._first(*minority))

    def covariance(self, n_majority: int, n_minority: int) -> NDArray[np.float64]:
        """Covariance V of the estimated gap, `wald_covariance` at the population values, shape (d, d)."""
        return wald_covariance(*self.hessians, *self.score_covariances, n_majority, n_minority)

    def noncentrality(self, n_majority: int, n_minority: int) -> float:
        r"""Non-centrality :math:`\lambda = g'V^{-1}g = g_1^2/V_{11}`, which does not depend on d."""
        return wald_statistic(self.gap, self.covariance(n_majority, n_minority))

    def power(self, n_majority: int, n_minority: int, level: float = 0.05) -> float:
        r"""Asymptotic power :math:`P(\chi^2_d(\lambda) > \chi^2_{d, 1 - level})`."""
        return power(self.noncentrality(n_majority, n_minority), self.d, level)


def _score_variances(centre: float, spread: float, offset: float, slope: float) -> tuple[float, float]:
    """Variances of 2 x_1 e and of 2 x_2 e for x_1 = centre + spread U_1, x_2 = U_2, e = offset + slope U_1."""
    linear = centre * slope + spread * offset
    return 4 * (linear**2 + _SQUARE_VARIANCE * (spread * slope) ** 2), 4 * (offset**2 + slope**2)


def naive_ratio(n_majority: int, n_minority: int) -> float:
    r"""Variance of the first entry of the estimated gap, over what it is if the pilot is taken as known.

    At the null of `SymmetryDesign`: :math:`V_{11} / (S_{0,11}/n_0 + S_{1,11}/n_1)`. The other entries have ratio 1.

    Examples
    --------
    >>> round(naive_ratio(20, 1), 5), round(naive_ratio(5, 1), 5)
    (2.47429, 1.92807)
    """
    n0, n1 = check_counts(n_majority, n_minority)
    s0, s1 = SymmetryDesign(1).score_covariances
    naive = float(s0[0, 0]) / n0 + float(s1[0, 0]) / n1
    return float(SymmetryDesign(1).covariance(n0, n1)[0, 0]) / naive


def naive_size(n_majority: int, n_minority: int, d: int, level: float = 0.05) -> float:
    r"""Asymptotic size, at the null of `SymmetryDesign`, of the test that takes the pilot as known.

    With :math:`A_0 = I, A_1 = -I` the statistic tends to :math:`\rho \chi^2_1 + \chi^2_{d-1}`, :math:`\rho` the
    `naive_ratio`; its tail beyond :math:`\chi^2_{d, 1 - level}` is integrated numerically.

    Parameters
    ----------
    n_majority, n_minority : int
        Only their ratio matters.
    d : int
        Dimension, at least 1.
    level : float, default 0.05

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> round(naive_size(20, 1, 5), 4), round(naive_size(5, 1, 5), 4)
    (0.134, 0.1005)
    """
    d = check_integer("d", d, low=1)
    cutoff = float(stats.chi2.isf(check_real("level", level, low=0.0, high=1.0), d))
    ratio = naive_ratio(n_majority, n_minority)
    if d == 1:
        return float(stats.chi2.sf(cutoff / ratio, 1))

    def beyond(root: float) -> float:
        # over the absolute value of the standard normal behind chi^2_1, whose density has no pole
        return float(2 * stats.norm.pdf(root) * stats.chi2.sf(cutoff - ratio * root**2, d - 1))

    edge = math.sqrt(cutoff / ratio)
    inside = integrate.quad(beyond, 0.0, edge, epsabs=1e-12, epsrel=1e-12)[0]
    return float(inside + 2 * stats.norm.sf(edge))
