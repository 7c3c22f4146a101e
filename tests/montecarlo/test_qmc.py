import pickle

import numpy as np
import pytest
from scipy import stats

from mixtheory.mixing import kernels
from mixtheory.montecarlo.qmc import MIN_SCRAMBLES, Scrambled


def generator(seed=7):
    return np.random.Generator(np.random.PCG64DXSM(seed))


def total(points, *, scale=1.0):
    return scale * points.sum(axis=1)


def both(points):
    return {"first": points[:, 0], "product": points.prod(axis=1)}


def short(points):
    return points[1:, 0]


@pytest.mark.parametrize("seed", range(5))
def test_every_net_has_one_point_in_each_cell(seed):
    net = Scrambled(total, dimension=4, log2_points=7).points(generator(seed))
    assert net.shape == (128, 4)
    assert net.min() > 0
    assert net.max() < 1
    for column in net.T:
        assert sorted((column * 128).astype(int)) == list(range(128))
    # the first two coordinates are a (0, 7, 2)-net: one point in each box of area 1/128
    for k in range(8):
        boxes = {(int(x * 2**k), int(y * 2 ** (7 - k))) for x, y in net[:, :2]}
        assert len(boxes) == 128


def test_scrambles_come_from_the_generator():
    simulate = Scrambled(total, dimension=3, log2_points=5)
    values = simulate(generator(), 10)
    np.testing.assert_array_equal(values, simulate(generator(), 10))
    assert np.unique(values).size == 10
    rng = generator()
    halves = np.concatenate([simulate(rng, 5), simulate(rng, 5)])
    np.testing.assert_array_equal(values, halves)


def test_cell_parameters_reach_the_integrand():
    simulate = Scrambled(total, dimension=3, log2_points=5)
    np.testing.assert_allclose(simulate(generator(), 4, scale=2.0), 2 * simulate(generator(), 4), rtol=1e-14)


def test_named_outputs_become_named_replicates():
    values = Scrambled(both, dimension=2, log2_points=6)(generator(), 8)
    assert set(values) == {"first", "product"}
    assert values["product"].shape == (8,)
    # one point in each of 64 cells: the mean of a coordinate is off by at most half a cell
    assert np.abs(values["first"] - 0.5).max() <= 1 / 128


def test_simulator_can_be_pickled():
    simulate = Scrambled(kernels.exponential_pair_at, dimension=3, log2_points=4)
    again = pickle.loads(pickle.dumps(simulate))
    cell = {"alpha": 1.0, "beta": 1.0}
    np.testing.assert_array_equal(simulate(generator(), 3, **cell), again(generator(), 3, **cell))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("power", [2, 3])
def test_scrambling_beats_plain_draws_of_the_same_number(power, seed):
    m = 12
    cell = {"alpha": 1.0, "beta": 1.0, "power": power}
    values = Scrambled(kernels.exponential_pair_at, 3, m)(generator(seed), MIN_SCRAMBLES, **cell)
    plain = kernels.exponential_pair_at(generator(seed).random((2**16, 3)), **cell)
    assert values.std(ddof=1) < plain.std() / 2 ** (m / 2)


@pytest.mark.parametrize("law", [(1.0, 1.0, 0.2, 0.4), (0.7, 2.0, 0.0, 0.0), (4.34, 1.33, 0.3, 0.3)])
def test_integrands_are_mixes_of_inverse_distribution_functions(law):
    points = generator().random((50, 3))
    names = dict(zip(("alpha", "beta", "eps0", "eps1"), law, strict=True))
    weights = stats.beta.ppf(points[:, 0], *law[:2]) * (1 + law[2] + law[3]) - law[2]
    for function, data, center in (
        (kernels.exponential_pair_at, stats.expon, 1.0),
        (kernels.normal_pair_at, stats.norm, 0.0),
    ):
        first, second = data.ppf(points[:, 1]), data.ppf(points[:, 2])
        mixed = weights * first + (1 - weights) * second
        for power in (1, 2, 3):
            np.testing.assert_allclose(
                function(points, **names, power=power), (mixed - center) ** power, rtol=1e-9, atol=1e-12
            )


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (TypeError, "integrand", lambda: Scrambled(None, 2)),
        (ValueError, "dimension", lambda: Scrambled(total, 0)),
        (TypeError, "dimension", lambda: Scrambled(total, 2.0)),
        (ValueError, "log2_points", lambda: Scrambled(total, 2, 25)),
        (ValueError, "log2_points", lambda: Scrambled(total, 2, -1)),
        (ValueError, "n must be", lambda: Scrambled(total, 2, 3)(generator(), 0)),
        (TypeError, "rng must be", lambda: Scrambled(total, 2, 3)(1, 2)),
        (ValueError, "integrand must return shape", lambda: Scrambled(short, 2, 3)(generator(), 2)),
    ],
)
def test_bad_input_is_named(error, match, call):
    with pytest.raises(error, match=match):
        call()
