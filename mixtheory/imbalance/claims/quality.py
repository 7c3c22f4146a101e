r"""Claims about the generator-quality score (C8): its mean, for a perfect generator and for biased ones."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.parts import Array, Simulate, derived, identity
from mixtheory.imbalance.kernels import quality as kernels
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.quality import expected_quality, quality_noise
from mixtheory.verification import Claim, Component, FormulaMutant, Relative, SimulatorMutant, StudentT

__all__ = ["CLAIMS"]

# means of minority and generator, majority, minority, folds; the first five are settings of the note
CASES = (
    (1.0, 1.0, 500, 100, 3),
    (1.0, 1.0, 2000, 100, 3),
    (1.0, 1.0, 4000, 100, 3),
    (1.0, 0.5, 2000, 100, 3),
    (1.0, 0.5, 8000, 400, 3),
    (0.7, 1.3, 90, 40, 2),
    (1.0, 2.0, 300, 100, 5),
)


def _public(function: object) -> Array:
    found = []
    for mu, a, n0, n1, folds in CASES:
        moments = GaussianExample(mu, a, n_majority=n0, n_minority=n1).moments()
        found.append(function(*moments, n0, n1, folds))  # type: ignore[operator]
    return np.array(found)


def _score(
    at: oracles.Point,
    n0: int,
    n1: int,
    folds: int,
    *,
    bias: bool = True,
    held_out: bool = True,
    synthetic: bool = True,
) -> float:
    """Return squared bias over variance of the balanced estimator, each a term of the risk's quadratic expansion."""
    curvature = 0.5 * (at.hessians[0] + at.hessians[1])
    deficit = n0 - n1
    variance = oracles.quadratic(at, (n0, n1, deficit))[1] * 2 * 2 * n0
    mismatch = at.scores[2] - at.scores[1]
    square = float(mismatch @ np.linalg.solve(curvature, mismatch)) if bias else 0.0
    if held_out:
        square += float(np.trace(np.linalg.solve(curvature, at.covariances[1]))) / n1
    if synthetic:
        square += float(np.trace(np.linalg.solve(curvature, at.covariances[2]))) / (folds * deficit)
    return deficit**2 / (2 * n0) * square / variance


def _oracle(**parts: bool) -> Array:
    return np.array(
        [
            _score(oracles.point("squared", oracles.example_laws(mu, a)), n0, n1, folds, **parts)
            for mu, a, n0, n1, folds in CASES
        ]
    )


EXPECTED = identity(
    "imbalance.quality.expected",
    "Expected generator-quality score: the squared mismatch, and the noise of held-out and synthetic rows, which a "
    "perfect generator shows too and which does not shrink at a fixed ratio.",
    r"\frac{D^2}{2n_0}\,\frac{b'H^{-1}b+\operatorname{tr}(H^{-1}S_1)/n_1+\operatorname{tr}(H^{-1}S_s)/(KD)}"
    r"{\operatorname{tr}(H^{-1}\Sigma_{\mathrm{aug}})}",
    "Gaussian example, five published and two other settings; leading order in 1/n; where b = 0 though the generator's "
    "Hessian is not the minority's (a = 2), a term of the pilots of the same order is left out",
    derived("C8", "9"),
    [
        ("expected score", lambda: _public(expected_quality), _oracle),
        ("noise", lambda: _public(quality_noise), lambda: _oracle(bias=False)),
    ],
    [
        FormulaMutant("no noise of held-out rows", lambda: [_oracle(held_out=False), None]),
        FormulaMutant("no noise of synthetic rows", lambda: [None, _oracle(bias=False, synthetic=False)]),
        FormulaMutant("noise alone", lambda: [_oracle(bias=False), None]),
    ],
)

# rows of the minority, ratio and folds: as many synthetic rows as rows of the minority, and folds of one size
ROWS, RATIO, FOLDS = 200, 2, 2
# replicates of a unit: what the control variate leaves has heavy tails, and the mean of eight is nearly normal
TIMES = 8
# what the score has of the control variate: any number leaves the mean as it is, this one little variance
SLOPE = 48.0


def _draws(folds: int = FOLDS) -> Simulate:
    """Return quality scores of a perfect generator, with the mismatch at theta* as control variate.

    The control variate is the quadratic form of the mismatch of the same rows at the balanced minimiser, less that of
    the mismatch's covariance as estimated from these rows without bias: its mean is 0, whatever noise is predicted.
    """

    def simulate(rng: Generator, n: int) -> Array:
        at = oracles.point("squared", oracles.example_laws(1.0, 1.0))
        theta = (float(at.theta[0]), float(at.theta[1]))
        found = kernels.quality_scores(rng, n * TIMES, RATIO * ROWS, ROWS, folds=folds, fixed_theta=theta)
        inverse = np.linalg.inv(0.5 * (at.hessians[0] + at.hessians[1]))
        control = np.einsum("ri,ij,rj->r", found.fixed_mismatch, inverse, found.fixed_mismatch)
        control -= np.sum(inverse * found.fixed_covariance, axis=(1, 2))
        return np.asarray((found.score - SLOPE * control).reshape(n, TIMES).mean(axis=1))

    return simulate


PERFECT = Claim(
    name="imbalance.quality.perfect",
    statement="With the minority's own law as generator the quality score is not near zero: it is the noise of "
    "held-out and synthetic rows.",
    latex=r"\mathbb{E}\,\mathrm{GQS}\approx\frac{D^2}{2n_0}\Bigl(\frac1{n_1}+\frac1{KD}\Bigr)"
    r"\frac{\operatorname{tr}H^{-1}S_1}{\operatorname{tr}H^{-1}\Sigma_{\mathrm{aug}}}",
    assumptions="Gaussian example with a = mu = 1, 200 rows of the minority, ratio 2, two folds; the mismatch of the "
    "same rows at theta* as control variate; the margin of 2 % holds the terms of order 1/n",
    source=derived("C8", "9"),
    kind="equality",
    margin_class="qualitative",
    components=(
        Component(
            label="mean score",
            closed=lambda: quality_noise(
                *GaussianExample(1.0, 1.0, n_majority=RATIO * ROWS, n_minority=ROWS).moments(),
                RATIO * ROWS,
                ROWS,
                FOLDS,
            ),
            oracle=lambda: _score(
                oracles.point("squared", oracles.example_laws(1.0, 1.0)), RATIO * ROWS, ROWS, FOLDS, bias=False
            ),
            margin=Relative(0.02),
            interval=StudentT(0.08),
        ),
    ),
    simulate=_draws(),
    block_size=2**8,
    mutants=(
        SimulatorMutant("four folds", _draws(folds=4)),
        FormulaMutant(
            "no noise of held-out rows",
            lambda: _score(
                oracles.point("squared", oracles.example_laws(1.0, 1.0)), RATIO * ROWS, ROWS, FOLDS, held_out=False
            ),
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (EXPECTED, PERFECT)
