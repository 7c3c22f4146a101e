r"""Distance between the law of a mixed record and the law of the data.

S = lambda^2 + (1 - lambda)^2 >= 1/2 is the squared norm of the weights: given lambda, a mixed N(mu, sigma^2) record is
N(mu, S sigma^2). T9 of the theory note; every formula is tagged [D]: derived in this project.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr, ndtri

from mixtheory._validation import check_real, check_reals
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.quadrature import expect
from mixtheory.mixing.weights import EpBeta

__all__ = [
    "absolute_deviation_factor",
    "gaussian_cdf",
    "gaussian_charfn",
    "gaussian_ks",
    "gaussian_ks_bound",
    "gaussian_ks_leading",
    "gaussian_pair_distance",
    "gaussian_pdf",
    "gaussian_w1",
    "gaussian_w2",
    "ks_bound_from_w1",
    "smaller_weight_moment",
    "wasserstein_bound",
]

Array = NDArray[np.float64]

# Standard deviations beyond which a normal tail is below rounding, and the panels of the composite rules in between.
_TAIL = 10.0
_PANELS = 40
_GAUSS_NODES, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(12)


def _square_sum(weight: Array) -> Array:
    return weight**2 + (1 - weight) ** 2


def _phi(x: Array) -> Array:
    return np.asarray(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def smaller_weight_moment(law: EpBeta, p: float) -> float:
    r"""E abs(1 - omega)^p for omega = max(lambda, 1 - lambda), the weight of the parent that is kept.

    Raises
    ------
    ValueError
        If p is below 1.

    Notes
    -----
    T9(a) [D]: derived in this project.
    """
    power = check_real("p", p, low=1, closed="left")
    return float(expect(law, lambda w: np.abs(1 - np.maximum(w, 1 - w)) ** power))


def wasserstein_bound(law: EpBeta, p: float, pair_moment: float) -> float:
    r"""Bound on the Wasserstein distance of order p between a mixed record and the data, for any law and norm.

    .. math:: W_p(\tilde X, X) \le (E|1 - \omega|^p)^{1/p} \, (E\|X - X'\|^p)^{1/p}, \qquad
              \omega = \max(\lambda, 1 - \lambda).

    Keep the parent with the larger weight: it still has the law of the data and is (1 - omega)(X' - X) away.

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.
    p : float
        Order, at least 1.
    pair_moment : float
        E norm(X - X')^p of two independent records; for p = 2 and the Euclidean norm 2 trace(Sigma).

    Raises
    ------
    ValueError
        If p is below 1 or the moment is negative.

    Notes
    -----
    T9(a) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(wasserstein_bound(EpBeta.preserving_symmetric(1.0), 2, 2.0), 3)
    0.366
    """
    moment = check_real("pair_moment", pair_moment, low=0, closed="left")
    return float((smaller_weight_moment(law, p) * moment) ** (1 / p))


def gaussian_pair_distance(sd: float = 1.0) -> float:
    r"""E abs(X - X') = 2 sigma / sqrt(pi) of two independent normal records, for `wasserstein_bound` with p = 1."""
    return float(2 * check_real("sd", sd, low=0) / np.sqrt(np.pi))


def ks_bound_from_w1(w1: float, density_bound: float) -> float:
    r"""Bound sqrt(2 M W_1) on the Kolmogorov-Smirnov distance to a law whose density is at most M.

    A gap D at one point stays above D - M t within distance t on one side, so W_1 >= D^2 / (2 M).

    Raises
    ------
    ValueError
        If an argument is negative or not finite.

    Notes
    -----
    T9(a) [D]: derived in this project.
    """
    distance = check_real("w1", w1, low=0, closed="left")
    return float(np.sqrt(2 * check_real("density_bound", density_bound, low=0) * distance))


def gaussian_cdf(law: EpBeta, x: ArrayLike) -> Array:
    r"""Distribution function E Phi(x / sqrt(S)) of mixed standard normal records.

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.
    x : array_like

    Notes
    -----
    T9(b) [D]: derived in this project; double-exponential quadrature over lambda.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(float(gaussian_cdf(EpBeta.preserving_symmetric(1.0), 0.71)), 6)
    0.774393
    """
    points = check_reals("x", x)[..., np.newaxis]
    return expect(law, lambda w: ndtr(points / np.sqrt(_square_sum(w))))


def gaussian_pdf(law: EpBeta, x: ArrayLike) -> Array:
    r"""Density E phi(x / sqrt(S)) / sqrt(S) of mixed standard normal records (T9(b) [D], derived in this project)."""
    points = check_reals("x", x)[..., np.newaxis]
    return expect(law, lambda w: _phi(points / np.sqrt(_square_sum(w))) / np.sqrt(_square_sum(w)))


def gaussian_charfn(law: EpBeta, t: ArrayLike) -> Array:
    r"""Characteristic function E exp(-S t^2 / 2) of mixed standard normal records, at least exp(-E S t^2 / 2).

    Notes
    -----
    T9(b) [D]: derived in this project; the bound is Jensen's inequality.
    """
    points = check_reals("t", t)[..., np.newaxis]
    return expect(law, lambda w: np.exp(-_square_sum(w) * points**2 / 2))


def absolute_deviation_factor(law: EpBeta) -> float:
    r"""E abs(X~ - mu) / E abs(X - mu) = E sqrt(S) for normal records; below 1 at r = 0 (Jensen).

    Notes
    -----
    T9(b) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(absolute_deviation_factor(EpBeta.preserving_symmetric(1.0)) * (2 / np.pi) ** 0.5, 6)
    0.778679
    """
    return float(expect(law, lambda w: np.sqrt(_square_sum(w))))


def _largest(function: Callable[[Array], Array], low: float, high: float) -> float:
    """Return the largest value on an interval: a grid, then a bounded search around its best point."""
    grid = np.linspace(low, high, 401)
    best = int(np.argmax(function(grid)))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    found = minimize_scalar(lambda x: -float(function(np.asarray(x))), bounds=bounds, options={"xatol": 1e-10})
    return float(-found.fun)


def gaussian_ks(law: EpBeta) -> float:
    r"""Exact Kolmogorov-Smirnov distance max_x abs(E Phi(x / sqrt(S)) - Phi(x)) for normal records, numerically.

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.

    Notes
    -----
    T9(b) [D]: derived in this project. Both laws are symmetric, so x >= 0 is enough.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(gaussian_ks(EpBeta.preserving_symmetric(1.0)), 5)
    0.01325
    """
    return _largest(lambda x: np.abs(gaussian_cdf(law, x) - ndtr(x)), 0.0, _TAIL)


def _curvature_maximum() -> float:
    """Return max_x abs(x (3 - x^2) phi(x)): four times the curvature of s -> Phi(x / sqrt(s)) at s = 1."""
    return _largest(lambda x: np.abs(x * (3 - x**2) * _phi(x)), 0.0, _TAIL)


def gaussian_ks_leading(law: MixingLaw) -> float:
    r"""Leading order Var(S) / 8 max_x abs(x (3 - x^2)) phi(x) of `gaussian_ks` at r = 0, where Var(S) = 4 q_2.

    It is the limit where S concentrates about 1, that is E abs(S - 1)^3 falls faster than Var(S), as when lambda
    concentrates about 1. A small q_2 alone does not do: with rare weights far inside (0, 1), as in the symmetric family
    for alpha -> 0, the exact distance stays about 1.39 times larger.

    Parameters
    ----------
    law : MixingLaw
        Law with scalar parameters and r = 0.

    Notes
    -----
    T9(b) [D]: derived in this project (second-order expansion of Phi(x / sqrt(S)) about S = 1).

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(gaussian_ks_leading(EpBeta.preserving_symmetric(1.0)), 5)
    0.01376
    """
    return float(law.squared_norm_variance) / 8 * _curvature_maximum()


def _scale_ks(rho: float) -> float:
    """Return max_x abs(Phi(x / sqrt(rho)) - Phi(x)), reached where the two densities cross."""
    if rho == 1:
        return 0.0
    crossing = np.sqrt(rho * np.log(rho) / (rho - 1))
    return float(abs(ndtr(crossing / np.sqrt(rho)) - ndtr(crossing)))


def gaussian_ks_bound(law: MixingLaw) -> float:
    r"""Rigorous bound on the Kolmogorov-Smirnov distance between mixed and original normal records.

    .. math:: \max_x|\Phi(x/\sqrt\rho) - \Phi(x)| + \frac{k^2}{8} \max_x|x (3 - x^2)| \phi(x) \, Var(S)

    for k parents; at r = 0 and k = 2 this is 1.101 q_2. The first term is the distance to N(0, rho), the second bounds
    Taylor's remainder about E S = rho: the second derivative of Phi(x / sqrt(s)) in s is u (3 - u^2) phi(u) / (4 s^2)
    with u = x / sqrt(s), and s >= 1/k.

    Parameters
    ----------
    law : MixingLaw
        Law with scalar parameters.

    Notes
    -----
    T9(b) [D]: derived in this project; at r != 0 and for k > 2 an extension of the note.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(gaussian_ks_bound(EpBeta.preserving_symmetric(1.0)), 4)
    0.0551
    """
    remainder = law.n_parents**2 / 8 * _curvature_maximum() * float(law.squared_norm_variance)
    return _scale_ks(float(law.variance_factor)) + remainder


def _reach(law: EpBeta) -> float:
    """Return where the tails of both laws are below rounding: S is largest at an end of the support."""
    return _TAIL * float(np.sqrt(np.max(_square_sum(np.asarray(law.support, dtype=np.float64)))).clip(min=1.0))


def _integral(function: Callable[[Array], Array], edges: Array) -> float:
    """Composite Gauss-Legendre rule over the panels between `edges`."""
    widths = np.diff(edges)[:, np.newaxis]
    points = edges[:-1, np.newaxis] + widths * (_GAUSS_NODES + 1) / 2
    return float(np.sum(function(points.ravel()) * (widths * _GAUSS_WEIGHTS / 2).ravel()))


def gaussian_w1(law: EpBeta) -> float:
    r"""Exact Wasserstein distance of order 1 between mixed and original standard normal records, numerically.

    .. math:: W_1 = 2 \int_0^\infty |E \Phi(x / \sqrt S) - \Phi(x)| \, dx,

    by quadrature between the points where the difference changes sign.

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.

    Notes
    -----
    T9(c) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(gaussian_w1(EpBeta.preserving_symmetric(1.0)), 4)
    0.0354
    """

    def gap(x: Array) -> Array:
        return ndtr(-x) - gaussian_cdf(law, -x)

    edges = np.linspace(0.0, _reach(law), _PANELS + 1)
    signs = np.sign(gap(edges))
    changes = np.flatnonzero(signs[1:-1] * signs[2:] < 0) + 1
    roots = [brentq(lambda x: float(gap(np.asarray(x))), edges[k], edges[k + 1]) for k in changes]
    return 2 * _integral(lambda x: np.abs(gap(x)), np.sort(np.concatenate([edges, roots])))


def gaussian_w2(law: EpBeta) -> float:
    r"""Exact Wasserstein distance of order 2 between mixed and original standard normal records, numerically.

    .. math:: W_2^2 = 2 \int_0^\infty (x - T(x))^2 \tilde f(x) \, dx, \qquad T(x) = -\Phi^{-1}(E \Phi(-x / \sqrt S)),

    with the increasing map T from the mixed law to the original one, so that no quantile of the mixed law is needed.

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.

    Notes
    -----
    T9(c) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(gaussian_w2(EpBeta.preserving_symmetric(1.0)), 4)
    0.0527
    """

    def cost(x: Array) -> Array:
        transported = -ndtri(gaussian_cdf(law, -x))
        return np.asarray((x - transported) ** 2 * gaussian_pdf(law, x))

    return float(np.sqrt(2 * _integral(cost, np.linspace(0.0, _reach(law), _PANELS + 1))))
