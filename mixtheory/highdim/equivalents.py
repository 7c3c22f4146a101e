r"""Deterministic equivalents of the excess risk of least squares on real and synthetic rows.

Rows of population k are x = Sigma_k^{1/2} z + mu_k with y = x^T beta + eps, Var eps = sigma^2, one beta for all; the
estimator is the least-squares fit, of minimum norm for n < p, and the excess risk is E (x^T (beta_hat - beta))^2 at a
new row x of the test population. The index t is the target (real) and s the synthetic population.

The proportional regime: n and p of the same order, n/p away from 1, spectra bounded away from 0 and infinity. The error
of the equivalents is of relative order 1/p (about 1.5/p at n = 2p). Means and an intercept enter as `meanrule` says:
the second-moment rule C4 where it holds, and corrected where a population has few rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_flag, check_integer, check_real, check_sequence, shown
from mixtheory.highdim.fixedpoint import FixedPoint, check_counts
from mixtheory.highdim.mean_shift import synthetic_only_intercept_risk, synthetic_only_risk
from mixtheory.highdim.meanrule import Response, solve_with_means
from mixtheory.highdim.moments import check_beta, check_means, columns, form_and_axes, mean_squares, rotated
from mixtheory.highdim.resolvents import DiagonalForm
from mixtheory.highdim.spectra import Spectrum, as_spectrum

__all__ = [
    "NearInterpolationWarning",
    "RiskResult",
    "RiskWarning",
    "ZeroNoiseWarning",
    "excess_risk",
    "excess_risk_mixture",
]

Array = NDArray[np.float64]


class RiskWarning(UserWarning):
    """A risk that should be read with care."""


class NearInterpolationWarning(RiskWarning):
    """The number of rows is so near to the number of fitted coefficients that the leading order misses the risk."""


class ZeroNoiseWarning(RiskWarning):
    """Without noise and with n > p the fit is exact and the risk is 0."""


@dataclass(frozen=True, eq=False)
class RiskResult:
    """Excess risk and what it was computed from.

    Attributes
    ----------
    risk : float
        Variance plus squared bias, in the units of the squared response.
    variance : float
        Part that is proportional to the noise variance.
    bias : float or None
        Squared bias; 0 for n > p; None if no `beta` was given.
    weights : ndarray, shape (K,)
        a_k for n > p and b_k for n < p, in the order of the populations (real, synthetic).
    derivatives : ndarray, shape (K,), or None
        c_k for n < p; None for n > p.
    residual : float
        Largest residual of the equations relative to their right-hand sides n_k.
    regime : {"under", "over"}
        "under" for more rows than coefficients, "over" for fewer.
    iterations : int
        Evaluations of the equations.
    """

    risk: float
    variance: float
    bias: float | None
    weights: Array
    derivatives: Array | None
    residual: float
    regime: str
    iterations: int

    def __str__(self) -> str:
        bias = "" if self.bias is None else f" + bias {self.bias:.6g}"
        symbol, sign = ("a", ">") if self.regime == "under" else ("b", "<")
        weights = ", ".join(f"{weight:.6g}" for weight in self.weights)
        return (
            f"excess risk {self.risk:.6g} = variance {self.variance:.6g}{bias} (n {sign} p; {symbol} = {weights}; "
            f"residual {self.residual:.1e} after {self.iterations} iterations)"
        )


@dataclass(frozen=True)
class _Problem:
    """Checked input: covariances, rows, the test population, centred means (K, p) or None, and coefficients."""

    spectra: tuple[Spectrum, ...]
    counts: tuple[int, ...]
    test: int
    noise_var: float
    means: Array | None
    beta: Array | Spectrum | None
    intercept: bool

    @property
    def p(self) -> int:
        return self.spectra[0].p

    @property
    def n(self) -> int:
        return sum(self.counts)


def _check_regime(n: int, p: int, intercept: bool, stacklevel: int) -> str:
    m = p + intercept
    what = f"p + 1 = {m} (p features and an intercept)" if intercept else f"p = {p}"
    if n == m:
        raise ValueError(f"the number of rows n = {n} must differ from {what}: the risk diverges there")
    if intercept and n < 2:
        raise ValueError("an intercept needs at least 2 rows, got 1")
    if abs(n - m) < max(3.0, 0.02 * p):
        warnings.warn(
            f"n = {n} is within max(3, 0.02 p) of {what}: the risk grows like 1/|n - p| there and fluctuates as much, "
            "so that the leading order can miss it by far",
            NearInterpolationWarning,
            stacklevel=stacklevel + 1,
        )
    return "under" if n > m else "over"


def _under(problem: _Problem) -> tuple[float, FixedPoint]:
    form, axes = form_and_axes(problem.spectra, 0.0)
    found, point, update = solve_with_means(
        form, problem.counts, float(problem.n), rotated(problem.means, axes), intercept=problem.intercept
    )
    trace = point.trace_of(problem.test)
    if update is not None:
        trace += update.quadratic(problem.test) - update.lost(problem.test)
    return problem.noise_var / problem.n * trace, found


def _over(problem: _Problem) -> tuple[float, float, Array, FixedPoint]:
    form, axes = form_and_axes(problem.spectra, 1.0)
    found, point, update = solve_with_means(
        form, problem.counts, 0.0, rotated(problem.means, axes), intercept=problem.intercept
    )
    response = Response(point, found.weights, problem.test)
    change = response.change(problem.test)
    derivatives = change.copy()
    derivatives[problem.test] += 1
    variance = float(change.sum())
    assert problem.beta is not None
    if update is not None:
        variance += update.variance_change(response)
        bias = update.bias(response, columns(problem.beta, axes), np.array(problem.counts))
    elif isinstance(form, DiagonalForm):
        bias = point.bias(derivatives, mean_squares(problem.beta, axes))
    else:
        bias = point.bias(derivatives, columns(problem.beta, axes))
    return problem.noise_var * variance, bias, derivatives, found


def _result(problem: _Problem, regime: str, stacklevel: int) -> RiskResult:
    if regime == "over":
        variance, bias, derivatives, found = _over(problem)
        return RiskResult(
            variance + bias, variance, bias, found.weights, derivatives, found.residual, regime, found.iterations
        )
    if problem.noise_var == 0:
        warnings.warn(
            "noise_var = 0 with more rows than coefficients: the fit is exact and the risk is 0",
            ZeroNoiseWarning,
            stacklevel=stacklevel + 1,
        )
    variance, found = _under(problem)
    none = None if problem.beta is None else 0.0
    return RiskResult(variance, variance, none, found.weights, None, found.residual, regime, found.iterations)


def _centred(means: Array | None, counts: Sequence[int], intercept: bool) -> Array | None:
    """With an intercept only differences of the means matter: take them from the mean of all rows."""
    if means is None or not intercept:
        return means
    moved = means - np.asarray(counts) @ means / sum(counts)
    return moved if np.any(moved) else None


def _check_problem(
    names: Sequence[str],
    covariances: Sequence[object],
    count_names: Sequence[str],
    counts: Sequence[int],
    mean_names: Sequence[str],
    means: Sequence[object],
    *,
    test: int,
    noise_var: float,
    beta: object,
    fit_intercept: bool,
    stacklevel: int,
) -> tuple[_Problem, str]:
    spectra = tuple(as_spectrum(name, value) for name, value in zip(names, covariances, strict=True))
    sizes = [spectrum.p for spectrum in spectra]
    if len(set(sizes)) != 1:
        raise ValueError(f"{', '.join(names)} must have the same dimension, got {shown(sizes)}")
    p = sizes[0]
    numbers = check_counts(counts, count_names)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    intercept = check_flag("fit_intercept", fit_intercept)
    checked = check_means(mean_names, means, p)
    regime = _check_regime(sum(numbers), p, intercept, stacklevel + 1)
    if beta is None and regime == "over":
        raise ValueError(
            "beta must be given for n < p, where the risk has a bias: a vector (p,) or E beta beta^T (p, p)"
        )
    coefficients = None if beta is None else check_beta(beta, p)
    centred = _centred(checked, numbers, intercept)
    return _Problem(spectra, numbers, test, noise_var, centred, coefficients, intercept), regime


def excess_risk(
    sigma_t: object,
    sigma_s: object,
    n_t: int,
    n_s: int,
    *,
    noise_var: float = 1.0,
    beta: object = None,
    mu_t: ArrayLike | None = None,
    mu_s: ArrayLike | None = None,
    fit_intercept: bool = False,
) -> RiskResult:
    r"""Leading-order excess risk, at a new real row, of least squares on n_t real and n_s synthetic rows.

    For n = n_t + n_s > p, with lambda the relative spectrum of the synthetic covariance,

    .. math:: R = \frac{\sigma^2}{n} \sum_i \frac{1}{a_s \lambda_i + a_t}, \qquad a_t + a_s = 1 - p/n, \qquad
              a_s + \frac1n \sum_i \frac{a_s \lambda_i}{a_s \lambda_i + a_t} = \frac{n_s}{n};

    for n < p, with T = (I + b_t Sigma_t + b_s Sigma_s)^{-1}, b_k Tr[Sigma_k T] = n_k, G_kl = Tr[Sigma_k T Sigma_l T],
    N = diag(n_k / b_k^2) and c = (N - G)^{-1} N e_t,

    .. math:: R = \sigma^2 (c_t + c_s - 1) + \beta^T T (c_t \Sigma_t + c_s \Sigma_s) T \beta.

    Parameters
    ----------
    sigma_t, sigma_s : Spectrum or array_like, shape (p,) or (p, p)
        Covariances of real and synthetic rows: diagonals, matrices or `Spectrum`.
    n_t, n_s : int
        Numbers of real and synthetic rows; one of them may be 0.
    noise_var : float
        Variance sigma^2 of the noise, in the units of the squared response.
    beta : array_like, shape (p,) or (p, p), or Spectrum, optional
        Coefficients, or the matrix E(beta beta^T) of random ones; needed for n < p, and not used for n > p.
    mu_t, mu_s : array_like, shape (p,), optional
        Means of real and synthetic rows; 0 if left out.
    fit_intercept : bool
        Whether the fit has an intercept, which is not shrunk for n < p.

    Returns
    -------
    RiskResult

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a covariance is not symmetric and positive definite (see `as_spectrum`), dimensions disagree, a value is not
        finite, a count is negative, n_t + n_s = 0, n is p (p + 1 with an intercept), `beta` is missing for n < p or
        not positive semidefinite, or a mean is longer than about 1e10 standard deviations, where digits are lost.

    Warns
    -----
    NearInterpolationWarning
        If ``|n - p| < max(3, 0.02 p)``, with p + 1 for p if there is an intercept: fluctuations are as large as the
        risk.
    ZeroNoiseWarning
        If noise_var = 0 with n > p, where the risk is 0.
    NearSingularWarning
        If a covariance matrix is nearly singular.

    Notes
    -----
    n > p: C1, Rezaei et al. (2026), Theorem 4.1 [paper*], mean-free. n < p: C2, derived in this project; the paper's
    Theorem 4.4 is of the same form V + B for covariances that commute. Means and intercept:
    the rule of `meanrule`, derived in this project (C3 and C4 are its leading order for n_t of order n); trained on
    synthetic rows alone with n > p the refined formulas C5 of `mean_shift`, derived there.

    Covariances that are diagonal in common axes cost O(p) an iteration, others O(p^3).

    Examples
    --------
    Equal covariances: sigma^2 p / (n - p) for n > p whatever the covariance, and for n < p with the identity a variance
    sigma^2 n / (p - n) and a bias ``(1 - n/p) |beta|^2``.

    >>> round(excess_risk([1.0] * 50, [1.0] * 50, 40, 60).risk, 12)
    1.0
    >>> result = excess_risk([1.0] * 50, [1.0] * 50, 10, 15, beta=[1.0] + [0.0] * 49)
    >>> round(result.variance, 12), round(result.bias, 12)
    (1.0, 0.5)
    >>> print(excess_risk([1.0] * 200, [0.1] * 100 + [1.9] * 100, 120, 280))  # doctest: +ELLIPSIS
    excess risk 2.12081 = variance 2.12081 (n > p; a = 0.0961288, 0.403871; residual ... after ... iterations)
    """
    problem, regime = _check_problem(
        ("sigma_t", "sigma_s"),
        (sigma_t, sigma_s),
        ("n_t", "n_s"),
        (n_t, n_s),
        ("mu_t", "mu_s"),
        (mu_t, mu_s),
        test=0,
        noise_var=noise_var,
        beta=beta,
        fit_intercept=fit_intercept,
        stacklevel=2,
    )
    result = _result(problem, regime, 2)
    if regime == "over" or problem.counts[0] > 0 or (problem.means is None and not problem.intercept):
        return result
    rows = np.zeros((2, problem.p)) if problem.means is None else problem.means
    only = synthetic_only_intercept_risk if problem.intercept else synthetic_only_risk
    target, synthetic = problem.spectra
    variance = only(target, synthetic, problem.n, rows[0], rows[1], noise_var=problem.noise_var)
    return RiskResult(variance, variance, result.bias, result.weights, None, result.residual, regime, result.iterations)


def excess_risk_mixture(
    covariances: Sequence[object],
    counts: Sequence[int],
    *,
    test: int = 0,
    noise_var: float = 1.0,
    beta: object = None,
    means: Sequence[ArrayLike | None] | None = None,
    fit_intercept: bool = False,
) -> RiskResult:
    r"""Leading-order excess risk of least squares on rows of K populations, at a new row of population `test`.

    For n > p, a_k + Tr[a_k Sigma_k D]/n = n_k/n with D = (sum_k a_k Sigma_k)^{-1} and

    .. math:: R = \frac{\sigma^2}{n} Tr[\Sigma_{test} D];

    for n < p the equations of `excess_risk` with K populations, c = e_test + b' and (N - G) b' = G e_test.

    Parameters
    ----------
    covariances : sequence of Spectrum or array_like, shape (p,) or (p, p)
        Covariances of the populations.
    counts : sequence of int
        Rows of each population; some may be 0, that of `test` too.
    test : int
        Index of the population whose law the test row has.
    noise_var, beta, fit_intercept
        As in `excess_risk`.
    means : sequence of (array_like, shape (p,), or None), optional
        Means of the populations, by the second-moment rule C4 in all cases.

    Raises
    ------
    TypeError, ValueError
        As in `excess_risk`, and if the sequences differ in length or `test` is no index.

    Notes
    -----
    C1 for K populations and C2, derived in this project.

    Examples
    --------
    >>> round(excess_risk_mixture([[1.0] * 50] * 3, [20, 30, 50]).risk, 12)
    1.0
    """
    check_sequence("covariances", covariances)
    check_sequence("counts", counts)
    if means is not None:
        check_sequence("means", means)
    size = len(covariances)
    if size == 0 or len(counts) != size or (means is not None and len(means) != size):
        given = f"{size}, {len(counts)}" + ("" if means is None else f" and {len(means)}")
        raise ValueError(f"covariances, counts and means must have one entry a population, got lengths {given}")
    index = check_integer("test", test, low=0, high=size - 1)
    problem, regime = _check_problem(
        [f"covariances[{k}]" for k in range(size)],
        covariances,
        [f"counts[{k}]" for k in range(size)],
        counts,
        [f"means[{k}]" for k in range(size)],
        [None] * size if means is None else means,
        test=index,
        noise_var=noise_var,
        beta=beta,
        fit_intercept=fit_intercept,
        stacklevel=2,
    )
    return _result(problem, regime, 2)
