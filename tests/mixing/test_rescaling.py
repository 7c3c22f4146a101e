import itertools

import numpy as np
import pytest

from mixtheory.mixing import points, rescaling
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta
from tests.mixing.atomic import INSIDE, OUTSIDE, THREE_PARENTS, AtomicLaw, batches

X = np.array([0.0, 1.0, 4.0, -2.5])
FIXED = AtomicLaw(((0.6, 0.25, 0.1, 0.05),), (1.0,))
SCHEMES = [
    *(("distinct", law, 1) for law in (INSIDE, THREE_PARENTS, FIXED)),
    *(("independent", law, 1) for law in (OUTSIDE, THREE_PARENTS)),
    *(("anchored", law, None) for law in (INSIDE, FIXED)),
    ("derangement", INSIDE, None),
    ("permutation", OUTSIDE, None),
]


def rows_of(data, law, pairing, size):
    """Every row of every batch with its probability."""
    found, mass = batches(data, law, pairing, size=size)
    return found.ravel(), np.repeat(mass / found.shape[1], found.shape[1])


@pytest.mark.parametrize(("pairing", "law", "size"), SCHEMES)
def test_the_batch_scale_restores_the_covariance_given_the_data(pairing, law, size):
    rows, mass = rows_of(X, law, pairing, size)
    stretched = X.mean() + rescaling.batch_scale(law, X.size, pairing) * (rows - X.mean())
    mean = mass @ stretched
    assert mean == pytest.approx(X.mean())
    assert mass @ (stretched - mean) ** 2 == pytest.approx(X.var(), rel=1e-12)


@pytest.mark.parametrize(("pairing", "law", "size"), [case for case in SCHEMES if case[1].n_parents < 4])
def test_covariance_over_all_data_equals_enumeration(pairing, law, size):
    # data of three iid rows of a population with two values; mean 0.3, variance 0.21
    n, scales = 3, (1 / np.sqrt(law.variance_factor), rescaling.batch_scale(law, 3, pairing))
    moments = np.zeros((2, 2))
    for data in itertools.product((0.0, 1.0), repeat=n):
        share = np.prod([0.3 if value else 0.7 for value in data])
        rows, mass = rows_of(data, law, pairing, size)
        for which, scale in enumerate(scales):
            stretched = np.mean(data) + scale * (rows - np.mean(data))
            moments[which] += share * np.array([mass @ stretched, mass @ stretched**2])
    naive, restored = moments[:, 1] - moments[:, 0] ** 2
    assert rescaling.naive_rescaled_factor(law, n, pairing) == pytest.approx(naive / 0.21, rel=1e-12)
    assert restored == pytest.approx(0.21, rel=1e-12)


@pytest.mark.parametrize("law", [FIXED, THREE_PARENTS, Beta(1.0, 1.0)])
def test_the_naive_factor_of_different_parents(law):
    for n in (4, 9):
        expected = 1 - (1 / law.variance_factor - 1) / n
        found = [rescaling.naive_rescaled_factor(law, n, pairing) for pairing in points.DIFFERENT_PARENTS]
        assert found == pytest.approx([expected] * 3, rel=1e-13)


def test_the_known_mean_scale_restores_the_covariance():
    law = Dirichlet(1.0, 4)
    assert rescaling.known_mean_scale(law) ** 2 * law.variance_factor == pytest.approx(1)
    assert rescaling.known_mean_scale(EpBeta.preserving_uniform()) == pytest.approx(1)


def test_rows_that_are_all_the_mean_cannot_be_restored():
    for k in (2, 3, 7):
        with pytest.raises(ValueError, match=f"^law must not make every row the mean of the {k} rows"):
            rescaling.batch_scale(AtomicLaw(((1 / k,) * k,), (1.0,)), k)
    assert rescaling.batch_scale(AtomicLaw(((0.5, 0.5),), (1.0,)), 2, "independent") == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("closed", [rescaling.batch_scale, rescaling.naive_rescaled_factor])
def test_bad_input_names_the_argument(closed):
    with pytest.raises(ValueError, match="^n must"):
        closed(INSIDE, 0)
    with pytest.raises(ValueError, match="^pairing must"):
        closed(INSIDE, 4, "distint")
    with pytest.raises(ValueError, match="^law .* has 3 parents: pairing 'distinct' needs at least 3 rows"):
        closed(THREE_PARENTS, 2)
