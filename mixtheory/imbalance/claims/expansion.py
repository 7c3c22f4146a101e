r"""Claims about the master expansion (C1, C2): exact for squared loss, to leading order for logistic loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.moments import COUNTS, LOGISTIC, SIZES, SQUARED, TEXT, minimisers
from mixtheory.imbalance.claims.parts import Array, Normals, derived, identity
from mixtheory.imbalance.models import expansion
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]


def _each(values: Callable[[oracles.Point, tuple[float, float, float]], object], setting: Normals = SQUARED) -> Array:
    at = oracles.point(setting.loss, setting.laws())
    return np.concatenate([np.ravel(np.asarray(values(at, (*COUNTS, size)))) for size in SIZES])


def _curvature(at: oracles.Point, counts: Sequence[float]) -> Array:
    return np.asarray(sum(n * h for n, h in zip(counts, at.hessians, strict=True)) / np.sum(counts))


def _fixed(at: oracles.Point) -> Array:
    return np.asarray(0.5 * (at.hessians[0] + at.hessians[1]))


DISPLACEMENT = identity(
    "imbalance.expansion.displacement",
    "With squared loss the population minimiser of the augmented risk is displaced by -H_w^{-1} B exactly, with the "
    "curvature of the augmented risk, and so is the excess risk.",
    r"\theta_{\mathrm{pop}}-\theta^*=-H_w^{-1}B,\quad B=\frac{(n_0-n_1-\tilde n)g/2+\tilde nb}{N}",
    f"squared loss; {TEXT}",
    derived("C1", "1"),
    [
        (
            "displacement",
            lambda: SQUARED.expand(COUNTS, SIZES).displacement,
            lambda: [theta - oracles.balanced("squared", SQUARED.laws()) for theta in minimisers(SQUARED)],
        ),
        (
            "excess risk of the minimiser",
            lambda: SQUARED.expand(COUNTS, SIZES).bias_risk,
            lambda: [oracles.excess("squared", theta, SQUARED.laws()) for theta in minimisers(SQUARED)],
        ),
        (
            "equal class sizes",
            lambda: SQUARED.expand((500, 500), [0.0]).bias_risk,
            lambda: [0.0],
        ),
    ],
    [
        FormulaMutant(
            "H in place of H_w",
            lambda: [_each(lambda at, n: -np.linalg.solve(_fixed(at), oracles.drift(at, n))), None, None],
        ),
        FormulaMutant(
            "no mismatch",
            lambda: [
                _each(
                    lambda at, n: (
                        -np.linalg.solve(
                            _curvature(at, n), (n[0] - n[1] - n[2]) * 0.5 * (at.scores[0] - at.scores[1]) / sum(n)
                        )
                    )
                ),
                None,
                None,
            ],
        ),
    ],
)

# Drift and variance -----------------------------------------------------------------------------------------------

BOTH = (SQUARED, LOGISTIC)


def _both(values: Callable[[oracles.Point, tuple[float, float, float]], object]) -> Array:
    return np.concatenate([_each(values, setting) for setting in BOTH])


def _public(values: Callable[[expansion.Expansion], Array]) -> Array:
    return np.concatenate([np.ravel(values(setting.expand(COUNTS, SIZES))) for setting in BOTH])


def _halves(at: oracles.Point, counts: Sequence[float]) -> Array:
    total = sum(counts)
    return np.asarray(counts[0] / total * at.scores[0] + counts[1] / total * at.scores[1])


def _covariance(at: oracles.Point, counts: Sequence[float], curvature: Array) -> Array:
    n = np.asarray(counts)
    scatter = sum(k * c for k, c in zip(n, at.covariances, strict=True)) / n.sum() ** 2
    inverse = np.linalg.inv(curvature)
    return np.asarray(inverse @ scatter @ inverse)


def _variance(at: oracles.Point, counts: Sequence[float], curvature: Array) -> float:
    return 0.5 * float(np.trace(_fixed(at) @ _covariance(at, counts, curvature)))


def _bias(at: oracles.Point, counts: Sequence[float]) -> float:
    shift = np.linalg.solve(_curvature(at, counts), oracles.drift(at, counts))
    return 0.5 * float(shift @ _fixed(at) @ shift)


DRIFT = identity(
    "imbalance.expansion.drift",
    "The gradient of the augmented population risk at the balanced minimiser is linear in the synthetic fraction.",
    r"B(w)=\tfrac\kappa2g+w\Bigl(b-\tfrac{1+\kappa}2g\Bigr),\quad w=\tilde n/N",
    f"squared and logistic loss; {TEXT}",
    derived("C2"),
    [
        ("drift", lambda: _public(lambda e: e.drift), lambda: _both(oracles.drift)),
        (
            "fraction and rows",
            lambda: _public(lambda e: np.concatenate([e.fraction, e.n_total, e.n_synthetic])),
            lambda: np.concatenate([[s / (2100 + s) for s in SIZES], [2100 + s for s in SIZES], SIZES] * 2),
        ),
        (
            "curvature of the augmented risk",
            lambda: _public(lambda e: e.hessian),
            lambda: _both(_curvature),
        ),
    ],
    [
        FormulaMutant("synthetic rows forgotten", lambda: [_both(_halves), None, None]),
        FormulaMutant("curvature of the balanced risk", lambda: [None, None, _both(lambda at, n: _fixed(at))]),
    ],
)
VARIANCE = identity(
    "imbalance.expansion.variance",
    "The covariance of the estimate and what it adds to the balanced risk to first order: the curvature of the "
    "augmented risk on both sides, that of the balanced risk in the middle.",
    r"\operatorname{Cov}\hat\theta\approx\frac1NH_w^{-1}\Sigma_wH_w^{-1},\quad"
    r"\tfrac12\operatorname{tr}(H\operatorname{Cov}\hat\theta)",
    f"squared and logistic loss; {TEXT}",
    derived("C1"),
    [
        (
            "covariance",
            lambda: _public(lambda e: e.covariance),
            lambda: _both(lambda at, n: _covariance(at, n, _curvature(at, n))),
        ),
        (
            "variance risk",
            lambda: _public(lambda e: e.variance_risk),
            lambda: _both(lambda at, n: _variance(at, n, _curvature(at, n))),
        ),
        ("bias risk", lambda: _public(lambda e: e.bias_risk), lambda: _both(_bias)),
        (
            "excess risk",
            lambda: _public(lambda e: e.excess_risk),
            lambda: _both(lambda at, n: _bias(at, n) + _variance(at, n, _curvature(at, n))),
        ),
    ],
    [
        FormulaMutant(
            "H in place of H_w", lambda: [None, _both(lambda at, n: oracles.quadratic(at, n)[1]), None, None]
        ),
        FormulaMutant(
            "bias with H in place of H_w", lambda: [None, None, _both(lambda at, n: oracles.quadratic(at, n)[0]), None]
        ),
        FormulaMutant("no bias", lambda: [None, None, None, _both(lambda at, n: _variance(at, n, _curvature(at, n)))]),
    ],
)

# Small displacements with logistic loss ---------------------------------------------------------------------------

# mean of the generator less that of the minority, in units of a small number
STEP = np.array([0.7, -0.4])
# deficits beyond balance, in the same units
EXTRA = 0.9


def _near(k: float) -> tuple[Normals, tuple[float, float, float]]:
    """Return a generator close to the minority, and counts close to balance, at distance 1/k."""
    minority = (LOGISTIC.means[1], LOGISTIC.covariances[1])
    setting = Normals(
        (*LOGISTIC.means[:2], minority[0] + STEP / k),
        (*LOGISTIC.covariances[:2], minority[1]),
        "logistic",
        24,
    )
    return setting, (*COUNTS, (COUNTS[0] - COUNTS[1]) * (1.0 + EXTRA / k))


def _limits(values: Callable[[Normals, tuple[float, float, float]], Array]) -> Array:
    """Return limits of k times small displacements at distance 1/k."""
    return np.asarray(oracles.limit(lambda k: k * values(*_near(k)), 32.0))


def _moved(setting: Normals, counts: tuple[float, float, float]) -> Array:
    laws = setting.laws()
    return oracles.minimiser("logistic", laws, counts) - oracles.balanced("logistic", laws)


def _by_majority(setting: Normals, counts: tuple[float, float, float]) -> Array:
    at = oracles.point("logistic", setting.laws())
    return np.asarray(-np.linalg.solve(at.hessians[0], oracles.drift(at, counts)))


def _excess_root(setting: Normals, counts: tuple[float, float, float]) -> Array:
    laws = setting.laws()
    return np.full(2, np.sqrt(oracles.excess("logistic", oracles.minimiser("logistic", laws, counts), laws)))


SMALL = identity(
    "imbalance.expansion.logistic",
    "With logistic loss the displacement of the population minimiser is -H_w^{-1} B to first order in gap and "
    "mismatch.",
    r"\theta_{\mathrm{pop}}-\theta^*=-H_w^{-1}B+O(|B|^2)",
    "logistic loss, normal classes in two dimensions; distances from balance and of the generator that fall together, "
    "extrapolated to 0",
    derived("C1"),
    [
        (
            "displacement",
            lambda: _limits(lambda setting, n: setting.expand(n, [n[2]]).displacement[0]),
            lambda: _limits(_moved),
        ),
        (
            "root of the excess risk",
            lambda: _limits(lambda setting, n: np.full(2, np.sqrt(setting.expand(n, [n[2]]).bias_risk[0]))),
            lambda: _limits(_excess_root),
        ),
    ],
    [
        FormulaMutant(
            "no mismatch",
            lambda: [_limits(lambda setting, n: _moved(setting.moved(setting.means[1]), n)), None],
        ),
        FormulaMutant(
            "Hessian of the majority",
            lambda: [
                _limits(_by_majority),
                None,
            ],
        ),
    ],
    rtol=1e-6,
    atol=1e-8,
)

CLAIMS: tuple[Claim, ...] = (DISPLACEMENT, DRIFT, VARIANCE, SMALL)
