r"""What the means of the features do to the excess risk, and where they stop mattering.

Rows of population k (t real, s synthetic) are x = Sigma_k^{1/2} z + mu_k; the estimator is least squares (of minimum
norm) without centring, the risk is measured under the law of a real row. In mixed training with n > p the means cost
O(sigma^2/n_t) whatever their length (C3); trained on synthetic rows alone they matter at the order of the risk (C5),
and with n < p they do when beta is aligned with a mean (C6).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from mixtheory._validation import check_choice, check_flag, check_integer, check_matrix, check_real
from mixtheory.highdim.meanrule import Response
from mixtheory.highdim.moments import check_vector
from mixtheory.highdim.problems import (
    apply_covariance,
    inverse_trace,
    shrinkage,
    shrunk_form,
    solve_covariance,
    solve_problem,
    split_mean,
)
from mixtheory.highdim.spectra import as_spectrum, check_covariances

__all__ = [
    "aligned_bias",
    "mean_term",
    "mean_term_bound",
    "synthetic_only_intercept_risk",
    "synthetic_only_risk",
    "trace_change_bound",
]

Array = NDArray[np.float64]


def _means(mu_t: ArrayLike, mu_s: ArrayLike, p: int) -> Array:
    return np.stack([check_vector("mu_t", mu_t, p), check_vector("mu_s", mu_s, p)], axis=1)


def mean_term(
    sigma_t: object,
    sigma_s: object,
    n_t: int,
    n_s: int,
    mu_t: ArrayLike,
    mu_s: ArrayLike,
    *,
    noise_var: float = 1.0,
) -> float:
    r"""Deterministic equivalent of the mean term sigma^2 mu_t^T (X^T X)^+ mu_t of the variance.

    For n > p

    .. math:: \frac{\sigma^2}{n} [(K^{-1} + diag(a_t, a_s))^{-1}]_{tt}
        = \frac{\sigma^2}{n} \frac{\kappa}{1 + a_t \kappa}, \qquad
        \kappa = K_{tt} - \frac{a_s K_{ts}^2}{1 + a_s K_{ss}}, \qquad K_{kl} = \mu_k^T D \mu_l,

    with D = (a_t Sigma_t + a_s Sigma_s)^{-1} and the mean-free weights of C1. It is inverse-free, so K may be
    singular, and is at most `mean_term_bound`. For n < p, with the mean-free b_k, N and G of C2,

    .. math:: \sigma^2 \mu_t^T T_\Psi (w_t \Psi_t + w_s \Psi_s) T_\Psi \mu_t, \qquad (N - G) w = 1, \qquad
              T_\Psi = (I + b_t \Psi_t + b_s \Psi_s)^{-1}, \qquad \Psi_k = \Sigma_k + \mu_k \mu_k^T,

    which tends to (sigma^2 + Var)/n_t for a long mu_t that mu_s does not share.

    Parameters
    ----------
    sigma_t, sigma_s : Spectrum or array_like, shape (p,) or (p, p)
        Covariances of real and synthetic rows.
    n_t, n_s : int
        Numbers of rows, n_t + n_s different from p.
    mu_t, mu_s : array_like, shape (p,)
        Means of the rows.
    noise_var : float
        sigma^2.

    Raises
    ------
    ValueError
        If n_t + n_s is 0 or p, or an argument is not as described.

    Notes
    -----
    C3 [derived]: derived in this project. By the second-moment rule (C4) X^T X acts as n (D^{-1} + U diag(a) U^T) with
    U = [mu_t, mu_s]; Woodbury's identity gives K (I + diag(a) K)^{-1}. The weights that the rule itself would use
    differ by O(1/n). With n_t = 0, a_t = 0 and the term is the one of `synthetic_only_risk`. For n < p: (X^T X)^+ =
    (1/n) d/dz [z Q(z)] at z = 0, z Q ~ T_Psi and (N - G) db/dz = -n 1.

    Examples
    --------
    >>> round(mean_term([1.0] * 200, [1.0] * 200, 4, 396, [2.0] * 200, [2.0, -2.0] * 100), 4)
    0.4444
    """
    problem = solve_problem(sigma_t, sigma_s, n_t, n_s)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    means = _means(mu_t, mu_s, problem.p)
    if not problem.under:
        rates = Response(problem.point, problem.weights, 0).rates
        return noise_var * shrunk_form(problem, means, 0, rates)
    target, synthetic = problem.whitened(means).T
    # Projecting first leaves sums of positive terms: no cancellation for parallel or very long means.
    length = float(target @ target)
    if length == 0:
        return 0.0
    along = target * (target @ synthetic / length)
    across = synthetic - along
    a_t, a_s = problem.weights
    rest = 1 + a_s * float(across @ across)
    kappa = length * rest / (rest + a_s * float(along @ along))
    return float(noise_var / problem.n * kappa / (1 + a_t * kappa))


def mean_term_bound(sigma_t: object, sigma_s: object, n_t: int, n_s: int, *, noise_var: float = 1.0) -> float:
    r"""Bound on `mean_term` over all mean vectors of any length, n > p.

    .. math:: 0 \le \text{mean term} \le \frac{\sigma^2}{n a_t} = \frac{\sigma^2 + R_u}{n_t},

    approached by a real mean that is long in a direction that the synthetic mean does not share. It is O(1/n_t): the
    means drop out unless n_t = O(1). For n_t = 0 there is no bound and infinity is returned.

    Parameters
    ----------
    sigma_t, sigma_s, n_t, n_s, noise_var
        As in `mean_term`.

    Raises
    ------
    ValueError
        If n_t + n_s <= p, or an argument is not as described.

    Notes
    -----
    C3 [derived]: derived in this project; kappa / (1 + a_t kappa) <= 1 / a_t.

    Examples
    --------
    >>> round(mean_term_bound([1.0] * 200, [1.0] * 200, 200, 200), 12)
    0.01
    """
    problem = solve_problem(sigma_t, sigma_s, n_t, n_s)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    if not problem.under:
        raise ValueError(f"n_t + n_s must exceed p = {problem.p} for the bound, got {problem.n}")
    return noise_var / (problem.n * float(problem.weights[0])) if problem.counts[0] else math.inf


def trace_change_bound(x_t: ArrayLike, x_s: ArrayLike, sigma_t: object, *, noise_var: float = 1.0) -> float:
    r"""Bound on the change of sigma^2 Tr[Sigma_t (X^T X)^{-1}] when the means of the rows are replaced by any others.

    .. math:: |change| \le \sigma^2 (e_1 + e_2) \le 2 \sigma^2 \|\Sigma_t^{1/2} S^{-1} \Sigma_t^{1/2}\|, \qquad
              S = \sum_k \sum_{i \in k} (x_i - \bar x_k)(x_i - \bar x_k)^T,

    with e_1 >= e_2 the largest eigenvalues of Sigma_t^{1/2} S^{-1} Sigma_t^{1/2}. It holds exactly, for the rows at
    hand and the same innovations Z, at every sample size; with n of order p both are O(1/n).

    Parameters
    ----------
    x_t, x_s : array_like, shape (n_t, p) and (n_s, p)
        Real and synthetic rows; n_t + n_s - 2 >= p. One of them may have no rows.
    sigma_t : Spectrum or array_like, shape (p,) or (p, p)
        Covariance of real rows.
    noise_var : float
        sigma^2.

    Raises
    ------
    ValueError
        If shapes disagree or the group-centred scatter S is singular.

    Notes
    -----
    C3 [proved]: derived in this project. S does not depend on the means, and X^T X = S + U U^T with U = [sqrt(n_k)
    xbar_k] of rank at most K = 2. With V = S^{-1/2} U, S^{-1} - (S + U U^T)^{-1} = S^{-1/2} (I - (I + V V^T)^{-1})
    S^{-1/2} and 0 <= I - (I + V V^T)^{-1} <= the projection on the range of V. So for every choice of means the trace
    lies in [Tr Sigma_t S^{-1} - e_1 - e_2, Tr Sigma_t S^{-1}].
    """
    sigma = as_spectrum("sigma_t", sigma_t)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    scatter = np.zeros((sigma.p, sigma.p))
    groups = 0
    for name, value in (("x_t", x_t), ("x_s", x_s)):
        if getattr(value, "shape", ())[:1] == (0,):
            continue
        rows = check_matrix(name, value)
        if rows.shape[1] != sigma.p:
            raise ValueError(f"{name} must have {sigma.p} columns to match sigma_t, got shape {rows.shape}")
        centred = rows - rows.mean(axis=0)
        scatter += centred.T @ centred
        groups += 1
    if groups == 0:
        raise ValueError("x_t and x_s must not both be without rows")
    # Eigenvalues of S relative to Sigma_t: the reciprocals of those of Sigma_t^{1/2} S^{-1} Sigma_t^{1/2}.
    relative = linalg.eigvalsh(scatter, sigma.matrix())
    if relative[0] <= sigma.p * np.finfo(float).eps * relative[-1]:
        raise ValueError("the scatter of the rows about the means of their groups must not be singular")
    return float(noise_var * np.sum(1 / relative[:groups]))


def aligned_bias(
    sigma_t: object,
    sigma_s: object,
    n_t: int,
    n_s: int,
    beta: ArrayLike,
    mu_t: ArrayLike,
    mu_s: ArrayLike,
) -> float:
    r"""Leading-order squared bias for n < p when beta may be aligned with a mean.

    .. math:: \beta^T T_\Psi (c_t \Psi_t + c_s \Psi_s) T_\Psi \beta, \qquad
              T_\Psi = T - T U (diag(b)^{-1} + U^T T U)^{-1} U^T T, \qquad U = [\mu_t, \mu_s],

    with T, b and c of the mean-free problem (C2). It is the mean-free bias if U^T T beta = 0: the means drop out of
    the bias for a beta that is asymptotically orthogonal to both in the metric T, such as one that is random and
    independent.

    Parameters
    ----------
    sigma_t, sigma_s : Spectrum or array_like, shape (p,) or (p, p)
        Covariances of real and synthetic rows.
    n_t, n_s : int
        Numbers of rows, 0 < n_t + n_s < p.
    beta, mu_t, mu_s : array_like, shape (p,)
        Coefficients and means.

    Raises
    ------
    ValueError
        If n_t + n_s >= p, or an argument is not as described.

    Notes
    -----
    C6 [derived]: derived in this project; the second-moment rule (C4) to leading order, for n_k of the order of p.

    Examples
    --------
    >>> e = [1.0] + [0.0] * 99
    >>> round(aligned_bias([1.0] * 100, [1.0] * 100, 25, 25, e, [0.0] * 100, [0.0] * 100), 12)
    0.5
    >>> round(aligned_bias([1.0] * 100, [1.0] * 100, 25, 25, e, [10.0 * x for x in e], [0.0] * 100), 4)
    0.0562
    """
    problem = solve_problem(sigma_t, sigma_s, n_t, n_s)
    if problem.under:
        raise ValueError(f"n_t + n_s must be below p = {problem.p}, got {problem.n}: with more rows there is no bias")
    means, coefficients = _means(mu_t, mu_s, problem.p), check_vector("beta", beta, problem.p)
    derivatives = np.array([1.0, 0.0]) + Response(problem.point, problem.weights, 0).change(0)
    return shrunk_form(problem, means, coefficients[:, np.newaxis], derivatives)


def synthetic_only_risk(
    sigma_t: object,
    sigma_s: object,
    n_s: int,
    mu_t: ArrayLike,
    mu_s: ArrayLike,
    *,
    noise_var: float = 1.0,
    form: str = "refined",
    finite_sample: bool = False,
) -> float:
    r"""Excess risk of least squares without intercept trained on synthetic rows alone (n_t = 0, n_s > p).

    .. math:: \frac{\sigma^2}{n - p} \Bigl[ Tr \Sigma_t \Sigma_s^{-1} + m_{tt} - \frac{m_{ts}^2}{1 + m_{ss}} \Bigr],
              \qquad m_{kl} = \mu_k^T \Sigma_s^{-1} \mu_l.

    Parameters
    ----------
    sigma_t, sigma_s : Spectrum or array_like, shape (p,) or (p, p)
        Covariances of real and synthetic rows.
    n_s : int
        Number of synthetic rows, more than p; more than p + 1 with `finite_sample`.
    mu_t, mu_s : array_like, shape (p,)
        Means of the rows.
    noise_var : float
        sigma^2 >= 0.
    form : {"refined", "printed"}
        "printed" replaces 1 + m_ss by m_ss and is undefined for mu_s = 0. It agrees with "refined" as m_ss grows
        (means of length sqrt(p)) and is wrong, at the order of the risk, for m_ss = O(1) with mu_t of length sqrt(p):
        as mu_s -> 0 it keeps removing the component of mu_t along a direction that the rows no longer single out.
    finite_sample : bool
        The exact expectation for Gaussian rows instead of the leading order; only for form="refined".

    Raises
    ------
    ValueError
        If n_s is too small, mu_s = 0 with form="printed", or an argument is not as described.

    Notes
    -----
    Printed form: Rezaei et al. (2026), Proposition 4.2 [paper*], prefactor (sigma^2/n) g/(g - 1), g = n/p. Refined
    form C5 [derived]: derived in this project; it is the limit a_t = 0 of C3.

    Exact law [proved], derived in this project: for Gaussian rows with s = Sigma_s^{-1} mu_s,

    .. math:: E R = \frac{\sigma^2}{n - p - 1} \bigl[ Tr \Sigma_t \Sigma_s^{-1} + m_{tt}
                    - \psi (m_{ts}^2 + s^T \Sigma_t s) \bigr], \qquad \psi = {}_1F_1(1; n/2 + 1; -n m_{ss}/2).

    Proof. Whiten by Sigma_s^{-1/2}: W = sum of w w^T, w ~ N(theta, I), ``|theta|^2 = m_ss``. By symmetry E W^{-1} has
    two eigenvalues. 1/(W^{-1})_vv is the squared residual of column v on the other columns, a space of n - p + 1
    dimensions. For v orthogonal to theta column v is central: E (W^{-1})_vv = 1/(n-p-1). Along theta the residual is a
    noncentral chi-square with noncentrality n m_ss B, B ~ Beta((n-p+1)/2, (p-1)/2) as the other columns are central; E
    1/chi'^2_k(d) = int_0^1 u^{k-3} exp(-d (1 - u^2)/2) du, averaged over B and integrated term by term, gives
    phi/(n-p-1) with phi = 1F1(1; n/2; -n m_ss/2). Finally (1 - phi)/m_ss = psi, and E R = sigma^2 E Tr[(X^T X)^{-1}
    (Sigma_t + mu_t mu_t^T)]. For large n, psi -> 1/(1 + m_ss).

    Examples
    --------
    >>> one, long = [1.0 / 200**0.5] * 200, [2.0] * 200
    >>> round(synthetic_only_risk([1.0] * 200, [0.6] * 200, 400, long, one), 4)
    4.1667
    >>> round(synthetic_only_risk([1.0] * 200, [0.6] * 200, 400, long, one, form="printed"), 4)
    1.6667
    """
    target, synthetic = check_covariances(sigma_t, sigma_s)
    p = target.p
    means = _means(mu_t, mu_s, p)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    form = check_choice("form", form, ("refined", "printed"))
    finite_sample = check_flag("finite_sample", finite_sample)
    if finite_sample and form == "printed":
        raise ValueError("form='printed' is a leading-order form: use form='refined' with finite_sample=True")
    n = check_integer("n_s", n_s, low=p + (2 if finite_sample else 1))
    across, along, m_ss = split_mean(synthetic, means)
    base = inverse_trace(target, synthetic) + across
    if form == "printed":
        if m_ss == 0:
            raise ValueError("mu_s must not be 0 with form='printed', which divides by mu_s' Sigma_s^{-1} mu_s")
        return noise_var / (n - p) * base
    if not finite_sample:
        return noise_var / (n - p) * (base + along / (1 + m_ss))
    spread = float(np.sum(apply_covariance(target, scaled := solve_covariance(synthetic, means)[:, 1]) * scaled))
    phi, psi = (shrinkage(b, n * m_ss / 2) for b in (n / 2, n / 2 + 1))
    return noise_var / (n - p - 1) * (base + phi * along - psi * spread)


def synthetic_only_intercept_risk(
    sigma_t: object,
    sigma_s: object,
    n_s: int,
    mu_t: ArrayLike,
    mu_s: ArrayLike,
    *,
    noise_var: float = 1.0,
    finite_sample: bool = False,
) -> float:
    r"""Excess risk with an intercept, trained on synthetic rows alone: only the shift of the mean matters.

    .. math:: \frac{\sigma^2}{n - p} [Tr \Sigma_t \Sigma_s^{-1} + 1 + d^T \Sigma_s^{-1} d], \qquad d = \mu_t - \mu_s.

    Parameters
    ----------
    sigma_t, sigma_s, mu_t, mu_s, noise_var
        As in `synthetic_only_risk`.
    n_s : int
        Number of synthetic rows, more than p + 1; more than p + 2 with `finite_sample`.
    finite_sample : bool
        The exact expectation for Gaussian rows instead of the leading order.

    Raises
    ------
    ValueError
        If n_s is too small, or an argument is not as described.

    Notes
    -----
    C5 [derived]: derived in this project. The exact law [proved] for Gaussian rows is

    .. math:: E R = \sigma^2 \Bigl( \frac1n
              + \frac{Tr \Sigma_t \Sigma_s^{-1} + d^T \Sigma_s^{-1} d + p/n}{n - p - 2} \Bigr).

    Proof. The prediction at x misses by epsbar + (x - xbar)^T S^{-1} X_c^T eps, with the centred rows X_c and S =
    X_c^T X_c; the two parts are uncorrelated given X, so R = sigma^2 (1/n + E (x - xbar)^T S^{-1} (x - xbar)). S is
    Wishart with n - 1 degrees of freedom and independent of xbar, E S^{-1} = Sigma_s^{-1}/(n - p - 2), and E (x -
    xbar)(x - xbar)^T = Sigma_t + Sigma_s/n + d d^T.

    Examples
    --------
    >>> round(synthetic_only_intercept_risk([1.0] * 10, [1.0] * 10, 32, [0.0] * 10, [0.0] * 10, finite_sample=True), 5)
    0.54688
    """
    target, synthetic = check_covariances(sigma_t, sigma_s)
    p = target.p
    shift = check_vector("mu_t", mu_t, p) - check_vector("mu_s", mu_s, p)
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    n = check_integer("n_s", n_s, low=p + (3 if check_flag("finite_sample", finite_sample) else 2))
    length = float(shift @ solve_covariance(synthetic, shift[:, np.newaxis])[:, 0])
    moved = inverse_trace(target, synthetic) + length
    if finite_sample:
        return noise_var * (1 / n + (moved + p / n) / (n - p - 2))
    return noise_var / (n - p) * (moved + 1)
