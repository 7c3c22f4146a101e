r"""Excess risk of ridge regression on real and synthetic rows, and the penalty that minimises it.

The estimator is (X^T X/n + z I)^{-1} X^T y/n with n = n_t + n_s rows. Its deterministic equivalent is the one from
which the ridgeless formulas C1 (n > p) and C2 (n < p) are obtained as z -> 0; here z is kept, and n = p is allowed.

Everything here is [derived]: derived in this project by the resolvent argument of the two ridgeless cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from mixtheory._validation import check_real, shown
from mixtheory.highdim.fixedpoint import check_counts, solve
from mixtheory.highdim.moments import check_beta, check_means, columns, form_and_axes, mean_squares
from mixtheory.highdim.problems import Problem, shrunk_form
from mixtheory.highdim.resolvents import DiagonalForm, solve_dominant
from mixtheory.highdim.spectra import check_covariances

__all__ = ["OptimalPenalty", "RidgeResult", "optimal_penalty", "ridge_risk"]

Array = NDArray[np.float64]

_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class RidgeResult:
    """Excess risk of ridge regression; `weights` and `derivatives` are a_k and c_k, order real, synthetic.

    A population without rows has weight 0; the derivative of the real population is then 1.
    """

    risk: float
    variance: float
    bias: float
    penalty: float
    weights: Array
    derivatives: Array
    residual: float
    iterations: int

    def __str__(self) -> str:
        """Return the risk and its parts on one line."""
        return (
            f"ridge risk {self.risk:.6g} = variance {self.variance:.6g} + bias {self.bias:.6g} "
            f"at penalty {self.penalty:.6g} (relative residual {self.residual:.1e}, {self.iterations} iterations)"
        )


@dataclass(frozen=True, eq=False)
class OptimalPenalty:
    """The best penalty in a bracket; `at_edge` says that the risk still falls where the bracket ends."""

    penalty: float
    result: RidgeResult
    bracket: tuple[float, float]
    at_edge: bool


def ridge_risk(
    sigma_t: object,
    sigma_s: object,
    n_t: int,
    n_s: int,
    penalty: float,
    *,
    noise_var: float = 1.0,
    beta: object,
    mu_t: ArrayLike | None = None,
    mu_s: ArrayLike | None = None,
) -> RidgeResult:
    r"""Deterministic equivalent of the excess risk of ridge regression at penalty z.

    .. math:: \text{variance} = \sigma^2 (c_t + c_s - 1), \qquad
              \text{bias} = z^2 \beta^T Q (c_t \Sigma_t + c_s \Sigma_s) Q \beta, \qquad
              Q = (z I + a_t \Sigma_t + a_s \Sigma_s)^{-1},

    .. math:: n a_k + a_k Tr(\Sigma_k Q) = n_k, \qquad c = (N - G)^{-1} N e_t, \qquad
              G_{kl} = Tr(\Sigma_k Q \Sigma_l Q), \qquad N = diag(n_k / a_k^2).

    Parameters
    ----------
    sigma_t, sigma_s : Spectrum or array_like, shape (p,) or (p, p)
        Covariances of real and synthetic rows.
    n_t, n_s : int
        Numbers of rows; n = n_t + n_s > 0, one of them may be 0 and n = p is allowed.
    penalty : float
        z > 0 of (X^T X/n + z I)^{-1} X^T y/n. Penalties from 1e-12 to 1e12 times the mean eigenvalue are solved to a
        relative residual below 1e-10 for spectra over six decades. For z = 0 use `equivalents.excess_risk`.
    noise_var : float
        sigma^2 >= 0.
    beta : array_like, shape (p,) or (p, p), or Spectrum
        Coefficients, or E[beta beta^T] of random ones.
    mu_t, mu_s : array_like, shape (p,), optional
        Means of the rows; 0 if left out. They enter as in C3 and C6: Psi_k = Sigma_k + mu_k mu_k^T takes the place of
        Sigma_k in Q and in the quadratic forms, with the mean-free a and c and a mean term in the variance. The change
        of the trace term, O(sigma^2/n), is left out.

    Returns
    -------
    RidgeResult

    Raises
    ------
    ValueError
        If the penalty is not positive, there are no rows, beta is None, or shapes disagree.
    ArithmeticError
        If the equations cannot be solved to a relative residual of 1e-10.

    Notes
    -----
    [derived]: derived in this project. With Qhat = (X^T X/n + z)^{-1} ~ Q, the bias is z^2 beta^T Qhat Sigma_t Qhat
    beta and Qhat Sigma_t Qhat = -d/deta of the resolvent with z I + eta Sigma_t. Differentiating the equations in eta
    gives (N - G) a' = G e_t, so Qhat Sigma_t Qhat ~ Q (sum_k c_k Sigma_k) Q with c = e_t + a'. The variance is
    (sigma^2/n) Tr[Sigma_t (Qhat - z Qhat^2)] ~ (sigma^2/n) sum_k G_tk w_k, w = a - z da/dz; differentiating in z, (N -
    G) w = N a - G a - z Tr(Sigma_k Q^2) = n_k/a_k - Tr(Sigma_k Q) = n, so it is sigma^2 e_t^T G (N - G)^{-1} 1 =
    sigma^2 1^T (c - e_t): the ridgeless expression (O3), at every z. The equations are the gradient in log a of n sum
    a_k + log det(z I + sum a_k Sigma_k) - sum n_k log a_k, which is convex (as in C2), and are solved by damped Newton
    steps (`fixedpoint.solve_ridge`).

    Examples
    --------
    >>> result = ridge_risk([1.0] * 100, [1.0] * 100, 50, 150, 0.5, beta=[0.1] * 100)
    >>> round(result.variance, 6), round(result.bias, 6)
    (0.207107, 0.207107)
    """
    sigmas = check_covariances(sigma_t, sigma_s)
    p = sigmas[0].p
    counts = check_counts((n_t, n_s), ("n_t", "n_s"))
    z = check_real("penalty", penalty)
    if z <= 0:
        raise ValueError(
            f"penalty must be > 0, got {shown(penalty)}; equivalents.excess_risk gives the ridgeless limit"
        )
    noise_var = check_real("noise_var", noise_var, low=0, closed="left")
    means = check_means(("mu_t", "mu_s"), (mu_t, mu_s), p)
    if beta is None:
        raise ValueError("beta must be given: the bias of ridge regression depends on it, for n > p too")
    coefficients = check_beta(beta, p)
    form, axes = form_and_axes(sigmas, 1.0)
    found = solve(form, counts, sum(counts) * z)
    if not found.residual <= _TOLERANCE:
        raise ArithmeticError(f"the equations at penalty {z:g} are solved to a residual of {found.residual:.1e} only")
    b, present = found.weights, found.weights > 0
    point = form.at(b)
    # diag(b) (N - G) diag(b), free of the scale of b, by its off-diagonal entries and row sums.
    couplings = point.overlaps[np.ix_(present, present)]
    surplus = (sum(counts) * z * b + point.base_overlaps)[present]
    change = np.zeros(2)
    change[present] = b[present] * solve_dominant(couplings, surplus, point.overlaps_with(0)[present])
    derivatives = np.array([1.0, 0.0]) + change
    variance = noise_var * float(change.sum())
    if means is not None:
        rates = np.zeros(2)
        rates[present] = b[present] * solve_dominant(couplings, surplus, b[present])
        problem = Problem(p, counts, b, point, axes)
        variance += noise_var * shrunk_form(problem, means.T, 0, rates)
        bias = shrunk_form(problem, means.T, columns(coefficients, None), derivatives)
    elif isinstance(form, DiagonalForm):
        bias = point.bias(derivatives, mean_squares(coefficients, axes))
    else:
        bias = point.bias(derivatives, columns(coefficients, axes))
    return RidgeResult(variance + bias, variance, bias, z, z * b, derivatives, found.residual, found.iterations)


def optimal_penalty(
    sigma_t: object,
    sigma_s: object,
    n_t: int,
    n_s: int,
    *,
    noise_var: float = 1.0,
    beta: object,
    mu_t: ArrayLike | None = None,
    mu_s: ArrayLike | None = None,
    bracket: tuple[float, float] | None = None,
) -> OptimalPenalty:
    r"""Penalty that minimises the risk of `ridge_risk` within a bracket.

    For random coefficients with E[beta beta^T] = (b^2/p) I it is known, whatever the two covariances:

    .. math:: z^* = \frac{\sigma^2 p}{n b^2}.

    Parameters
    ----------
    sigma_t, sigma_s, n_t, n_s, noise_var, beta, mu_t, mu_s
        As in `ridge_risk`.
    bracket : tuple of float, optional
        Smallest and largest penalty, 0 < low < high. By default 1e-6 to 1e6 times the mean eigenvalue of the pooled
        covariance.

    Returns
    -------
    OptimalPenalty

    Raises
    ------
    ValueError
        If the bracket is not 0 < low < high, or an argument of `ridge_risk` is not as described there.

    Notes
    -----
    [proved] in this project: given X, ridge with z = sigma^2/(n tau^2) is the best linear estimator of coefficients
    with E[beta beta^T] = tau^2 I in every quadratic metric (E[beta y^T] E[y y^T]^{-1} y is that estimator), so it
    minimises E[R | X] for every X and every law of the rows. In general the risk is scanned at 49 penalties, equally
    spaced in log z, and minimised by a bounded scalar search in log z around the best of them; near a minimum the risk
    is flat, so z is found to about 1e-7 relative. Without noise (n > p) the smallest penalty is best and `at_edge` is
    True.

    Examples
    --------
    >>> import numpy as np
    >>> found = optimal_penalty([1.0] * 50, [2.0] * 50, 40, 60, noise_var=2.0, beta=np.eye(50) / 50)
    >>> round(found.penalty, 4)
    1.0
    """
    sigmas = check_covariances(sigma_t, sigma_s)
    counts = check_counts((n_t, n_s), ("n_t", "n_s"))
    if bracket is None:
        n = sum(counts)
        scale = sum(count / n * sigma.trace / sigma.p for count, sigma in zip(counts, sigmas, strict=True))
        low, high = 1e-6 * scale, 1e6 * scale
    else:
        try:
            low, high = (check_real("bracket", end, low=0) for end in bracket)
        except (TypeError, ValueError):
            raise ValueError(f"bracket must be two penalties 0 < low < high, got {shown(bracket)}") from None
        if not low < high:
            raise ValueError(f"bracket must be two penalties 0 < low < high, got {shown(bracket)}")

    def risk(log_penalty: float) -> float:
        z = float(np.exp(log_penalty))
        return ridge_risk(sigmas[0], sigmas[1], n_t, n_s, z, noise_var=noise_var, beta=beta, mu_t=mu_t, mu_s=mu_s).risk

    grid = np.linspace(np.log(low), np.log(high), 49)
    values = np.array([risk(point) for point in grid])
    best = int(np.argmin(values))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    search = minimize_scalar(risk, bounds=around, method="bounded", options={"xatol": 1e-9})
    chosen = float(search.x) if search.fun <= values[best] else float(grid[best])
    at_edge = min(chosen - grid[0], grid[-1] - chosen) < 1e-6 * (grid[-1] - grid[0])
    z = float(np.exp(chosen))
    result = ridge_risk(sigmas[0], sigmas[1], n_t, n_s, z, noise_var=noise_var, beta=beta, mu_t=mu_t, mu_s=mu_s)
    return OptimalPenalty(z, result, (float(low), float(high)), bool(at_edge))
