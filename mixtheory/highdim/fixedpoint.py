r"""Fixed points of the deterministic equivalents: weights w_k of K populations of rows.

Every equation here is the stationarity of one convex potential of the logarithms x_k = log w_k,

.. math:: \Phi(x) = \ell \sum_k e^{x_k} + \log\det\Bigl(B + \sum_k e^{x_k} S_k\Bigr) - \sum_k n_k x_k,
          \qquad \partial_k \Phi = \ell w_k + Tr W_k - n_k,

with W_k = w_k A^{-1/2} S_k A^{-1/2} and A = B + sum_k w_k S_k. For n > p (C1): l = n, B = 0 and w = a. For n < p (C2):
l = 0, B = I and w = b. A ridge penalty z: l = n z, B = I and w = a/z. The determinant is a polynomial in w with
non-negative coefficients (mixed discriminants), so log det is a log-sum-exp of linear functions and Phi is convex: the
root is unique. [proved], derived in this project.

Two populations with n > p need one unknown only, the log-odds t = log(a_s / a_t): with s(t) = 1/(1 + e^{-t}) and
lambda the relative spectrum, E1 and E2 are

.. math:: (1 - p/n) s(t) + \frac1n \sum_i s(t + \log\lambda_i) = n_s / n,

an increasing function of t whose root lies within logit(n_s/n) - log [max(1, lambda_max), min(1, lambda_min)].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg
from scipy.special import expit

from mixtheory._validation import check_matrix, check_real, check_reals, shown
from mixtheory.highdim.moments import check_counts, spectral_form
from mixtheory.highdim.resolvents import DiagonalForm, FactorForm, Form, Point, solve_dominant
from mixtheory.highdim.spectra import Spectrum, as_spectrum

__all__ = [
    "FixedPoint",
    "check_counts",
    "scalar_root",
    "solve",
    "solve_dominant",
    "solve_over",
    "solve_ridge",
    "solve_under",
    "spectral_form",
]

Array = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_MAX_ITERATIONS = 200
_LONGEST_STEP = 4.0
_ROUGH = 1e-6
_FINE = 1e-13


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """Weights of the populations and how well they solve the equations.

    Attributes
    ----------
    weights : ndarray, shape (K,)
        a_k for n > p, b_k for n < p, a_k / z for a ridge penalty z; 0 for a population without rows.
    residual : float
        Largest residual of an equation relative to its n_k.
    iterations : int
        Evaluations of the equations.
    """

    weights: Array
    residual: float
    iterations: int


def _log_odds(logs: Array, n_t: float, n_s: float) -> tuple[float, int]:
    """Root t of the equation above for logs = log lambda, with n_t and n_s positive and n_t + n_s > p."""
    if n_s > n_t:
        # The equation of the smaller population keeps the digits of both.
        t, iterations = _log_odds(-logs, n_s, n_t)
        return -t, iterations
    n = n_t + n_s
    free = n - logs.size
    centre = math.log(n_s / n_t)
    low, high = centre - max(0.0, float(logs.max())), centre - min(0.0, float(logs.min()))
    t = min(max(centre - float(logs.mean()), low), high)
    width = math.inf
    for iteration in range(1, _MAX_ITERATIONS + 1):
        shares = expit(t + logs)
        own = float(expit(t))
        excess = free * own + float(shares.sum()) - n_s
        if abs(excess) <= 4 * _EPS * n_s:
            break
        if excess > 0:
            high = min(high, t)
        else:
            low = max(low, t)
        # Newton's step for the logarithm of the equation, which is linear where all shares are small
        total = excess + n_s
        slope = (free * own * (1 - own) + float(np.sum(shares * (1 - shares)))) / total
        new = t - math.log(total / n_s) / slope if slope > 0 else math.inf
        if not low < new < high or (iteration % 4 == 0 and high - low > width / 2):
            new = (low + high) / 2
        if iteration % 4 == 0:
            width = high - low
        step, t = abs(new - t), new
        if step <= 2 * _EPS * max(1.0, abs(t)):
            break
    return t, iteration


def scalar_root(lam: ArrayLike, n_t: int, n_s: int) -> FixedPoint:
    r"""Weights (a_t, a_s) for n > p from the relative spectrum lambda, at O(p) an evaluation.

    .. math:: a_t + a_s = 1 - p/n, \qquad
              a_s + \frac1n \sum_i \frac{a_s \lambda_i}{a_s \lambda_i + a_t} = \frac{n_s}{n}.

    Parameters
    ----------
    lam : array_like, shape (p,)
        Eigenvalues of Sigma_t^{-1/2} Sigma_s Sigma_t^{-1/2}, positive.
    n_t, n_s : int
        Numbers of real and synthetic rows, n_t + n_s > p; one may be 0.

    Raises
    ------
    ValueError
        If a value is not positive or n_t + n_s <= p.

    Notes
    -----
    C1, Rezaei et al. (2026), Theorem 4.1 [paper*]; the form in log-odds and its bracket are derived in this project.

    Examples
    --------
    For equal covariances the weights are the shares of the rows times 1 - p/n.

    >>> scalar_root([1.0] * 50, 25, 75).weights.round(12).tolist()
    [0.125, 0.375]
    """
    values = check_reals("lam", check_matrix("lam", lam, ndim=1), low=0)
    counts = check_counts((n_t, n_s), ("n_t", "n_s"))
    _check_under(values.size, sum(counts))
    return _solve_two(np.log(values), counts)


def _solve_two(logs: Array, counts: Sequence[float] | Array) -> FixedPoint:
    n_t, n_s = counts
    n = n_t + n_s
    share = (n - logs.size) / n
    if n_t == 0 or n_s == 0:
        return FixedPoint(np.array([share * (n_t > 0), share * (n_s > 0)]), 0.0, 0)
    t, iterations = _log_odds(logs, n_t, n_s)
    weights = share * expit(np.array([-t, t]))
    sums = n * weights + np.array([float(expit(-t - logs).sum()), float(expit(t + logs).sum())])
    return FixedPoint(weights, float(np.max(np.abs(sums / counts - 1))), iterations)


class _Newton:
    """Damped Newton on Phi; `at` moves to new logarithms of the weights."""

    def __init__(self, form: Form, counts: Array, linear: float, x: Array, *, exact: bool) -> None:
        self.form, self.counts, self.linear, self.exact = form, counts, linear, exact
        self.evaluations = 0
        self.x, self.point, self.value, self.slack = self._look(x)

    def _look(self, x: Array) -> tuple[Array, Point, float, float]:
        self.evaluations += 1
        weights = np.exp(x)
        point = self.form.at(weights, exact=self.exact)
        parts = np.array([self.linear * weights.sum(), point.log_determinant, -float(self.counts @ x)])
        size = self.linear * weights.sum() + abs(point.log_determinant) + float(self.counts @ np.abs(x))
        return x, point, float(parts.sum()), 64 * _EPS * size

    @property
    def gradient(self) -> Array:
        return np.asarray(self.linear * np.exp(self.x) + self.point.traces - self.counts)

    @property
    def residual(self) -> float:
        return float(np.max(np.abs(self.gradient) / self.counts))

    def step(self) -> None:
        gradient = self.gradient
        surplus = self.linear * np.exp(self.x) + self.point.base_overlaps
        direction = -solve_dominant(self.point.overlaps, surplus, gradient)
        direction *= min(1.0, _LONGEST_STEP / float(np.max(np.abs(direction))))
        slope = float(gradient @ direction)
        length = 1.0
        while True:
            x, point, value, slack = self._look(self.x + length * direction)
            if value <= self.value + 1e-4 * length * slope + slack or length < 1e-6:
                break
            length /= 2
        self.x, self.point, self.value, self.slack = x, point, value, slack


def _newton(
    form: Form, counts: Array, linear: float, x: Array, *, exact: bool, tolerance: float
) -> tuple[Array, float, int]:
    """Iterate until the relative residual is below the tolerance or no longer falls; return the best iterate."""
    search = _Newton(form, counts, linear, x, exact=exact)
    best, lowest, stalled = search.x, search.residual, 0
    while lowest > tolerance and stalled < 8 and search.evaluations < _MAX_ITERATIONS:
        search.step()
        stalled = 0 if search.residual < 0.7 * lowest else stalled + 1
        if search.residual < lowest:
            best, lowest = search.x, search.residual
    return best, lowest, search.evaluations


def _two_factors(form: FactorForm, counts: Array, x: Array) -> tuple[Array, float, int]:
    """Two matrices, n > p: whiten at a guess, solve the scalar equation there, and whiten again if need be."""
    n = counts.sum()
    share = (n - form.size) / n
    best, lowest, iterations = x, math.inf, 0
    for _ in range(6):
        point = form.at(np.exp(x))
        residual = float(np.max(np.abs(n * np.exp(x) + point.traces - counts) / counts))
        iterations += 1
        if residual < lowest:
            best = x
        if residual < _FINE or residual > 0.5 * lowest:
            lowest = min(lowest, residual)
            break
        lowest = residual
        shares = np.clip(linalg.eigvalsh(point.whitened(1), check_finite=False), _EPS**2, 1 - _EPS / 2)
        logs = np.log(shares / (1 - shares)) - (x[1] - x[0])
        t, scalar = _log_odds(logs, float(counts[0]), float(counts[1]))
        iterations += scalar
        x = math.log(share) - np.logaddexp(0.0, np.array([t, -t]))
    return best, lowest, iterations


def solve(form: Form, counts: Sequence[float] | Array, linear: float) -> FixedPoint:
    """Minimise Phi for the populations of `form`; those without rows get the weight 0.

    `linear` is n for n > p with a base of zeros, 0 for n < p and n z for a ridge penalty z, both with a base of ones.
    Numbers of rows need not be integers. The caller has checked that a minimum exists (`solve_under`, `solve_over` and
    `solve_ridge` do).
    """
    present = np.flatnonzero(np.asarray(counts) > 0)
    weights = np.zeros(len(counts))
    numbers = np.asarray(counts, dtype=np.float64)[present]
    n, m = float(numbers.sum()), form.size
    under = not np.any(form.base)
    if under and present.size == 1:
        weights[present] = (n - m) / linear
        return FixedPoint(weights, 0.0, 0)
    active = _subset(form, present)
    if under and present.size == 2:
        # the equations do not change if weights and the linear term are scaled against each other: solve at linear = n
        logs = np.log(active.surrogate().rows)
        found = _solve_two(logs[1] - logs[0], numbers)
        weights[present] = found.weights * (n / linear)
        if isinstance(active, DiagonalForm):
            return FixedPoint(weights, found.residual, found.iterations)
        x, residual, iterations = _two_factors(active, numbers, np.log(found.weights))
        weights[present] = np.exp(x) * (n / linear)
        return FixedPoint(weights, residual, iterations)
    if under:
        start = np.log(numbers / n * (n - m) / linear)
    else:
        start = np.log(numbers / ((m - n) * active.scales)) if linear == 0 else _ridge_start(active, numbers, linear)
    x, iterations = start, 0
    if isinstance(active, FactorForm):
        x, _, iterations = _newton(active.surrogate(), numbers, linear, start, exact=True, tolerance=_ROUGH)
        x, _, more = _newton(active, numbers, linear, x, exact=False, tolerance=_ROUGH)
        iterations += more
    x, residual, more = _newton(active, numbers, linear, x, exact=True, tolerance=_FINE)
    iterations += more
    weights[present] = np.exp(x)
    return FixedPoint(weights, residual, iterations)


def _ridge_start(form: Form, counts: Array, linear: float) -> Array:
    """Weights for one pooled population b of isotropic rows: linear b + m b v / (1 + b v) = n."""
    n, m = float(counts.sum()), form.size
    scale = float(counts @ form.scales) / n
    middle = linear + (m - n) * scale
    root = math.hypot(middle, 2 * math.sqrt(linear) * math.sqrt(scale * n))
    b = 2 * n / (middle + root) if middle > 0 else (root - middle) / (2 * linear) / scale
    return np.log(counts / n * b)


def _subset(form: Form, present: NDArray[np.intp]) -> Form:
    if isinstance(form, DiagonalForm):
        return DiagonalForm(form.rows[present], form.base)
    return FactorForm([form.factors[k] for k in present], form.base, form.surrogate().rows[present])


def _spectra(covariances: Sequence[object], counts: Sequence[int]) -> list[Spectrum]:
    if len(covariances) != len(counts):
        raise ValueError(f"covariances and counts must have the same length, got {len(covariances)} and {len(counts)}")
    spectra = [as_spectrum(f"covariances[{k}]", value) for k, value in enumerate(covariances)]
    sizes = [spectrum.p for spectrum in spectra]
    if len(set(sizes)) != 1:
        raise ValueError(f"covariances must be at least one and of one dimension, got the dimensions {shown(sizes)}")
    return spectra


def _check_under(p: int, n: int) -> None:
    if n <= p:
        raise ValueError(f"the equations for n > p need more rows than features, got n = {n} and p = {p}")


def solve_under(covariances: Sequence[object], counts: Sequence[int]) -> FixedPoint:
    r"""Weights a_k of K populations with n > p.

    .. math:: a_k + \frac1n Tr[a_k \Sigma_k D] = \frac{n_k}{n}, \qquad D = \Bigl(\sum_k a_k \Sigma_k\Bigr)^{-1},
              \qquad \sum_k a_k = 1 - p/n.

    Parameters
    ----------
    covariances : sequence of Spectrum or array_like, shape (p,) or (p, p)
    counts : sequence of int
        Rows of each population, in all more than p.

    Raises
    ------
    ValueError
        If there are too few rows or the covariances are not as `as_spectrum` asks or differ in dimension.

    Notes
    -----
    C1, Rezaei et al. (2026), Theorem 4.1 [paper*] for two populations; K populations are derived in this project.

    Examples
    --------
    >>> solve_under([[1.0] * 40] * 3, [20, 20, 40]).weights.round(12).tolist()
    [0.125, 0.125, 0.25]
    """
    spectra = _spectra(covariances, counts)
    numbers = check_counts(counts)
    _check_under(spectra[0].p, sum(numbers))
    return solve(spectral_form(spectra, 0.0), numbers, float(sum(numbers)))


def solve_over(covariances: Sequence[object], counts: Sequence[int]) -> FixedPoint:
    r"""Weights b_k of K populations with n < p.

    .. math:: b_k Tr[\Sigma_k T] = n_k, \qquad T = \Bigl(I + \sum_k b_k \Sigma_k\Bigr)^{-1}, \qquad Tr T = p - n.

    Parameters
    ----------
    covariances : sequence of Spectrum or array_like, shape (p,) or (p, p)
    counts : sequence of int
        Rows of each population, in all fewer than p.

    Raises
    ------
    ValueError
        If there are too many rows or the covariances are not as `as_spectrum` asks or differ in dimension.

    Notes
    -----
    C2 [derived], derived in this project.

    Examples
    --------
    For identities b_k = n_k / (p - n).

    >>> solve_over([[1.0] * 40] * 2, [10, 20]).weights.round(12).tolist()
    [1.0, 2.0]
    """
    spectra = _spectra(covariances, counts)
    numbers = check_counts(counts)
    if sum(numbers) >= spectra[0].p:
        raise ValueError(
            f"the equations for n < p need fewer rows than features, got n = {sum(numbers)} and p = {spectra[0].p}"
        )
    return solve(spectral_form(spectra, 1.0), numbers, 0.0)


def solve_ridge(covariances: Sequence[object], counts: Sequence[int], penalty: float) -> FixedPoint:
    r"""Weights b_k = a_k / z of K populations at a ridge penalty z > 0, for any n and p.

    .. math:: n z b_k + b_k Tr[\Sigma_k T] = n_k, \qquad T = \Bigl(I + \sum_k b_k \Sigma_k\Bigr)^{-1},

    and (X^T X / n + z)^{-1} ~ T / z.

    Raises
    ------
    ValueError
        If the penalty is not positive, or a covariance or a count is not as for `solve_over`.

    Notes
    -----
    C1 and C2 [derived], derived in this project: a_k = (n_k/n) / (1 + Tr[Sigma_k Q]/n) with a_k = z b_k and Q = T/z.

    Examples
    --------
    >>> solve_ridge([[1.0] * 40], [40], 2.0).weights.round(12).tolist()
    [0.366025403784]
    """
    spectra = _spectra(covariances, counts)
    numbers = check_counts(counts)
    penalty = check_real("penalty", penalty, low=0)
    return solve(spectral_form(spectra, 1.0), numbers, sum(numbers) * penalty)
