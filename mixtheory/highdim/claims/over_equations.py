r"""Identities of the deterministic equivalents for n < p (K11): the equations of C2 and their special cases."""

from __future__ import annotations

import numpy as np

from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.equations import BETA, NOISE, PRIOR, WIDE, Case, dimension, over, public, rows
from mixtheory.highdim.claims.parts import Array, derived, identity
from mixtheory.highdim.equivalents import excess_risk
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]


def _b(case: Case) -> Array:
    return oracles.over_weights(case[:2], case[2:])


def _matrices(case: Case, weights: Array) -> tuple[Array, Array, Array]:
    """Return T, G and N at some weights."""
    sigmas = [oracles.dense(sigma) for sigma in case[:2]]
    t = np.linalg.inv(np.eye(dimension(case)) + weights[0] * sigmas[0] + weights[1] * sigmas[1])
    g = np.array([[np.trace(x @ t @ y @ t) for y in sigmas] for x in sigmas])
    return t, g, np.diag(np.array(case[2:]) / weights**2)


def _c(case: Case) -> Array:
    """Return (N - G)^{-1} N e_t at the oracle's weights."""
    _, g, n = _matrices(case, _b(case))
    return np.asarray(np.linalg.solve(n - g, n[:, 0]))


def _public_c(case: Case) -> Array:
    found = public(case, BETA).derivatives
    assert found is not None
    return found


def _row_sums(case: Case) -> list[float]:
    weights = public(case, BETA).weights
    t, _, _ = _matrices(case, weights)
    return [float(b * np.trace(oracles.dense(s) @ t)) for b, s in zip(weights, case[:2], strict=True)]


def _reference(case: Case, beta: Array) -> list[float]:
    variance, bias = oracles.mixture_risk(case[:2], case[2:], beta)
    return [NOISE * variance, bias, NOISE * variance + bias]


def _found(case: Case, beta: Array) -> list[float]:
    found = public(case, beta)
    assert found.bias is not None
    return [found.variance, found.bias, found.risk]


def _wrong(case: Case, metric: str) -> list[float]:
    """Return variance, bias and risk with a mistake in C2."""
    t, _, _ = _matrices(case, _b(case))
    c_t, c_s = _c(case)
    sigma_t, sigma_s = oracles.dense(case[0]), oracles.dense(case[1])
    middle = {
        "no c": np.eye(dimension(case)),
        "real": sigma_t,
        "c_t": c_t * sigma_t,
        "both": c_t * sigma_t + c_s * sigma_s,
    }
    variance = NOISE * (c_t - 1 if metric == "both" else c_t + c_s - 1)
    bias = float(BETA @ t @ middle[metric] @ t @ BETA)
    return [variance, bias, variance + bias]


EQUATIONS = identity(
    "highdim.risk.over.equations",
    "The weights, their derivatives, variance and bias with fewer rows than dimensions, for fixed and random "
    "coefficients.",
    r"b_k\operatorname{Tr}[\Sigma_kT]=n_k,\quad\operatorname{Tr}T=p-n,\quad c=(N-G)^{-1}Ne_t,\quad "
    r"V=\sigma^2(c_t+c_s-1),\quad B=\beta^TT(c_t\Sigma_t+c_s\Sigma_s)T\beta",
    "p = 10; four pairs of covariances, diagonal, Toeplitz and turned, over four decades; noise variance 0.7",
    derived("C2", "K11"),
    [
        ("weights", over(lambda c: public(c, BETA).weights), over(_b)),
        ("O1", over(_row_sums), over(lambda c: list(c[2:]))),
        (
            "trace of T",
            over(lambda c: np.trace(_matrices(c, public(c, BETA).weights)[0])),
            over(lambda c: dimension(c) - rows(c)),
        ),
        ("O2", over(_public_c), over(_c)),
        ("fixed coefficients", over(lambda c: _found(c, BETA)), over(lambda c: _reference(c, BETA))),
        ("random coefficients", over(lambda c: _found(c, PRIOR)), over(lambda c: _reference(c, PRIOR))),
    ],
    [
        FormulaMutant("variance c_t - 1", lambda: [*[None] * 4, over(lambda c: _wrong(c, "both"))(), None]),
        FormulaMutant("bias without c", lambda: [*[None] * 4, over(lambda c: _wrong(c, "no c"))(), None]),
        FormulaMutant(
            "bias with the real covariance", lambda: [*[None] * 4, over(lambda c: _wrong(c, "real"))(), None]
        ),
        FormulaMutant("bias with c_t alone", lambda: [*[None] * 4, over(lambda c: _wrong(c, "c_t"))(), None]),
    ],
    rtol=1e-7,
)


def _alone(covariance: Array, rows: int) -> tuple[float, float]:
    """Return variance and bias of rows of one population, at a point of the same."""
    variance, bias = oracles.mixture_risk([covariance], [rows], BETA)
    return NOISE * variance, bias


def _bias(sigma_t: Array, sigma_s: Array, n_t: int, n_s: int) -> float:
    bias = excess_risk(sigma_t, sigma_s, n_t, n_s, beta=BETA).bias
    assert bias is not None
    return bias


UNIT = np.ones(10)
SPECIAL = identity(
    "highdim.risk.over.special_cases",
    "Special cases with fewer rows than dimensions: equal covariances, real covariance the identity, one kind of rows.",
    r"\Sigma_s=\Sigma_t=I:\ V=\sigma^2\tfrac n{p-n},\ B=(1-\tfrac np)|\beta|^2;\qquad "
    r"\Sigma_t=I:\ V=\sigma^2(b_t+b_s),\ b_t=\tfrac{n_t}{p-n},\ B=\beta^TT\beta",
    "p = 10, n_t = 2, n_s = 4",
    derived("C2, special cases", "K11"),
    [
        ("equal covariances, variance", lambda: excess_risk(UNIT, UNIT, 2, 4, beta=BETA).variance, lambda: 1.5),
        ("equal covariances, bias", lambda: _bias(UNIT, UNIT, 2, 4), lambda: 0.4 * float(BETA @ BETA)),
        ("weight of real rows", lambda: excess_risk(UNIT, WIDE, 2, 4, beta=BETA).weights[0], lambda: 0.5),
        (
            "variance b_t + b_s",
            lambda: excess_risk(UNIT, WIDE, 2, 4, beta=BETA).variance,
            lambda: _b((UNIT, WIDE, 2, 4)).sum(),
        ),
        (
            "bias in the metric T",
            lambda: _bias(UNIT, WIDE, 2, 4),
            lambda: BETA @ _matrices((UNIT, WIDE, 2, 4), _b((UNIT, WIDE, 2, 4)))[0] @ BETA,
        ),
        (
            "real rows alone",
            lambda: _found((WIDE, UNIT, 4, 0), BETA)[:2],
            lambda: list(_alone(WIDE, 4)),
        ),
        (
            "synthetic rows alone, of the real law",
            lambda: _found((WIDE, WIDE, 0, 4), BETA)[:2],
            lambda: list(_alone(WIDE, 4)),
        ),
        (
            "not the relative spectrum alone",
            lambda: [_bias(WIDE, WIDE[::-1].copy(), 2, 4), _bias(UNIT, WIDE[::-1] / WIDE, 2, 4)],
            lambda: [
                oracles.mixture_risk([WIDE, WIDE[::-1]], [2, 4], BETA)[1],
                oracles.mixture_risk([UNIT, WIDE[::-1] / WIDE], [2, 4], BETA)[1],
            ],
        ),
    ],
    [
        FormulaMutant("p / (p - n)", lambda: [2.5, *[None] * 7]),
        FormulaMutant(
            "the same for one relative spectrum", lambda: [*[None] * 7, [_bias(UNIT, WIDE[::-1] / WIDE, 2, 4)] * 2]
        ),
    ],
    rtol=1e-7,
)

CLAIMS: tuple[Claim, ...] = (EQUATIONS, SPECIAL)
