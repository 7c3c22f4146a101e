"""The two populations: their moments in closed form, and the losses that the public notebook prints."""

import numpy as np
import pytest
from sklearn.base import clone

from mixtheory.imbalance.studies.baselines import fit_balanced
from mixtheory.imbalance.studies.configurations import CONFIGURATIONS, DIMENSION, configuration

ROWS = 200_000
# means of this many rows, whose entries have light tails: eight standard errors leave 1e-15 a comparison
WIDE = 8.0


def moments(name, which):
    """Return mean and covariance of a class in closed form."""
    mean, covariance = np.zeros(DIMENSION), np.eye(DIMENSION)
    if (name, which) == ("linear", "minority"):
        mean[0], covariance[1, 1] = 2.0, 1 + 1.75**2
    if (name, which) == ("nonlinear", "majority"):
        covariance[0, 1] = covariance[1, 0] = 0.5
        mean[0], covariance[0, 0] = 0.3 * 1.5, 1 + 0.21 * 1.5**2
    if (name, which) == ("nonlinear", "minority"):
        covariance = 0.08**2 * np.eye(DIMENSION)
        mean[0] = 4.8
        covariance[[0, 1], [0, 1]] += (2.2**2 + 0.12**2) / 2
    return mean, covariance


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("which", ["majority", "minority"])
def test_moments(name, which):
    rows = getattr(configuration(name), which)(np.random.default_rng(1), ROWS)
    mean, covariance = moments(name, which)
    assert rows.shape == (ROWS, DIMENSION)
    np.testing.assert_array_less(np.abs(rows.mean(axis=0) - mean), WIDE * np.sqrt(np.diag(covariance) / ROWS))
    centred = rows - mean
    products = centred[:, :, None] * centred[:, None, :]
    error = products.std(axis=0) / np.sqrt(ROWS)
    np.testing.assert_array_less(np.abs(products.mean(axis=0) - covariance), WIDE * error)


def test_the_clusters_and_the_ring():
    rng = np.random.default_rng(2)
    second = configuration("linear").minority(rng, 20_000)[:, 1]
    # half of the rows lie beyond the centres of their clusters; of one Gaussian with this variance it would be 0.39
    assert abs(np.mean(np.abs(second) > 1.75) - 0.5) < 0.05
    ring = configuration("nonlinear").minority(rng, 20_000) - [4.8, 0, 0, 0, 0]
    radius = np.hypot(ring[:, 0], ring[:, 1])
    assert abs(radius.mean() - 2.2) < 0.02 and radius.std() < 0.2
    shifted = configuration("nonlinear").majority(rng, 20_000)
    slope = np.cov(shifted[:, :2].T)[0, 1]
    assert abs(slope - 0.5) < 0.08


def test_sample():
    X, y = configuration("linear").sample(np.random.default_rng(0), 30, 7)
    assert X.shape == (37, DIMENSION) and y.tolist() == [0] * 30 + [1] * 7
    with pytest.raises(ValueError, match="n_minority"):
        configuration("linear").sample(np.random.default_rng(0), 30, 0)
    with pytest.raises(ValueError, match="did you mean 'nonlinear'"):
        configuration("non-linear")


# balanced log loss without synthetic rows and with balancing, as the public notebook prints them
@pytest.mark.parametrize(
    ("name", "raw", "balanced"), [("linear", 0.85, 0.363), ("nonlinear", 0.158, 0.1285)], ids=CONFIGURATIONS
)
def test_the_losses_of_the_public_notebook(name, raw, balanced):
    one = configuration(name)
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        X, y = one.sample(rng, 4000, 200)
        X_test, y_test = one.sample(rng, 5000, 5000)
        for model in (
            clone(one.estimator(seed)).fit(X, y),
            fit_balanced(one.estimator(seed), one.generator, X, y, rng),
        ):
            p = model.predict_proba(X_test)[:, 1]
            found.append(-np.mean(np.where(y_test, np.log(p), np.log1p(-p))))
    means = np.reshape(found, (8, 2)).mean(axis=0)
    # the mean of eight has a standard deviation of 1 to 3 %
    assert means == pytest.approx([raw, balanced], rel=0.15)
