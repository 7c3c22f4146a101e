"""The search of a synthetic size for squared loss: nested fits, no leak from held-out rows, the right size."""

import numpy as np
import pytest

from mixtheory.imbalance.generators import Oracle
from mixtheory.imbalance.models.gaussian import GaussianExample, realistic_mean
from mixtheory.imbalance.size.folds import Table
from mixtheory.imbalance.studies.least_squares_search import (
    RULES,
    AlignedGenerator,
    augmented_fits,
    choose_multiplier,
    nested_fits,
    validation_losses,
)


def two_classes(rng, n_majority=400, n_minority=20):
    return rng.standard_normal((n_majority, 2)), rng.standard_normal((n_minority, 2)) + [1.0, 0.0]


def shifted(mean):
    return Oracle(lambda rng, n: rng.standard_normal((n, 2)) + [mean, 0.0])


def test_nested_fits_are_fits():
    rng = np.random.default_rng(0)
    majority, minority = two_classes(rng)
    made, sizes = rng.standard_normal((300, 2)), [0, 0, 7, 300]
    fits = nested_fits(majority, minority, made, sizes)
    for size, theta in zip(sizes, fits, strict=True):
        X = np.concatenate([majority, minority, made[:size]])
        y = np.repeat([0.0, 1.0], [len(majority), len(minority) + size])
        assert np.allclose(theta, np.linalg.lstsq(X, y)[0], atol=1e-10)


@pytest.mark.parametrize("sizes", [[3, 1], [0, 5], [-1, 2]])
def test_sizes_that_are_not_nested(sizes):
    with pytest.raises(ValueError, match="sizes must ascend"):
        nested_fits([[1.0]], [[1.0]], np.ones((4, 1)), sizes)


def test_multipliers_in_any_order_share_their_rows():
    majority, minority = two_classes(np.random.default_rng(0))
    one, two = (
        augmented_fits(majority, minority, AlignedGenerator(), multipliers, np.random.default_rng(1))
        for multipliers in ([2.0, 0.0, 1.0], [1.0])
    )
    assert np.array_equal(one[2], two[0])
    assert np.allclose(one[1], nested_fits(majority, minority, np.empty((0, 2)), [0])[0])


def test_the_generator_has_the_mean_of_its_number_of_rows():
    for n in (10, 400):
        generator = AlignedGenerator().fit(np.zeros((n, 3)))
        rows = generator.sample(20_000, np.random.default_rng(0))
        assert np.all(np.abs(rows.mean(axis=0) - [realistic_mean(n), 0, 0]) < 7 / np.sqrt(len(rows)))
    with pytest.raises(ValueError, match="at least 2 minority rows"):
        AlignedGenerator().fit(np.zeros((1, 3)))


def test_held_out_rows_do_not_reach_the_generator():
    seen = []

    class Spy(AlignedGenerator):
        def _fit(self, minority, majority):
            seen.append(minority)
            super()._fit(minority, majority)

    rng = np.random.default_rng(0)
    majority, minority = two_classes(rng)
    rows, labels = np.concatenate([majority, minority]), np.repeat([0, 1], [400, 20])
    table = Table(rows, rows, labels, labels == 1, 1)
    losses = validation_losses(table, Spy(), [0.0, 1.0], np.random.SeedSequence(0))
    assert losses.shape == (2,) and len(seen) == 5
    # each row is left out once
    counts = np.sum([np.isin(minority[:, 0], part[:, 0]) for part in seen], axis=0)
    assert counts.tolist() == [4] * 20


def test_the_validation_loss_is_that_of_the_risk():
    """For a majority and a minority without end the losses differ by the excess risks."""
    rng = np.random.default_rng(0)
    majority, minority = two_classes(rng, 40_000, 2000)
    rows, labels = np.concatenate([majority, minority]), np.repeat([0, 1], [40_000, 2000])
    table = Table(rows, rows, labels, labels == 1, 1)
    multipliers = [0.0, 1.0, 4.0]
    losses = validation_losses(table, shifted(0.5), multipliers, np.random.SeedSequence(0))
    floors = GaussianExample(1.0, 0.5, n_majority=40_000, n_minority=2000).floor(np.array(multipliers) * 38_000)
    # a difference of losses has standard deviations of about 0.6 a minority row at the first size, 0.12 at the others
    assert abs(losses[0] - losses[2] - floors[0]) < 7 * 0.3 / np.sqrt(2000)
    assert abs(losses[1] - losses[2] - floors[1]) < 7 * 0.06 / np.sqrt(2000)


def test_only_the_bias_aware_search_leaves_the_published_grid():
    rng = np.random.default_rng(0)
    majority, minority = two_classes(rng, 20_000, 1000)
    auto, aware = (choose_multiplier(majority, minority, shifted(0.5), rng, rule=rule) for rule in RULES)
    assert auto.biased and aware.biased
    assert 1.7 < auto.multiplier <= 2.0 < 2.3 < aware.multiplier < 7.0
    with pytest.raises(ValueError, match="rule must be one of"):
        choose_multiplier(majority, minority, shifted(0.5), rng, rule="grid")
