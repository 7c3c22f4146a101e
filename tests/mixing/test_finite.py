import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import norm

from mixtheory.mixing import finite, points
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta
from tests.mixing.atomic import INSIDE, THREE_PARENTS, TWO_POINT, AtomicLaw, batches

DATA = {"independent": (0.0, 1.0, 4.0), "distinct": (0.0, 1.0, 4.0)}
LONGER = (0.0, 1.0, 4.0, -2.5)


def table(pairing):
    return np.array(DATA.get(pairing, LONGER))


@pytest.mark.parametrize("pairing", finite.PAIRINGS)
@pytest.mark.parametrize("law", [TWO_POINT, AtomicLaw.of_lambda((0.25, 1.4), (0.6, 0.4))])
def test_batches_equal_complete_enumeration(pairing, law):
    x = table(pairing)
    n = x.size
    found, mass = batches(x, law, pairing)
    assert mass.sum() == pytest.approx(1)
    centred = found - x.mean()
    assert mass @ centred.mean(axis=1) == pytest.approx(0, abs=1e-12)
    sample_variance = mass @ found.var(axis=1, ddof=1)
    assert finite.batch_variance(law, x, pairing) == pytest.approx(sample_variance, rel=1e-12)
    factor = sample_variance / x.var(ddof=1)
    assert finite.batch_variance_factor(law, n, pairing) == pytest.approx(factor, rel=1e-12)
    of_mean = mass @ centred.mean(axis=1) ** 2
    assert finite.mean_variance_factor(law, n, pairing) == pytest.approx(of_mean / x.var(), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("pairing", finite.PAIRINGS)
@pytest.mark.parametrize("law", [THREE_PARENTS, AtomicLaw(((0.6, 0.3, 0.1),), (1.0,))], ids=["random", "fixed"])
def test_batches_of_many_parents_equal_complete_enumeration(pairing, law):
    rows_of_data = 4 if pairing in ("derangement", "shared") or len(law.vectors) == 1 else 3
    x = np.array(LONGER[:rows_of_data])
    # rows that are drawn independently of each other are enumerated two at a time
    rows = 2 if pairing in ("independent", "distinct") else None
    found, mass = batches(x, law, pairing, size=rows)
    assert mass.sum() == pytest.approx(1)
    of_mean = mass @ (found.mean(axis=1) - x.mean()) ** 2 / x.var()
    assert finite.mean_variance_factor(law, x.size, pairing, rows) == pytest.approx(of_mean, rel=1e-12, abs=1e-14)
    plug_in = mass @ found.var(axis=1) / x.var()
    if rows is None:
        assert finite.batch_variance_factor(law, x.size, pairing) == pytest.approx(plug_in, rel=1e-12, abs=1e-14)
    else:
        expected = points.point_variance_factor(law, x.size, pairing) * (1 - 1 / rows)
        assert plug_in == pytest.approx(expected, rel=1e-12)


def test_four_parents_of_four_anchored_rows():
    # n parents of n rows, as in the published code: every row has all of the data
    weights = np.arange(1, 5) ** -1.5
    law = AtomicLaw((tuple(weights / weights.sum()),), (1.0,))
    x = np.array(LONGER)
    found, mass = batches(x, law, "anchored")
    of_mean = mass @ (found.mean(axis=1) - x.mean()) ** 2 / x.var()
    assert finite.mean_variance_factor(law, 4, "anchored") == pytest.approx(of_mean, rel=1e-12)
    assert finite.batch_variance_factor(law, 4, "anchored") == pytest.approx(mass @ found.var(axis=1) / x.var())
    sample = finite.batch_variance(law, x, "anchored")
    assert sample == pytest.approx(mass @ found.var(axis=1, ddof=1), rel=1e-12)


@pytest.mark.parametrize("pairing", ["independent", "distinct"])
@pytest.mark.parametrize("size", [1, 2])
def test_mean_of_a_batch_of_any_size_equals_enumeration(pairing, size):
    x = table(pairing)
    found, mass = batches(x, INSIDE, pairing, size=size)
    of_mean = mass @ (found.mean(axis=1) - x.mean()) ** 2
    assert finite.mean_variance_factor(INSIDE, x.size, pairing, size) == pytest.approx(of_mean / x.var())


@pytest.mark.parametrize("pairing", finite.PAIRINGS)
@pytest.mark.parametrize("generations", [0, 1, 2])
def test_generations_of_two_rows_equal_complete_enumeration(pairing, generations):
    # Data of two rows from a two-point population, followed through every batch of every generation.
    tables = [(np.array(rows), 0.25 * 3 ** (2 - sum(rows)) / 4) for rows in itertools.product((0, 1), repeat=2)]
    tables = [(rows.astype(float), mass) for rows, mass in tables]
    assert sum(mass for _, mass in tables) == pytest.approx(1)
    start = sum(mass * rows.var(ddof=1) for rows, mass in tables)
    for _ in range(generations):
        following = []
        for rows, mass in tables:
            found, shares = batches(rows, TWO_POINT, pairing)
            following += [(batch, mass * share) for batch, share in zip(found, shares, strict=True)]
        tables = following
    rows = np.array([row for row, _ in tables])
    mass = np.array([share for _, share in tables])
    factor = mass @ rows.var(axis=1, ddof=1) / start
    assert finite.generation_variance_factor(TWO_POINT, 2, pairing, generations) == pytest.approx(factor, rel=1e-10)
    of_mean = mass @ (rows.mean(axis=1) - 0.25) ** 2
    closed = finite.generation_mean_variance(TWO_POINT, 2, pairing, generations, variance=3 / 16)
    assert closed == pytest.approx(of_mean, rel=1e-10)


def test_variance_of_the_mean_of_iid_pairs_has_the_geometric_form():
    law, n, t = Beta(2.0, 3.0), 7, 6
    f = law.variance_factor * (1 - 1 / n)
    expected = 2.0 / n * (1 - f ** (t + 1)) / (1 - f)
    assert finite.generation_mean_variance(law, n, "independent", t, variance=2.0) == pytest.approx(expected)


@pytest.mark.parametrize("pairing", finite.PAIRINGS)
@pytest.mark.parametrize(
    "law", [Beta(1.0, 1.0), EpBeta.preserving(0.7, eps0=0.2, eps1=0.3), Dirichlet([2.0, 1.0, 0.5])]
)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_naive_coverage_is_the_limit_of_an_explicit_integral(pairing, law, level):
    # The data mean is N(0, 1) in units of sigma / sqrt(n); given it the batch mean adds an independent normal error.
    n = 10**9
    c = n * finite.mean_variance_factor(law, n, pairing)
    half = norm.ppf((1 + level) / 2) * np.sqrt(law.variance_factor)

    def covered(u):
        if c == 0:
            return norm.pdf(u) * (abs(u) <= half)
        return norm.pdf(u) * (norm.cdf((half - u) / np.sqrt(c)) - norm.cdf((-half - u) / np.sqrt(c)))

    exact = integrate.quad(covered, -12, 12, points=[-half, half], limit=200)[0]
    assert finite.naive_coverage(law, pairing, level) == pytest.approx(exact, abs=1e-7)


@pytest.mark.parametrize("pairing", finite.PAIRINGS)
@pytest.mark.parametrize("mean", [0.5, 0.8])
@pytest.mark.parametrize("n", [2, 10])
def test_neutral_r_keeps_the_expected_variance(pairing, mean, n):
    sd = np.sqrt(mean * (1 - mean) - finite.neutral_r(n, pairing, mean))
    law = AtomicLaw.of_lambda((mean - sd, mean + sd), (0.5, 0.5))
    assert finite.batch_variance_factor(law, n, pairing) == pytest.approx(1, rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 20), st.floats(-0.5, 0.0))
def test_compensated_eps_has_the_wanted_r(alpha, r):
    eps = finite.compensated_eps(alpha, r)
    assert EpBeta(alpha, alpha, eps, eps).r == pytest.approx(r, abs=1e-12)


@pytest.mark.parametrize("data", [[], [1.0], [[1.0, 2.0], [3.0, 4.0]], [1.0, float("nan")], [1.0, float("inf")], 3.0])
def test_bad_data_are_named(data):
    with pytest.raises(ValueError, match="^data must"):
        finite.batch_variance(Beta(1.0, 1.0), data)


@pytest.mark.parametrize(
    "call",
    [
        lambda p: finite.batch_variance(INSIDE, [0, 1], p),
        lambda p: finite.batch_variance_factor(INSIDE, 5, p),
        lambda p: finite.mean_variance_factor(INSIDE, 5, p),
        lambda p: finite.generation_variance_factor(INSIDE, 5, p, 2),
        lambda p: finite.generation_mean_variance(INSIDE, 5, p, 2),
        lambda p: finite.naive_coverage(INSIDE, p),
        lambda p: finite.neutral_r(5, p),
    ],
)
def test_unknown_pairing_suggests_near_matches(call):
    with pytest.raises(ValueError, match="pairing must be one of .*did you mean 'derangement'"):
        call("derangment")


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: finite.batch_variance_factor(INSIDE, 1), "n"),
        (lambda: finite.mean_variance_factor(INSIDE, 0), "n"),
        (lambda: finite.mean_variance_factor(INSIDE, 5, "independent", 0), "size"),
        (lambda: finite.mean_variance_factor(INSIDE, 5, "permutation", 4), "size"),
        (lambda: finite.mean_variance_factor(INSIDE, 5, "anchored", 6), "size"),
        (lambda: finite.generation_variance_factor(INSIDE, 5, "shared", -1), "generations"),
        (lambda: finite.generation_mean_variance(INSIDE, 5, "shared", -1), "generations"),
        (lambda: finite.generation_mean_variance(INSIDE, 5, "shared", 1, -1.0), "variance"),
        (lambda: finite.naive_coverage(INSIDE, level=1.0), "level"),
        (lambda: finite.neutral_r(1), "n"),
        (lambda: finite.neutral_r(5, mean=1.0), "mean"),
        (lambda: finite.compensated_eps(0.0, 0.0), "alpha"),
        (lambda: finite.compensated_eps(1.0, 0.2), "r"),
        (lambda: finite.compensated_eps(1.0, np.nan), "r"),
    ],
)
def test_bad_input_names_the_argument(call, argument):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


@pytest.mark.parametrize("pairing", points.DIFFERENT_PARENTS)
@pytest.mark.parametrize(
    "call",
    [
        lambda p: finite.mean_variance_factor(THREE_PARENTS, 2, p),
        lambda p: finite.batch_variance_factor(THREE_PARENTS, 2, p),
        lambda p: finite.batch_variance(THREE_PARENTS, [0.0, 1.0], p),
        lambda p: finite.generation_variance_factor(THREE_PARENTS, 2, p, 1),
        lambda p: finite.generation_mean_variance(THREE_PARENTS, 2, p, 1),
    ],
)
def test_more_parents_than_rows(call, pairing):
    with pytest.raises(ValueError, match=f"^law .* has 3 parents: pairing '{pairing}' needs at least 3 rows, got 2"):
        call(pairing)
