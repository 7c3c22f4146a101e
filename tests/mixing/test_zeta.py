"""The law of zeta-mixup against its weights, and the two laws of its rows against each other."""

import copy
import math
import pickle
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import mixtheory
from mixtheory.mixing.dirichlet import Dirichlet
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.p_series import dominance_threshold
from mixtheory.mixing.weights import EpBeta
from mixtheory.mixing.zeta import Zeta

STABLE = settings(derandomize=True, deadline=None, max_examples=60)

laws = st.builds(Zeta, st.floats(0.0, 40.0), st.sampled_from([2, 3, 8, 40, 700]))


@STABLE
@given(laws)
def test_attributes_are_those_of_the_weights(law):
    w = law.weights
    assert w.shape == (law.n_parents,) == law.weight_means.shape
    assert w.sum() == pytest.approx(1.0, abs=1e-14)
    assert (np.diff(w) <= 0).all()
    ranks = np.arange(1.0, law.n_parents + 1)
    assert w / w[0] == pytest.approx(np.exp(-law.gamma * np.log(ranks)), rel=1e-12, abs=1e-300)
    for k in range(6):
        assert law.power_sum(k) == pytest.approx((w**k).sum(), rel=1e-13)
    assert law.covariance_factor == law.variance_factor == pytest.approx(w @ w, rel=1e-13)
    assert law.r == pytest.approx((1 - w @ w) / 2, abs=1e-15)
    assert law.q2 == pytest.approx(law.r**2, rel=1e-15)
    assert law.third_moment_factor == pytest.approx((w**3).sum(), rel=1e-13)
    assert law.dominant_weight == pytest.approx(w.max(), rel=1e-14)
    logs = np.log(np.where(w > 0, w, 1.0))
    assert law.entropy == pytest.approx(-(w * logs).sum(), abs=1e-14, rel=1e-13)
    assert np.array_equal(law.weight_means, w)
    # nothing is random
    assert law.squared_norm_variance == 0.0
    assert not law.weight_variances.any()


def test_is_a_mixing_law_like_the_others():
    law = Zeta(1.5, 4)
    assert isinstance(law, MixingLaw)
    assert mixtheory.Zeta is Zeta
    assert repr(law) == "Zeta(gamma=1.5, n_parents=4)"
    assert law == Zeta(1.5, 4) == Zeta(np.float32(1.5), np.int64(4))
    assert Zeta(-0.0, 3) == Zeta(0.0, 3)
    assert len({law, Zeta(1.5, 4), Zeta(1.5, 5), Zeta(1.6, 4)}) == 3
    assert law != Dirichlet(1.5, 4)
    assert law != EpBeta(1.5, 4.0, 0.0, 0.0)
    law.weights  # noqa: B018 - a copy made after the first use carries no array that could be written to
    for twin in (copy.copy(law), copy.deepcopy(law), pickle.loads(pickle.dumps(law))):
        assert twin == law
        assert not twin.weights.flags.writeable


def test_weights_and_parameters_are_read_only():
    law = Zeta(2.0, 5)
    with pytest.raises(ValueError, match="read-only"):
        law.weights[0] = 1.0
    with pytest.raises(AttributeError):
        law.gamma = 3.0
    with pytest.raises(AttributeError):
        law.n_parents = 6


def test_constants_printed_in_the_note():
    printed = {
        1.72865: (0.52871, 0.31632),
        2.0: (0.61951, 0.41539),
        2.4: (0.72575, 0.54944),
        2.8: (0.80258, 0.65920),
        4.0: (0.92395, 0.85716),
        6.0: (0.98295, 0.96643),
    }
    for gamma, pair in printed.items():
        law = Zeta(gamma, 32)
        assert (round(law.dominant_weight, 5), round(law.covariance_factor, 5)) == pair


def test_limits():
    mean = Zeta(0.0, 8)
    assert mean.weights.tolist() == [1 / 8] * 8
    assert (mean.dominates, mean.entropy) == (False, pytest.approx(math.log(8), rel=1e-15))
    copying = Zeta(1e9, 8)
    assert copying.weights.tolist() == [1.0] + [0.0] * 7
    assert (copying.variance_factor, copying.r, copying.entropy, copying.dominates) == (1.0, 0.0, 0.0, True)
    # 1 - A_2 far below the spacing of floats near 1
    assert Zeta(80.0, 5).r == pytest.approx(2.0**-80, rel=1e-12)


@pytest.mark.parametrize("n_parents", [2, 3, 8, 100])
def test_domination_starts_at_the_threshold(n_parents):
    threshold = dominance_threshold(n_parents)
    assert Zeta(threshold + 1e-6, n_parents).dominates
    assert Zeta(2.0, n_parents).dominates
    # two parents: one of them always has at least one half
    assert Zeta(max(threshold - 1e-6, 0.0), n_parents).dominates == (n_parents == 2)


def test_matching():
    law = Zeta.matching(0.6, 8)
    assert law.n_parents == 8
    assert law.covariance_factor == pytest.approx(0.6, rel=1e-13)
    with pytest.raises(ValueError, match=r"covariance_factor must be in \(0.125, 1\), got 0.1"):
        Zeta.matching(0.1, 8)
    with pytest.raises(TypeError, match="n_parents must be an integer, got inf"):
        Zeta.matching(0.6, math.inf)


class TestDraws:
    def test_weight_vectors_draw_nothing(self):
        law, rng = Zeta(2.4, 6), np.random.default_rng(3)
        state = rng.bit_generator.state
        for size, shape in ((4, (4, 6)), ((2, 3), (2, 3, 6)), ((), (6,)), (0, (0, 6))):
            vectors = law.weight_vectors(size, rng)
            assert vectors.shape == shape
            assert (vectors == law.weights).all()
        assert rng.bit_generator.state == state

    @pytest.mark.parametrize("rows", ["uniform", "anchored"])
    @pytest.mark.parametrize("size", [7, 0, (3, 5), (2, 0, 4), ()])
    def test_every_row_is_an_order_of_the_weights(self, rows, size):
        law = Zeta(1.3, 5)
        drawn = law.rvs(size, np.random.default_rng(5), rows=rows)
        assert drawn.shape == (*np.atleast_1d(size).astype(int), 5)
        assert np.array_equal(np.sort(drawn, axis=-1), np.broadcast_to(law.weights[::-1], drawn.shape))
        assert np.array_equal(drawn, law.rvs(size, np.random.default_rng(5), rows=rows))

    def test_anchored_rows_are_dominated_by_their_own_member(self):
        law, rng = Zeta(2.8, 6), np.random.default_rng(11)
        own = law.rvs((50, 6), rng, rows="anchored").argmax(axis=-1)
        assert (own == np.arange(6)).all()
        more = law.rvs(15, rng, rows="anchored").argmax(axis=-1)
        assert more.tolist() == (np.arange(15) % 6).tolist()
        # independent orders hit their own member one time in T
        hits = (law.rvs((5000, 6), rng).argmax(axis=-1) == np.arange(6)).sum()
        assert stats.binomtest(int(hits), 30000, 1 / 6).pvalue > 1e-9

    @pytest.mark.parametrize("rows", ["uniform", "anchored"])
    def test_one_record_of_a_random_row_has_the_same_law(self, rows):
        law, n = Zeta(0.9, 4), 6000
        drawn = law.rvs((n, 4), np.random.default_rng(12), rows=rows)
        chosen = drawn[np.arange(n), np.random.default_rng(13).integers(4, size=n)]
        counts = Counter(tuple(row) for row in chosen.argsort(axis=1).tolist())
        assert set(counts) == set(permutations(range(4)))
        assert stats.chisquare(list(counts.values())).pvalue > 1e-9

    def test_joint_orders_of_two_rows(self):
        """Independent orders: 36 equally likely pairs at T = 3; anchored ones: the 4 that dominate rows 0 and 1."""
        law, n = Zeta(1.1, 3), 20000
        for rows, expected in (("uniform", 36), ("anchored", 4)):
            drawn = law.rvs((n, 3), np.random.default_rng(14), rows=rows)[:, :2]
            pairs = Counter(map(tuple, drawn.argsort(axis=-1).reshape(n, 6).tolist()))
            assert len(pairs) == expected
            assert stats.chisquare(list(pairs.values())).pvalue > 1e-9

    def test_batch_means_tell_the_row_laws_apart(self):
        """Variance of the mean weight of one member over the rows of a batch, from the variance of one entry."""
        n_parents, n = 8, 4000
        law = Zeta(2.8, n_parents)
        w = law.weights
        every, tail = np.var(w), np.var(w[1:])
        expected = {"uniform": every / n_parents, "anchored": (n_parents - 1) * tail / n_parents**2}
        assert expected["uniform"] > 20 * expected["anchored"]
        for rows, variance in expected.items():
            drawn = law.rvs((n, n_parents), np.random.default_rng(15), rows=rows)
            squares = (drawn.mean(axis=1)[:, 0] - 1 / n_parents) ** 2
            assert abs(squares.mean() - variance) < 6.5 * squares.std() / np.sqrt(n)

    def test_two_parents_and_one_gamma_are_a_two_atom_law(self):
        """A single gamma is not mixup with a continuous weight: lambda has two values, each with probability 1/2."""
        drawn = Zeta(2.0, 2).rvs(4000, np.random.default_rng(16))[:, 0]
        values, counts = np.unique(drawn, return_counts=True)
        assert values == pytest.approx([0.2, 0.8], abs=1e-15)
        assert stats.binomtest(int(counts[0]), 4000).pvalue > 1e-9


class TestBadInput:
    @pytest.mark.parametrize("gamma", [-1.0, math.nan, math.inf, -math.inf])
    def test_gamma_out_of_range(self, gamma):
        with pytest.raises(ValueError, match=f"gamma must be finite and >= 0, got {gamma}"):
            Zeta(gamma, 4)

    @pytest.mark.parametrize("gamma", ["2", None, 1j, [1.0, 2.0]])
    def test_gamma_of_another_type(self, gamma):
        with pytest.raises(TypeError, match="gamma must be a"):
            Zeta(gamma, 4)

    @pytest.mark.parametrize(
        ("n_parents", "error"),
        [
            (1, ValueError),
            (0, ValueError),
            (-3, ValueError),
            (2.5, TypeError),
            (math.inf, TypeError),
            (True, TypeError),
        ],
    )
    def test_parents(self, n_parents, error):
        with pytest.raises(error, match="n_parents must be an integer"):
            Zeta(2.0, n_parents)

    def test_draws(self):
        law, rng = Zeta(2.0, 3), np.random.default_rng(0)
        with pytest.raises(ValueError, match=r"rows must be one of \['uniform', 'anchored'\], got 'anchor'"):
            law.rvs(2, rng, rows="anchor")
        for draw in (law.rvs, law.weight_vectors):
            with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator"):
                draw(2, 0)
            with pytest.raises(ValueError, match="size must be an integer >= 0"):
                draw(-2, rng)
            with pytest.raises(TypeError, match="size must be an integer"):
                draw(2.0, rng)
        with pytest.raises(ValueError, match="k must be an integer >= 0"):
            law.power_sum(-1)


class TestRefusals:
    def test_more_parents_than_floats_can_count(self):
        for count in (2**53 + 1, 10**400, 10**5000):
            with pytest.raises(ValueError, match=r"n_parents must be at most 2\^53, got an integer of \d+ bits"):
                Zeta(2.0, count)
        assert Zeta(2.0, 2**53).n_parents == 2**53

    def test_gamma_is_no_flag(self):
        for gamma in (True, np.False_):
            with pytest.raises(TypeError, match="gamma must be a real number, got (True|False)"):
                Zeta(gamma, 5)
