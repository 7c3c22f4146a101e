"""Risks: textbook values, the equations with dense matrices, simulated conditional risks, and bad input."""

import math
import warnings

import numpy as np
import pytest

from mixtheory.highdim.equivalents import (
    NearInterpolationWarning,
    RiskResult,
    ZeroNoiseWarning,
    excess_risk,
    excess_risk_mixture,
)
from mixtheory.highdim.fixedpoint import scalar_root, solve_over, solve_under
from mixtheory.highdim.mean_shift import mean_term, synthetic_only_intercept_risk, synthetic_only_risk
from mixtheory.highdim.spectra import NearSingularWarning, Spectrum

ONES = np.ones(40)
UNIT = np.eye(40)[0]


def pair(rng, p, *, general):
    return [Spectrum.random(p, rng, decades=1.5, rotate=general) for _ in range(2)]


# ---- textbook values and identities


def test_equal_covariances_with_more_rows_than_features():
    sigma = Spectrum.geometric(40, 1e-3, 1e3)
    for counts in ((30, 50), (1, 79), (80, 0), (0, 80)):
        result = excess_risk(sigma, sigma, *counts, noise_var=0.7)
        assert result.risk == pytest.approx(0.7 * 40 / (80 - 40), rel=1e-12)
        np.testing.assert_allclose(result.weights, np.array(counts) / 80 * (1 - 40 / 80), rtol=1e-12)
        assert result.regime == "under" and result.bias is None and result.derivatives is None


def test_identities_with_fewer_rows_than_features():
    for counts in ((10, 15), (1, 24), (25, 0), (0, 25)):
        result = excess_risk(ONES, ONES, *counts, noise_var=0.7, beta=3 * UNIT)
        assert result.variance == pytest.approx(0.7 * 25 / (40 - 25), rel=1e-12)
        assert result.bias == pytest.approx(9 * (1 - 25 / 40), rel=1e-12)
        assert result.risk == result.variance + result.bias
        assert result.regime == "over"


def test_real_rows_have_the_weight_that_belongs_to_the_risk():
    # n a_t = n_t / (1 + R / sigma^2): the risk is a function of a_t alone
    rng = np.random.default_rng(0)
    for general in (False, True):
        sigmas = pair(rng, 20, general=general)
        result = excess_risk(*sigmas, 15, 30, noise_var=2.0)
        assert 45 * result.weights[0] == pytest.approx(15 / (1 + result.risk / 2.0), rel=1e-11)
        assert result.risk == pytest.approx(
            2.0 * (20 + 45 * result.weights[1] - 30) / (45 * result.weights[0]), rel=1e-10
        )


def test_synthetic_rows_alone():
    rng = np.random.default_rng(1)
    target, synthetic = pair(rng, 10, general=True)
    expected = np.trace(target.matrix() @ np.linalg.inv(synthetic.matrix())) / (25 - 10)
    assert excess_risk(target, synthetic, 0, 25).risk == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("general", [False, True])
@pytest.mark.parametrize("counts", [(5, 6), (1, 10), (11, 0), (0, 11), (3, 4, 4)])
@pytest.mark.parametrize("test", [0, 1])
def test_over_parametrised_risk_from_its_definition(general, counts, test):
    """C2 with dense matrices; the derivatives by differences of the fixed point with a tilted base."""
    rng = np.random.default_rng(2)
    p, beta = 20, rng.standard_normal(20)
    spectra = [Spectrum.random(p, rng, decades=1.0, rotate=general) for _ in counts]
    result = excess_risk_mixture(spectra, counts, test=test, noise_var=0.5, beta=beta)
    matrices = [s.matrix() for s in spectra]
    present = [k for k, count in enumerate(counts) if count]

    def limits(tilt):
        """T for the base I + tilt Sigma_test, by solving the whitened problem."""
        base = np.eye(p) + tilt * matrices[test]
        root = np.linalg.cholesky(base)
        inverse = np.linalg.inv(root)
        whitened = [inverse @ matrices[k] @ inverse.T for k in present]
        b = solve_over(whitened, [counts[k] for k in present]).weights
        a = base + sum(w * matrices[k] for w, k in zip(b, present, strict=True))
        return np.linalg.inv(a)

    h = 1e-5
    slope = -(limits(h) - limits(-h)) / (2 * h)
    assert result.bias == pytest.approx(beta @ slope @ beta, rel=1e-6)
    b, t = result.weights[present], limits(0.0)
    np.testing.assert_allclose(
        [b[i] * np.trace(matrices[k] @ t) for i, k in enumerate(present)], [counts[k] for k in present]
    )
    g = np.array([[np.trace(matrices[k] @ t @ matrices[m] @ t) for m in [*present, test]] for k in present])
    system = np.diag(np.array([counts[k] for k in present]) / b**2) - g[:, :-1]
    change = np.linalg.solve(system, g[:, -1])
    assert result.variance == pytest.approx(0.5 * change.sum(), rel=1e-9)
    derivatives = np.zeros(len(counts))
    derivatives[present] = change
    derivatives[test] += 1
    np.testing.assert_allclose(result.derivatives, derivatives, rtol=1e-8)


@pytest.mark.parametrize("counts", [(12, 18), (5, 6)])
def test_all_forms_of_beta_agree(counts):
    rng = np.random.default_rng(3)
    for general in (False, True):
        sigmas = pair(rng, 16, general=general)
        vector = rng.standard_normal(16)
        for kwargs in ({}, {"mu_t": rng.standard_normal(16), "fit_intercept": True}):
            one = excess_risk(*sigmas, *counts, beta=vector, **kwargs)
            outer = excess_risk(*sigmas, *counts, beta=np.outer(vector, vector), **kwargs)
            assert outer.bias == pytest.approx(one.bias, rel=1e-9)
            values = rng.random(16)
            spectrum = excess_risk(*sigmas, *counts, beta=Spectrum(values), **kwargs)
            matrix = excess_risk(*sigmas, *counts, beta=np.diag(values), **kwargs)
            single = [excess_risk(*sigmas, *counts, beta=row, **kwargs).bias for row in np.diag(np.sqrt(values))]
            assert spectrum.bias == pytest.approx(matrix.bias, rel=1e-9)
            assert spectrum.bias == pytest.approx(sum(single), rel=1e-9)


def test_common_axes_give_what_the_rotated_problem_gives():
    rng = np.random.default_rng(4)
    basis = Spectrum.random(12, rng, rotate=True).basis
    values = 10 ** rng.uniform(-1, 1, (2, 12))
    beta, mu_t, mu_s = rng.standard_normal((3, 12))
    for counts in ((10, 15), (4, 5), (0, 8)):
        for kwargs in ({}, {"mu_t": mu_t, "mu_s": mu_s}, {"mu_t": mu_t, "mu_s": mu_s, "fit_intercept": True}):
            plain = excess_risk(*values, *counts, beta=beta, **kwargs)
            turned = {k: basis @ v if k != "fit_intercept" else v for k, v in kwargs.items()}
            sigmas = [Spectrum(v, basis) for v in values]
            result = excess_risk(*sigmas, *counts, beta=basis @ beta, **turned)
            assert result.risk == pytest.approx(plain.risk, rel=1e-9)
            # and by the general path, for matrices that commute to 1e-9 only
            nudge = 1e-9 * rng.standard_normal((12, 12))
            matrices = [(basis * v) @ basis.T + nudge + nudge.T for v in values]
            assert excess_risk(*matrices, *counts, beta=basis @ beta, **turned).risk == pytest.approx(
                plain.risk, rel=1e-6
            )


def test_two_populations_are_a_mixture_and_three_can_be_two():
    rng = np.random.default_rng(5)
    sigmas = pair(rng, 12, general=True)
    beta, mu = rng.standard_normal((2, 12))
    for counts in ((10, 15), (4, 5)):
        two = excess_risk(*sigmas, *counts, beta=beta, mu_s=mu)
        same = excess_risk_mixture(sigmas, counts, beta=beta, means=[None, mu])
        assert same.risk == two.risk
        split = excess_risk_mixture([*sigmas, sigmas[1]], [counts[0], 2, counts[1] - 2], beta=beta)
        assert split.risk == pytest.approx(excess_risk(*sigmas, *counts, beta=beta).risk, rel=1e-10)


# ---- means and intercept


def test_synthetic_only_formulas_live_in_one_place():
    rng = np.random.default_rng(6)
    target, synthetic = pair(rng, 10, general=False)
    mu_t, mu_s = rng.standard_normal((2, 10))
    means = {"mu_t": mu_t, "mu_s": mu_s}
    result = excess_risk(target, synthetic, 0, 30, noise_var=0.3, **means)
    assert result.risk == synthetic_only_risk(target, synthetic, 30, mu_t, mu_s, noise_var=0.3)
    result = excess_risk(target, synthetic, 0, 30, noise_var=0.3, fit_intercept=True, **means)
    expected = synthetic_only_intercept_risk(target, synthetic, 30, mu_t, mu_s, noise_var=0.3)
    assert result.risk == pytest.approx(expected, rel=1e-12)


def test_an_intercept_takes_the_means_to_their_difference():
    rng = np.random.default_rng(7)
    sigmas = pair(rng, 15, general=False)
    beta, mu, shift, both = rng.standard_normal((4, 15))
    for counts in ((12, 20), (1, 31), (5, 4), (0, 25), (0, 9), (9, 0)):
        one, moved = (
            excess_risk(*sigmas, *counts, beta=beta, mu_t=mu + c, mu_s=mu + shift + c, fit_intercept=True)
            for c in (0.0, 100 * both)
        )
        assert moved.risk == pytest.approx(one.risk, rel=1e-7)
        centred, plain = (
            excess_risk(*sigmas, *counts, beta=beta, mu_t=m, mu_s=m, fit_intercept=True).risk for m in (mu, None)
        )
        assert centred == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("counts", [(30, 50), (4, 76), (1, 79)])
def test_means_agree_with_the_mean_term_to_leading_order(counts):
    """The rule at p, 2p, 4p against C3: a relative difference of order 1/p, for few real rows too."""
    gaps = []
    for factor in (1, 2, 4):
        p = 40 * factor
        lam = np.tile([0.25, 1.75], p // 2)
        n = [counts[0] * factor, counts[1] * factor] if counts[0] == 30 else [counts[0], 80 * factor - counts[0]]
        mu_t, mu_s = 2 * np.ones(p), np.tile([2.0, -2.0], p // 2)
        result = excess_risk(np.ones(p), lam, *n, mu_t=mu_t, mu_s=mu_s).risk
        leading = excess_risk(np.ones(p), lam, *n).risk + mean_term(np.ones(p), lam, *n, mu_t, mu_s)
        gaps.append(p * (result / leading - 1))
    assert np.all(np.abs(gaps) < 8)
    assert abs(gaps[2] - gaps[1]) < 0.5 * abs(gaps[1])


def least_squares_risk(rng, variances, counts, means, beta, *, intercept):
    """Variance and bias given X, from the definition, for diagonal covariances; row one of everything is the target."""
    rows = [
        rng.standard_normal((count, v.size)) * np.sqrt(v) + mu
        for count, v, mu in zip(counts, variances, means, strict=True)
    ]
    x = np.concatenate(rows)
    centre = x.mean(axis=0) if intercept else np.zeros(x.shape[1])
    pseudo = np.linalg.pinv(x - centre, rcond=1e-10)
    shift = means[0] - centre
    variance = np.sum(pseudo**2, axis=1) @ variances[0] + np.sum((shift @ pseudo) ** 2) + intercept / len(x)
    missed = beta - pseudo @ ((x - centre) @ beta)
    return variance, variances[0] @ missed**2 + (shift @ missed) ** 2


CASES = [
    # n_t, n_s, lengths of the means, intercept: few real rows, long means, untrained means
    ((40, 40), 2.0, True),
    ((40, 40), 20.0, False),
    ((1, 79), 2.0, False),
    ((2, 78), 2.0, True),
    ((10, 10), 2.0, True),
    ((2, 18), 2.0, False),
    ((1, 15), 20.0, True),
    ((0, 20), 2.0, False),
    ((0, 20), 2.0, True),
]


@pytest.mark.parametrize(("counts", "length", "intercept"), CASES)
def test_means_and_intercept_against_conditional_risks(counts, length, intercept):
    """Simulated at p = 40.

    The finite-size error of the mean-free equivalents is 1.6/p at n = 2p (4 % here), and the means may add as much
    again: 10 %, beside six standard errors.
    """
    rng = np.random.default_rng([8, *counts, int(length), intercept])
    variances = [np.ones(40), np.tile([0.5, 1.5], 20)]
    means = [length * np.ones(40), length * np.tile([1.0, -1.0], 20)]
    beta = np.concatenate([np.ones(20), np.zeros(20)]) / math.sqrt(20)
    draws = np.array([least_squares_risk(rng, variances, counts, means, beta, intercept=intercept) for _ in range(600)])
    average, error = draws.mean(axis=0), draws.std(axis=0, ddof=1) / math.sqrt(len(draws))
    result = excess_risk(*variances, *counts, beta=beta, mu_t=means[0], mu_s=means[1], fit_intercept=intercept)
    assert abs(result.variance - average[0]) < 0.1 * average[0] + 6 * error[0]
    assert abs(result.bias - average[1]) < 0.1 * average[1] + 6 * error[1] + 1e-12


def test_the_second_moment_rule_in_the_fixed_point_fails_for_few_real_rows():
    """C4 solved with Psi_k throughout says 2.99 at n_t = 1 where the risk is 2.3: why the weights are kept apart."""
    p, n_s = 100, 199
    mu_t, mu_s = 2 * np.ones(p), np.tile([2.0, -2.0], p // 2)
    result = excess_risk(np.ones(p), np.ones(p), 1, n_s, mu_t=mu_t, mu_s=mu_s).risk
    psi = [np.eye(p) + np.outer(mu, mu) for mu in (mu_t, mu_s)]
    rule = excess_risk(*psi, 1, n_s).risk
    assert rule > 1.2 * result
    rng = np.random.default_rng(9)
    ones = [np.ones(p), np.ones(p)]
    draws = np.array(
        [least_squares_risk(rng, ones, (1, n_s), [mu_t, mu_s], mu_t, intercept=False)[0] for _ in range(100)]
    )
    assert abs(draws.mean() - result) < 0.05 * result + 6 * draws.std() / 10
    # with rows enough both are the same to the order 1/n
    many = excess_risk(np.ones(p), np.ones(p), 100, 100, mu_t=mu_t, mu_s=mu_s).risk
    assert many == pytest.approx(excess_risk(*psi, 100, 100).risk, abs=0.5 / 200)


def test_long_means_do_not_cost_digits():
    rng = np.random.default_rng(10)
    sigmas = pair(rng, 30, general=False)
    mu_t, mu_s, beta = rng.standard_normal((3, 30))
    for counts in ((30, 40), (8, 9)):
        risks = [
            excess_risk(*sigmas, *counts, beta=beta, mu_t=scale * mu_t, mu_s=scale * mu_s) for scale in (1e3, 1e4, 1e5)
        ]
        # the limit is reached like 1/scale^2
        assert risks[2].risk == pytest.approx(risks[1].risk, rel=1e-6)
        assert risks[1].risk == pytest.approx(risks[0].risk, rel=1e-4)


# ---- results, warnings, errors


def test_result_is_readable():
    text = str(excess_risk(ONES, ONES, 10, 15, beta=UNIT))
    assert text.startswith("excess risk 2.04167 = variance 1.66667 + bias 0.375 (n < p; b = 0.666667, 1; residual")
    assert isinstance(excess_risk(ONES, ONES, 30, 50), RiskResult)


def test_bias_is_zero_with_beta_and_more_rows_than_features():
    assert excess_risk(ONES, ONES, 30, 50, beta=UNIT).bias == 0.0


@pytest.mark.parametrize(
    ("p", "n", "intercept", "near"),
    [
        (40, 42, False, True),
        (40, 43, False, False),
        (40, 38, False, True),
        (40, 37, False, False),
        (400, 407, False, True),
        (400, 408, False, False),
        (40, 43, True, True),
        (40, 44, True, False),
        (40, 40, True, True),
    ],
)
def test_warning_near_interpolation(p, n, intercept, near):
    def call():
        return excess_risk(np.ones(p), np.ones(p), n // 2, n - n // 2, beta=np.ones(p), fit_intercept=intercept)

    if near:
        with pytest.warns(NearInterpolationWarning, match=r"grows like 1/\|n - p\|") as caught:
            call()
        assert caught[0].filename == __file__
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call()


def test_warning_without_noise():
    with pytest.warns(ZeroNoiseWarning, match="the risk is 0") as caught:
        result = excess_risk(ONES, ONES, 40, 60, noise_var=0)
    assert result.risk == 0 and caught[0].filename == __file__
    # with n < p there is still a bias, and nothing to warn of
    assert excess_risk(ONES, ONES, 10, 15, noise_var=0, beta=UNIT).risk == pytest.approx(0.375)


def test_warning_near_singular_covariance():
    matrix = np.eye(5) * 1e-12 + np.ones((5, 5))
    with pytest.warns(NearSingularWarning, match="sigma_s"):
        excess_risk(np.ones(5), matrix, 10, 10)


ONE = np.ones(4)


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "match"),
    [
        (([[1, 0.5], [0.2, 1]], np.ones(2), 5, 5), {}, ValueError, "sigma_t must be symmetric"),
        ((np.ones(2), [[1, 2], [2, 1]], 5, 5), {}, ValueError, "sigma_s must be positive definite"),
        ((ONE, np.ones(3), 5, 5), {}, ValueError, r"same dimension, got \[4, 3\]"),
        ((ONE, [1, 1, np.nan, 1], 5, 5), {}, ValueError, "sigma_s must be finite"),
        ((ONE, None, 5, 5), {}, ValueError, "sigma_s must be a Spectrum"),
        ((ONE, ONE, 0, 0), {}, ValueError, "n_t . n_s must be positive"),
        ((ONE, ONE, -1, 9), {}, ValueError, "n_t must be an integer >= 0"),
        ((ONE, ONE, 5, -1), {}, ValueError, "n_s must be an integer >= 0"),
        ((ONE, ONE, 2.5, 9), {}, TypeError, "n_t must be an integer"),
        ((ONE, ONE, 2, 2), {}, ValueError, "n = 4 must differ from p = 4"),
        ((ONE, ONE, 2, 3), {"fit_intercept": True}, ValueError, r"n = 5 must differ from p \+ 1 = 5"),
        ((np.ones(9), np.ones(9), 1, 0), {"fit_intercept": True, "beta": np.ones(9)}, ValueError, "at least 2 rows"),
        ((np.ones(9), np.ones(9), 2, 2), {}, ValueError, "beta must be given"),
        ((np.ones(9), np.ones(9), 2, 2), {"beta": ONE}, ValueError, "beta must have shape"),
        ((np.ones(9), np.ones(9), 2, 2), {"beta": np.ones((9, 8))}, ValueError, "beta must have shape"),
        ((np.ones(9), np.ones(9), 2, 2), {"beta": np.triu(np.ones((9, 9)))}, ValueError, "beta must be symmetric"),
        ((np.ones(9), np.ones(9), 2, 2), {"beta": -np.eye(9)}, ValueError, "beta must be positive semidefinite"),
        ((np.ones(9), np.ones(9), 2, 2), {"beta": Spectrum.isotropic(4)}, ValueError, "beta must have the dimension"),
        ((np.ones(9), np.ones(9), 2, 2), {"beta": [np.nan] * 9}, ValueError, "beta must be finite"),
        ((ONE, ONE, 5, 5), {"noise_var": -1.0}, ValueError, "noise_var"),
        ((ONE, ONE, 5, 5), {"noise_var": np.inf}, ValueError, "noise_var"),
        ((ONE, ONE, 5, 5), {"mu_t": np.ones(3)}, ValueError, "mu_t must have one entry a feature"),
        ((ONE, ONE, 5, 5), {"mu_s": [0, 0, 0, np.inf]}, ValueError, "mu_s must be finite"),
        ((ONE, ONE, 5, 5), {"fit_intercept": "no"}, TypeError, "fit_intercept must be True or False"),
    ],
)
def test_bad_input_is_refused(args, kwargs, error, match):
    with pytest.raises(error, match=match):
        excess_risk(*args, **kwargs)


@pytest.mark.parametrize(
    ("args", "kwargs", "match"),
    [
        (([], []), {}, "one entry a population"),
        (([ONE, ONE], [9]), {}, "one entry a population"),
        (([ONE], [9]), {"means": [ONE, ONE]}, "one entry a population"),
        (([ONE], [9]), {"test": 1}, "test must be an integer between 0 and 0"),
        (([ONE, np.ones(3)], [9, 9]), {}, "same dimension"),
        (([ONE, ONE], [0, 0]), {}, "no rows"),
    ],
)
def test_bad_mixtures_are_refused(args, kwargs, match):
    with pytest.raises(ValueError, match=match):
        excess_risk_mixture(*args, **kwargs)


def test_weights_are_those_of_the_solvers():
    rng = np.random.default_rng(11)
    sigmas = pair(rng, 14, general=True)
    np.testing.assert_array_equal(excess_risk(*sigmas, 10, 14).weights, solve_under(sigmas, [10, 14]).weights)
    over = excess_risk(*sigmas, 4, 3, beta=np.ones(14)).weights
    np.testing.assert_array_equal(over, solve_over(sigmas, [4, 3]).weights)
    lam = sigmas[1].values / sigmas[0].values
    diagonal = excess_risk(sigmas[0].values, sigmas[1].values, 10, 14)
    np.testing.assert_allclose(diagonal.weights, scalar_root(lam, 10, 14).weights, rtol=1e-12)
