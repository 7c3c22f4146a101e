r"""Claims about the closed forms of the mean-shift symmetric model (C6): moments, risks and floors by enumeration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import integrate, special

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims import symmetry_oracles as symmetry
from mixtheory.imbalance.claims.parts import Array, derived, identity
from mixtheory.imbalance.losses import SQUARED
from mixtheory.imbalance.models.mean_shift import NOISES, MeanShiftModel, noise_moments
from mixtheory.verification import FormulaMutant

__all__ = ["CLAIMS", "SETTING"]

SETTING = "X = y mu + xi, |mu| = 1, symmetric noise of covariance I, loss (1 - y x'theta)^2"

# Moments of the noise ---------------------------------------------------------------------------------------------


def _density(noise: str, d: int) -> tuple[Callable[[float], float], float]:
    """Return the density of one coordinate and where it ends."""
    if noise == "gaussian":
        return lambda x: float(np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)), np.inf
    if noise == "cube":
        return lambda x: 1.0 / np.sqrt(12.0), np.sqrt(3.0)
    scale = np.sqrt(d) * special.beta(0.5, (d - 1) / 2)
    return lambda x: float((1.0 - x * x / d) ** ((d - 3) / 2) / scale), np.sqrt(d)


def _moments(noise: str, d: int) -> tuple[float, float]:
    """Return the fourth moments by quadrature; on the sphere that of two coordinates from |xi|^2 = d."""
    if noise == "rademacher":
        return 1.0, 1.0
    density, end = _density(noise, d)
    fourth = integrate.quad(lambda x: x**4 * density(x), -end, end, epsabs=1e-13, epsrel=1e-12)[0]
    return fourth, (d - fourth) / (d - 1) if noise == "sphere" else 1.0


DIMENSIONS = (3, 5, 20)

NOISE_MOMENTS = identity(
    "imbalance.symmetry.noise_moments",
    "Fourth moments of one and two coordinates of the noise, for uniform, Rademacher, spherical and normal noise.",
    r"(\kappa_4,\kappa_{22})=(9/5,1),\ (1,1),\ \Bigl(\tfrac{3d}{d+2},\tfrac d{d+2}\Bigr),\ (3,1)",
    f"d = {', '.join(map(str, DIMENSIONS))}",
    derived("C6"),
    [
        (
            noise,
            lambda noise=noise: [noise_moments(noise, d) for d in DIMENSIONS],  # type: ignore[misc]
            lambda noise=noise: [_moments(noise, d) for d in DIMENSIONS],  # type: ignore[misc]
        )
        for noise in NOISES
    ],
    [FormulaMutant("independent coordinates on the sphere", lambda: [None, None, [(3.0, 1.0)] * 3, None])],
)

# Scores -----------------------------------------------------------------------------------------------------------

TRACES = (2, 3, 20)


def _trace(noise: str) -> list[float]:
    return [MeanShiftModel(d, 50, 10, noise).score_trace for d in TRACES]


SCORE_TRACE = identity(
    "imbalance.symmetry.score_trace",
    "The risk of one row times N: the trace of the covariance of the score in the metric of the inverse Hessian.",
    r"T=\operatorname{tr}A^{-1}\operatorname{Cov}(Z(1-Z'\theta^*))=\frac{\kappa_4-1}8+\frac{(d-1)(1+\kappa_{22})}4",
    f"{SETTING}; d = {', '.join(map(str, TRACES))}",
    derived("C6", "4"),
    [
        (
            noise,
            lambda noise=noise: _trace(noise),  # type: ignore[misc]
            lambda noise=noise: [symmetry.score_trace(noise, d) for d in TRACES],  # type: ignore[misc]
        )
        for noise in NOISES
    ],
    [
        FormulaMutant("d / 2", lambda: [[0.5 * d for d in TRACES]] * 4),
        FormulaMutant("no part along mu", lambda: [[0.5 * (d - 1) for d in TRACES], None, None, None]),
    ],
)

# Risks ------------------------------------------------------------------------------------------------------------

# numbers of features and of minority rows that can be enumerated, and of synthetic rows
FEW = ((2, 1), (2, 3), (3, 2))
ADDED = (0, 5, 40)
MAJORITY = 7


def _each(values: Callable[[str, int, int, int], float]) -> list[float]:
    return [values(noise, d, n1, size) for noise in NOISES for d, n1 in FEW for size in ADDED]


def _public(method: Callable[[MeanShiftModel, int], float]) -> list[float]:
    return _each(lambda noise, d, n1, size: method(MeanShiftModel(d, MAJORITY, n1, noise), size))


def _fresh(noise: str, d: int, n1: int, size: int) -> float:
    trace = symmetry.score_trace(noise, d)
    return symmetry.total_risk(symmetry.Parts(trace, 0.0, 0.0, trace), MAJORITY, n1, size)


def _sampled(generator: str) -> list[float]:
    parts = {(noise, d, n1): symmetry.sampled_parts(noise, d, n1, generator) for noise in NOISES for d, n1 in FEW}
    return _each(lambda noise, d, n1, size: symmetry.total_risk(parts[noise, d, n1], MAJORITY, n1, size))


def _leading(noise: str, d: int, n1: int, size: int) -> float:
    return symmetry.total_risk(symmetry.leading_parts(noise, d, "semi_oracle", n1), MAJORITY, n1, size)


def _weighted(noise: str, d: int, n1: int, size: int) -> float:
    """Return the risk of weights 1 + size / n1 on the minority in place of draws."""
    trace = symmetry.score_trace(noise, d)
    return trace * (MAJORITY + n1 * (1.0 + size / n1) ** 2) / (MAJORITY + n1 + size) ** 2


LINEAR_RISK = identity(
    "imbalance.symmetry.mean_square_of_the_score",
    "The mean square of the mean score, to which the excess risk is equal to leading order, for new rows, resampled "
    "rows and fresh noise about the minority's mean: exact for every number of rows.",
    r"\mathbb{E}\|\bar\psi\|_{A^{-1}}^2=\frac TN,\qquad "
    r"\frac T{N^2}\Bigl[n_0+n_1\Bigl(1+\frac{\tilde n}{n_1}\Bigr)^2+\tilde n\Bigl(1-\frac1{n_1}\Bigr)\Bigr]",
    f"{SETTING}; every sample of up to three minority rows from nodes of the four laws, d = 2 and 3",
    derived("C6"),
    [
        ("Oracle", lambda: _public(lambda m, n: m.oracle(n)), lambda: _each(_fresh)),
        ("Bootstrap", lambda: _public(lambda m, n: m.bootstrap(n)), lambda: _sampled("bootstrap")),
        (
            "Semi-Oracle",
            lambda: _public(lambda m, n: m.semi_oracle(n, form="score")),
            lambda: _sampled("semi_oracle"),
        ),
    ],
    [
        FormulaMutant("Bootstrap as weights", lambda: [None, _each(_weighted), None]),
        FormulaMutant("Bootstrap as new rows", lambda: [None, _each(_fresh), None]),
        FormulaMutant("leading order of the Semi-Oracle", lambda: [None, None, _each(_leading)]),
    ],
)


def _uncorrelated() -> list[float]:
    """Return the leading risk without the covariance of the generator's error with that of the minority."""

    def risk(noise: str, d: int, n1: int, size: int) -> float:
        parts = symmetry.leading_parts(noise, d, "semi_oracle", n1)._replace(product=0.0)
        return symmetry.total_risk(parts, MAJORITY, n1, size)

    return _each(risk)


# two sizes with most rows synthetic, one with few
GIVEN = (
    ("gaussian", 2, 200, 60, 300),
    ("gaussian", 3, 150, 40, 700),
    ("sphere", 3, 200, 60, 20),
    ("cube", 2, 150, 40, 600),
    ("rademacher", 3, 200, 60, 300),
)


def _penalties(values: Callable[[int, int, int], float]) -> list[float]:
    """Return what synthetic rows add to the risk, at three ratios."""
    return [values(n0, 500, size) - values(n0, 500, 0) for n0, size in ((10_000, 950), (10_000, 9_500), (500, 700))]


def _penalty(n0: int, n1: int, size: int) -> float:
    return symmetry.total_risk(symmetry.leading_parts("cube", 3, "semi_oracle", n1), n0, n1, size)


def _closed_penalty(n0: int, size: int, n1: int = 500) -> float:
    w, trace = size / (n0 + n1 + size), symmetry.score_trace("cube", 3) - symmetry.score_trace("rademacher", 3)
    return 2 * w**2 / 4 * (n0 - n1) / (n1 * (n0 + n1)) + trace * (1 / (n0 + n1 + size) - 1 / (n0 + n1))


SEMI_ORACLE = identity(
    "imbalance.symmetry.semi_oracle",
    "Fresh noise about the minority's mean: the leading order of the risk, what it adds to that of the real rows, and "
    "the risk given the error of the mean.",
    r"\frac{\kappa_4-1}{8N}+(d-1)\Bigl[\frac{1+\kappa_{22}}{4N}+\frac{\tilde n^2}{4n_1N^2}"
    r"+\frac{\tilde n}{2N^2}\Bigr]",
    f"{SETTING}; leading order from the derivative of the mean score of synthetic rows in the minority's law, d = 2 "
    "and 3; given the mean by quadrature over its errors, and with the noise across mu normal for uniform and "
    "Rademacher noise",
    derived("C6", "5"),
    [
        ("leading order", lambda: _public(lambda m, n: m.semi_oracle(n)), lambda: _each(_leading)),
        (
            "penalty",
            lambda: _penalties(lambda n0, n1, size: MeanShiftModel(3, n0, n1, "cube").semi_oracle(size)),
            lambda: [_closed_penalty(n0, size) for n0, size in ((10_000, 950), (10_000, 9_500), (500, 700))],
        ),
        (
            "given the mean",
            lambda: [MeanShiftModel(d, n0, n1, e).semi_oracle(n, form="given_mean") for e, d, n0, n1, n in GIVEN],
            lambda: [symmetry.given_mean(*case) for case in GIVEN],
        ),
    ],
    [
        FormulaMutant("covariance term dropped", lambda: [_uncorrelated(), None, None]),
        FormulaMutant("Oracle", lambda: [_each(_fresh), None, None]),
        FormulaMutant(
            "leading order given the mean",
            lambda: [
                None,
                None,
                [
                    symmetry.total_risk(symmetry.leading_parts(e, d, "semi_oracle", k), m, k, n)
                    for e, d, m, k, n in GIVEN
                ],
            ],
        ),
    ],
)

# Floors -----------------------------------------------------------------------------------------------------------

SHARES = (0.1, 0.5, 7600 / 9700, 1.0)
# across and along mu
SHIFTS = ((0.3, 0.0), (1.5, 0.0), (0.0, 0.2), (0.0, -0.7), (0.6, 0.4))
SHRUNK = (0.05, 0.3, 0.756, 1.4)


def _floor(mean: Array, covariance: Array, w: float) -> float:
    """Return the excess risk of the minimiser for a share of rows of another law, from nodes."""
    right = oracles.normal_law([1.0, 0.0], np.eye(2), 1.0)
    wrong = oracles.normal_law(mean, covariance, 1.0)
    theta = oracles.minimiser("squared", [right, wrong], (1.0 - w, w))
    error = theta - oracles.minimiser("squared", [right], (1.0,))
    return float(right[1] @ (right[0] @ error) ** 2)


def _shifted(values: Callable[[float, float, float], float]) -> list[float]:
    return [values(across, along, w) for across, along in SHIFTS for w in SHARES]


def _first_order() -> list[float]:
    """Return floors from the mean score alone, without the other rows' second moments."""

    def floor(across: float, along: float, w: float) -> float:
        return (w * across * (1.0 - along) / 2.0) ** 2 + (w * (along + along**2) / 2.0) ** 2 / 2.0

    return _shifted(floor)


FLOORS = identity(
    "imbalance.symmetry.floors",
    "Floors of the excess risk for rows of a shifted mean and for rows of a shrunk covariance.",
    r"\frac{w^2\eta^2(1+w^2\eta^2/2)}{(2+2w\eta^2-w^2\eta^2)^2},\qquad "
    r"\frac{(1-v)^2}{2(1+v)^2},\ v=1-w+wc",
    f"{SETTING}; shifts across and along mu, shares 0.1, 1/2, 7600/9700 and 1; normal nodes in the plane of the shift",
    derived("C6", "6"),
    [
        (
            "shifted mean",
            lambda: _shifted(lambda across, along, w: _model().fixed_shift_floor(across, w, along=along)),
            lambda: _shifted(lambda across, along, w: _floor(np.array([1.0 + along, across]), np.eye(2), w)),
        ),
        (
            "shrunk covariance",
            lambda: [_model().shrunk_covariance_floor(c, w) for c in SHRUNK for w in SHARES],
            lambda: [_floor(np.array([1.0, 0.0]), c * np.eye(2), w) for c in SHRUNK for w in SHARES],
        ),
        (
            "small shift along mu over w^2 a^4",
            lambda: oracles.limit(lambda k: k**4 * _model().fixed_shift_floor(0.0, 0.5, along=1.0 / k), 64.0),
            lambda: 0.25 / 8.0,
        ),
    ],
    [
        FormulaMutant("first order", lambda: [_first_order(), None, None]),
        FormulaMutant("a mismatch of first order along mu", lambda: [None, None, 0.25 / 4.0]),
        FormulaMutant("no floor", lambda: [None, np.zeros(len(SHRUNK) * len(SHARES)), None]),
    ],
    rtol=1e-8,
    atol=1e-10,
)


def _model() -> MeanShiftModel:
    return MeanShiftModel(20, 2000, 100)


# Weights ----------------------------------------------------------------------------------------------------------


def _rows() -> tuple[Array, Array]:
    """Return real rows and labels (0 and 1), unequal classes, without any symmetry."""
    grid = np.linspace(-1.0, 1.0, 36).reshape(12, 3)
    rows = np.column_stack([np.ones(12), np.sin(7.0 * grid) + 0.5 * grid**2])
    return rows, np.repeat([0.0, 1.0], [8, 4])


def _expected_fit(covariance_factor: float) -> Array:
    """Return the fit to the real rows and to the expected sums of rows with the minority's mean and covariance."""
    rows, labels = _rows()
    minority, sums = rows[labels == 1.0], []
    for size in (3, 20):
        mean = minority.mean(axis=0)
        covariance = covariance_factor * np.cov(minority.T, ddof=0)
        gram = rows.T @ rows + size * (covariance + np.outer(mean, mean))
        sums.append(np.linalg.solve(gram, rows.T @ labels + size * mean))
    return np.concatenate(sums)


def _weighted_fit(weight: Callable[[int], float]) -> Array:
    rows, labels = _rows()
    fits = [SQUARED.minimise(rows, labels, np.where(labels == 1.0, weight(size), 1.0)) for size in (3, 20)]
    return np.concatenate(fits)


REWEIGHTING = identity(
    "imbalance.symmetry.reweighting",
    "For squared loss a generator that has the minority's sample mean and covariance is, in expectation, a weight on "
    "the minority.",
    r"\arg\min_\theta\ \mathbb{E}^*\sum_{i\le N}(Y_i-X_i'\theta)^2\ \text{is the fit with weight }1+\tilde n/n_1"
    r"\text{ on the minority}",
    "any rows; 8 and 4 rows with an intercept and three features, 3 and 20 synthetic rows",
    derived("C6"),
    [("coefficients", lambda: _weighted_fit(lambda size: 1.0 + size / 4), lambda: _expected_fit(1.0))],
    [
        FormulaMutant("unbiased covariance", lambda: _expected_fit(4.0 / 3.0)),
        FormulaMutant("the mean alone", lambda: _expected_fit(0.0)),
    ],
)

CLAIMS = (NOISE_MOMENTS, SCORE_TRACE, LINEAR_RISK, SEMI_ORACLE, FLOORS, REWEIGHTING)
