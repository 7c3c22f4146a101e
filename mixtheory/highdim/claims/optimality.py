r"""Claims about the optimality of covariance matching (C7), n > p.

With lam the eigenvalues of M^T M, M = Sigma_s^{1/2} Sigma_t^{-1/2}, the risk is Schur-convex and decreasing in each
lam_i, so that among all M of one trace the identity, matched covariances, has the smallest risk.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mixtheory.highdim import optimality
from mixtheory.highdim.claims import failures, oracles, over, ridge, ridge_formulas, scale
from mixtheory.highdim.claims.pairs import (
    Pair,
    bracket,
    log_gain,
    log_ratios,
    random_spectra,
    reference_risk,
    same_draws,
    trace,
)
from mixtheory.highdim.claims.parts import Array, Simulate, derived, halves, identity, paper
from mixtheory.highdim.claims.scale import SPLITS
from mixtheory.verification import Claim, EmpiricalBernstein, FormulaMutant, SimulatorMutant

__all__ = ["CLAIMS"]


# Schur convexity -------------------------------------------------------------------------------------------------

LAMS = random_spectra(25, 8, seed=1)
_PICK = np.random.default_rng(2)
# two different places and the share of the other's value that each takes
PLACES = [(*sorted(_PICK.choice(8, 2, replace=False).tolist()), float(_PICK.uniform(0.05, 0.95))) for _ in LAMS]


def _averaged(lam: Array, i: int, j: int, share: float) -> Array:
    """Return the spectrum times (1 - share) I + share P, where P swaps places i and j."""
    matrix = np.eye(lam.size)
    matrix[[i, j]] = 0.0
    matrix[i, i] = matrix[j, j] = 1 - share
    matrix[i, j] = matrix[j, i] = share
    return np.asarray(matrix @ lam)


def _steps() -> list[tuple[Array, Array, tuple[int, int]]]:
    """Return spectra before and after an averaging step, with their splits."""
    return [
        (lam, optimality.t_transform(lam, *place), SPLITS[k % len(SPLITS)])
        for k, (lam, place) in enumerate(zip(LAMS, PLACES, strict=True))
    ]


def _changes() -> Array:
    return np.array([optimality.spectrum_risk(b, *c) - optimality.spectrum_risk(a, *c) for a, b, c in _steps()])


def _reference_changes() -> Array:
    splits = [SPLITS[k % len(SPLITS)] for k in range(len(LAMS))]
    cases = zip(LAMS, PLACES, splits, strict=True)
    return np.array(
        [reference_risk(_averaged(lam, *place), *split) - reference_risk(lam, *split) for lam, place, split in cases]
    )


def _slope(function: Callable[[float], float], step: float) -> float:
    """Return the derivative at 0 from four values; the error is of fourth order."""
    near, far = function(step) - function(-step), function(2 * step) - function(-2 * step)
    return (8 * near - far) / (12 * step)


def _reference_gradient(lam: Array, n_t: int, n_s: int) -> list[float]:
    def at(i: int, x: float) -> float:
        moved = lam.copy()
        moved[i] *= math.exp(x)
        return reference_risk(moved, n_t, n_s)

    return [_slope(lambda x: at(i, x), 2e-3) / lam[i] for i in range(lam.size)]  # noqa: B023


def _reference_gap(lam: Array, n_t: int, n_s: int) -> float:
    order = np.argsort(lam)
    gradient = np.array(_reference_gradient(lam, n_t, n_s))
    pairs = zip(order[:-1], order[1:], strict=True)
    return float(min((lam[j] - lam[i]) * (gradient[j] - gradient[i]) for i, j in pairs))


def _gradients() -> Array:
    return np.array([optimality.risk_gradient(lam, *split) for lam, split in zip(LAMS, SPLITS, strict=False)])


def _ordered(gradients: Array) -> float:
    """Return the share of pairs with (lam_i - lam_j)(g_i - g_j) > 0."""
    lams = LAMS[: len(gradients)]
    products = (lams[:, :, None] - lams[:, None]) * (gradients[:, :, None] - gradients[:, None])
    return float(np.mean(products[:, ~np.eye(8, dtype=bool)] > 0))


SCHUR = identity(
    "highdim.optimality.schur",
    "Averaging two eigenvalues of M^T M never raises the risk: it is Schur-convex, and it falls in each eigenvalue.",
    r"(\lambda_i-\lambda_j)\Bigl(\frac{\partial\mathcal R_u}{\partial\lambda_i}"
    r"-\frac{\partial\mathcal R_u}{\partial\lambda_j}\Bigr)\ge0,\qquad\frac{\partial\mathcal R_u}{\partial\lambda_i}<0",
    "n > p = 8; 25 random spectra over two decades, five splits, one of them without real rows",
    derived("C7", "K7"),
    [
        ("change of the risk by a T-transform", _changes, _reference_changes),
        ("share of T-transforms that lower it", lambda: np.mean(_changes() < 0), lambda: 1.0),
        (
            "gradient",
            _gradients,
            lambda: [_reference_gradient(lam, *split) for lam, split in zip(LAMS, SPLITS, strict=False)],
        ),
        ("share of falling directions", lambda: np.mean(_gradients() < 0), lambda: 1.0),
        ("share of ordered pairs", lambda: _ordered(_gradients()), lambda: 1.0),
        (
            "least product of neighbours",
            lambda: [optimality.schur_gap(lam, *split) for lam, split in zip(LAMS, SPLITS, strict=False)],
            lambda: [_reference_gap(lam, *split) for lam, split in zip(LAMS, SPLITS, strict=False)],
        ),
    ],
    [
        FormulaMutant("Schur-concave", lambda: [-_reference_changes(), 0.0, None, None, 0.0, None]),
        FormulaMutant("lambda for 1 / lambda", lambda: [None, None, None, 0.0, 0.0, None]),
    ],
    rtol=1e-6,
    atol=1e-9,
)

# The matched covariance under trace-type constraints -------------------------------------------------------------

EXPONENTS = (1.0, 1.5, 2.0, 4.0)


def _power_mean(lam: Array, q: float) -> float:
    return float(np.mean(lam**q) ** (1 / q))


def _excess_over_matched(risk: Callable[[Array, int, int], float]) -> Array:
    """Return risks of random spectra with power mean 1 over that of matching, less 1."""
    return np.array(
        [
            risk(lam / _power_mean(lam, q), *split) / risk(np.ones(8), *split) - 1
            for q in EXPONENTS
            for lam in LAMS[:4]
            for split in SPLITS
        ]
    )


def _smaller_trace() -> Array:
    """Return the share of spectra of mean 0.9 whose risk is above that of matching with trace p."""
    return np.array([optimality.spectrum_risk(0.9 * lam, 8, 8) > 8 / 8 for lam in LAMS])


MATCHED_LOWEST = identity(
    "highdim.optimality.trace",
    "Under tr M^T M = p, or any power mean of order q >= 1 held at 1, no spectrum has a lower risk than matching.",
    r"\tfrac1p\sum\lambda_i^q=1,\ q\ge1\ \Rightarrow\ \mathcal R_u(M)\ge\mathcal R_u(I)=\sigma^2\frac{p}{n-p}",
    "n > p = 8; random spectra over two decades, q in {1, 1.5, 2, 4}, five splits; also traces below p",
    paper("matching is optimal for tr M^T M = p", "theorem 4.3", "K7") + "; q > 1 and the proof " + derived("C7"),
    [
        (
            "excess over matching",
            lambda: _excess_over_matched(optimality.spectrum_risk),
            lambda: _excess_over_matched(reference_risk),
        ),
        (
            "share above matching",
            lambda: np.mean(_excess_over_matched(optimality.spectrum_risk) > 0),
            lambda: 1.0,
        ),
        (
            "risk of matching",
            lambda: [optimality.spectrum_risk(np.ones(8), *split) for split in SPLITS],
            lambda: [8 / (sum(split) - 8) for split in SPLITS],
        ),
        ("share above matching, trace below p", lambda: np.mean(_smaller_trace()), lambda: 1.0),
    ],
    [
        FormulaMutant("matching is the worst", lambda: [-_excess_over_matched(reference_risk), 0.0, None, 0.0]),
        FormulaMutant("p / n for p / (n - p)", lambda: [None, None, [8 / sum(split) for split in SPLITS], None]),
    ],
    rtol=1e-8,
)

# gains of matching, simulated: covariances of real and synthetic rows with tr M^T M = p
P = 16
ONES = np.ones(P)
COUNTS = (P, P)
# far from all ratios that occur; a bounded statistic needs no moments
CLIP = (-1.0, 2.0)


def _reversed() -> Pair:
    """Return the same spectrum twice, in opposite order, scaled to tr M^T M = p."""
    sigma_t = np.geomspace(0.3, 3.0, P)
    return sigma_t, sigma_t[::-1] / np.mean(sigma_t[::-1] / sigma_t)


def _turned() -> Pair:
    """Return two blocks and the same matrix in other axes, which do not commute, scaled to tr M^T M = p."""
    sigma_t, basis = halves(P, 0.5, 1.5), oracles.rotation(P)
    turned = (basis * sigma_t) @ basis.T
    return np.diag(sigma_t), turned * P / np.trace(turned / sigma_t)


UNMATCHED: dict[str, Pair] = {
    "two points": (ONES, halves(P, 0.25, 1.75)),
    "the same spectrum reversed": _reversed(),
    "the same spectrum in other axes": _turned(),
}


def _against_matched(pairs: dict[str, Pair]) -> Simulate:
    """Return the log risks of pairs over that of matching, which for matched rows depends on the draws alone."""
    risks = [trace((ONES, ONES), COUNTS), *(trace(pair, COUNTS) for pair in pairs.values())]
    return log_ratios(same_draws(risks), CLIP)


GAIN = Claim(
    name="highdim.optimality.gain",
    statement="At equal tr M^T M, synthetic rows of another covariance raise the risk, by the predicted "
    "amount to within a quarter.",
    latex=r"\mathbb{E}\log\frac{\mathcal R_X(M)}{\mathcal R_X(I)}\approx\log\frac{\mathcal R_u(M)}{\mathcal R_u(I)}>0",
    assumptions="p = n_t = n_s = 16, normal entries, the same for all covariances; log ratios clipped to "
    "[-1, 2]; within a quarter of the prediction",
    source=paper("matching is optimal for tr M^T M = p", "theorem 4.3"),
    kind="difference",
    margin_class="qualitative",
    components=tuple(
        component
        for column, (label, pair) in enumerate(UNMATCHED.items())
        for component in bracket(label, *log_gain(pair, COUNTS, (ONES, ONES)), EmpiricalBernstein(*CLIP), column=column)
    ),
    simulate=_against_matched(UNMATCHED),
    block_size=2**10,
    mutants=(
        SimulatorMutant(
            "a third of the way from matched rows",
            _against_matched({label: (a, (2 * a + b) / 3) for label, (a, b) in UNMATCHED.items()}),
        ),
        SimulatorMutant(
            "covariances shrunk by half",
            _against_matched({label: (a, b / 2) for label, (a, b) in UNMATCHED.items()}),
        ),
        FormulaMutant("matching does not matter", lambda: [0.0] * 6),
    ),
)

CLAIMS: tuple[Claim, ...] = (
    SCHUR,
    MATCHED_LOWEST,
    GAIN,
    *scale.CLAIMS,
    *failures.CLAIMS,
    *over.CLAIMS,
    *ridge_formulas.CLAIMS,
    *ridge.CLAIMS,
)
