r"""Reference values for the claims: dense matrices, plain iterations and complex steps, no shared code.

Everything here starts from one statement, the deterministic equivalent of a resolvent with a real weight z and a
further matrix A,

.. math:: (X^TX/n+zI+\tau A)^{-1}\simeq\Bigl(zI+\tau A+\sum_ka_k\Sigma_k\Bigr)^{-1},\qquad
   a_k=\frac{n_k/n}{1+\operatorname{Tr}(\Sigma_kQ)/n},

and iterates these equations as they stand. Risks are derivatives of it, taken by a complex step, so that none of the
implicit differentiation of the theory modules is repeated. The iterations converge from every start: their maps are
increasing and scalable (R. D. Yates, "A framework for uplink power control in cellular radio systems", IEEE J. Sel.
Areas Commun. 13, 1995).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize, stats

__all__ = [
    "dense",
    "isotropic_over",
    "isotropic_under",
    "kms",
    "lam_weights",
    "mixed_weights",
    "mixture_risk",
    "over_weights",
    "relative_eigenvalues",
    "ridge_risk",
    "rotation",
    "second_moment",
    "under_weights",
]

Array = NDArray[np.float64]

# far below rounding, so that a complex step has no truncation error
_STEP = 1e-30
_MAX_ITERATIONS = 100_000


def dense(covariance: ArrayLike) -> Array:
    """Return a covariance as a dense matrix; a vector is a diagonal."""
    given = np.asarray(covariance, dtype=np.float64)
    return np.diag(given) if given.ndim == 1 else given


def kms(p: int, rho: float) -> Array:
    """Return the matrix ``rho^|i - j|``, shape (p, p).

    Examples
    --------
    >>> kms(3, 0.5).tolist()
    [[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]]
    """
    return np.asarray(linalg.toeplitz(rho ** np.arange(p)), dtype=np.float64)


def rotation(p: int, seed: int = 1) -> Array:
    """Return one fixed orthogonal matrix, shape (p, p)."""
    return np.asarray(stats.ortho_group.rvs(p, random_state=np.random.default_rng(seed)), dtype=np.float64)


def second_moment(covariance: ArrayLike, mean: ArrayLike) -> Array:
    """Return the uncentred second moment ``Sigma + mu mu^T``, shape (p, p)."""
    mu = np.asarray(mean, dtype=np.float64)
    return dense(covariance) + np.outer(mu, mu)


def relative_eigenvalues(sigma_t: ArrayLike, sigma_s: ArrayLike) -> Array:
    """Return the eigenvalues of ``Sigma_t^{-1} Sigma_s`` in increasing order, from the generalised problem."""
    return np.asarray(linalg.eigh(dense(sigma_s), dense(sigma_t), eigvals_only=True), dtype=np.float64)


def _iterate(step: Callable[[Any], Any], start: Any) -> Any:
    """Repeat a map until its values stand still, then twenty times more for their imaginary parts."""
    value, extra = start, 20
    for _ in range(_MAX_ITERATIONS):
        following = step(value)
        still = np.max(np.abs(following.real - value.real)) <= 4e-16 * np.max(np.abs(following.real))
        moved = np.max(np.abs(following.imag - value.imag)) > 1e-13 * np.max(np.abs(following.imag))
        value = following
        if still and not moved:
            extra -= 1
            if extra == 0:
                return value
    raise ArithmeticError("the iteration does not stand still")


def _resolvent(
    covariances: Sequence[ArrayLike], counts: Sequence[float], z: complex, shift: Any = 0.0
) -> tuple[Any, Any]:
    """Return weights a_k and the equivalent of ``(X^T X / n + z I + shift)^{-1}``."""
    sigmas = [dense(c) for c in covariances]
    n_k = np.asarray(counts, dtype=np.float64)
    n, base = n_k.sum(), z * np.eye(sigmas[0].shape[0]) + shift

    def inverse(a: Any) -> Any:
        return np.linalg.inv(base + sum(w * s for w, s in zip(a, sigmas, strict=True)))

    def step(a: Any) -> Any:
        q = inverse(a)
        return (n_k / n) / (1.0 + np.array([np.sum(s * q.T) for s in sigmas]) / n)

    a = _iterate(step, (n_k / n).astype(np.complex128))
    return a, inverse(a)


def _projector(
    covariances: Sequence[ArrayLike], counts: Sequence[float], z: complex = 0.0, shift: Any = 0.0
) -> tuple[Any, Any]:
    """Return weights b_k and the equivalent of ``z (X^T X / n + z I + z shift)^{-1}`` as z goes to 0 (n < p)."""
    sigmas = [dense(c) for c in covariances]
    n_k = np.asarray(counts, dtype=np.float64)
    n, p = n_k.sum(), sigmas[0].shape[0]

    def inverse(b: Any) -> Any:
        return np.linalg.inv(np.eye(p) + shift + sum(w * s for w, s in zip(b, sigmas, strict=True)))

    def step(b: Any) -> Any:
        t = inverse(b)
        return n_k / (n * z + np.array([np.sum(s * t.T) for s in sigmas]))

    b = _iterate(step, np.ones(n_k.size, dtype=np.complex128))
    return b, inverse(b)


def under_weights(covariances: Sequence[ArrayLike], counts: Sequence[float]) -> Array:
    """Return the weights a_k of K populations for n > p, shape (K,).

    Examples
    --------
    >>> under_weights([np.ones(4), np.ones(4)], [6, 2]).round(12).tolist()
    [0.375, 0.125]
    """
    return np.asarray(_resolvent(covariances, counts, 0.0)[0].real)


def over_weights(covariances: Sequence[ArrayLike], counts: Sequence[float]) -> Array:
    """Return the weights b_k of K populations for n < p, shape (K,).

    Examples
    --------
    >>> over_weights([np.ones(8), np.ones(8)], [2, 2]).round(12).tolist()
    [0.5, 0.5]
    """
    return np.asarray(_projector(covariances, counts)[0].real)


def mixture_risk(
    covariances: Sequence[ArrayLike], counts: Sequence[float], beta: ArrayLike | None = None, *, test: int = 0
) -> tuple[float, float]:
    """Return variance (for unit noise) and bias of least squares on K populations, the test point from `test`.

    For n > p the variance is ``Tr(Sigma Q) / n`` and the bias is 0; for n < p both are derivatives of the equivalent
    of the projector, with respect to the penalty and to a multiple of the test covariance. `beta` is a vector, or a
    matrix ``E beta beta^T``; without it the bias is nan for n < p.

    Examples
    --------
    >>> [round(v, 12) for v in mixture_risk([np.ones(4), np.ones(4)], [6, 2])]
    [1.0, 0.0]
    >>> [round(v, 12) for v in mixture_risk([np.ones(8), np.ones(8)], [2, 2], np.eye(8)[0])]
    [1.0, 0.5]
    """
    sigma = dense(covariances[test])
    n, p = float(np.sum(counts)), sigma.shape[0]
    if n > p:
        return float(np.sum(sigma * _resolvent(covariances, counts, 0.0)[1].real.T)) / n, 0.0
    variance = np.sum(sigma * _projector(covariances, counts, z=_STEP * 1j)[1].imag.T) / (_STEP * n)
    if beta is None:
        return float(variance), float("nan")
    slope = -_projector(covariances, counts, shift=_STEP * 1j * sigma)[1].imag / _STEP
    return float(variance), float(np.sum(_prior(beta) * slope.T))


def _prior(beta: ArrayLike) -> Array:
    given = np.asarray(beta, dtype=np.float64)
    return np.outer(given, given) if given.ndim == 1 else given


def ridge_risk(
    covariances: Sequence[ArrayLike], counts: Sequence[float], penalty: float, beta: ArrayLike, *, test: int = 0
) -> tuple[float, float]:
    """Return variance (for unit noise) and bias of ``(X^T X / n + z)^{-1} X^T y / n`` at the penalty z.

    With S = X^T X / n and Q = (S + z)^{-1} the variance is ``Tr(Sigma d(zQ)/dz) / n`` and the bias
    ``z^2 beta^T Q Sigma Q beta``, where Q Sigma Q is minus the derivative of ``(S + z + tau Sigma)^{-1}`` in tau.
    """
    sigma = dense(covariances[test])
    n = float(np.sum(counts))
    z = penalty + _STEP * 1j
    variance = np.sum(sigma * (z * _resolvent(covariances, counts, z)[1]).imag.T) / (_STEP * n)
    slope = -_resolvent(covariances, counts, penalty, _STEP * 1j * sigma)[1].imag / _STEP
    return float(variance), float(penalty**2 * np.sum(_prior(beta) * slope.T))


def lam_weights(lam: ArrayLike, n_t: float, n_s: float) -> tuple[float, float]:
    """Return (a_t, a_s) for n > p: (E1) and (E2) given to a solver of two equations.

    Examples
    --------
    >>> [round(a, 12) for a in lam_weights(np.ones(4), 6, 2)]
    [0.375, 0.125]
    """
    values = np.asarray(lam, dtype=np.float64)
    n, p = n_t + n_s, values.size

    def equations(a: Array) -> list[float]:
        a_t, a_s = a
        return [a_s + a_t - (1.0 - p / n), a_s + np.sum(a_s * values / (a_s * values + a_t)) / n - n_s / n]

    start = (1.0 - p / n) * np.array([n_t, n_s]) / n
    found = optimize.root(equations, start, tol=1e-14)
    return float(found.x[0]), float(found.x[1])


def mixed_weights(covariances: Sequence[ArrayLike], counts: Sequence[float]) -> Array:
    """Return the weights a_k of K populations for n > p from a general-purpose solver, shape (K,)."""
    sigmas = [dense(c) for c in covariances]
    n_k = np.asarray(counts, dtype=np.float64)
    n, p = n_k.sum(), sigmas[0].shape[0]

    def equations(a: Array) -> Array:
        d = np.linalg.inv(sum(w * s for w, s in zip(a, sigmas, strict=True)))
        return np.array([a[k] + np.trace(a[k] * sigmas[k] @ d) / n - n_k[k] / n for k in range(n_k.size)])

    found = optimize.root(equations, (1.0 - p / n) * n_k / n, tol=1e-14)
    return np.asarray(found.x, dtype=np.float64)


def isotropic_under(p: int, n: int) -> float:
    """Return ``E Tr (Z^T Z)^{-1} = p / (n - p - 1)`` for an n x p matrix of normal variables, n > p + 1.

    The mean of the inverse of a Wishart matrix; K. V. Mardia, J. T. Kent and J. M. Bibby, "Multivariate Analysis"
    (Academic Press, 1979), section 3.8.
    """
    return p / (n - p - 1)


def isotropic_over(p: int, n: int) -> tuple[float, float]:
    """Return the exact variance ``n / (p - n - 1)`` and bias ``1 - n / p`` for normal rows, n < p - 1.

    The first is the mean trace of the inverse of ``Z Z^T``, a Wishart matrix of order n; the second is the mean of
    the squared length of a fixed unit vector off a uniformly random n-dimensional space.
    """
    return n / (p - n - 1), 1.0 - n / p
