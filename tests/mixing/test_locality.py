import itertools

import numpy as np
import pytest

from mixtheory.mixing import locality
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta
from tests.mixing.atomic import INSIDE, OUTSIDE, THREE_PARENTS, AtomicLaw, row_choices
from tests.mixing.test_moments import density_integral

# proportions of three classes, one record each, two columns
PI = np.array([0.5, 0.3, 0.2])
RECORDS = np.array([[0.0, 1.0], [2.0, -1.0], [5.0, 3.0]])
CENTRED = RECORDS - PI @ RECORDS
TRACE = float(PI @ (CENTRED**2).sum(axis=1))
LAWS = [INSIDE, OUTSIDE, THREE_PARENTS, AtomicLaw(((0.6, 0.25, 0.1, 0.05),), (1.0,))]


@pytest.mark.parametrize("law", LAWS)
def test_independent_records_equal_enumeration(law):
    square = own = 0.0
    for who in itertools.product(range(3), repeat=law.n_parents):
        for weights, share in zip(law.vectors, law.probabilities, strict=True):
            mass = share * np.prod(PI[list(who)])
            dominant = who[int(np.argmax(weights))]
            square += mass * np.sum((np.asarray(weights) @ RECORDS[list(who)] - RECORDS[dominant]) ** 2)
            own += mass * np.asarray(weights) @ (np.array(who) == dominant)
    assert locality.displacement_factor(law) == pytest.approx(square / TRACE, rel=1e-12)
    assert locality.dominant_label_mass(law, PI) == pytest.approx(own, rel=1e-12)


@pytest.mark.parametrize("law", LAWS)
def test_different_rows_of_a_batch_equal_enumeration(law):
    x, square = np.array([0.0, 1.0, 4.0, -2.5, 7.0]), []
    for who in row_choices(5, law.n_parents, "distinct"):
        rows = np.asarray(law.vectors) @ x[list(who)]
        square.append(law.probabilities @ (rows - x[list(who)][np.argmax(law.vectors, axis=1)]) ** 2)
    assert locality.displacement_factor(law) * x.var(ddof=1) == pytest.approx(np.mean(square), rel=1e-12)


@pytest.mark.parametrize("law", [Beta(1.0, 1.0), Beta(0.2, 0.2), EpBeta(4.34, 1.33, 0.3, 0.3)])
def test_mixup_moves_by_the_smaller_weight(law):
    smaller = density_integral(law, lambda x: min(x, 1 - x) ** 2)
    assert locality.displacement_factor(law) == pytest.approx(2 * smaller, abs=1e-9)


def test_equal_weights_and_a_copy_are_the_extremes():
    equal, copy = AtomicLaw(((0.25,) * 4,), (1.0,)), AtomicLaw(((1.0, 0.0, 0.0, 0.0),), (1.0,))
    assert locality.displacement_factor(equal) == pytest.approx(0.75)
    assert locality.displacement_factor(copy) == 0
    assert locality.dominant_label_mass(copy, PI) == 1
    assert locality.dominant_label_mass(Dirichlet(1.0, 3), [1.0]) == pytest.approx(1)


def test_bad_proportions_are_named():
    with pytest.raises(ValueError, match="^probabilities must"):
        locality.dominant_label_mass(INSIDE, [0.5, 0.6])
