r"""Independent reference implementations of what means do, for the oracles of claims.

They use dense matrices, a bracketing root finder, series and quadrature, and none of the theory modules' code. For
rows of equal covariance everything is kept as a small block (the span of the means) next to a multiple of the
identity, so that they are as fast for p = 3,200 as for p = 4.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, linalg, optimize, stats

from mixtheory.highdim.claims import oracles

__all__ = [
    "aligned_bias",
    "block_bias",
    "block_mean_term",
    "block_over_mean_term",
    "block_risk",
    "inverse_mean_along",
    "mean_term",
    "over_mean_term",
    "pencil_risk",
    "rule_risk",
    "scatter_eigenvalues",
    "synthetic_only",
    "synthetic_only_exact",
]

Array = NDArray[np.float64]


def _second_moments(means: ArrayLike) -> Array:
    m = np.asarray(means, dtype=np.float64)
    return np.eye(m.shape[1]) + m[:, :, np.newaxis] * m[:, np.newaxis, :]


def _root(lam: ArrayLike, n_t: float, n_s: float, p: float) -> tuple[float, float]:
    """Return (a_t, a_s) of C1 by Brent's method; `lam` holds pairs (eigenvalue, multiplicity)."""
    values, times = np.asarray(lam, dtype=np.float64).T
    n = n_t + n_s
    c = 1.0 - p / n

    def excess(a: float) -> float:
        return float(a + np.sum(times * a * values / (a * values + c - a)) / n - n_s / n)

    a_s = float(optimize.brentq(excess, 0.0, c, xtol=1e-300, rtol=1e-15))
    return c - a_s, a_s


def rule_risk(sigma_t: ArrayLike, sigma_s: ArrayLike, n_t: int, n_s: int, mu_t: ArrayLike, mu_s: ArrayLike) -> float:
    """Return the risk of C1 with second moments in the place of covariances, n > p, for unit noise."""
    lam = oracles.relative_eigenvalues(oracles.second_moment(sigma_t, mu_t), oracles.second_moment(sigma_s, mu_s))
    a_t, a_s = _root([(v, 1.0) for v in lam], n_t, n_s, lam.size)
    return float(np.sum(1.0 / (a_s * lam + a_t))) / (n_t + n_s)


def pencil_risk(real: Array, synthetic: Array, rest: int, counts: Sequence[int]) -> float:
    """Return the risk for second moments that are these (k, k) blocks and equal in `rest` further directions."""
    lam = np.append(linalg.eigh(synthetic, real, eigvals_only=True), 1.0)
    times = np.append(np.ones(len(real)), rest)
    a_t, a_s = _root(np.column_stack([lam, times]), counts[0], counts[1], float(times.sum()))
    return float(np.sum(times / (a_s * lam + a_t))) / sum(counts)


def block_risk(p: int, counts: Sequence[int], means: ArrayLike) -> float:
    """Return `rule_risk` for unit covariances from the coordinates of the means in their span, shape (2, k)."""
    real, synthetic = _second_moments(means)
    return pencil_risk(real, synthetic, p - len(real), counts)


def mean_term(sigma_t: ArrayLike, sigma_s: ArrayLike, n_t: int, n_s: int, mu_t: ArrayLike, mu_s: ArrayLike) -> float:
    """Return mu_t^T (sum_k a_k Psi_k)^{-1} mu_t / n for the mean-free weights, by one dense solve."""
    present = [k for k, count in enumerate((n_t, n_s)) if count]
    sigmas, counts = (sigma_t, sigma_s), (n_t, n_s)
    weights = oracles.under_weights([sigmas[k] for k in present], [counts[k] for k in present])
    moments = [oracles.second_moment(sigma_t, mu_t), oracles.second_moment(sigma_s, mu_s)]
    mean = np.asarray(mu_t, dtype=np.float64)
    combined = sum(w * moments[k] for w, k in zip(weights, present, strict=True))
    return float(mean @ np.linalg.solve(combined, mean)) / (n_t + n_s)


def block_mean_term(p: int, counts: Sequence[int], means: ArrayLike) -> float:
    """Return `mean_term` for unit covariances, whose weights are (n_k / n)(1 - p / n)."""
    n = sum(counts)
    moments = _second_moments(means)
    combined = sum((n_k / n) * (1.0 - p / n) * psi for n_k, psi in zip(counts, moments, strict=True))
    mean = np.asarray(means, dtype=np.float64)[0]
    return float(mean @ np.linalg.solve(combined, mean)) / n


def scatter_eigenvalues(groups: Sequence[Array], sigma_t: ArrayLike) -> Array:
    """Return the eigenvalues, largest first, of Sigma_t S^{-1} with the scatter S about the groups' means."""
    centred = np.concatenate([rows - np.mean(rows, axis=0) for rows in groups])
    values = np.linalg.eigvals(oracles.dense(sigma_t) @ np.linalg.inv(centred.T @ centred))
    return np.sort(values.real)[::-1]


def synthetic_only(
    sigma_t: ArrayLike, sigma_s: ArrayLike, n: int, mu_t: ArrayLike, mu_s: ArrayLike, *, printed: bool = False
) -> float:
    """Return the leading order for n_t = 0: a trace against the second moment, or (printed) a projection residual."""
    target, source = oracles.dense(sigma_t), oracles.dense(sigma_s)
    p = len(target)
    if not printed:
        inverse = np.linalg.inv(oracles.second_moment(source, mu_s))
        mean = np.asarray(mu_t, dtype=np.float64)
        return float(np.trace(target @ np.linalg.inv(source)) + mean @ inverse @ mean) / (n - p)
    white = linalg.solve_triangular(np.linalg.cholesky(source), np.stack([mu_t, mu_s], axis=1), lower=True)
    left = white[:, 0] - white[:, 1:] @ np.linalg.lstsq(white[:, 1:], white[:, 0])[0]
    return float(np.trace(target @ np.linalg.inv(source)) + left @ left) / (n - p)


def inverse_mean_along(n: int, p: int, m: float) -> float:
    r"""Return E of the entry along the mean of the inverse of a noncentral Wishart matrix, n rows of squared mean `m`.

    Its reciprocal is a noncentral chi-square with n - p + 1 degrees of freedom and noncentrality n m B, B a Beta
    variable. A Poisson mixture over quadrature in B: :math:`E 1/\chi'^2_k(d) = \sum_j \Pr(J=j)/(k-2+2j)`, J Poisson of
    mean d / 2.
    """
    freedom = n - p + 1
    share = stats.beta(freedom / 2.0, (p - 1) / 2.0)

    def inverse(b: float) -> float:
        mean = n * m * b / 2.0
        j = np.arange(int(mean + 12.0 * np.sqrt(mean) + 60.0))
        return float(np.sum(stats.poisson.pmf(j, mean) / (freedom - 2.0 + 2.0 * j)))

    if p == 1:
        return inverse(1.0)
    return float(integrate.quad(lambda b: inverse(b) * share.pdf(b), 0.0, 1.0, epsabs=0.0, epsrel=1e-10, limit=200)[0])


def synthetic_only_exact(sigma_t: ArrayLike, sigma_s: ArrayLike, n: int, mu_t: ArrayLike, mu_s: ArrayLike) -> float:
    """Return the exact mean for normal rows and n_t = 0, from the two eigenvalues of E (X^T X)^{-1}."""
    root = np.linalg.cholesky(oracles.dense(sigma_s))
    inverse = np.linalg.inv(root)
    psi = inverse @ oracles.second_moment(sigma_t, mu_t) @ inverse.T
    theta = inverse @ np.asarray(mu_s, dtype=np.float64)
    p, m = theta.size, float(theta @ theta)
    if m == 0.0:
        return float(np.trace(psi)) / (n - p - 1)
    along = float(theta @ psi @ theta) / m
    return (float(np.trace(psi)) - along) / (n - p - 1) + along * inverse_mean_along(n, p, m)


def _over(
    sigma_t: ArrayLike, sigma_s: ArrayLike, counts: Sequence[int], means: Sequence[ArrayLike]
) -> tuple[list[Array], Array, Array]:
    """Return second moments, T with them, and N - G (mean-free) for n < p; dense."""
    sigmas = [oracles.dense(sigma_t), oracles.dense(sigma_s)]
    b = oracles.over_weights(sigmas, counts)
    free = np.linalg.inv(np.eye(len(sigmas[0])) + b[0] * sigmas[0] + b[1] * sigmas[1])
    gram = np.array([[np.trace(x @ free @ y @ free) for y in sigmas] for x in sigmas])
    psi = [oracles.second_moment(s, m) for s, m in zip(sigmas, means, strict=True)]
    found = np.linalg.inv(np.eye(len(free)) + b[0] * psi[0] + b[1] * psi[1])
    return psi, np.asarray(found), np.diag(np.asarray(counts) / b**2) - gram


def aligned_bias(
    sigma_t: ArrayLike, sigma_s: ArrayLike, counts: Sequence[int], beta: ArrayLike, means: Sequence[ArrayLike]
) -> float:
    """Return beta^T T (c_t Psi_t + c_s Psi_s) T beta for n < p, T with second moments, b and c mean-free; dense."""
    psi, found, system = _over(sigma_t, sigma_s, counts, means)
    b = oracles.over_weights([sigma_t, sigma_s], counts)
    c = np.linalg.solve(system, [counts[0] / b[0] ** 2, 0.0])
    v = found @ np.asarray(beta, dtype=np.float64)
    return float(v @ (c[0] * psi[0] + c[1] * psi[1]) @ v)


def over_mean_term(sigma_t: ArrayLike, sigma_s: ArrayLike, counts: Sequence[int], means: Sequence[ArrayLike]) -> float:
    """Return mu_t^T T (w_t Psi_t + w_s Psi_s) T mu_t for n < p, (N - G) w = 1; dense."""
    psi, found, system = _over(sigma_t, sigma_s, counts, means)
    w = np.linalg.solve(system, np.ones(2))
    v = found @ np.asarray(means[0], dtype=np.float64)
    return float(v @ (w[0] * psi[0] + w[1] * psi[1]) @ v)


def block_over_mean_term(p: int, counts: Sequence[int], means: ArrayLike) -> float:
    """Return `over_mean_term` for unit covariances, whose weights are n_k / (p - n)."""
    psi = _second_moments(means)
    n_k = np.asarray(counts, dtype=np.float64)
    n = n_k.sum()
    b = n_k / (p - n)
    w = np.linalg.solve(np.diag(n_k / b**2) - p * (1.0 - n / p) ** 2, np.ones(2))
    mean = np.asarray(means, dtype=np.float64)[0]
    v = np.linalg.solve(np.eye(mean.size) + b[0] * psi[0] + b[1] * psi[1], mean)
    return float(v @ (w[0] * psi[0] + w[1] * psi[1]) @ v)


def block_bias(p: int, counts: Sequence[int], means: ArrayLike, beta: ArrayLike) -> float:
    """Return the bias of the second-moment rule for unit covariances, n < p, as a derivative by a complex step.

    `means` has shape (2, k) and `beta` shape (k,): coordinates in a space that holds both.
    """
    psi = _second_moments(means)
    k = psi.shape[1]
    n_k, along = np.asarray(counts, dtype=np.float64), np.asarray(beta, dtype=np.float64)
    step = 1e-30j

    def equivalent(b: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], complex]:
        block = np.linalg.inv(np.eye(k) + step * psi[0] + b[0] * psi[0] + b[1] * psi[1])
        return block, 1.0 / (1.0 + step + b[0] + b[1])

    b = np.ones(2, dtype=np.complex128)
    for _ in range(100_000):
        block, rest = equivalent(b)
        following = n_k / (np.array([np.sum(s * block.T) for s in psi]) + (p - k) * rest)
        moved = np.max(np.abs(following - b) / np.abs(following))
        turned = np.max(np.abs(following.imag - b.imag)) / np.max(np.abs(following.imag))
        b = following
        if moved < 1e-14 and turned < 1e-13:
            break
    else:
        raise ArithmeticError("the iteration does not stand still")
    return -float((along @ equivalent(b)[0] @ along).imag) / 1e-30
