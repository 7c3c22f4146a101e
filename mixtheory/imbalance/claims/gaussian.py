r"""Claims about the Gaussian example with squared loss (C4, C5): floors, cancelling sizes, risk to second order."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.parts import Array, code, derived, identity, share
from mixtheory.imbalance.models.gaussian import (
    GaussianExample,
    cancelling_multiplier,
    realistic_mean,
    solvable_means,
)
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

# mean of the minority, mean of the generator, majority and minority; the first is the published setting
CASES = ((1.0, 0.5, 2000, 100), (1.0, 1.0, 300, 100), (0.7, 1.3, 500, 20), (2.0, 0.9, 90, 30), (1.0, 2.0, 700, 350))
MULTIPLIERS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0)
SETTING = "N(0, I) against N((mu, 0), I), generator N((a, 0), I), no intercept"


def _example(case: tuple[float, float, int, int]) -> GaussianExample:
    mu, a, n_majority, n_minority = case
    return GaussianExample(mu, a, n_majority=n_majority, n_minority=n_minority)


def _sizes(case: tuple[float, float, int, int]) -> Array:
    return np.asarray(MULTIPLIERS) * (case[2] - case[3])


def _everywhere(function: Callable[[tuple[oracles.Law, ...], tuple[float, float, float]], object]) -> Array:
    """Evaluate an oracle's function of laws and counts in all cases, at all multipliers."""
    return np.array(
        [
            function(oracles.example_laws(mu, a), (n_majority, n_minority, float(size)))
            for mu, a, n_majority, n_minority in CASES
            for size in _sizes((mu, a, n_majority, n_minority))
        ]
    ).ravel()


def _public(values: Callable[[GaussianExample, Array], object]) -> Array:
    return np.concatenate([np.ravel(np.asarray(values(_example(case), _sizes(case)))) for case in CASES])


def _floor(laws: tuple[oracles.Law, ...], counts: tuple[float, float, float]) -> float:
    return oracles.excess("squared", oracles.minimiser("squared", laws, counts), laws)


def _unweighted_floor(laws: tuple[oracles.Law, ...], counts: tuple[float, float, float]) -> float:
    """Return the floor from -H^{-1} B, with the curvature of the balanced risk."""
    at = oracles.point("squared", laws)
    curvature = 0.5 * (at.hessians[0] + at.hessians[1])
    return oracles.excess("squared", at.theta - np.linalg.solve(curvature, oracles.drift(at, counts)), laws)


def _at_balance(floor: Callable[[int], float]) -> list[float]:
    return [floor(r) for r in (2, 5, 20, 100)]


MINIMISER = identity(
    "imbalance.gaussian.floor",
    "The minimiser of the augmented population risk, and the excess risk that no number of rows removes.",
    r"\theta_1=\frac{n_1\mu+\tilde n a}{N+n_1\mu^2+\tilde n a^2},\ "
    r"\text{floor}=(1+\tfrac{\mu^2}2)(\theta_1-\tfrac{\mu}{\mu^2+2})^2",
    f"{SETTING}; five pairs of means and sizes, eight multipliers from 0 to 8",
    derived("C5", "1"),
    [
        (
            "pooled minimiser",
            lambda: _public(lambda example, sizes: example.theta_pop(sizes)),
            lambda: _everywhere(lambda laws, counts: oracles.minimiser("squared", laws, counts)),
        ),
        (
            "balanced minimiser",
            lambda: [_example(case).theta_star for case in CASES],
            lambda: [oracles.balanced("squared", oracles.example_laws(mu, a)) for mu, a, *_ in CASES],
        ),
        ("floor", lambda: _public(lambda example, sizes: example.floor(sizes)), lambda: _everywhere(_floor)),
        (
            "floor at balance, mu = 1, a = 1/2",
            lambda: _at_balance(
                lambda r: float(GaussianExample(1.0, 0.5, n_majority=r * 20, n_minority=20).floor((r - 1) * 20))
            ),
            lambda: _at_balance(lambda r: (r - 1) ** 2 / (6 * (3 * r + 1) ** 2)),
        ),
    ],
    [
        FormulaMutant(
            "H in place of H_w",
            lambda: [None, None, _everywhere(_unweighted_floor), None],
        ),
        FormulaMutant("generator with the right mean", lambda: [None, None, None, [0.0] * 4]),
    ],
)


def _first_order(values: Callable[[GaussianExample], object]) -> Array:
    return np.concatenate([np.ravel(np.asarray(values(_example(case)))) for case in CASES])


def _points(values: Callable[[oracles.Point], object]) -> Array:
    return np.concatenate(
        [np.ravel(np.asarray(values(oracles.point("squared", oracles.example_laws(mu, a))))) for mu, a, *_ in CASES]
    )


MOMENTS = identity(
    "imbalance.gaussian.moments",
    "Class gap, generator mismatch, Hessians and score covariances of the three laws at the balanced minimiser.",
    r"g=\frac{4\mu}{\mu^2+2}e_1,\quad b=2\Bigl[\frac{(2+a^2)\mu}{\mu^2+2}-a\Bigr]e_1",
    f"{SETTING}; five pairs of means",
    derived("C5"),
    [
        ("gap", lambda: _first_order(lambda e: e.gap), lambda: _points(lambda at: at.scores[0] - at.scores[1])),
        (
            "mismatch",
            lambda: _first_order(lambda e: e.mismatch),
            lambda: _points(lambda at: at.scores[2] - at.scores[1]),
        ),
        (
            "mean scores",
            lambda: _first_order(lambda e: [law.mean_score for law in e.moments()]),
            lambda: _points(lambda at: at.scores),
        ),
        (
            "curvature",
            lambda: _first_order(lambda e: e.hessian),
            lambda: _points(lambda at: 0.5 * (at.hessians[0] + at.hessians[1])),
        ),
        (
            "Hessians",
            lambda: _first_order(lambda e: [law.hessian for law in e.moments()]),
            lambda: _points(lambda at: at.hessians),
        ),
        (
            "score covariances",
            lambda: _first_order(lambda e: [law.score_covariance for law in e.moments()]),
            lambda: _points(lambda at: at.covariances),
        ),
    ],
    [
        FormulaMutant(
            "mismatch is the difference of the laws' means",
            lambda: [None, [(a - mu, 0.0) for mu, a, *_ in CASES], None, None, None, None],
        ),
        FormulaMutant("loss with a factor 1/2", lambda: [_points(lambda at: at.scores[0]), *[None] * 5]),
    ],
)

# Cancelling sizes --------------------------------------------------------------------------------------------------

# 0.3 and 2.7 have no size at r = 20; a < 0.38 falls for ever or never
MEANS = (-0.5, 0.02, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 2.7)
MUS = (0.5, 1.0, 2.0)
# at r = 3 / 2 and 0.3 or 3.2 even the first row adds to the bias
BEST = (*((a, (2000, 100)) for a in MEANS), *((a, (90, 60)) for a in (0.3, 0.33, 3.0, 3.2)))


def _solvable(mu: float) -> list[float]:
    """Return the generator's means whose minimiser, on synthetic rows alone, is the balanced one."""
    target = mu / (mu**2 + 2)

    def miss(a: float) -> float:
        return float(oracles.minimiser("squared", oracles.example_laws(mu, a), (0.0, 0.0, 1.0))[0] - target)

    # a / (1 + a^2) rises up to a = 1 and falls after it
    return [float(optimize.brentq(miss, *ends, xtol=1e-15, rtol=1e-15)) for ends in ((1e-3, 1.0), (1.0, 100.0))]


def _public_best(a: float, counts: tuple[int, int]) -> float:
    return share(GaussianExample(1.0, a, n_majority=counts[0], n_minority=counts[1]).optimal_multiplier())


def _best(a: float, counts: tuple[int, int]) -> float:
    """Return the best multiplier at mu = 1: cancelling, infinite, or none where synthetic rows do harm."""
    laws = oracles.example_laws(1.0, a)
    size = oracles.cancelling_size("squared", laws, *counts)
    return share(size) if math.isfinite(size) else oracles.never_turns(laws, counts)


CANCELLING = identity(
    "imbalance.gaussian.cancelling_size",
    "The number of synthetic rows that removes the bias, as a function of the generator's mean; outside an interval of "
    "means there is none.",
    r"\frac{\tilde n^*}{n_0-n_1}=\frac{\mu}{a(\mu^2+2)-\mu(1+a^2)},\quad "
    r"\frac{\mu^2+2\mp\sqrt{(\mu^2+2)^2-4\mu^2}}{2\mu}",
    f"{SETTING}; ten means of the generator, three of the minority; an infinite size is compared as 1 of m / (1 + m)",
    derived("C5", "2"),
    [
        (
            "mu = 1",
            lambda: [share(float(m)) for m in cancelling_multiplier(MEANS)],
            lambda: [share(oracles.cancelling_size("squared", oracles.example_laws(1.0, a), 2000, 100)) for a in MEANS],
        ),
        (
            "other means of the minority",
            lambda: [share(float(cancelling_multiplier(1.1 * mu, mu))) for mu in MUS],
            lambda: [
                share(oracles.cancelling_size("squared", oracles.example_laws(mu, 1.1 * mu), 90, 30)) for mu in MUS
            ],
        ),
        (
            "best multiplier",
            lambda: [_public_best(a, counts) for a, counts in BEST],
            lambda: [_best(a, counts) for a, counts in BEST],
        ),
        ("interval of means", lambda: [solvable_means(mu) for mu in MUS], lambda: [_solvable(mu) for mu in MUS]),
    ],
    [
        FormulaMutant(
            "1 / (1 - rho)",
            lambda: [
                [
                    share(1 / (1 - (at.scores[2] - at.scores[1])[0] / (at.scores[0] - at.scores[1])[0]))
                    for at in (oracles.point("squared", oracles.example_laws(1.0, a)) for a in MEANS)
                ],
                None,
                None,
                None,
            ],
        ),
        FormulaMutant("balancing is always the best", lambda: [None, None, [0.5] * len(BEST), None]),
    ],
)


def _wrong_laws(values: Callable[[GaussianExample], float]) -> list[float]:
    return [values(GaussianExample(mu, 2 / mu, n_majority=1000, n_minority=50)) for mu in MUS]


WRONG_LAW = identity(
    "imbalance.gaussian.wrong_law_without_mismatch",
    "A generator with mean a = 2 / mu has no mismatch although its law is wrong: balancing removes the bias.",
    r"a=2/\mu:\quad b=0,\quad\tilde n^*=n_0-n_1",
    f"{SETTING}; mu = 1/2, 1 and 2 (where the law is right for mu = sqrt 2 only)",
    derived("C5", "2"),
    [
        (
            "mismatch",
            lambda: _wrong_laws(lambda e: float(e.mismatch[0])),
            lambda: [
                float((at.scores[2] - at.scores[1])[0])
                for at in (oracles.point("squared", oracles.example_laws(mu, 2 / mu)) for mu in MUS)
            ],
        ),
        (
            "floor at balance",
            lambda: _wrong_laws(lambda e: float(e.floor(950))),
            lambda: [_floor(oracles.example_laws(mu, 2 / mu), (1000, 50, 950)) for mu in MUS],
        ),
        ("multiplier", lambda: _wrong_laws(lambda e: e.optimal_multiplier()), lambda: [1.0] * len(MUS)),
    ],
    [FormulaMutant("mismatch is a distance of laws", lambda: [[2 / mu - mu for mu in MUS], None, None])],
)

REALISTIC_SIZES = (10, 100, 200, 300, 400, 500)


def _realistic(values: Callable[[GaussianExample], float]) -> list[float]:
    return [values(GaussianExample(1.0, realistic_mean(n), n_majority=20 * n, n_minority=n)) for n in REALISTIC_SIZES]


def _realistic_oracle(values: Callable[[float, int], float]) -> list[float]:
    return [values(1.0 - math.log(n) ** -0.5, n) for n in REALISTIC_SIZES]


def _realistic_floor(a: float, n: int, multiplier: float) -> float:
    return _floor(oracles.example_laws(1.0, a), (20 * n, n, 19 * n * multiplier))


REALISTIC = identity(
    "imbalance.gaussian.realistic_generator",
    "The generator whose mean approaches the minority's slowly: its cancelling size is above twice the deficit for "
    "every published minority, so that a search up to two deficits ends at its edge.",
    r"a=1-1/\sqrt{\log n_1},\quad\tilde n^*>2(n_0-n_1)",
    f"{SETTING}; mu = 1, r = 20, n1 = 10 to 500",
    code("C5", "2") + "; consequences derived in this project",
    [
        ("mean", lambda: [realistic_mean(n) for n in REALISTIC_SIZES], lambda: _realistic_oracle(lambda a, n: a)),
        (
            "multiplier",
            lambda: _realistic(lambda e: share(e.optimal_multiplier())),
            lambda: [
                share(oracles.cancelling_size("squared", oracles.example_laws(1.0, a), 20 * n, n))
                for a, n in zip(_realistic_oracle(lambda a, n: a), REALISTIC_SIZES, strict=True)
            ],
        ),
        (
            "above two deficits",
            lambda: _realistic(lambda e: float(e.optimal_multiplier() > 2)),
            lambda: [1.0] * len(REALISTIC_SIZES),
        ),
        (
            "floor at balance",
            lambda: _realistic(lambda e: float(e.floor(e.deficit))),
            lambda: _realistic_oracle(lambda a, n: _realistic_floor(a, n, 1.0)),
        ),
        (
            "floor at two deficits",
            lambda: _realistic(lambda e: float(e.floor(2 * e.deficit))),
            lambda: _realistic_oracle(lambda a, n: _realistic_floor(a, n, 2.0)),
        ),
    ],
    [
        FormulaMutant(
            "1 - 1 / log n1", lambda: [[1 - 1 / math.log(n) for n in REALISTIC_SIZES], None, None, None, None]
        ),
    ],
)

CLAIMS: tuple[Claim, ...] = (MINIMISER, MOMENTS, CANCELLING, WRONG_LAW, REALISTIC)
