r"""Claims about the Wald test of local symmetry: the Chow form, the calibration design, and limiting laws."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from mixtheory.imbalance.claims import quadratic_forms as forms
from mixtheory.imbalance.claims.parts import Array, derived, identity
from mixtheory.imbalance.models import wald
from mixtheory.imbalance.models.wald import SymmetryDesign, local_shift, naive_size, null_shift
from mixtheory.imbalance.symmetry import symmetry_test
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS", "LEVEL", "design_power_oracle", "naive_ratio_oracle", "naive_size_oracle", "shift_oracle"]

LEVEL = 0.05

# The test is a robust Chow test -----------------------------------------------------------------------------------

SEEDS = (1, 2, 3)
# numbers for the classes: with 0 the fit of a class would be 0
CODES = (-0.4, 1.0)


def _data(seed: int) -> tuple[Array, Array]:
    """Return two classes in three dimensions with unequal Hessians."""
    rng = np.random.default_rng(seed)
    turned = rng.standard_normal((3, 3))
    x = np.vstack([rng.standard_normal((60, 3)) @ turned, 0.5 + rng.exponential(size=(25, 3))])
    return x, np.repeat(CODES, [60, 25])


def _parts(seed: int, x: Array, y: Array) -> tuple[list[Array], ...]:
    """Return class-wise fits, Hessians and covariances of the scores at the balanced fit, by least squares on rows."""
    rows, labels = [x[y == code] for code in CODES], [y[y == code] for code in CODES]
    fits = [np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(rows, labels, strict=True)]
    weight = 1.0 / np.sqrt(np.where(y == CODES[0], 60, 25))
    pooled = np.linalg.lstsq(x * weight[:, None], y * weight, rcond=None)[0]
    scores = [2 * a * (a @ pooled - b)[:, None] for a, b in zip(rows, labels, strict=True)]
    return (
        fits,
        [2 * a.T @ a / len(a) for a in rows],
        [np.cov(s, rowvar=False) for s in scores],
        [s.mean(axis=0) for s in scores],
    )


def _public(values: Callable[..., object]) -> Array:
    found = []
    for seed in SEEDS:
        x, y = _data(seed)
        found.append(np.ravel(np.asarray(values(x, y, *_parts(seed, x, y)))))
    return np.concatenate(found)


def _chow(pilot: bool = True, centred: bool = True, classes: bool = False) -> Array:
    """Return the Chow statistics from sandwich covariances of class-wise least squares; options make the mutants."""
    found = []
    for seed in SEEDS:
        x, y = _data(seed)
        fits, hessians, covariances, means = _parts(seed, x, y)
        total = np.zeros((3, 3))
        for k, n in ((0, 60), (1, 25)):
            s = covariances[k] if centred else covariances[k] + np.outer(means[k], means[k])
            if classes:
                rows = x[y == CODES[k]]
                s = np.cov(2 * rows * (rows @ fits[k] - CODES[k])[:, None], rowvar=False)
            bread = np.linalg.inv(hessians[k])
            total += (bread @ s @ bread if pilot else s) / n
        gap = fits[1] - fits[0] if pilot else means[0] - means[1]
        found.append(gap @ np.linalg.solve(total, gap))
    return np.array(found)


def _published(corrected: bool = True) -> Array:
    """Return the covariances of the gap in the form of the public code."""
    found = []
    for seed in SEEDS:
        x, y = _data(seed)
        _, hessians, covariances, _ = _parts(seed, x, y)
        at = forms.DesignPoint(np.zeros(3), np.zeros(3), tuple(hessians), tuple(covariances))
        found.append(forms.gap_covariance(at, 60, 25, corrected=corrected).ravel())
    return np.concatenate(found)


CHOW = identity(
    "imbalance.test.chow",
    "For squared loss the Wald statistic of local symmetry is the heteroskedasticity-robust Chow statistic, with score "
    "covariances at the balanced fit.",
    r"\hat g'V^{-1}\hat g=(\theta_1-\theta_0)'\Bigl[\tfrac{H_0^{-1}S_0H_0^{-1}}{n_0}"
    r"+\tfrac{H_1^{-1}S_1H_1^{-1}}{n_1}\Bigr]^{-1}(\theta_1-\theta_0)",
    "squared loss; three data sets of 60 and 25 rows in three dimensions",
    derived("Section 4", "7"),
    [
        (
            "covariance of the gap",
            lambda: _public(lambda x, y, fits, h, s, m: wald.wald_covariance(h[0], h[1], s[0], s[1], 60, 25)),
            _published,
        ),
        (
            "Wald statistic",
            lambda: _public(
                lambda x, y, fits, h, s, m: wald.wald_statistic(
                    m[0] - m[1], wald.wald_covariance(h[0], h[1], s[0], s[1], 60, 25)
                )
            ),
            _chow,
        ),
        (
            "Chow statistic",
            lambda: _public(
                lambda x, y, fits, h, s, m: wald.chow_statistic(fits[0], fits[1], h[0], h[1], s[0], s[1], 60, 25)
            ),
            _chow,
        ),
        (
            "test on data",
            lambda: _public(
                lambda x, y, *_: symmetry_test(x, y, loss="squared", fit_intercept=False, codes=CODES).statistic
            ),
            _chow,
        ),
    ],
    [
        FormulaMutant("pilot taken as known", lambda: [_published(corrected=False), _chow(pilot=False), None, None]),
        FormulaMutant("scores not centred", lambda: [None, None, _chow(centred=False), None]),
        FormulaMutant("scores at the class-wise fits", lambda: [None, None, None, _chow(classes=True)]),
    ],
    rtol=1e-8,
)

# The design -------------------------------------------------------------------------------------------------------

SHIFTS = (0.3, -0.7, 1.6, 0.0)
D = 3
# majority, minority and local alternative
COUNTS = ((5000, 250, 4.0), (5000, 250, -4.0), (1000, 200, 2.0), (90, 60, 0.0), (50, 50, -10.0))


def _design(values: Callable[[SymmetryDesign], object]) -> Array:
    return np.concatenate([np.ravel(np.asarray(values(SymmetryDesign(D, b)))) for b in SHIFTS])


def _points(values: Callable[[forms.DesignPoint], object]) -> Array:
    return np.concatenate([np.ravel(np.asarray(values(forms.design_point(D, b)))) for b in SHIFTS])


def noncentrality_oracle(
    at: forms.DesignPoint, n_majority: float, n_minority: float, *, corrected: bool = True
) -> float:
    v = forms.gap_covariance(at, n_majority, n_minority, corrected=corrected)
    return float(at.gap @ np.linalg.solve(v, at.gap))


def shift_oracle(n_majority: int, n_minority: int, h: float) -> float:
    """Return the shift of a local alternative, by root finding."""
    return forms.shift_of_gap(h / math.sqrt(n_majority * n_minority / (n_majority + n_minority)))


DESIGN = identity(
    "imbalance.test.design",
    "Balanced minimiser, class gap, Hessians and score covariances of the calibration design, the covariance of the "
    "estimated gap and the non-centrality, which does not depend on the dimension; the null shift and local ones.",
    r"\theta^*_1=\frac{1+b}{2(6+b^2)},\ g_1=\frac{2(5b-1-b^2)}{6+b^2},\ b_0=\frac{5-\sqrt{21}}2,\ "
    r"\lambda=g_1^2/V_{11}",
    "two uniform classes in three dimensions, four shifts",
    derived("Section 4", "7"),
    [
        ("minimiser", lambda: _design(lambda s: s.theta_star), lambda: _points(lambda at: at.theta)),
        ("gap", lambda: _design(lambda s: s.gap), lambda: _points(lambda at: at.gap)),
        ("Hessians", lambda: _design(lambda s: s.hessians), lambda: _points(lambda at: at.hessians)),
        (
            "score covariances",
            lambda: _design(lambda s: s.score_covariances),
            lambda: _points(lambda at: at.covariances),
        ),
        (
            "covariance of the gap",
            lambda: _design(lambda s: 60 * s.covariance(300, 60)),
            lambda: _points(lambda at: 60 * forms.gap_covariance(at, 300, 60)),
        ),
        (
            "non-centrality",
            lambda: _design(lambda s: s.noncentrality(300, 60)),
            lambda: _points(lambda at: noncentrality_oracle(at, 300, 60)),
        ),
        ("null shift", null_shift, lambda: forms.shift_of_gap(0.0)),
        (
            "local shifts",
            lambda: [local_shift(h, n0, n1) for n0, n1, h in COUNTS],
            lambda: [shift_oracle(n0, n1, h) for n0, n1, h in COUNTS],
        ),
        (
            "default shift",
            lambda: [SymmetryDesign(2).b, float(SymmetryDesign(2).theta_star[0])],
            lambda: [forms.shift_of_gap(0.0), 0.1],
        ),
    ],
    [
        FormulaMutant(
            "pilot taken as known",
            lambda: [
                *[None] * 4,
                _points(lambda at: 60 * forms.gap_covariance(at, 300, 60, corrected=False)),
                _points(lambda at: noncentrality_oracle(at, 300, 60, corrected=False)),
                *[None] * 3,
            ],
        ),
        FormulaMutant("larger root", lambda: [*[None] * 6, (5 + math.sqrt(21)) / 2, None, None]),
    ],
    atol=1e-11,
)

CASES = ((20, 5), (5, 5), (5, 2), (20, 1), (3, 3))
LAMBDAS = ((7.0, 5, 0.05), (2.5, 2, 0.05), (11.0, 3, 0.01), (0.8, 1, 0.2))


def naive_ratio_oracle(ratio: float) -> float:
    """Return rho from the covariances of the gap with and without the estimation of the pilot."""
    at = forms.design_point(1, forms.shift_of_gap(0.0))
    known = forms.gap_covariance(at, ratio, 1, corrected=False)
    return float(forms.gap_covariance(at, ratio, 1)[0, 0] / known[0, 0])


def naive_size_oracle(ratio: float, d: int, level: float = LEVEL) -> float:
    """Return the size of the test that takes the pilot as known, as a mixture of central tails."""
    return forms.tail(float(stats.chi2.isf(level, d)), d - 1, naive_ratio_oracle(ratio), 1)


def power_oracle(shift: float, df: int, level: float = LEVEL) -> float:
    return forms.tail(float(stats.chi2.isf(level, df)), 0, 1.0, df, shift)


def design_power_oracle(h: float, ratio: int, n1: int, d: int) -> float:
    """Return the asymptotic power at a local alternative of the design."""
    at = forms.design_point(d, shift_oracle(ratio * n1, n1, h))
    return power_oracle(noncentrality_oracle(at, ratio * n1, n1), d)


LAWS = identity(
    "imbalance.test.power",
    "Asymptotic power is the tail of a non-central chi-square variable; the test that takes the pilot as known has a "
    "statistic that tends to rho chi2_1 + chi2_{d-1}, and too large a size.",
    r"P\bigl(\chi^2_p(\lambda)>\chi^2_{p,1-\alpha}\bigr),\quad "
    r"P\bigl(\rho\chi^2_1+\chi^2_{d-1}>\chi^2_{d,1-\alpha}\bigr)",
    "levels 0.01 to 0.2, up to five degrees of freedom; ratios 3 to 20",
    derived("Section 4", "8"),
    [
        ("power", lambda: [wald.power(*case) for case in LAMBDAS], lambda: [power_oracle(*case) for case in LAMBDAS]),
        ("power at the null", lambda: [wald.power(0.0, 4), wald.power(0.0, 2, 0.01)], lambda: [0.05, 0.01]),
        (
            "power of the design",
            lambda: [SymmetryDesign(d, local_shift(4.0, r * 250, 250)).power(r * 250, 250) for r, d in CASES],
            lambda: [design_power_oracle(4.0, r, 250, d) for r, d in CASES],
        ),
        (
            "rho",
            lambda: [wald.naive_ratio(r * 7, 7) for r, _ in CASES],
            lambda: [naive_ratio_oracle(r) for r, _ in CASES],
        ),
        (
            "size with a known pilot",
            lambda: [naive_size(r * 3, 3, d) for r, d in CASES] + [naive_size(20, 1, 5, 0.2)],
            lambda: [naive_size_oracle(r, d) for r, d in CASES] + [naive_size_oracle(20, 5, 0.2)],
        ),
    ],
    [
        FormulaMutant("central law", lambda: [[level for *_, level in LAMBDAS], *[None] * 4]),
        FormulaMutant("known pilot has the right size", lambda: [*[None] * 4, [LEVEL] * len(CASES) + [0.2]]),
        FormulaMutant("rho upside down", lambda: [*[None] * 3, [1 / naive_ratio_oracle(r) for r, _ in CASES], None]),
    ],
    rtol=1e-8,
)

CLAIMS: tuple[Claim, ...] = (CHOW, DESIGN, LAWS)
