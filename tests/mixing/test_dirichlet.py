"""Laws of more than two parents against enumeration of known moments, quadrature and the two-parent law."""

import pickle
from fractions import Fraction
from itertools import product
from math import factorial, prod

import numpy as np
import pytest
from scipy import integrate, special, stats

from mixtheory.mixing.dirichlet import Dirichlet, ExpandedDirichlet
from mixtheory.mixing.weights import Beta, EpBeta

CASES = [
    (1.0, 3, 0.0),
    (1.0, 3, 1 / 3),
    (0.4, 4, 0.2),
    (7.0, 2, 0.5),
    ((0.5, 2.0, 1.25), None, 0.1),
    ((3.0, 0.25, 0.25, 1.0), None, 0.0),
]


def rising(x, n):
    return prod((x + i for i in range(n)), start=Fraction(1))


def raw_moment(alpha, powers):
    """E prod D_t^p_t of a Dirichlet law: the textbook ratio of rising factorials."""
    return prod(rising(a, p) for a, p in zip(alpha, powers, strict=True)) / rising(sum(alpha), sum(powers))


def polynomial_mean(alpha, eps, polynomial):
    """E f(w) in exact arithmetic for f = {powers: coefficient} in w_t = L D_t - eps, by multinomial enumeration."""
    alpha, eps = [Fraction(a) for a in alpha], Fraction(eps)
    width = 1 + len(alpha) * eps
    total = Fraction(0)
    for powers, coefficient in polynomial.items():
        for chosen in product(*(range(p + 1) for p in powers)):
            ways = prod(factorial(p) // (factorial(c) * factorial(p - c)) for p, c in zip(powers, chosen, strict=True))
            scale = width ** sum(chosen) * (-eps) ** (sum(powers) - sum(chosen))
            total += coefficient * ways * scale * raw_moment(alpha, chosen)
    return total


def unit(k, *pairs):
    """Powers vector with the given (index, power) pairs."""
    powers = [0] * k
    for index, power in pairs:
        powers[index] += power
    return tuple(powers)


@pytest.mark.parametrize(("alpha", "k", "eps"), CASES)
class TestMoments:
    def test_power_sums_by_enumeration(self, alpha, k, eps):
        law = ExpandedDirichlet(alpha, k, eps)
        n = law.n_parents
        for order in range(6):
            exact = sum(polynomial_mean(law.alpha, eps, {unit(n, (t, order)): 1}) for t in range(n))
            assert law.power_sum(order) == pytest.approx(float(exact), rel=1e-12)

    def test_single_weight_is_the_two_parent_law(self, alpha, k, eps):
        law = ExpandedDirichlet(alpha, k, eps)
        total = sum(law.alpha)
        for t, a in enumerate(law.alpha):
            marginal = EpBeta(a, total - a, eps, (law.n_parents - 1) * eps)
            assert law.mean[t] == pytest.approx(marginal.mean, abs=1e-14)
            assert law.var[t] == pytest.approx(marginal.var, rel=1e-12)
            assert law.moment(5)[t] == pytest.approx(marginal.moment(5), rel=1e-12)
            assert law.mass_outside()[t] == pytest.approx(marginal.mass_outside(), rel=1e-12)
            assert law.support == pytest.approx(marginal.support, abs=1e-14)
            assert law.reach == pytest.approx(marginal.reach)

    def test_r_and_q2_by_enumeration(self, alpha, k, eps):
        law = ExpandedDirichlet(alpha, k, eps)
        n = law.n_parents
        pairs = [(s, t) for s in range(n) for t in range(s)]
        r = sum(polynomial_mean(law.alpha, eps, {unit(n, (s, 1), (t, 1)): 1}) for s, t in pairs)
        q2 = sum(
            polynomial_mean(law.alpha, eps, {unit(n, (s, 1), (t, 1), (u, 1), (v, 1)): 1})
            for (s, t), (u, v) in product(pairs, pairs)
        )
        assert law.r == pytest.approx(float(r), rel=1e-12, abs=1e-14)
        assert law.q2 == pytest.approx(float(q2), rel=1e-11, abs=1e-14)
        assert law.variance_factor == pytest.approx(law.power_sum(2), rel=1e-13)
        assert law.third_moment_factor == pytest.approx(law.power_sum(3), rel=1e-13)
        assert law.squared_norm_variance == pytest.approx(4 * float(q2 - r**2), rel=1e-9, abs=1e-13)

    def test_largest_weight_and_entropy(self, alpha, k, eps):
        law = ExpandedDirichlet(alpha, k, eps)
        shapes = np.array(law.alpha)
        tail = integrate.quad(lambda x: 1 - stats.gamma.cdf(x, shapes).prod(), 0, 60, epsabs=1e-11, limit=200)[0]
        largest = tail / shapes.sum()
        assert law.dominant_weight == pytest.approx(law.width * largest - eps, rel=1e-9)
        assert np.array_equal(law.weight_means, law.mean)
        assert np.array_equal(law.weight_variances, law.var)
        assert law.covariance_factor == law.variance_factor
        if eps:
            with pytest.raises(ValueError, match=r"entropy needs weights in \[0, 1\], got ExpandedDirichlet"):
                law.entropy  # noqa: B018
        else:
            parts = [
                integrate.quad(lambda d, a=a: special.entr(d) * stats.beta.pdf(d, a, shapes.sum() - a), 0, 1)[0]
                for a in shapes
            ]
            assert law.entropy == pytest.approx(sum(parts), rel=1e-7)

    def test_draws(self, alpha, k, eps):
        law = ExpandedDirichlet(alpha, k, eps)
        draws = law.weight_vectors(3000, np.random.default_rng(11))
        assert draws.shape == (3000, law.n_parents)
        assert draws.sum(axis=1) == pytest.approx(1.0, abs=1e-13)
        assert np.array_equal(draws, law.rvs(3000, np.random.default_rng(11)))
        total = sum(law.alpha)
        for t, a in enumerate(law.alpha):
            marginal = EpBeta(a, total - a, eps, (law.n_parents - 1) * eps)
            assert stats.kstest(draws[:, t], marginal.cdf).pvalue > 1e-9


@pytest.mark.parametrize("k", [2, 3, 10, 100, 5000])
def test_flat_law_has_harmonic_numbers(k):
    """Spacings of k - 1 uniform points: E max = H_k / k and mean entropy H_k - 1 (textbook)."""
    harmonic = sum(1 / j for j in range(1, k + 1))
    law = Dirichlet(1.0, k)
    assert law.dominant_weight == pytest.approx(harmonic / k, rel=1e-11)
    assert law.entropy == pytest.approx(harmonic - 1, rel=1e-12)
    assert law.covariance_factor == pytest.approx(2 / (k + 1), rel=1e-12)


@pytest.mark.parametrize("shapes", [(1.0, 1.0), (1e-6, 1e-6), (0.1, 3.0), (40.0, 7.0), (1e5, 1e5), (1e6, 1.0)])
def test_two_parents_are_the_beta_law(shapes):
    law, beta = Dirichlet(shapes), Beta(*shapes)
    assert law.dominant_weight == pytest.approx(beta.dominant_weight, rel=2e-11)
    assert law.entropy == pytest.approx(beta.entropy, rel=1e-14)
    assert law.weight_means == pytest.approx(beta.weight_means, rel=1e-13)
    assert law.weight_variances == pytest.approx(beta.weight_variances, rel=1e-12)


def test_largest_of_uneven_weights_against_draws():
    law = ExpandedDirichlet((0.3, 4.0, 25.0, 26.0), eps=0.2)
    largest = law.weight_vectors(20000, np.random.default_rng(8)).max(axis=1)
    assert abs(largest.mean() - law.dominant_weight) < 6.5 * largest.std() / np.sqrt(20000)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("k", [2, 3, 7])
def test_preserving_symmetric(alpha, k):
    law = ExpandedDirichlet.preserving(alpha, k)
    assert law.eps == pytest.approx((np.sqrt(k * alpha + 1) - 1) / k, rel=1e-12)
    assert law.variance_factor == pytest.approx(1.0, abs=1e-13)
    third = (3 * k - 2) / k**2 + 2 * (k - 1) * (k - 2) * np.sqrt(k * alpha + 1) / (k**2 * (k * alpha + 2))
    assert law.third_moment_factor == pytest.approx(third, rel=1e-12)


def test_three_parents_do_not_keep_the_third_moment():
    law = ExpandedDirichlet.preserving(1.0, 3)
    assert law.eps == pytest.approx(1 / 3, rel=1e-14)
    assert law.third_moment_factor == pytest.approx(43 / 45, rel=1e-13)


def test_two_parents_are_the_two_parent_law():
    law, pair = ExpandedDirichlet.preserving((2.0, 5.0)), EpBeta.preserving_equal(2.0, 5.0)
    assert law.eps == pytest.approx(pair.eps0, rel=1e-12)
    assert law.r == pytest.approx(pair.r, abs=1e-14)
    assert law.q2 == pytest.approx(pair.q2, rel=1e-11)
    assert law.power_sum(4) == pytest.approx(pair.power_sum(4), rel=1e-12)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_plain_dirichlet_shrinks(k):
    law = Dirichlet(0.7, k)
    assert law.variance_factor == pytest.approx(1.7 / (0.7 * k + 1), rel=1e-13)
    assert law.mass_outside() == pytest.approx(np.zeros(k))
    assert law == ExpandedDirichlet(0.7, k, 0.0)


def test_density():
    plain = Dirichlet((0.5, 2.0, 1.25))
    points = np.random.default_rng(3).dirichlet((1, 1, 1), 8)
    oracle = stats.dirichlet(plain.alpha)
    assert plain.pdf(points) == pytest.approx([oracle.pdf(p) for p in points], rel=1e-10)
    assert plain.pdf([1.2, 0.1, -0.3]) == 0.0
    # Polynomial density on the stretched simplex: a product Gauss rule in collapsed coordinates is exact.
    law = ExpandedDirichlet((3.0, 2.0, 4.0), eps=0.2)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    a, b = np.meshgrid((nodes + 1) / 2, (nodes + 1) / 2, indexing="ij")
    first, second = law.width * a - law.eps, law.width * (1 - a) * b - law.eps
    density = law.pdf(np.stack([first, second, 1 - first - second], axis=-1)) * law.width**2 * (1 - a)
    rule = np.outer(weights, weights) / 4
    assert np.sum(rule * density) == pytest.approx(1.0, rel=1e-12)
    assert np.sum(rule * density * first * second) == pytest.approx(
        float(polynomial_mean(law.alpha, law.eps, {(1, 1, 0): 1})), rel=1e-11
    )
    assert law.pdf([-0.1, 0.6, 0.5]) > 0


def test_object():
    law = ExpandedDirichlet(1.0, 3, 0.25)
    assert repr(law) == "ExpandedDirichlet(alpha=1.0, n_parents=3, eps=0.25)"
    assert repr(Dirichlet((1.0, 2.0))) == "Dirichlet(alpha=(1.0, 2.0), n_parents=2)"
    for one in (law, Dirichlet((1.0, 2.0)), Dirichlet(0.5, 4)):
        assert eval(repr(one)) == one
        assert pickle.loads(pickle.dumps(one)) == one
        assert hash(eval(repr(one))) == hash(one)
    assert law != EpBeta.preserving_uniform()
    assert law != ExpandedDirichlet(1.0, 3, 0.26)
    with pytest.raises(AttributeError):
        law.eps = 0.1


def test_bad_input():
    for bad in (0.0, -1.0, np.nan, np.inf, [1.0, 0.0]):
        with pytest.raises(ValueError, match="alpha must be finite and > 0, got"):
            Dirichlet(bad, 2)
    for bad in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="eps must be finite and >= 0, got"):
            ExpandedDirichlet(1.0, 3, bad)
    with pytest.raises(ValueError, match="n_parents must be an integer >= 2, got 1"):
        Dirichlet(1.0, 1)
    with pytest.raises(ValueError, match="n_parents"):
        Dirichlet(1.0)
    with pytest.raises(ValueError, match="n_parents must equal the 3 entries of alpha, got 2"):
        Dirichlet((1.0, 1.0, 1.0), 2)
    with pytest.raises(ValueError, match=r"alpha must be a number or a vector.*got shape \(2, 2\)"):
        Dirichlet(np.ones((2, 2)))
    with pytest.raises(TypeError, match="n_parents must be an integer"):
        Dirichlet(1.0, 2.5)
    with pytest.raises(ValueError, match="x must have 3 weights"):
        Dirichlet(1.0, 3).pdf([0.5, 0.5])
    with pytest.raises(ValueError, match="x must hold weights that sum to 1"):
        Dirichlet(1.0, 3).pdf([0.5, 0.5, 0.5])
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        Dirichlet(1.0, 3).weight_vectors(4, None)


@pytest.mark.parametrize("size", [-1, 2.5, True, (3, -1), "many"])
def test_a_size_that_is_none(size):
    with pytest.raises((TypeError, ValueError), match="size must be an integer"):
        Dirichlet(1.0, 3).rvs(size, np.random.default_rng(0))
