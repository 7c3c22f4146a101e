"""Generators at scales where squares leave the range of floating-point numbers, and far from the origin."""

import numpy as np
import pytest

from mixtheory import Beta
from mixtheory.imbalance.generators import (
    ADASYN,
    SMOTE,
    Bootstrap,
    BorderlineSMOTE,
    GaussianFit,
    Jitter,
    Mixup,
    Scaled,
)

SQUARING = [SMOTE(), BorderlineSMOTE(), ADASYN(), Jitter(), GaussianFit(), Scaled(Bootstrap())]


def two_classes(d=3):
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, d)) + 1.0, rng.normal(size=(120, d))


def sample(generator, factor):
    minority, majority = two_classes()
    rows = generator.fit(factor * minority, factor * majority).sample(600, np.random.default_rng(1))
    return rows / factor


@pytest.mark.parametrize("generator", SQUARING, ids=lambda generator: type(generator).__name__)
def test_samples_follow_the_scale_or_say_that_they_cannot(generator):
    usual = sample(generator, 1.0)
    for power in (490, -490):
        assert np.allclose(sample(generator, 2.0**power), usual, rtol=1e-9, atol=1e-12)
    for power in (530, 1015, -560):
        with pytest.raises(ValueError, match=r"ranges are at most .* scale them"):
            sample(generator, 2.0**power)


@pytest.mark.parametrize("generator", [Bootstrap(), Mixup(Beta(1, 1))], ids=lambda generator: type(generator).__name__)
def test_generators_without_squares_have_no_such_limits(generator):
    for power in (1015, -560):
        assert np.array_equal(sample(generator, 2.0**power), sample(generator, 1.0))


def test_a_column_too_small_to_be_squared_is_only_centred():
    minority, majority = (np.column_stack([rows, 1e-200 * rows[:, 0]]) for rows in two_classes())
    rows = Scaled(SMOTE()).fit(minority, majority).sample(50, np.random.default_rng(0))
    assert np.all(np.isfinite(rows))
    assert np.all(np.abs(rows[:, 3]) <= 1e-200 * np.abs(minority[:, 0]).max())


@pytest.mark.parametrize("d", [3, 20])
def test_neighbours_do_not_depend_on_where_the_origin_is(d):
    minority, _ = two_classes(d)
    # multiples of 2^-20, to which adding 2^30 is exact
    minority = np.rint(minority * 2.0**20) / 2.0**20
    assert np.array_equal(SMOTE().fit(minority + 2.0**30).neighbors_, SMOTE().fit(minority).neighbors_)
