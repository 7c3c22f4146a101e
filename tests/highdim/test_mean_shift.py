"""Means: independent dense algebra, exact laws in one dimension, simulations, and the numbers of the theory note."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

from mixtheory.highdim.equivalents import excess_risk
from mixtheory.highdim.mean_shift import (
    aligned_bias,
    mean_term,
    mean_term_bound,
    synthetic_only_intercept_risk,
    synthetic_only_risk,
    trace_change_bound,
)
from mixtheory.highdim.spectra import Spectrum

Array = NDArray[np.float64]

ONE, ALTERNATING = np.ones(200), np.tile([1.0, -1.0], 100)
IDENTITY, TOEPLITZ = np.ones(200), Spectrum.toeplitz(200, 0.5)


def spd(rng: np.random.Generator, p: int) -> Array:
    """Random positive definite matrix."""
    root = rng.standard_normal((p, 2 * p))
    return root @ root.T / (2 * p) + 0.1 * np.eye(p)


def under_weights(sigma_t: Array, sigma_s: Array, n_t: int, n_s: int) -> tuple[float, float]:
    """C1 by bisection on E1 and E2 with dense matrices."""
    p, n = len(sigma_t), n_t + n_s
    room = 1 - p / n

    def excess(a_s: float) -> float:
        return a_s + a_s * np.trace(sigma_s @ np.linalg.inv(a_s * sigma_s + (room - a_s) * sigma_t)) / n - n_s / n

    a_s = optimize.brentq(excess, 1e-12 * room, room * (1 - 1e-12), xtol=1e-15) if n_t and n_s else room * (n_s > 0)
    return room - a_s, a_s


def over_weights(sigma_t: Array, sigma_s: Array, n_t: int, n_s: int) -> tuple[Array, Array]:
    """C2 by a root finder on O1 with dense matrices: b and G."""
    p = len(sigma_t)
    sigmas = (sigma_t, sigma_s)

    def seen(x: Array) -> Array:
        return np.linalg.inv(np.eye(p) + sum(math.exp(v) * s for v, s in zip(x, sigmas, strict=True)))

    def surplus(x: Array) -> Array:
        t = seen(x)
        return np.array([math.exp(v) * np.trace(s @ t) for v, s in zip(x, sigmas, strict=True)]) - [n_t, n_s]

    found = optimize.root(surplus, np.zeros(2), tol=1e-13)
    assert np.max(np.abs(found.fun)) < 1e-9
    t = seen(found.x)
    gram = np.array([[np.trace(a @ t @ b @ t) for b in sigmas] for a in sigmas])
    return np.exp(found.x), gram


def gaussian_rows(rng: np.random.Generator, reps: int, n: int, root: Array, mean: Array) -> Array:
    """Rows z Sigma^{1/2} + mu, shape (reps, n, p)."""
    return rng.standard_normal((reps, n, root.shape[0])) @ root + mean


def assert_mean(values: Array, expected: float, *, relative: float = 0.0) -> None:
    """Five standard errors and a relative allowance: a false alarm has probability below 1e-6."""
    error = 5 * values.std(ddof=1) / math.sqrt(values.size) + relative * abs(expected)
    assert abs(values.mean() - expected) < error, (values.mean(), expected, error)


class TestMeanTerm:
    @pytest.mark.parametrize(("n_t", "n_s"), [(9, 21), (1, 29), (30, 0), (0, 30)])
    @pytest.mark.parametrize("diagonal", [True, False])
    def test_agrees_with_inverse_of_dense_second_moments(self, n_t: int, n_s: int, diagonal: bool) -> None:
        rng = np.random.default_rng(n_t)
        p, n = 12, n_t + n_s
        sigma_t, sigma_s = spd(rng, p), spd(rng, p)
        if diagonal:
            sigma_t, sigma_s = np.diag(np.diagonal(sigma_t)), np.diag(np.diagonal(sigma_s))
        mu_t, mu_s = 2 * rng.standard_normal(p), rng.standard_normal(p)
        a_t, a_s = under_weights(sigma_t, sigma_s, n_t, n_s)
        dense = a_t * (sigma_t + np.outer(mu_t, mu_t)) + a_s * (sigma_s + np.outer(mu_s, mu_s))
        expected = 1.7 / n * mu_t @ np.linalg.solve(dense, mu_t)
        arguments = (np.diagonal(sigma_t), np.diagonal(sigma_s)) if diagonal else (sigma_t, sigma_s)
        assert mean_term(*arguments, n_t, n_s, mu_t, mu_s, noise_var=1.7) == pytest.approx(expected, rel=1e-9)

    def test_common_axes_change_nothing(self) -> None:
        rng = np.random.default_rng(5)
        sigma_t, sigma_s = Spectrum.random(20, rng, rotate=True), Spectrum.random(20, rng)
        u = sigma_t.basis
        assert u is not None
        mu_t, mu_s, beta = rng.standard_normal((3, 20))
        for n_t, n_s in ((20, 30), (5, 6)):
            plain = mean_term(sigma_t.values, sigma_s, n_t, n_s, mu_t, mu_s)
            turned = (sigma_t, Spectrum(sigma_s.values, u), n_t, n_s)
            assert mean_term(*turned, u @ mu_t, u @ mu_s) == pytest.approx(plain, rel=1e-10)
        plain = aligned_bias(sigma_t.values, sigma_s, 5, 6, beta, mu_t, mu_s)
        assert aligned_bias(*turned, u @ beta, u @ mu_t, u @ mu_s) == pytest.approx(plain, rel=1e-10)

    @pytest.mark.parametrize("length", [1e-6, 1.0, 1e3, 1e9, 1e60])
    def test_lies_between_zero_and_bound_for_every_length(self, length: float) -> None:
        rng = np.random.default_rng(7)
        for _ in range(40):
            p = int(rng.integers(2, 30))
            n_t, n_s = int(rng.integers(1, 2 * p)), int(rng.integers(p, 3 * p))
            sigma_t, sigma_s = Spectrum.random(p, rng), Spectrum.random(p, rng, rotate=True)
            mu_t = length * rng.standard_normal(p)
            mu_s = mu_t * rng.standard_normal() if rng.random() < 0.5 else length * rng.standard_normal(p)
            bound = mean_term_bound(sigma_t, sigma_s, n_t, n_s)
            assert 0 <= mean_term(sigma_t, sigma_s, n_t, n_s, mu_t, mu_s) <= bound * (1 + 1e-12)

    def test_bound_is_risk_over_real_rows_and_is_approached(self) -> None:
        sigma_t, sigma_s = Spectrum.geometric(30, 0.2, 4), Spectrum.toeplitz(30, 0.4)
        bound = mean_term_bound(sigma_t, sigma_s, 25, 40, noise_var=0.3)
        risk = excess_risk(sigma_t, sigma_s, 25, 40, noise_var=0.3).risk
        assert bound == pytest.approx((0.3 + risk) / 25, rel=1e-10)
        mu = np.eye(30)[0]
        assert mean_term(sigma_t, sigma_s, 25, 40, 1e6 * mu, 0 * mu, noise_var=0.3) == pytest.approx(bound, rel=1e-9)

    def test_no_bound_without_real_rows(self) -> None:
        assert mean_term_bound(IDENTITY, TOEPLITZ, 0, 400) == math.inf

    @pytest.mark.parametrize(
        ("n_t", "expected"), [(1, 0.8946), (2, 0.669), (4, 0.444), (8, 0.265), (32, 0.0750), (200, 0.0106)]
    )
    def test_note_table_of_few_real_rows(self, n_t: int, expected: float) -> None:
        value = mean_term(IDENTITY, TOEPLITZ, n_t, 400 - n_t, 2 * ONE, 2 * ALTERNATING)
        assert value == pytest.approx(expected, abs=1e-3)

    def test_simulation_few_real_rows(self) -> None:
        rng = np.random.default_rng(11)
        p, n_t, n_s = 40, 3, 117
        mu_t, mu_s = 0.8 * np.ones(p), np.tile([2.0, -2.0], p // 2)
        root_s = np.diag(np.sqrt(np.geomspace(0.3, 3, p)))
        x = np.concatenate(
            [gaussian_rows(rng, 300, n_t, np.eye(p), mu_t), gaussian_rows(rng, 300, n_s, root_s, mu_s)], axis=1
        )
        gram = np.swapaxes(x, 1, 2) @ x
        values = np.linalg.solve(gram, np.broadcast_to(mu_t[:, np.newaxis], (300, p, 1)))[..., 0] @ mu_t
        expected = mean_term(np.ones(p), np.geomspace(0.3, 3, p), n_t, n_s, mu_t, mu_s)
        assert_mean(values, expected, relative=2.5 / p)
        # Far from dropping out and from the bound.
        bound = mean_term_bound(np.ones(p), np.geomspace(0.3, 3, p), n_t, n_s)
        assert 0.1 < values.mean() < 0.8 * bound

    def test_overparametrised_dense_algebra(self) -> None:
        rng = np.random.default_rng(3)
        p, n_t, n_s = 14, 4, 5
        sigma_t, sigma_s = spd(rng, p), spd(rng, p)
        mu_t, mu_s, beta = rng.standard_normal((3, p))
        b, gram = over_weights(sigma_t, sigma_s, n_t, n_s)
        psi = [sigma_t + np.outer(mu_t, mu_t), sigma_s + np.outer(mu_s, mu_s)]
        t = np.linalg.inv(np.eye(p) + b[0] * psi[0] + b[1] * psi[1])
        weights = np.diag([n_t, n_s] / b**2)
        w = np.linalg.solve(weights - gram, np.ones(2))
        c = np.linalg.solve(weights - gram, weights[:, 0])
        expected = mu_t @ t @ (w[0] * psi[0] + w[1] * psi[1]) @ t @ mu_t
        assert mean_term(sigma_t, sigma_s, n_t, n_s, mu_t, mu_s, noise_var=2) == pytest.approx(2 * expected, rel=1e-8)
        expected = beta @ t @ (c[0] * psi[0] + c[1] * psi[1]) @ t @ beta
        assert aligned_bias(sigma_t, sigma_s, n_t, n_s, beta, mu_t, mu_s) == pytest.approx(expected, rel=1e-8)

    @pytest.mark.parametrize("sigma_s", [np.ones(40), np.geomspace(0.1, 5, 40), Spectrum.toeplitz(40, 0.6)])
    def test_overparametrised_long_mean_costs_risk_over_real_rows(self, sigma_s: object) -> None:
        variance = excess_risk(np.ones(40), sigma_s, 8, 15, beta=np.zeros(40), noise_var=0.5).variance
        term = mean_term(np.ones(40), sigma_s, 8, 15, 1e5 * np.eye(40)[3], np.zeros(40), noise_var=0.5)
        assert term == pytest.approx((0.5 + variance) / 8, rel=1e-6)

    def test_overparametrised_simulation(self) -> None:
        rng = np.random.default_rng(17)
        p, n_t, n_s = 90, 3, 27
        mu_t, mu_s = 0.4 * np.ones(p), np.tile([0.5, -0.5], p // 2)
        root_s = np.diag(np.sqrt(np.geomspace(0.3, 3, p)))
        x = np.concatenate(
            [gaussian_rows(rng, 300, n_t, np.eye(p), mu_t), gaussian_rows(rng, 300, n_s, root_s, mu_s)], axis=1
        )
        # mu^T (X^T X)^+ mu = |(X X^T)^{-1} X mu|^2
        back = np.linalg.solve(x @ np.swapaxes(x, 1, 2), (x @ mu_t)[..., np.newaxis])[..., 0]
        expected = mean_term(np.ones(p), np.geomspace(0.3, 3, p), n_t, n_s, mu_t, mu_s)
        assert_mean(np.sum(back**2, axis=1), expected, relative=4 / p)


class TestTraceChangeBound:
    def test_holds_for_every_mean_and_is_attained(self) -> None:
        rng = np.random.default_rng(23)
        p, n_t, n_s = 6, 8, 7
        sigma = spd(rng, p)
        z_t, z_s = rng.standard_normal((n_t, p)), rng.standard_normal((n_s, p))
        bound = trace_change_bound(z_t, z_s, sigma, noise_var=2.0)

        def trace(mu_t: Array, mu_s: Array) -> float:
            x = np.concatenate([z_t + mu_t, z_s + mu_s])
            return 2 * float(np.trace(np.linalg.solve(x.T @ x, sigma)))

        centred = trace(-z_t.mean(axis=0), -z_s.mean(axis=0))
        for length in (0.1, 1.0, 10.0, 1e4):
            for _ in range(50):
                change = centred - trace(*(length * rng.standard_normal((2, p))))
                assert -1e-9 <= change <= bound
        scatter = sum((z - z.mean(axis=0)).T @ (z - z.mean(axis=0)) for z in (z_t, z_s))
        chol = np.linalg.cholesky(sigma)
        values, vectors = np.linalg.eigh(chol.T @ np.linalg.solve(scatter, chol))
        # The two means of the groups along the images of the top directions take out both eigenvalues.
        attained = centred - trace(*(1e6 * chol @ vectors[:, -2:]).T)
        assert bound == pytest.approx(2 * values[-2:].sum(), rel=1e-9)
        assert attained == pytest.approx(bound, rel=1e-4)

    def test_does_not_depend_on_means_of_rows(self) -> None:
        rng = np.random.default_rng(2)
        x_t, x_s = rng.standard_normal((9, 4)), rng.standard_normal((6, 4))
        expected = trace_change_bound(x_t, x_s, np.ones(4))
        assert trace_change_bound(x_t + 3, x_s - 5, np.ones(4)) == pytest.approx(expected, rel=1e-9)

    def test_one_group(self) -> None:
        rng = np.random.default_rng(4)
        x = rng.standard_normal((9, 3))
        centred = x - x.mean(axis=0)
        largest = np.linalg.eigvalsh(np.linalg.inv(centred.T @ centred))[-1]
        assert trace_change_bound(np.empty((0, 3)), x, np.ones(3)) == pytest.approx(largest, rel=1e-9)

    def test_bad_input(self) -> None:
        rows = np.random.default_rng(0).standard_normal((5, 4))
        with pytest.raises(ValueError, match="must not be singular"):
            trace_change_bound(rows[:3], rows[3:], np.ones(4))
        with pytest.raises(ValueError, match="4 columns"):
            trace_change_bound(rows[:, :3], rows, np.ones(4))
        with pytest.raises(ValueError, match="both be without rows"):
            trace_change_bound(rows[:0], rows[:0], np.ones(4))
        with pytest.raises(ValueError, match="x_s must be finite"):
            trace_change_bound(rows, np.full((5, 4), np.nan), np.ones(4))


class TestSyntheticOnly:
    def test_is_limit_of_mixed_mean_term(self) -> None:
        rng = np.random.default_rng(1)
        sigma_t, sigma_s = spd(rng, 10), spd(rng, 10)
        mu_t, mu_s = rng.standard_normal((2, 10))
        trace = np.trace(sigma_t @ np.linalg.inv(sigma_s)) / 15
        expected = 1.3 * trace + mean_term(sigma_t, sigma_s, 0, 25, mu_t, mu_s, noise_var=1.3)
        assert synthetic_only_risk(sigma_t, sigma_s, 25, mu_t, mu_s, noise_var=1.3) == pytest.approx(expected, rel=1e-9)

    def test_forms_by_dense_algebra(self) -> None:
        rng = np.random.default_rng(2)
        sigma_t, sigma_s = spd(rng, 8), spd(rng, 8)
        mu_t, mu_s = rng.standard_normal((2, 8))
        inverse = np.linalg.inv(sigma_s)
        m_tt, m_ts, m_ss = mu_t @ inverse @ mu_t, mu_t @ inverse @ mu_s, mu_s @ inverse @ mu_s
        trace = np.trace(sigma_t @ inverse)
        for form, removed in (("printed", m_ts**2 / m_ss), ("refined", m_ts**2 / (1 + m_ss))):
            value = synthetic_only_risk(sigma_t, sigma_s, 20, mu_t, mu_s, form=form, noise_var=0.5)
            assert value == pytest.approx(0.5 / 12 * (trace + m_tt - removed), rel=1e-10)
        shift = mu_t - mu_s
        value = synthetic_only_intercept_risk(sigma_t, sigma_s, 20, mu_t, mu_s, noise_var=0.5)
        assert value == pytest.approx(0.5 / 12 * (trace + 1 + shift @ inverse @ shift), rel=1e-10)

    def test_forms_agree_for_long_means_only(self) -> None:
        arguments = (IDENTITY, TOEPLITZ, 400, 2 * ONE)
        long = [synthetic_only_risk(*arguments, 2 * ONE, form=form) for form in ("printed", "refined")]
        short = [synthetic_only_risk(*arguments, ONE / math.sqrt(200), form=form) for form in ("printed", "refined")]
        assert long[0] == pytest.approx(long[1], rel=0.005)
        assert short[1] > 1.5 * short[0]

    @pytest.mark.parametrize(
        ("mu_s", "printed", "refined", "simulated", "error"),
        [
            (2 * ALTERNATING, 3.010, 3.010, 2.993, 0.022),
            (2 * ONE, 1.663, 1.668, 1.677, 0.002),
            (ONE / math.sqrt(200), 1.663, 2.671, 2.693, 0.018),
            (0.1 * ONE, 1.663, 2.468, 2.487, 0.013),
        ],
    )
    def test_note_table(self, mu_s: Array, printed: float, refined: float, simulated: float, error: float) -> None:
        arguments = (IDENTITY, TOEPLITZ, 400, 2 * ONE, mu_s)
        assert synthetic_only_risk(*arguments, form="printed") == pytest.approx(printed, abs=6e-4)
        assert synthetic_only_risk(*arguments) == pytest.approx(refined, abs=6e-4)
        assert synthetic_only_risk(*arguments, finite_sample=True) == pytest.approx(simulated, abs=4 * error)

    @pytest.mark.parametrize(("n", "mu_s"), [(3, 0.0), (5, 0.3), (8, 1.0), (30, 2.0), (400, 0.05)])
    def test_exact_law_in_one_dimension(self, n: int, mu_s: float) -> None:
        # X^T X = sigma_s times a noncentral chi-square: E of its reciprocal by the Poisson mixture.
        sigma_t, sigma_s, mu_t = 2.0, 0.7, 1.5
        rate = n * mu_s**2 / sigma_s / 2
        j = np.arange(int(rate + 40 * math.sqrt(rate) + 60))
        reciprocal = np.sum(stats.poisson.pmf(j, rate) / (n - 2 + 2 * j)) / sigma_s
        value = synthetic_only_risk([sigma_t], [sigma_s], n, [mu_t], [mu_s], noise_var=1.3, finite_sample=True)
        assert value == pytest.approx(1.3 * (sigma_t + mu_t**2) * reciprocal, rel=1e-10)

    @pytest.mark.parametrize(("n", "p", "m"), [(9, 4, 0.5), (25, 6, 2.0), (40, 30, 0.1)])
    def test_exact_law_by_its_beta_mixture(self, n: int, p: int, m: float) -> None:
        # The proof's representation, integrated numerically: the part along mu_s and the parts across it.
        law = stats.beta((n - p + 1) / 2, (p - 1) / 2)

        def reciprocal(share: float) -> float:
            rate = n * m * share / 2
            j = np.arange(400)
            return float(np.sum(stats.poisson.pmf(j, rate) / (n - p - 1 + 2 * j)) * law.pdf(share))

        along = integrate.quad(reciprocal, 0, 1, epsabs=1e-13, epsrel=1e-11)[0]
        across = 1 / (n - p - 1)
        mu_s = np.eye(p)[0] * math.sqrt(m)
        mu_t = np.array([0.7, 1.1] + [0.0] * (p - 2))
        expected = (1 + 0.7**2) * along + (p - 1 + 1.1**2) * across
        value = synthetic_only_risk(np.ones(p), np.ones(p), n, mu_t, mu_s, finite_sample=True)
        assert value == pytest.approx(expected, rel=1e-9)

    def test_exact_laws_by_simulation(self) -> None:
        rng = np.random.default_rng(29)
        p, n, reps = 3, 14, 60_000
        sigma_t, sigma_s = Spectrum.toeplitz(p, -0.3).matrix(), Spectrum.toeplitz(p, 0.5).matrix()
        mu_t, mu_s = np.array([1.0, 1.0, -1.0]), np.array([0.5, 0.3, 0.0])
        x = gaussian_rows(rng, reps, n, np.linalg.cholesky(sigma_s).T, mu_s)
        moment = sigma_t + np.outer(mu_t, mu_t)
        plain = np.trace(
            np.linalg.solve(np.swapaxes(x, 1, 2) @ x, np.broadcast_to(moment, (reps, p, p))), axis1=1, axis2=2
        )
        exact = synthetic_only_risk(sigma_t, sigma_s, n, mu_t, mu_s, finite_sample=True)
        assert_mean(plain, exact)
        with_one = np.concatenate([np.ones((reps, n, 1)), x], axis=2)
        moment = np.block([[np.ones((1, 1)), mu_t[np.newaxis]], [mu_t[:, np.newaxis], moment]])
        gram = np.swapaxes(with_one, 1, 2) @ with_one
        intercept = np.trace(np.linalg.solve(gram, np.broadcast_to(moment, gram.shape)), axis1=1, axis2=2)
        assert_mean(intercept, synthetic_only_intercept_risk(sigma_t, sigma_s, n, mu_t, mu_s, finite_sample=True))
        # Powerful enough: the leading orders are refuted.
        for values, leading in (
            (plain, synthetic_only_risk(sigma_t, sigma_s, n, mu_t, mu_s)),
            (intercept, synthetic_only_intercept_risk(sigma_t, sigma_s, n, mu_t, mu_s)),
        ):
            assert abs(values.mean() - leading) > 8 * values.std() / math.sqrt(reps)

    def test_exact_laws_approach_leading_order_like_one_over_p(self) -> None:
        for risk in (synthetic_only_risk, synthetic_only_intercept_risk):
            gaps = []
            for p in (50, 100, 200, 400):
                mu_t, mu_s = np.full(p, 1.0), np.full(p, 0.7 / math.sqrt(p))
                arguments: tuple[Any, ...] = (np.ones(p), np.geomspace(0.5, 2, p), 2 * p, mu_t, mu_s)
                gaps.append(p * (risk(*arguments, finite_sample=True) / risk(*arguments) - 1))
            assert np.allclose(gaps, gaps[-1], rtol=0.1)
            assert 0.5 < gaps[-1] < 4

    def test_intercept_note_table(self) -> None:
        nothing = 0 * ONE
        for d, noted, error in ((ONE, 2.019, 0.006), (2 * ONE - 2 * ALTERNATING, None, None), (nothing, 1.689, 0.003)):
            value = synthetic_only_intercept_risk(IDENTITY, TOEPLITZ, 400, d, nothing, finite_sample=True)
            shifted = synthetic_only_intercept_risk(IDENTITY, TOEPLITZ, 400, d + ONE, ONE, finite_sample=True)
            assert shifted == pytest.approx(value, rel=1e-12)
            if noted is not None:
                assert value == pytest.approx(noted, abs=4 * error)

    def test_bad_input(self) -> None:
        i, mu = np.ones(4), np.ones(4)
        with pytest.raises(ValueError, match="mu_s must not be 0"):
            synthetic_only_risk(i, i, 9, mu, 0 * mu, form="printed")
        with pytest.raises(ValueError, match="leading-order form"):
            synthetic_only_risk(i, i, 9, mu, mu, form="printed", finite_sample=True)
        with pytest.raises(ValueError, match="did you mean 'refined'"):
            synthetic_only_risk(i, i, 9, mu, mu, form="refine")
        with pytest.raises(ValueError, match="n_s must be an integer >= 5"):
            synthetic_only_risk(i, i, 4, mu, mu)
        with pytest.raises(ValueError, match="n_s must be an integer >= 6"):
            synthetic_only_risk(i, i, 5, mu, mu, finite_sample=True)
        with pytest.raises(ValueError, match="n_s must be an integer >= 6"):
            synthetic_only_intercept_risk(i, i, 5, mu, mu)
        with pytest.raises(ValueError, match="n_s must be an integer >= 7"):
            synthetic_only_intercept_risk(i, i, 6, mu, mu, finite_sample=True)
        with pytest.raises(ValueError, match="one entry a feature"):
            synthetic_only_risk(i, i, 9, mu[:3], mu)
        with pytest.raises(ValueError, match="noise_var"):
            synthetic_only_risk(i, i, 9, mu, mu, noise_var=-1)


class TestAlignedBias:
    def test_drops_out_for_orthogonal_coefficients(self) -> None:
        rng = np.random.default_rng(31)
        p = 16
        sigma_t, sigma_s = spd(rng, p), spd(rng, p)
        mu_t, mu_s = 5 * rng.standard_normal((2, p))
        b, _ = over_weights(sigma_t, sigma_s, 5, 4)
        t = np.linalg.inv(np.eye(p) + b[0] * sigma_t + b[1] * sigma_s)
        u = t @ np.stack([mu_t, mu_s], axis=1)
        beta = rng.standard_normal(p)
        beta -= u @ np.linalg.lstsq(u, beta, rcond=None)[0]
        free = excess_risk(sigma_t, sigma_s, 5, 4, beta=beta).bias
        assert aligned_bias(sigma_t, sigma_s, 5, 4, beta, mu_t, mu_s) == pytest.approx(free, rel=1e-8)
        aligned = mu_t / np.linalg.norm(mu_t)
        free = excess_risk(sigma_t, sigma_s, 5, 4, beta=aligned).bias
        assert aligned_bias(sigma_t, sigma_s, 5, 4, aligned, mu_t, mu_s) < 0.2 * free

    def test_second_moment_rule_is_approached_like_one_over_p(self) -> None:
        gaps = []
        for p in (20, 40, 80, 160):
            beta = np.ones(p) / math.sqrt(p)
            sigma_s = np.tile([0.2, 1.8], p // 2)
            arguments = (np.ones(p), sigma_s, p // 4, p // 4)
            rule = excess_risk(*arguments, beta=beta, mu_t=beta, mu_s=0.5 * beta).bias
            gaps.append(p * (rule - aligned_bias(*arguments, beta, beta, 0.5 * beta)))
        assert np.allclose(gaps, gaps[-1], rtol=0.1)

    def test_note_caveat(self) -> None:
        p = 240
        beta = np.ones(p) / math.sqrt(p)
        sigma_s = np.tile([0.2, 1.8], p // 2)
        value = aligned_bias(np.ones(p), sigma_s, 60, 60, beta, 2 * math.sqrt(p) * beta, 0 * beta)
        assert excess_risk(np.ones(p), sigma_s, 60, 60, beta=beta).bias == pytest.approx(0.5, abs=1e-9)
        assert value == pytest.approx(0.0062, abs=1e-4)

    def test_simulation(self) -> None:
        rng = np.random.default_rng(37)
        p, n_t, n_s = 80, 20, 20
        beta = np.ones(p) / math.sqrt(p)
        sigma_s = np.tile([0.2, 1.8], p // 2)
        x = np.concatenate(
            [
                gaussian_rows(rng, 400, n_t, np.eye(p), beta),
                gaussian_rows(rng, 400, n_s, np.diag(np.sqrt(sigma_s)), 0 * beta),
            ],
            axis=1,
        )
        back = np.linalg.solve(x @ np.swapaxes(x, 1, 2), (x @ beta)[..., np.newaxis])
        lost = beta - (np.swapaxes(x, 1, 2) @ back)[..., 0]
        values = np.sum(lost**2, axis=1) + (lost @ beta) ** 2
        expected = aligned_bias(np.ones(p), sigma_s, n_t, n_s, beta, beta, 0 * beta)
        assert_mean(values, expected, relative=2.5 / p)
        assert abs(values.mean() - 0.5) > 0.03


class TestBadInput:
    def test_counts_and_shapes(self) -> None:
        i, mu = np.ones(4), np.ones(4)
        with pytest.raises(ValueError, match=r"n_t \+ n_s must be positive"):
            mean_term(i, i, 0, 0, mu, mu)
        with pytest.raises(ValueError, match="must differ from p = 4"):
            mean_term(i, i, 2, 2, mu, mu)
        with pytest.raises(ValueError, match="n_t must be an integer >= 0"):
            mean_term(i, i, -1, 9, mu, mu)
        with pytest.raises(ValueError, match="same dimension"):
            mean_term(i, np.ones(5), 9, 9, mu, mu)
        with pytest.raises(ValueError, match="mu_s must be finite"):
            mean_term(i, i, 9, 9, mu, [1.0, np.nan, 0.0, 0.0])
        with pytest.raises(ValueError, match="sigma_t must be symmetric"):
            mean_term(np.triu(np.ones((4, 4))), i, 9, 9, mu, mu)
        with pytest.raises(ValueError, match="positive definite"):
            mean_term(i, np.ones((4, 4)), 9, 9, mu, mu)
        with pytest.raises(ValueError, match="must exceed p = 4"):
            mean_term_bound(i, i, 1, 1)
        with pytest.raises(ValueError, match="must be below p = 4"):
            aligned_bias(i, i, 5, 5, mu, mu, mu)
        with pytest.raises(TypeError, match="n_s must be an integer"):
            mean_term(i, i, 9, 1.5, mu, mu)  # type: ignore[arg-type]
