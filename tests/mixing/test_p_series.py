"""Sums, entropy and thresholds of p-series weights against direct sums, rational arithmetic and enumeration."""

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special

from mixtheory.mixing.p_series import (
    distinct_outputs,
    dominance_threshold,
    dominant_weight,
    entropy,
    gini_simpson,
    harmonic,
    matching_gamma,
    power_sum,
)

INF = math.inf
STABLE = settings(derandomize=True, deadline=None, max_examples=60)
GAMMAS = np.array([0.0, 1e-9, 0.1, 0.5, 0.999, 1 - 1e-9, 1.0, 1 + 1e-9, 1.001, 1.5, 2.8, 6.0, 17.0])

finite = st.sampled_from([2, 3, 7, 31, 32, 33, 100, 5000, 10**6])


def direct_sums(n_parents, gamma):
    """Sums of k^-gamma and k^-gamma ln k over all k, smallest first, in extended precision."""
    k = np.arange(n_parents, 0, -1, dtype=np.longdouble)
    terms = k ** -np.longdouble(gamma)
    return float(terms.sum()), float((terms * np.log(k)).sum())


def rational_weights(n_parents, gamma):
    """Weights in exact arithmetic for a whole gamma."""
    terms = [Fraction(1, k**gamma) for k in range(1, n_parents + 1)]
    return [term / sum(terms) for term in terms]


class TestSums:
    # around 32 terms the method of summation changes
    @pytest.mark.parametrize("n_parents", [2, 3, 30, 31, 32, 33, 34, 50, 1000])
    def test_harmonic_and_entropy_match_direct_sums(self, n_parents):
        for gamma, total, information in zip(
            GAMMAS, harmonic(n_parents, GAMMAS), entropy(GAMMAS, n_parents), strict=True
        ):
            expected, logs = direct_sums(n_parents, gamma)
            assert total == pytest.approx(expected, rel=2e-15)
            assert information == pytest.approx(math.log(expected) + gamma * logs / expected, rel=5e-15)

    def test_a_million_parents(self):
        gammas = [0.3, 1.2]
        expected = np.array([direct_sums(10**6, gamma) for gamma in gammas])
        assert harmonic(10**6, gammas) == pytest.approx(expected[:, 0], rel=3e-15)
        logs = np.log(expected[:, 0]) + gammas * expected[:, 1] / expected[:, 0]
        assert entropy(gammas, 10**6) == pytest.approx(logs, rel=5e-15)

    def test_known_values(self):
        assert harmonic(10, 1.0) == pytest.approx(7381 / 2520, rel=1e-15)
        assert harmonic(100, 0.0) == pytest.approx(100, rel=1e-15)
        # Gauss: H_n - ln n - 1/(2n) + 1/(12 n^2) is the Euler-Mascheroni constant up to 1/(120 n^4)
        n = 10**9
        assert harmonic(n, 1.0) == pytest.approx(math.log(n) + np.euler_gamma + 1 / (2 * n), rel=1e-15)
        assert harmonic(INF, 2.0) == pytest.approx(math.pi**2 / 6, rel=1e-15)

    def test_infinitely_many_parents_match_the_zeta_function(self):
        gammas = np.array([1 + 1e-12, 1.0001, 1.3, 2.0, 2.8, 4.0, 10.0, 40.0, 300.0, 1e6, 1e300])
        assert harmonic(INF, gammas) == pytest.approx(special.zeta(gammas), rel=1e-15)
        # e = zeta - 1 keeps its digits: 1 - A_2 is 2 e to first order
        small = np.array([30.0, 45.0, 60.0])
        assert gini_simpson(small, INF) == pytest.approx(2 * special.zetac(small), rel=1e-8)

    def test_entropy_of_infinitely_many_parents(self):
        glaisher = 1.2824271291006226368753
        slope = np.euler_gamma + math.log(2 * math.pi) - 12 * math.log(glaisher)  # zeta'(2) / zeta(2)
        assert entropy(2.0, INF) == pytest.approx(math.log(math.pi**2 / 6) - 2 * slope, rel=1e-14)
        h = 1e-4
        for gamma in (1.05, 1.5, 2.8, 9.0):
            points = np.log(special.zeta(gamma + h * np.array([-2, -1, 1, 2])))
            derivative = (points @ [1, -8, 8, -1]) / (12 * h)
            assert entropy(gamma, INF) == pytest.approx(np.log(special.zeta(gamma)) - gamma * derivative, rel=1e-7)

    @pytest.mark.parametrize("n_parents", [2, 5, 40])
    @pytest.mark.parametrize("gamma", [0, 1, 2, 5, 25])
    def test_power_sums_match_rational_arithmetic(self, n_parents, gamma):
        exact = rational_weights(n_parents, gamma)
        for r in range(6):
            assert power_sum(r, gamma, n_parents) == pytest.approx(float(sum(w**r for w in exact)), rel=1e-13)
        assert gini_simpson(gamma, n_parents) == pytest.approx(float(1 - sum(w**2 for w in exact)), rel=1e-13)
        assert dominant_weight(gamma, n_parents) == pytest.approx(float(exact[0]), rel=1e-14)

    def test_power_sums_of_infinitely_many_parents(self):
        assert power_sum(2, [2, 4], INF) == pytest.approx([2 / 5, 6 / 7], rel=1e-14)
        assert power_sum(3, 2, INF) == pytest.approx(8 / 35, rel=1e-14)
        assert power_sum(1, 2, INF) == 1.0

    @pytest.mark.parametrize("n_parents", [2, 3, 8, 31])
    def test_equal_weights_are_exact(self, n_parents):
        """No rounding may give a batch of averages a covariance of its own."""
        assert n_parents * power_sum(2, 0.0, n_parents) == 1.0
        assert gini_simpson(0.0, n_parents) == (n_parents - 1) / n_parents

    def test_large_parameters_neither_overflow_nor_warn(self):
        for n_parents in (2, 40, 10**300, INF):
            assert power_sum(4, [1e5, 1e308], n_parents) == pytest.approx(1.0, abs=1e-15)
            assert gini_simpson([5000.0, 1e308], n_parents).tolist() == [0.0, 0.0]
            assert entropy([5000.0, 1e308], n_parents).tolist() == [0.0, 0.0]
        assert power_sum(1000, 1.0, 10**6) == pytest.approx(float(harmonic(10**6, 1.0)) ** -1000.0, abs=1e-300)
        with pytest.raises(ValueError, match="^n_parents must be at most 1e300"):
            harmonic(10**400, 2.0)

    @STABLE
    @given(finite, st.floats(0.0, 60.0), st.floats(1e-6, 5.0))
    def test_order_in_gamma(self, n_parents, gamma, step):
        pair = np.array([gamma, gamma + step])
        assert np.diff(harmonic(n_parents, pair)) <= 0
        assert np.diff(gini_simpson(pair, n_parents)) < 1e-12
        assert np.diff(entropy(pair, n_parents)) < 1e-12
        assert 0 <= entropy(gamma, n_parents) <= math.log(n_parents) + 1e-12
        assert 1 / n_parents - 1e-12 <= power_sum(2, gamma, n_parents) <= dominant_weight(gamma, n_parents) + 1e-15

    def test_shapes(self):
        grid = np.full((2, 3), 1.5)
        for function in (entropy, dominant_weight, gini_simpson):
            assert function(grid, 5).shape == (2, 3)
            assert isinstance(function(1.5, 5), float)
        assert harmonic(5, grid).shape == (2, 3)
        assert power_sum(2, grid, 5).shape == (2, 3)
        assert matching_gamma(grid / 2, 5).shape == (2, 3)
        assert harmonic(5, []).shape == (0,)


class TestDominance:
    def test_two_parents_and_the_limit(self):
        assert dominance_threshold(2) == 0.0
        assert special.zeta(dominance_threshold(INF)) == pytest.approx(2.0, abs=2e-15)
        assert round(dominance_threshold(INF), 13) == 1.7286472389982

    def test_thresholds_printed_in_the_note(self):
        printed = {3: 0.787885, 4: 1.082131, 8: 1.435793, 16: 1.582023, 32: 1.650535, 64: 1.685310}
        printed |= {128: 1.703941, 256: 1.714301, 512: 1.720211, 1024: 1.723644}
        assert {t: round(dominance_threshold(t), 6) for t in printed} == printed

    @pytest.mark.parametrize("n_parents", [3, 4, 8, 31, 32, 33, 500, 1024])
    def test_half_the_weight_changes_hands_there(self, n_parents):
        gamma = dominance_threshold(n_parents)
        assert direct_sums(n_parents, gamma)[0] == pytest.approx(2.0, rel=1e-15)
        assert direct_sums(n_parents, gamma - 1e-6)[0] > 2 > direct_sums(n_parents, gamma + 1e-6)[0]
        assert dominant_weight(dominance_threshold(INF), n_parents) > 0.5

    def test_increase_and_gap_to_the_limit(self):
        thresholds = [dominance_threshold(t) for t in (*range(2, 40), 10**3, 10**6, INF)]
        assert (np.diff(thresholds) > 0).all()
        limit, n = thresholds[-1], 10**6
        # from the entropy: -zeta'/zeta = (h - ln zeta) / gamma
        slope = 2 * (entropy(limit, INF) - math.log(2)) / limit
        gap = n ** (1 - limit) / ((limit - 1) * slope)
        assert limit - dominance_threshold(n) == pytest.approx(gap, rel=1e-3)


class TestMatching:
    @STABLE
    @given(finite, st.floats(0.01, 20.0))
    def test_inverse_of_the_covariance_factor(self, n_parents, gamma):
        factor = power_sum(2, gamma, n_parents)
        assume(1 / n_parents < factor < 1)
        again = matching_gamma(factor, n_parents)
        # rounding of the factor near its ends limits what can come back
        slack = 1e-12 + 1e-15 * 2**gamma / gamma + 1e-14 / gamma
        assert again == pytest.approx(gamma, abs=10 * slack)

    @STABLE
    @given(st.one_of(finite, st.just(INF)), st.floats(1e-6, 1 - 1e-6))
    def test_factor_is_attained(self, n_parents, share):
        low = 1 / n_parents
        factor = low + (1 - low) * share
        gamma = matching_gamma(factor, n_parents)
        assert power_sum(2, gamma, n_parents) == pytest.approx(factor, rel=1e-10)
        assert gini_simpson(gamma, n_parents) == pytest.approx(1 - factor, rel=1e-12)

    def test_close_to_the_ends(self):
        last = 1 - 2.0**-53
        for n_parents in (2, 32, INF):
            assert gini_simpson(matching_gamma(last, n_parents), n_parents) == pytest.approx(2.0**-53, rel=1e-13)
        # for two parents 1 - A_2 = 2u / (1 + u)^2 with u = 2^-gamma
        short = 1 - (1 - 1e-12)
        assert matching_gamma(1 - short, 2) == pytest.approx(1 - math.log2(short), abs=1e-11)
        assert power_sum(2, matching_gamma(np.nextafter(0.5, 1), 2), 2) == pytest.approx(0.5, rel=1e-15)
        assert matching_gamma(1e-300, INF) > 1

    def test_gammas_of_mixup_printed_in_the_note(self):
        printed = {
            0.1: [4.4564, 4.7378, 4.7404, 4.7404, 4.7404, 4.7404],
            0.2: [3.5748, 3.9917, 3.9999, 4.0000, 4.0000, 4.0000],
            0.5: [2.5431, 3.2041, 3.2310, 3.2323, 3.2324, 3.2324],
            1.0: [1.9000, 2.7818, 2.8311, 2.8350, 2.8353, 2.8353],
            2.0: [1.3885, 2.5002, 2.5727, 2.5802, 2.5811, 2.5812],
        }
        for alpha, row in printed.items():
            factor = (alpha + 1) / (2 * alpha + 1)
            found = [matching_gamma(factor, t) for t in (2, 8, 32, 128, 512, INF)]
            assert [round(gamma, 4) for gamma in found] == row
        assert matching_gamma([2 / 5, 6 / 7], INF) == pytest.approx([2, 4], rel=1e-14)

    def test_two_parents_in_closed_form(self):
        # lambda^2 + (1 - lambda)^2 = c with odds 2^gamma
        c = np.linspace(0.51, 0.99, 13)
        larger = (1 + np.sqrt(2 * c - 1)) / 2
        assert matching_gamma(c, 2) == pytest.approx(np.log2(larger / (1 - larger)), rel=1e-11)


class TestCounts:
    @pytest.mark.parametrize("counts", [[1, 1, 1, 1], [2, 1, 1], [3, 2], [1, 2, 2], [4]])
    @pytest.mark.parametrize("anchored", [False, True])
    def test_enumeration(self, counts, anchored):
        rows = np.repeat(np.arange(len(counts)), counts)
        total = rows.size
        weights = rational_weights(total, 2)
        orders = {order for order in permutations(range(total)) if not anchored or order[0] == 0}
        # the weight of every different row: affinely independent rows give different records if these differ
        outputs = {
            tuple(sum(w for w, t in zip(weights, order, strict=True) if rows[t] == row) for row in range(len(counts)))
            for order in orders
        }
        assert distinct_outputs(total, counts, anchored=anchored) == len(outputs)

    def test_all_rows_differ_by_default(self):
        assert distinct_outputs(30) == math.factorial(30)
        assert distinct_outputs(30, anchored=True) == math.factorial(29)


class TestBadInput:
    @pytest.mark.parametrize("gamma", [-0.1, math.nan, INF, -INF, [1.0, -1.0]])
    def test_gamma(self, gamma):
        for function in (entropy, dominant_weight, gini_simpson, lambda g, t: harmonic(t, g)):
            with pytest.raises(ValueError, match="gamma must be finite and >= 0"):
                function(gamma, 4)

    @pytest.mark.parametrize("gamma", [1.0, 0.5, -2.0])
    def test_gamma_with_infinitely_many_parents(self, gamma):
        for function in (entropy, dominant_weight, gini_simpson, lambda g, t: harmonic(t, g)):
            with pytest.raises(ValueError, match="gamma must be finite and > 1"):
                function(gamma, INF)

    def test_gamma_is_real(self):
        with pytest.raises(TypeError, match="gamma must be a real number"):
            entropy("2", 4)

    @pytest.mark.parametrize(
        ("n_parents", "error"),
        [
            (1, ValueError),
            (0, ValueError),
            (-INF, TypeError),
            (math.nan, TypeError),
            (3.0, TypeError),
            (True, TypeError),
        ],
    )
    def test_parents(self, n_parents, error):
        for call in (
            lambda: harmonic(n_parents, 2.0),
            lambda: power_sum(2, 2.0, n_parents),
            lambda: entropy(2.0, n_parents),
            lambda: dominance_threshold(n_parents),
            lambda: matching_gamma(0.7, n_parents),
        ):
            with pytest.raises(error, match="n_parents must be an integer"):
                call()

    def test_order(self):
        with pytest.raises(ValueError, match="r must be an integer >= 0, got -1"):
            power_sum(-1, 2.0, 4)
        with pytest.raises(ValueError, match="r must be an integer >= 1, got 0"):
            power_sum(0, 2.0, INF)
        with pytest.raises(TypeError, match="r must be an integer, got 2.5"):
            power_sum(2.5, 2.0, 4)

    @pytest.mark.parametrize(("factor", "n_parents"), [(0.25, 4), (1.0, 4), (0.1, 4), (math.nan, 4), (0.0, INF)])
    def test_covariance_factor(self, factor, n_parents):
        with pytest.raises(ValueError, match=r"covariance_factor must be in \("):
            matching_gamma(factor, n_parents)

    def test_counts(self):
        with pytest.raises(ValueError, match=r"multiplicities must sum to n_parents = 4, got \[2, 1\]"):
            distinct_outputs(4, [2, 1])
        with pytest.raises(ValueError, match="multiplicities must be an integer >= 1"):
            distinct_outputs(4, [4, 0])
        with pytest.raises(TypeError, match="multiplicities must be a sequence"):
            distinct_outputs(4, 4)
        with pytest.raises(TypeError, match="anchored must be True or False"):
            distinct_outputs(4, anchored=1)
        with pytest.raises(ValueError, match="n_parents must be an integer >= 2"):
            distinct_outputs(1)
