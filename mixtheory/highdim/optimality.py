r"""When matching the covariance of the synthetic rows to that of the real ones is optimal, and when it is not.

For n > p the risk depends on lambda = eig(Sigma_t^{-1/2} Sigma_s Sigma_t^{-1/2}) alone; matching is lambda = 1. Under a
trace constraint on lambda matching is optimal (C7: the risk is Schur-convex and falls with every eigenvalue); under
constraints of lower order (C8), under equal traces of the covariances (C9) and for n < p (C10) it need not be.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

from mixtheory._validation import check_integer, check_matrix, check_real
from mixtheory.highdim.fixedpoint import check_counts, scalar_root
from mixtheory.highdim.two_block import TwoBlockOptimum, optimal_two_block

__all__ = [
    "TwoBlockOptimum",
    "matching_curvature",
    "matching_is_local_minimum",
    "optimal_two_block",
    "over_variance",
    "risk_gradient",
    "schur_gap",
    "spectrum_risk",
    "t_transform",
]

Array = NDArray[np.float64]


def _spectrum(lam: ArrayLike) -> Array:
    values = check_matrix("lam", lam, ndim=1)
    if np.any(values <= 0):
        raise ValueError(
            f"lam must be positive: it is the spectrum of a positive definite matrix, got {values.min():g}"
        )
    return values


def _weights(lam: Array, n_t: int, n_s: int) -> tuple[float, float]:
    """Return (a_t, a_s) of C1 for real covariance I and synthetic covariance diag(lam)."""
    a_t, a_s = scalar_root(lam, n_t, n_s).weights
    return float(a_t), float(a_s)


def spectrum_risk(lam: ArrayLike, n_t: int, n_s: int, *, noise_var: float = 1.0) -> float:
    r"""Excess risk for n > p as a function of the relative spectrum.

    .. math:: R_u(\lambda) = \frac{\sigma^2}{n} \sum_i \frac{1}{a_s \lambda_i + a_t}, \qquad a_t + a_s = 1 - p/n, \qquad
              a_s + \frac1n \sum_i \frac{a_s \lambda_i}{a_s \lambda_i + a_t} = \frac{n_s}{n}.

    Parameters
    ----------
    lam : array_like, shape (p,)
        Eigenvalues of Sigma_t^{-1/2} Sigma_s Sigma_t^{-1/2}, positive, in any order.
    n_t, n_s : int
        Numbers of real and synthetic rows, n_t + n_s > p.
    noise_var : float
        sigma^2.

    Raises
    ------
    ValueError
        If n_t + n_s <= p, or an eigenvalue is not positive.

    Notes
    -----
    Rezaei et al. (2026), Theorem 4.1 [paper*].

    Examples
    --------
    >>> round(spectrum_risk([0.1] * 100 + [1.9] * 100, 120, 280), 4)
    2.1208
    """
    values = _spectrum(lam)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    n = sum(check_counts((n_t, n_s), ("n_t", "n_s")))
    a_t, a_s = _weights(values, n_t, n_s)
    return float(noise_var / n * np.sum(1 / (a_s * values + a_t)))


def risk_gradient(lam: ArrayLike, n_t: int, n_s: int, *, noise_var: float = 1.0) -> Array:
    r"""Gradient of `spectrum_risk` in the eigenvalues.

    .. math:: \frac{\partial R_u}{\partial \lambda_i} = -\frac{\sigma^2 + R_u}{n} \, \frac{a_s}{d_i^2 F'}, \qquad
              d_i = a_s \lambda_i + a_t, \qquad F' = 1 + \frac{1 - p/n}{n} \sum_j \frac{\lambda_j}{d_j^2}.

    Every entry is <= 0 (scale always helps) and a larger eigenvalue has the larger entry, which is the Schur-Ostrowski
    criterion for Schur convexity.

    Parameters
    ----------
    lam, n_t, n_s, noise_var
        As in `spectrum_risk`.

    Returns
    -------
    ndarray, shape (p,)

    Raises
    ------
    ValueError
        As in `spectrum_risk`.

    Notes
    -----
    C7 [proved]: derived in this project. With h(lambda) = a_s lambda/d, the root a_s of F = a_s + (1/n) sum h - n_s/n
    has da_s/dlambda_i = -(a_s a_t/n)/(d_i^2 F'), and R_u = sigma^2 (p + n a_s - n_s)/(n a_t) gives dR_u/da_s = sigma^2
    n_t/(n a_t^2) with n_t/(n a_t) = 1 + R_u/sigma^2.

    Examples
    --------
    >>> risk_gradient([1.0, 1.0], 2, 2).round(12).tolist()
    [-0.25, -0.25]
    """
    values = _spectrum(lam)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    a_t, a_s = _weights(values, n_t, n_s)
    n = sum(check_counts((n_t, n_s), ("n_t", "n_s")))
    d = a_s * values + a_t
    slope = 1 + (1 - values.size / n) / n * float(np.sum(values / d**2))
    risk = float(np.sum(1 / d)) / n
    return np.asarray(-noise_var * (1 + risk) / n * a_s / (d**2 * slope))


def schur_gap(lam: ArrayLike, n_t: int, n_s: int) -> float:
    r"""Smallest Schur-Ostrowski product over pairs of eigenvalues that are neighbours in size (sigma^2 = 1).

    .. math:: \min_{(i, j)} (\lambda_i - \lambda_j) (\partial_i R_u - \partial_j R_u).

    It is >= 0 for neighbours iff it is for all pairs; R_u is Schur-convex iff it is >= 0 everywhere.

    Parameters
    ----------
    lam, n_t, n_s
        As in `spectrum_risk`; at least two eigenvalues.

    Raises
    ------
    ValueError
        As in `spectrum_risk`, or if there is only one eigenvalue.

    Notes
    -----
    C7 [proved]: >= 0 always, derived in this project (proof of Rezaei et al. (2026), Theorem 4.3 [paper*]).

    Examples
    --------
    >>> schur_gap([0.2, 1.0, 1.8], 4, 4) > 0
    True
    """
    values = np.sort(_spectrum(lam))
    if values.size < 2:
        raise ValueError("lam must have at least two eigenvalues to compare")
    gradient = risk_gradient(values, n_t, n_s)
    return float(np.min(np.diff(values) * np.diff(gradient)))


def t_transform(lam: ArrayLike, i: int, j: int, share: float) -> Array:
    r"""Move two eigenvalues towards each other: (1 - share) lambda_i + share lambda_j and the reverse.

    The result is majorised by lam, with the same trace; a Schur-convex function does not increase.

    Parameters
    ----------
    lam : array_like, shape (p,)
        Positive eigenvalues.
    i, j : int
        Different indices from 0 to p - 1.
    share : float
        In [0, 1]; 1/2 makes the two equal, 1 exchanges them.

    Raises
    ------
    ValueError
        If an index is out of range, the indices are equal, or the share is outside [0, 1].

    Examples
    --------
    >>> t_transform([1.0, 3.0, 5.0], 0, 2, 0.25).tolist()
    [2.0, 3.0, 4.0]
    """
    values = _spectrum(lam).copy()
    i = check_integer("i", i, low=0, high=values.size - 1)
    j = check_integer("j", j, low=0, high=values.size - 1)
    if i == j:
        raise ValueError(f"i and j must differ, got {i} twice")
    share = check_real("share", share, low=0, high=1, closed="both")
    transfer = share * (values[j] - values[i])
    values[i] += transfer
    values[j] -= transfer
    return values


def matching_curvature(q: float, n_t: int, n_s: int) -> float:
    r"""Relative curvature of the risk at matching under a power-mean constraint of order q > -1.

    .. math:: \frac{R_u(\lambda)}{R_u(1)} = 1 + \kappa v + o(v), \qquad v = \frac1p \sum_i (\log \lambda_i)^2, \qquad
              \kappa = \frac{n_s}{2 n} \Bigl[ q - \frac{n_t - n_s}{n} \Bigr],

    for spectra with ((1/p) sum lambda_i^q)^{1/q} = 1 (q = 0: determinant 1). It does not depend on p.

    Parameters
    ----------
    q : float
        Order of the mean, > -1: 1 is the trace, 0 the determinant.
    n_t, n_s : int
        Numbers of real and synthetic rows.

    Raises
    ------
    ValueError
        If q <= -1, a count is negative, or both are 0.

    Notes
    -----
    C8 [derived]: derived in this project. Put lambda_i = exp(e s_i + e^2 r) with sum s_i = 0 and mean square V of s;
    the constraint gives r = -q V/2. With w = n_s/n, h is the logistic function of log lambda_i with h' = w(1-w) and
    h'' = w(1-w)(1-2w) at lambda = 1, and F' = 1/(1-p/n): so a_s changes by e^2 V (p/n)(1-p/n) w (1-w) [q - (1-2w)]/2
    and R_u by dR_u/da_s = sigma^2/((1-w)(1-p/n)^2) times that.

    Examples
    --------
    >>> round(matching_curvature(0, 300, 100), 12), round(matching_curvature(0, 100, 300), 12)
    (-0.0625, 0.1875)
    """
    q = check_real("q", q, low=-1)
    n_t, n_s = check_counts((n_t, n_s), ("n_t", "n_s"))
    n = n_t + n_s
    return n_s / (2 * n) * (q - (n_t - n_s) / n)


def matching_is_local_minimum(q: float, n_t: int, n_s: int) -> bool:
    r"""Whether matching is a strict local minimum under a power-mean constraint of order q > -1.

    .. math:: (1 + q) n_s > (1 - q) n_t.

    Local only: a large spread may still have a lower risk. If the two sides are equal the second order does not decide
    and False is returned; so it is for n_s = 0, where the spectrum does not matter.

    Parameters
    ----------
    q, n_t, n_s
        As in `matching_curvature`.

    Raises
    ------
    ValueError
        As in `matching_curvature`.

    Notes
    -----
    C8 [derived]: derived in this project.

    Examples
    --------
    >>> matching_is_local_minimum(0, 100, 300), matching_is_local_minimum(0, 300, 100)
    (True, False)
    """
    q = check_real("q", q, low=-1)
    n_t, n_s = check_counts((n_t, n_s), ("n_t", "n_s"))
    return n_s > 0 and (1 + q) * n_s > (1 - q) * n_t


def over_variance(lam: ArrayLike, n_t: int, n_s: int, *, noise_var: float = 1.0) -> float:
    r"""Variance for n < p, Sigma_t = I and a synthetic covariance with spectrum lam.

    .. math:: \sigma^2 (b_t + b_s), \qquad b_t = \frac{n_t}{p - n}, \qquad
              \sum_i \frac{b_s \lambda_i}{1 + b_t + b_s \lambda_i} = n_s.

    Each term of the sum is concave in lambda_i, so b_s is Schur-convex: with given trace lam constant is best.

    Parameters
    ----------
    lam : array_like, shape (p,)
        Eigenvalues of Sigma_s, positive.
    n_t, n_s : int
        Numbers of real and synthetic rows, 0 < n_t + n_s < p.
    noise_var : float
        sigma^2.

    Raises
    ------
    ValueError
        If n_t + n_s is not between 1 and p - 1, or an eigenvalue is not positive.

    Notes
    -----
    C10 [proved]: derived in this project (the statement for Sigma_t = I is Theorem 4.5 of Rezaei et al. (2026)
    [paper*]). With n_t = 0 the test law is not among the training laws: then the variance is sigma^2 b_s (O2 with N
    restricted to the synthetic rows), which the formula gives with b_t = 0.

    Examples
    --------
    >>> round(over_variance([1.0] * 120, 30, 30), 12)
    1.0
    """
    values = _spectrum(lam)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    n_t, n_s = check_counts((n_t, n_s), ("n_t", "n_s"))
    p = values.size
    if n_t + n_s >= p:
        raise ValueError(f"n_t + n_s must be below p = {p}, got {n_t + n_s}")
    b_t = n_t / (p - n_t - n_s)
    if n_s == 0:
        return noise_var * b_t

    logs = np.log(values) - np.log1p(b_t)

    def surplus(log_b: float) -> float:
        return float(np.sum(expit(log_b + logs))) - n_s

    # With all eigenvalues equal the root is explicit; those of the smallest and the largest enclose it.
    level = np.log(n_s * (1 + b_t) / (p - n_s))
    low, high = level - np.log(values.max()), level - np.log(values.min())
    root = low if high - low < 1e-14 else brentq(surplus, low - 1e-9, high + 1e-9, xtol=1e-14, rtol=1e-14)
    return float(noise_var * (b_t + np.exp(root)))
