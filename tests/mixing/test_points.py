"""One synthetic row given the data, for any number of parents: closed forms against complete enumeration."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import poch

from mixtheory.mixing import points
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta
from tests.mixing.atomic import INSIDE, OUTSIDE, THREE_PARENTS, AtomicLaw, batch_choices, row_choices

DATA = np.array([0.0, 1.0, 4.0, -2.5, 7.0])
MOMENTS = ((2, points.point_variance), (3, points.point_third_moment), (4, points.point_fourth_moment))


def series(gamma, n_parents):
    """One certain weight vector, proportional to 1, 2^-gamma, 3^-gamma, ..."""
    raw = np.arange(1, n_parents + 1) ** -float(gamma)
    return AtomicLaw((tuple(raw / raw.sum()),), (1.0,))


def parents_of_a_row(n, n_parents, pairing):
    """Parents of a row of the batch taken at random, all of the same probability."""
    if pairing in ("independent", "distinct"):
        return row_choices(n, n_parents, pairing)
    if pairing == "anchored":
        return [who for row in range(n) for who in row_choices(n, n_parents, pairing, row)]
    return [who for batch in batch_choices(n, n_parents, pairing) for who in batch]


def row_moment(data, law, pairing, order):
    parents = np.array(parents_of_a_row(len(data), law.n_parents, pairing))
    rows = np.asarray(law.vectors) @ (data - data.mean())[parents].T
    return np.asarray(law.probabilities) @ np.mean(rows**order, axis=1)


LAWS = {
    "one certain vector": series(1.3, 3),
    "random": THREE_PARENTS,
    "two parents": OUTSIDE,
    "one parent": AtomicLaw(((1.0,),), (1.0,)),
}


@pytest.mark.parametrize("pairing", points.PAIRINGS)
@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("n", [3, 4])
def test_moments_of_a_row_equal_complete_enumeration(n, name, pairing):
    for order, closed in MOMENTS:
        exact = row_moment(DATA[:n], LAWS[name], pairing, order)
        assert closed(LAWS[name], DATA[:n], pairing) == pytest.approx(exact, rel=1e-12), order


@pytest.mark.parametrize("law", [series(0.7, 2), series(2.8, 4), series(0.0, 3), series(1.0, 5), THREE_PARENTS, INSIDE])
def test_moments_of_different_parents_of_five_rows(law):
    for order, closed in MOMENTS:
        exact = row_moment(DATA, law, "distinct", order)
        found = [closed(law, DATA, pairing) for pairing in points.DIFFERENT_PARENTS]
        assert found == pytest.approx([exact] * 3, rel=1e-11), order


@pytest.mark.parametrize("law", [INSIDE, OUTSIDE])
def test_two_rows(law):
    x = np.array([1.0, 4.0])
    for order, closed in MOMENTS:
        exact = row_moment(x, law, "distinct", order)
        assert closed(law, x, "distinct") == pytest.approx(exact, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("gamma", "n_parents"), [(1, 6), (2, 6), (4, 6), (1, 4), (3, 2)])
def test_six_rows_in_rational_arithmetic(gamma, n_parents):
    # note 02, C7: every ordered draw of the parents, without rounding until the comparison
    data = [Fraction(value) for value in (0, 1, 3, -2, 8, 5)]
    centred = [value - sum(data) / 6 for value in data]
    raw = [Fraction(1, rank**gamma) for rank in range(1, n_parents + 1)]
    weights = [value / sum(raw) for value in raw]
    rows = [sum(w * d for w, d in zip(weights, who, strict=True)) for who in itertools.permutations(centred, n_parents)]
    law = AtomicLaw((tuple(float(w) for w in weights),), (1.0,))
    for order, closed in MOMENTS:
        exact = float(sum(row**order for row in rows) / len(rows))
        assert closed(law, [float(value) for value in data], "distinct") == pytest.approx(exact, rel=2e-14)


@pytest.mark.parametrize("alpha", [(1.0, 1.0, 1.0), (0.4, 2.0, 1.1)])
@pytest.mark.parametrize("pairing", ["independent", "distinct"])
def test_dirichlet_weights_equal_their_joint_moments(alpha, pairing):
    data = DATA - DATA.mean()
    parents = np.array(row_choices(5, 3, pairing))
    for order, closed in MOMENTS:
        exact = 0.0
        for who in itertools.product(range(3), repeat=order):
            powers = np.bincount(who, minlength=3)
            weight = np.prod(poch(alpha, powers)) / poch(sum(alpha), order)
            exact += weight * np.mean(np.prod(data[parents[:, who]], axis=1))
        assert closed(Dirichlet(alpha), DATA, pairing) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("law", [series(2.8, 5), series(0.0, 5), series(1.3, 3), THREE_PARENTS, OUTSIDE, INSIDE])
def test_anchored_rows_equal_enumeration(law):
    within, centred = [], DATA - DATA.mean()
    for row in range(5):
        parents = np.array(row_choices(5, law.n_parents, "anchored", row))
        rows = np.asarray(law.vectors) @ centred[parents].T
        mean, square = (np.asarray(law.probabilities) @ np.mean(rows**power, axis=1) for power in (1, 2))
        assert points.own_row_slope(law, 5) * centred[row] == pytest.approx(mean, rel=1e-12, abs=1e-12)
        within.append(square - mean**2)
    factor = np.mean(within) / DATA.var()
    assert points.within_row_factor(law, 5) == pytest.approx(factor, rel=1e-12, abs=1e-15)
    for pairing in points.DIFFERENT_PARENTS:
        both = points.own_row_slope(law, 5) ** 2 + factor
        assert points.point_variance_factor(law, 5, pairing) == pytest.approx(both, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("n", [2, 3, 7])
def test_the_variance_of_the_data_mean_gives_back_the_population_factor(n):
    law = series(2.8, 2)
    given_data = points.point_variance_factor(law, n, "distinct") * (n - 1) / n
    assert given_data + 1 / n == pytest.approx(law.variance_factor, rel=1e-14)


def test_different_parents_deviate_more_than_independent_ones():
    law = Beta(1.0, 1.0)
    loss = {p: DATA.var() - points.point_variance(law, DATA, p) for p in ("independent", "distinct")}
    assert loss["distinct"] == pytest.approx(loss["independent"] * 5 / 4)


def test_laws_with_arrays_of_parameters():
    many = EpBeta([0.5, 1.0, 3.0], 2.0, 0.1, 0.2)
    single = [EpBeta(a, 2.0, 0.1, 0.2) for a in (0.5, 1.0, 3.0)]
    for pairing in points.PAIRINGS:
        for _, closed in MOMENTS:
            expected = [closed(law, DATA, pairing) for law in single]
            np.testing.assert_allclose(closed(many, DATA, pairing), expected, rtol=1e-13)
    for closed in (points.own_row_slope, points.within_row_factor):
        np.testing.assert_allclose(closed(many, 5), [closed(law, 5) for law in single], rtol=1e-13)


@pytest.mark.parametrize("closed", [closed for _, closed in MOMENTS])
@pytest.mark.parametrize("data", [[], [1.0], [[1.0, 2.0], [3.0, 4.0]], [1.0, float("nan")], [1.0, float("inf")], 3.0])
def test_bad_data_are_named(closed, data):
    with pytest.raises(ValueError, match="^data must"):
        closed(Beta(1.0, 1.0), data)


def test_data_that_are_not_numbers():
    with pytest.raises(TypeError, match="^data must"):
        points.point_variance(Beta(1.0, 1.0), ["a", "b"])


@pytest.mark.parametrize(
    "call",
    [
        *(lambda p, f=closed: f(INSIDE, [0, 1], p) for _, closed in MOMENTS),
        lambda p: points.point_variance_factor(INSIDE, 5, p),
    ],
)
def test_unknown_pairing_suggests_near_matches(call):
    with pytest.raises(ValueError, match="pairing must be one of .*did you mean 'derangement'"):
        call("derangment")


@pytest.mark.parametrize("pairing", points.DIFFERENT_PARENTS)
@pytest.mark.parametrize("closed", [closed for _, closed in MOMENTS])
def test_more_parents_than_rows(closed, pairing):
    with pytest.raises(ValueError, match=f"^law .* has 3 parents: pairing '{pairing}' needs at least 3 rows, got 2"):
        closed(THREE_PARENTS, [0.0, 1.0], pairing)


@pytest.mark.parametrize("closed", [points.own_row_slope, points.within_row_factor])
def test_too_few_rows_for_an_anchor(closed):
    with pytest.raises(ValueError, match="^n must"):
        closed(INSIDE, 1)
    with pytest.raises(ValueError, match="^law .* has 3 parents: pairing 'anchored' needs at least 3 rows"):
        closed(THREE_PARENTS, 2)
