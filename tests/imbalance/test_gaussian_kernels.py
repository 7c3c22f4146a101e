"""The simulator of the Gaussian example: exact laws, nested sizes, the control variate."""

import numpy as np
import pytest

from mixtheory.imbalance.kernels import gaussian as kernels
from tests.plain_kernels import assert_plain_python_agrees


def generator(seed=0):
    return np.random.default_rng(seed)


# z of a check that must hold for essentially every seed: 2e-5 each way
Z = 4.3


def moments(theta):
    """Return first and second moments of estimates, flattened, one row a replicate."""
    flat = theta.reshape(len(theta), -1)
    products = flat[:, :, None] * flat[:, None, :]
    return np.hstack([flat, products.reshape(len(theta), -1)])


@pytest.mark.parametrize(
    ("counts", "sizes", "d"),
    [((40, 6), (0, 15), 2), ((12, 5), (1, 3, 9), 3), ((9, 3), (0, 2), 1)],
)
def test_sufficient_statistics_have_the_law_of_the_rows(counts, sizes, d):
    settings = {"mu": 1.3, "a": 0.6, "d": d}
    slow = moments(kernels.estimates_from_rows(generator(1), 1500, *counts, sizes, **settings))
    fast = moments(kernels.estimates(generator(2), 50_000, *counts, sizes, **settings))
    error = np.sqrt(slow.var(axis=0) / len(slow) + fast.var(axis=0) / len(fast))
    z = (slow.mean(axis=0) - fast.mean(axis=0)) / error
    assert np.max(np.abs(z)) < Z + 1


def test_one_dimension_with_one_class_of_rows_is_a_ratio_of_known_moments():
    # for mu = a = 0, d = 1: x'y / x'x, where x'y is normal given the labels; E (x'y)^2 / (x'x)^2 = m / (N (N - 2))
    theta = kernels.estimates(generator(), 200_000, 10, 4, [6], mu=0.0, a=0.0, d=1)[:, 0, 0]
    expected = 10 / (20 * 18)
    assert abs(np.mean(theta**2) - expected) < Z * np.std(theta**2) / np.sqrt(theta.size)


def test_sizes_share_their_rows():
    theta = kernels.estimates(generator(), 2000, 4000, 200, [3000, 3001, 0])[:, :, 0]
    assert np.corrcoef(theta[:, 0], theta[:, 1])[0, 1] > 0.999
    assert np.corrcoef(theta[:, 0], theta[:, 2])[0, 1] > 0.1


@pytest.mark.parametrize("draw", [kernels.estimates, kernels.estimates_from_rows])
def test_sizes_come_in_any_order_and_may_repeat(draw):
    in_order = draw(generator(), 5, 30, 4, [0, 2, 7])
    np.testing.assert_array_equal(draw(generator(), 5, 30, 4, [7, 0, 2, 0]), in_order[:, [2, 0, 1, 0]])


def test_excess_risk_is_the_balanced_risk_above_its_minimum():
    mu, d = 1.4, 3
    theta = kernels.estimates(generator(), 4, 30, 6, [0, 24], mu=mu, a=0.9, d=d)

    def risk(at):
        return np.sum(at**2, axis=-1) + 0.5 * (mu * at[..., 0] - 1.0) ** 2

    # gradient 2 theta + mu (mu theta_1 - 1) e_1
    best = np.linalg.solve(2 * np.eye(d) + mu**2 * np.diag([1.0, 0, 0]), [mu, 0, 0])
    excess = kernels.excess_risks(generator(), 4, 30, 6, [0, 24], mu=mu, a=0.9, d=d)
    np.testing.assert_allclose(excess, risk(theta) - risk(best), rtol=1e-12)


def test_the_control_has_mean_zero_and_takes_most_of_the_noise():
    excess, control = kernels.controlled_risks(generator(), 50_000, 2000, 100, [0, 1900, 7600], a=0.5)
    np.testing.assert_array_equal(excess, kernels.excess_risks(generator(), 50_000, 2000, 100, [0, 1900, 7600], a=0.5))
    error = control.std(axis=0) / np.sqrt(len(control))
    assert np.all(np.abs(control.mean(axis=0)[:2]) < Z * error[:2])
    ratio = (excess - control).std(axis=0) / excess.std(axis=0)
    assert ratio[0] < 0.1
    assert ratio[1] < 0.15
    # where the bias is cancelled there is no linear part
    assert np.max(np.abs(control[:, 2])) < 1e-12


@pytest.mark.slow
def test_exact_mean_of_the_excess_without_signal_in_any_dimension():
    # labels are independent of the rows: E |theta|^2 = m d / (N (N - d - 1))
    for d in (2, 5):
        excess = kernels.excess_risks(generator(d), 200_000, 30, 10, [0, 20], mu=0.0, a=0.0, d=d)
        for column, (m, n) in enumerate([(10, 40), (30, 60)]):
            values = excess[:, column]
            expected = m * d / (n * (n - d - 1))
            assert abs(values.mean() - expected) < Z * values.std() / np.sqrt(values.size)


# Input -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"rng": 3}, TypeError, "rng"),
        ({"replicates": -1}, ValueError, "replicates"),
        ({"n_majority": 0}, ValueError, "n_majority"),
        ({"n_minority": 2.5}, (TypeError, ValueError), "n_minority"),
        ({"sizes": [1.5]}, ValueError, "sizes"),
        ({"sizes": []}, ValueError, "sizes"),
        ({"sizes": 4}, ValueError, "sizes"),
        ({"sizes": [-1]}, ValueError, "sizes"),
        ({"a": np.nan}, ValueError, "a must"),
        ({"d": 0}, ValueError, "d must"),
        ({"n_majority": 2, "n_minority": 1, "d": 4}, ValueError, "at least d=4"),
    ],
)
def test_input_is_checked(changed, error, message):
    arguments = {"rng": generator(), "replicates": 2, "n_majority": 20, "n_minority": 5, "sizes": [0, 15]} | changed
    with pytest.raises(error, match=message):
        kernels.excess_risks(**arguments)


def test_no_replicates():
    assert kernels.excess_risks(generator(), 0, 20, 5, [0, 3]).shape == (0, 2)


# Plain Python ----------------------------------------------------------------------------------------------------


def results():
    found = {}
    for d in (1, 2, 4):
        found[f"estimates {d}"] = kernels.estimates(generator(), 4, 20, 3, [0, 1, 3, 30], a=0.5, d=d)
    excess, control = kernels.controlled_risks(generator(), 4, 20, 3, [0, 17], a=0.5)
    return found | {"excess": excess, "control": control}


def test_plain_python_twins_agree(tmp_path):
    assert_plain_python_agrees(__name__, tmp_path / "plain.npz", rtol=1e-10, atol=1e-12)
