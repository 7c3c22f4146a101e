import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mixtheory.mixing import populations as pop

CONTINUOUS = [
    (pop.Normal(1.5, 2.0), stats.norm(1.5, 2.0)),
    (pop.Exponential(), stats.expon()),
    (pop.Exponential(3.0), stats.expon(scale=3.0)),
    (pop.StudentT(9.0), stats.t(9.0)),
]
ATOMIC = [
    pop.Rademacher(),
    pop.Bernoulli(0.2),
    pop.Discrete((3.0, -1.0, 0.5), (0.2, 0.5, 0.3)),
]


@pytest.mark.parametrize(("law", "reference"), CONTINUOUS)
def test_moments_and_quantiles_equal_scipy(law, reference):
    mean, var, skewness, kurtosis = (float(value) for value in reference.stats("mvsk"))
    assert law.mean == pytest.approx(mean)
    assert law.var == pytest.approx(var)
    assert law.skewness == pytest.approx(skewness, abs=1e-14)
    assert law.excess_kurtosis == pytest.approx(kurtosis, abs=1e-14)
    p = np.array([0.0, 1e-6, 0.3, 0.5, 0.99, 1.0])
    assert np.allclose(law.ppf(p), reference.ppf(p))


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 6), st.floats(0.05, 0.95), st.floats(0.2, 2))
def test_moments_of_two_clusters_equal_gauss_hermite(separation, p, sd):
    law = pop.TwoClusters(separation, p, sd)
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)

    def moment(power, centre):
        sides = ((p, separation / 2), (1 - p, -separation / 2))
        parts = [share * weights @ (at + sd * nodes - centre) ** power for share, at in sides]
        return sum(parts) / weights.sum()

    mean = moment(1, 0.0)
    assert law.mean == pytest.approx(mean, abs=1e-12)
    assert law.var == pytest.approx(moment(2, mean))
    assert law.mu3 == pytest.approx(moment(3, mean), abs=1e-12 * max(law.var, 1) ** 1.5)
    assert law.mu4 == pytest.approx(moment(4, mean))


@pytest.mark.parametrize("law", ATOMIC)
def test_moments_of_atoms_are_averages_over_quantiles(law):
    grid = (np.arange(2000) + 0.5) / 2000
    values = law.ppf(grid)
    assert law.mean == pytest.approx(values.mean())
    for power, moment in ((2, law.var), (3, law.mu3), (4, law.mu4)):
        assert moment == pytest.approx(np.mean((values - law.mean) ** power), abs=1e-12)


def test_quantiles_at_the_jumps():
    assert pop.Bernoulli(0.2).ppf([0.0, 0.8, 0.8000001, 1.0]).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_rademacher_has_least_kurtosis():
    assert pop.Rademacher().excess_kurtosis == -2.0


def test_cauchy_has_no_moments_but_quantiles():
    law = pop.Cauchy()
    assert all(math.isnan(value) for value in (law.mean, law.var, law.mu3, law.mu4, law.skewness, law.excess_kurtosis))
    assert law.ppf([0.0, 0.25, 0.5, 0.75, 1.0]) == pytest.approx([-np.inf, -1, 0, 1, np.inf])


@pytest.mark.parametrize(
    ("df", "finite"), [(0.5, ()), (1.5, ("mean",)), (2.5, ("mean", "var")), (3.5, ("mean", "var", "mu3"))]
)
def test_student_moments_exist_below_the_degrees_of_freedom(df, finite):
    law = pop.StudentT(df)
    for name in ("mean", "var", "mu3", "mu4"):
        assert math.isfinite(getattr(law, name)) == (name in finite)


def cdf_of(law):
    known = {id(a): b.cdf for a, b in CONTINUOUS}
    if isinstance(law, pop.TwoClusters):
        return lambda x: law.p * stats.norm.cdf(x, 1.5, 1) + (1 - law.p) * stats.norm.cdf(x, -1.5, 1)
    return known.get(id(law), stats.cauchy.cdf)


@pytest.mark.parametrize("law", [a for a, _ in CONTINUOUS] + [pop.Cauchy(), pop.TwoClusters(3.0, 0.3)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_draws_follow_the_law(law, seed):
    # DKW: a true law fails with probability at most 1e-9 for any seed.
    n = 4000
    draws = law.rvs(n, np.random.default_rng(seed))
    assert draws.shape == (n,) and draws.dtype == np.float64
    assert stats.kstest(draws, cdf_of(law)).statistic < math.sqrt(math.log(2 / 1e-9) / (2 * n))


@pytest.mark.parametrize("law", ATOMIC)
def test_draws_of_atoms_follow_the_law(law):
    n = 4000
    draws = law.rvs((n // 2, 2), np.random.default_rng(5))
    assert draws.shape == (n // 2, 2)
    bound = math.sqrt(math.log(2 / 1e-9) / (2 * n))
    for value in np.unique(law.ppf(np.linspace(0, 1, 101))):
        exact = np.mean(law.ppf((np.arange(10000) + 0.5) / 10000) <= value)
        assert abs(np.mean(draws <= value) - exact) < bound


def test_draws_depend_on_the_generator_alone():
    for law in [a for a, _ in CONTINUOUS] + ATOMIC + [pop.Cauchy(), pop.TwoClusters(1.0)]:
        first, second = (law.rvs(5, np.random.default_rng(3)) for _ in range(2))
        assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: pop.Normal(np.nan), "mean"),
        (lambda: pop.Normal(0.0, 0.0), "sd"),
        (lambda: pop.Exponential(-1.0), "scale"),
        (lambda: pop.StudentT(0.0), "df"),
        (lambda: pop.Bernoulli(1.0), "p"),
        (lambda: pop.TwoClusters(-1.0), "separation"),
        (lambda: pop.TwoClusters(1.0, 0.0), "p"),
        (lambda: pop.TwoClusters(1.0, 0.5, np.inf), "sd"),
        (lambda: pop.Discrete((), ()), "values"),
        (lambda: pop.Discrete((0.0, np.nan), (0.5, 0.5)), "values"),
        (lambda: pop.Discrete((0.0, 1.0), (0.5, 0.4)), "probabilities"),
        (lambda: pop.Discrete((0.0, 1.0), (1.0, 0.0)), "probabilities"),
        (lambda: pop.Discrete((0.0, 1.0), (1.0,)), "probabilities"),
        (lambda: pop.Normal().ppf(1.5), "p"),
    ],
)
def test_bad_input_names_the_argument(make, argument):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        make()


def test_a_seed_is_no_generator():
    with pytest.raises(TypeError, match="^rng must"):
        pop.Normal().rvs(3, 0)


def test_two_clusters_have_no_simple_quantile():
    with pytest.raises(NotImplementedError, match="TwoClusters"):
        pop.TwoClusters(1.0).ppf(0.5)
