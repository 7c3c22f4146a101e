r"""Claims about the formulas of ridge regression: variance and bias, its ridgeless limits, rows with means."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from mixtheory.highdim import ridge
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, derived, identity
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CASES", "CLAIMS", "SIX", "SLANTED"]

SIX = np.geomspace(0.4, 2.5, 6)
TURNED = (oracles.rotation(6) * SIX[::-1]) @ oracles.rotation(6).T
# (Sigma_t, Sigma_s, n_t, n_s): n > p, n = p, n < p, axes in common or not, no synthetic rows
CASES: tuple[tuple[Array, Array, int, int], ...] = (
    (SIX, SIX[::-1].copy(), 8, 4),
    (np.diag(SIX), TURNED, 5, 9),
    (SIX, SIX[::-1].copy(), 2, 4),
    (np.diag(SIX), TURNED, 1, 3),
    (SIX, SIX**2, 3, 1),
    (np.diag(SIX), TURNED, 4, 0),
)
SLANTED = np.array([1.0, -0.5, 0.3, 0.8, -1.2, 0.4])
PENALTIES = (0.02, 0.4, 5.0)


def _parts(penalty: float) -> list[float]:
    """Return variances and biases of all cases."""
    found = [ridge.ridge_risk(*case, penalty, noise_var=0.7, beta=SLANTED) for case in CASES]
    return [value for one in found for value in (one.variance, one.bias, one.risk)]


@functools.cache
def _reference_parts(penalty: float) -> list[float]:
    values = []
    for sigma_t, sigma_s, n_t, n_s in CASES:
        variance, bias = oracles.ridge_risk([sigma_t, sigma_s], [n_t, n_s], penalty, SLANTED)
        values += [0.7 * variance, bias, 0.7 * variance + bias]
    return values


def _marchenko_pastur(p: int, n: int, z: float) -> list[float]:
    """Return variance and bias for isotropic rows and |beta| = 1 from the Stieltjes transform of the spectrum."""
    gamma = p / n

    def transform(z: complex) -> complex:
        # gamma z m^2 + (1 - gamma + z) m - 1 = 0, the positive root
        b = 1 - gamma + z
        return complex((-b + np.sqrt(b * b + 4 * gamma * z)) / (2 * gamma * z))

    m = transform(z).real
    slope = transform(z + 1e-30j).imag / 1e-30
    return [gamma * (m + z * slope), -(z**2) * slope]


# rows with means, one of them along beta; the last case has one kind of rows
MEANS = (np.array([1.0, -0.5, 0.3, 0.8, -1.2, 0.4]) * 2, np.array([0.5, 1.0, -0.7, 0.0, 0.2, 1.5]))


def _mean_aware(penalty: float) -> list[float]:
    found = [
        ridge.ridge_risk(*case, penalty, noise_var=0.7, beta=SLANTED, mu_t=MEANS[0], mu_s=MEANS[1]) for case in CASES
    ]
    return [value for one in found for value in (one.variance, one.bias)]


def _weights(case: tuple[Array, Array, int, int], z: complex, tau: complex = 0.0) -> NDArray[np.complex128]:
    """Return a_k for ``(X^T X / n + z I + tau Sigma_t)^{-1}`` by plain iteration."""
    sigmas, counts = [oracles.dense(sigma) for sigma in case[:2]], np.array(case[2:], dtype=np.complex128)
    a = counts / counts.sum()
    for _ in range(500):
        q = np.linalg.inv(z * np.eye(6) + (tau + a[0]) * sigmas[0] + a[1] * sigmas[1])
        a = counts / (counts.sum() + np.array([np.sum(s * q.T) for s in sigmas]))
    return np.asarray(a)


def _mean_aware_resolvent(
    case: tuple[Array, Array, int, int], z: complex, tau: complex = 0.0, means: bool = True
) -> NDArray[np.complex128]:
    """Return the equivalent of ``(X^T X / n + z I + tau Psi_t)^{-1}`` with mean-free weights."""
    a, moments = _weights(case, z, tau), [oracles.dense(sigma) for sigma in case[:2]]
    if means:
        moments = [oracles.second_moment(s, mu) for s, mu in zip(moments, MEANS, strict=True)]
    return np.asarray(np.linalg.inv(z * np.eye(6) + (tau + a[0]) * moments[0] + a[1] * moments[1]))


@functools.cache
def _reference_mean_aware(penalty: float) -> list[float]:
    """Return derivatives of the resolvent with second moments, by complex steps."""
    step, values = 1e-30, []
    z = penalty + step * 1j
    for case in CASES:
        free = np.sum(oracles.dense(case[0]) * (z * _mean_aware_resolvent(case, z, means=False)).imag.T)
        along = MEANS[0] @ (z * _mean_aware_resolvent(case, z)).imag @ MEANS[0]
        slope = -(SLANTED @ _mean_aware_resolvent(case, penalty, step * 1j).imag @ SLANTED)
        values += [0.7 * float(free + along) / sum(case[2:]) / step, penalty**2 * float(slope) / step]
    return values


EQUIVALENT = identity(
    "highdim.ridge.equivalent",
    "Variance and bias of ridge regression on two populations, from the weights and their derivatives.",
    r"\mathcal V=\sigma^2(c_t+c_s-1),\qquad\mathcal B=z^2\beta^TQ(c_t\Sigma_t+c_s\Sigma_s)Q\beta",
    "p = 6; n above, at and below p; covariances with and without common axes; penalties 0.02, 0.4 and 5; rows with "
    "means by the second-moment rule, one mean along beta",
    derived("ridge path of C1 and C2"),
    [(f"penalty {z}", lambda z=z: _parts(z), lambda z=z: _reference_parts(z)) for z in PENALTIES]
    + [
        (
            "isotropic rows",
            lambda: [
                value
                for n in (3, 6, 18)
                for found in [ridge.ridge_risk(np.ones(6), np.ones(6), 2, n - 2, 0.3, beta=np.eye(6)[0])]
                for value in (found.variance, found.bias)
            ],
            lambda: [value for n in (3, 6, 18) for value in _marchenko_pastur(6, n, 0.3)],
        ),
        (
            "weights",
            lambda: [ridge.ridge_risk(*case, 0.4, beta=SLANTED).weights for case in CASES],
            lambda: [_weights(case, 0.4).real for case in CASES],
        ),
        ("rows with means", lambda: _mean_aware(PENALTIES[1]), lambda: _reference_mean_aware(PENALTIES[1])),
    ],
    [
        FormulaMutant("noise variance forgotten", lambda: [_without_noise(), *[None] * 5]),
        FormulaMutant("means drop out", lambda: [*[None] * 5, _without_means()]),
    ],
    rtol=1e-8,
)


def _without_means() -> list[float]:
    return [float(v) for v in np.array(_reference_parts(PENALTIES[1])).reshape(-1, 3)[:, :2].ravel()]


def _without_noise() -> list[float]:
    values = np.array(_reference_parts(PENALTIES[0])).reshape(-1, 3)
    values[:, 0] /= 0.7
    return [float(v) for v in values.ravel()]


RIDGELESS = tuple(case for case in CASES if case[2] + case[3] != 6)


def _limits(penalty: float) -> list[float]:
    found = [ridge.ridge_risk(*case, penalty, beta=SLANTED) for case in RIDGELESS]
    return [value for one in found for value in (one.variance, one.bias)]


@functools.cache
def _reference_limits() -> list[float]:
    return [
        value
        for sigma_t, sigma_s, *counts in RIDGELESS
        for k in [[i for i in (0, 1) if counts[i]]]
        for value in oracles.mixture_risk([(sigma_t, sigma_s)[i] for i in k], [counts[i] for i in k], SLANTED)
    ]


LIMITS = identity(
    "highdim.ridge.limits",
    "As the penalty goes to 0 the ridge risk becomes that of least squares, for n > p and for n < p; at the other end "
    "it is that of the zero vector.",
    r"\lim_{z\to0}\mathcal R(z)=\mathcal R(0),\qquad\lim_{z\to\infty}\mathcal R(z)=\beta^T\Sigma_t\beta",
    "p = 6; n above and below p; covariances with and without common axes; penalties 1e-10 and 1e10",
    derived("ridge path of C1 and C2"),
    [
        ("no penalty", lambda: _limits(1e-10), _reference_limits),
        (
            "infinite penalty",
            lambda: _limits(1e10),
            lambda: [value for case in RIDGELESS for value in (0.0, float(SLANTED @ oracles.dense(case[0]) @ SLANTED))],
        ),
    ],
    [
        FormulaMutant(
            "bias without Sigma_t", lambda: [None, [v for _ in RIDGELESS for v in (0.0, float(SLANTED @ SLANTED))]]
        ),
        FormulaMutant("variance doubled", lambda: [2 * np.array(_reference_limits()), None]),
    ],
    rtol=1e-6,
    atol=1e-7,
)

CLAIMS: tuple[Claim, ...] = (EQUIVALENT, LIMITS)
