r"""Claims about validation (C9): how often the balanced validation loss prefers the better of two scorers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims import quadratic_forms as forms
from mixtheory.imbalance.claims.parts import Array, Simulate, derived, identity
from mixtheory.imbalance.kernels import quality as kernels
from mixtheory.imbalance.models.quality import loss_difference, preference_probability
from mixtheory.verification import Claim, ClopperPearson, Component, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

# slopes of the balanced fit with the biased generator, and of the best scorer
BALANCED, BEST = 14 / 61, 1 / 3
# two slopes, majority and minority in the validation set, mean of the minority
CASES = (
    (BALANCED, BEST, 200, 10, 1.0),
    (BALANCED, BEST, 800, 40, 1.0),
    (BEST, 0.2, 30, 12, 1.6),
    (-0.1, 0.5, 9, 3, 0.7),
    (0.6, -0.2, 24, 8, 1.3),
    (-0.7, -0.4, 6, 2, -1.2),
)


def _difference(slope: float, other: float, mu: float) -> tuple[float, float, float]:
    """Return mean and variances of the loss difference of rows, by quadrature."""
    means, variances = [], []
    for label, centre in ((0.0, 0.0), (1.0, mu)):
        points, weights, _ = oracles.normal_law([centre], [[1.0]], label)
        values = (label - slope * points[:, 0]) ** 2 - (label - other * points[:, 0]) ** 2
        means.append(float(weights @ values))
        variances.append(float(weights @ (values - means[-1]) ** 2))
    return (means[0] + means[1]) / 2, variances[0], variances[1]


def _normal(slope: float, other: float, m0: float, m1: float, mu: float, *, pooled: bool = False) -> float:
    mean, v0, v1 = _difference(slope, other, mu)
    variance = (v0 / m0 + v1 / m1) / 4 if not pooled else (v0 + v1) / 2 / (m0 + m1)
    return 0.5 * math.erfc(-mean / math.sqrt(2 * variance))


def _exact(slope: float, other: float, m0: int, m1: int, mu: float) -> float:
    """Return the probability of the sum of two chi-square variables, in units of the majority's."""
    total = slope + other
    above = forms.tail(m0 / total**2, m0, m0 / m1, m1, m1 * (mu - 1 / total) ** 2)
    return 1 - above if abs(other) > abs(slope) else above


def _each(function: Callable[..., object]) -> Array:
    return np.array([np.ravel(np.asarray(function(*case))) for case in CASES]).ravel()


PREFERENCE = identity(
    "imbalance.selection.preference",
    "Moments of the difference of two validation losses, and the probability that validation prefers the second "
    "scorer: to leading order normal, with a noise that the rarer class governs, and exactly by the law of a sum of a "
    "non-central and a central chi-square variable.",
    r"\Phi\Bigl(\frac{\text{mean}}{\frac12\sqrt{v_0/m_0+v_1/m_1}}\Bigr),\quad "
    r"P\Bigl(\tfrac1{m_1}\chi^2_{m_1}(\lambda)+\tfrac1{m_0}\chi^2_{m_0}<\tfrac1{(t_a+t_b)^2}\Bigr)",
    "squared loss, scores t x_1 with x_1 normal in both classes; six pairs of slopes and sizes",
    derived("C9", "10"),
    [
        (
            "moments of the difference",
            lambda: _each(lambda a, b, m0, m1, mu: loss_difference(a, b, mu)),
            lambda: _each(lambda a, b, m0, m1, mu: _difference(a, b, mu)),
        ),
        (
            "normal approximation",
            lambda: _each(lambda a, b, m0, m1, mu: preference_probability(a, b, m0, m1, mu=mu)),
            lambda: _each(_normal),
        ),
        (
            "exact law",
            lambda: _each(lambda a, b, m0, m1, mu: preference_probability(a, b, m0, m1, mu=mu, exact=True)),
            lambda: _each(_exact),
        ),
        (
            "opposite slopes, where the normal law is exact",
            lambda: preference_probability(-0.3, 0.3, 7, 5, mu=0.4, exact=True),
            lambda: _normal(-0.3, 0.3, 7, 5, 0.4),
        ),
        (
            "mean of the minority left at 1",
            lambda: [loss_difference(0.2, 0.5).mean, preference_probability(0.2, 0.5, 9, 4)],
            lambda: [_difference(0.2, 0.5, 1.0)[0], _normal(0.2, 0.5, 9, 4, 1.0)],
        ),
    ],
    [
        FormulaMutant(
            "variance of the pooled rows",
            lambda: [None, _each(lambda *case: _normal(*case, pooled=True)), *[None] * 3],
        ),
        FormulaMutant("normal approximation for the exact law", lambda: [None, None, _each(_normal), None, None]),
    ],
    rtol=1e-8,
    atol=1e-9,
)

MINORITY = (10, 20, 40)


def _preferences(other: float = BEST) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        found = [kernels.loss_differences(rng, n, 20 * m, m, (BALANCED, other)) > 0 for m in MINORITY]
        return np.stack(found, axis=1).astype(np.float64)

    return simulate


VALIDATION = Claim(
    name="imbalance.selection.validation",
    statement="Validation prefers the scorer without bias to the balanced one with a frequency that the rarer class of "
    "the validation set governs.",
    latex=r"P(\text{validation prefers }t_b)=P\Bigl(\tfrac1{m_1}\chi^2_{m_1}(\lambda)+\tfrac1{m_0}\chi^2_{m_0}"
    r"<\tfrac1{(t_a+t_b)^2}\Bigr)",
    assumptions="Gaussian example, slopes 14/61 and 1/3, 10, 20 and 40 rows of the minority, ratio 20",
    source=derived("C9", "10"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"{m} rows of the minority",
            closed=lambda m=m: preference_probability(BALANCED, BEST, 20 * m, m, exact=True),  # type: ignore[misc]
            oracle=lambda m=m: _exact(BALANCED, BEST, 20 * m, m, 1.0),  # type: ignore[misc]
            oracle_rtol=1e-8,
            margin=Relative(0.01),
            interval=ClopperPearson(),
        )
        for m in MINORITY
    ),
    simulate=_preferences(),
    block_size=2**14,
    mutants=(
        SimulatorMutant("another second scorer", _preferences(other=0.25)),
        FormulaMutant(
            "variance of the pooled rows",
            lambda: [_normal(BALANCED, BEST, 20 * m, m, 1.0, pooled=True) for m in MINORITY],
        ),
    ),
)

# how far the normal approximation may be off
NEAR = 0.025

APPROXIMATION = Claim(
    name="imbalance.selection.normal",
    statement="The normal approximation of the frequency is within 0.025 at 10, 20 and 40 rows of the minority.",
    latex=r"\bigl|P-\Phi(\text{mean}/\mathrm{sd})\bigr|\le0.025",
    assumptions="Gaussian example, slopes 14/61 and 1/3, 10, 20 and 40 rows of the minority, ratio 20",
    source=derived("C9", "10"),
    kind="equality",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=f"{m} rows of the minority",
            closed=lambda m=m: preference_probability(BALANCED, BEST, 20 * m, m),  # type: ignore[misc]
            oracle=lambda m=m: _normal(BALANCED, BEST, 20 * m, m, 1.0),  # type: ignore[misc]
            margin=NEAR,
            interval=ClopperPearson(),
        )
        for m in MINORITY
    ),
    simulate=_preferences(),
    block_size=2**17,
    mutants=(
        SimulatorMutant("another second scorer", _preferences(other=0.25)),
        FormulaMutant("a coin", lambda: [0.5] * len(MINORITY)),
    ),
)

CLAIMS: tuple[Claim, ...] = (PREFERENCE, VALIDATION, APPROXIMATION)
