"""The manifolds: their laws, and distances between bounds that a fine grid certifies."""

import numpy as np
import pytest
from scipy import stats

from mixtheory.mixing.studies.manifolds import MANIFOLDS, ClosedCurves, HalfMoons, Helix, SwissRoll, named_manifold

GRID = 6_001


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def certified(points, curve, speed, length):
    """Return a lower and an upper bound of the distance to a curve: no point of it is far from a point of the grid."""
    nearest = np.concatenate(
        [np.linalg.norm(part[:, None] - curve, axis=2).min(axis=1) for part in np.split(points, 5)]
    )
    return nearest - speed * length / (GRID - 1) / 2, nearest


def assert_between(distance, bounds):
    low, high = bounds
    assert (low <= distance + 1e-12).all() and (distance <= high + 1e-12).all()


@pytest.mark.parametrize(
    "shape", [(1.0, 1.0, 4.0), (100.0, 2 * np.pi, 5.0), (1.0, 0.1, 3.3), (2.0, 30.0, 2.5), (0.5, 6.0, 0.3)]
)
def test_helix(rng, shape):
    helix = Helix(*shape)
    radius, pitch, turns = shape
    t = np.linspace(0, 2 * np.pi * turns, GRID)
    curve = np.column_stack([radius * np.cos(t), radius * np.sin(t), pitch * t / (2 * np.pi)])
    points = rng.normal(size=(200, 3)) * [radius, radius, pitch * turns]
    points[0] = [0.0, 0.0, pitch * turns / 2]
    speed = np.hypot(radius, pitch / (2 * np.pi))
    assert_between(helix.distance(points), certified(points, curve, speed, 2 * np.pi * turns))


def test_swiss_roll(rng):
    t = np.linspace(1.5 * np.pi, 4.5 * np.pi, GRID)
    curve = np.column_stack([t * np.cos(t), np.full(GRID, 4.0), t * np.sin(t)])
    points = 12 * rng.normal(size=(300, 3))
    points[:, 1] = 4.0
    points[0] = [0.0, 4.0, 0.0]
    roll = SwissRoll()
    assert_between(roll.distance(points), certified(points, curve, np.hypot(1, 4.5 * np.pi), 3 * np.pi))
    above = points + [0.0, 20.0, 0.0]
    np.testing.assert_allclose(roll.distance(above), np.hypot(roll.distance(points), 3.0))


def test_closed_curves(rng):
    u = np.linspace(0, 2 * np.pi, GRID)
    curve = np.column_stack([np.cos(u), np.sin(u), 0.5 * np.cos(2 * u), 0.5 * np.sin(2 * u)])
    points = rng.normal(size=(200, 4))
    points[0] = 0.0
    single = ClosedCurves(1)
    assert_between(single.distance(points), certified(points, curve, np.sqrt(2), 2 * np.pi))
    together = ClosedCurves(5).distance(points.reshape(40, 20))
    np.testing.assert_allclose(together**2, (single.distance(points) ** 2).reshape(40, 5).sum(axis=1))


def test_half_moons(rng):
    u = np.linspace(0, np.pi, GRID)
    moons = [np.column_stack([np.cos(u), np.sin(u)]), np.column_stack([1 - np.cos(u), 0.5 - np.sin(u)])]
    points = 1.5 * rng.normal(size=(300, 2))
    bounds = [certified(points, moon, 1.0, np.pi) for moon in moons]
    half_moons = HalfMoons()
    assert_between(half_moons.distance(points), np.minimum(*bounds))
    clear = np.abs(bounds[0][1] - bounds[1][1]) > 1e-3
    expected = (bounds[1][1] < bounds[0][1])[clear]
    np.testing.assert_array_equal(half_moons.region(points)[clear], expected)


@pytest.mark.parametrize("name", MANIFOLDS)
def test_points_of_a_manifold_lie_on_it(rng, name):
    manifold = named_manifold(name)
    points = manifold.sample(300, rng)
    assert points.shape == (300, manifold.ambient_dimension)
    unit = np.sqrt(points.var(axis=0).sum())
    if name == "noisy_half_moons":
        # the noise across a half circle is normal; near its ends it counts in full
        assert 0.07 < np.sqrt(np.mean(manifold.distance(points) ** 2)) < 0.13
    else:
        assert manifold.distance(points).max() < 1e-7 * unit
    # linear parts of full rank: no direction of the space is left out
    assert np.linalg.matrix_rank(points - points.mean(axis=0)) == manifold.ambient_dimension


def test_laws_of_the_parameters(rng):
    x, y, z = MANIFOLDS["spiral"].sample(3000, rng).T
    assert stats.kstest(z, stats.uniform(0, 10 * np.pi).cdf).pvalue > 1e-9
    np.testing.assert_allclose(np.column_stack([x, y]), 100 * np.column_stack([np.cos(z), np.sin(z)]), atol=1e-9)
    roll = SwissRoll().sample(3000, rng)
    t = np.hypot(roll[:, 0], roll[:, 2])
    assert stats.kstest(t, stats.uniform(1.5 * np.pi, 3 * np.pi).cdf).pvalue > 1e-9
    assert stats.kstest(roll[:, 1], stats.uniform(0, 21).cdf).pvalue > 1e-9
    points, labels = HalfMoons().sample_labelled(3000, rng)
    assert abs(labels.mean() - 0.5) < 0.06
    np.testing.assert_array_equal(HalfMoons().region(points), labels)


def test_samples_of_other_packages_lie_on_them():
    from sklearn.datasets import make_moons, make_swiss_roll

    skdim = pytest.importorskip("skdim")
    spiral = skdim.datasets.BenchmarkManifolds(random_state=1).generate(name="M13b_Spiral", n=200, dim=3, d=1)
    assert MANIFOLDS["spiral"].distance(spiral).max() < 1e-9
    assert SwissRoll().distance(make_swiss_roll(200, random_state=1)[0]).max() < 1e-9
    moons, labels = make_moons(200, random_state=1)
    assert HalfMoons().distance(moons).max() < 1e-12
    np.testing.assert_array_equal(HalfMoons().region(moons), labels)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda rng: named_manifold("swiss_rol"), ValueError, "did you mean 'swiss_roll'"),
        (lambda rng: Helix(pitch=0.0), ValueError, "pitch"),
        (lambda rng: ClosedCurves(0), ValueError, "factors"),
        (lambda rng: ClosedCurves(2, amplitude=1.5), ValueError, "amplitude"),
        (lambda rng: HalfMoons(-0.1), ValueError, "noise"),
        (lambda rng: SwissRoll(height=np.inf), ValueError, "height"),
        (lambda rng: Helix().sample(0, rng), ValueError, "n must be an integer >= 1"),
        (lambda rng: Helix().sample(5, 1), TypeError, "rng"),
        (lambda rng: Helix().distance([[1.0, 2.0]]), ValueError, "points must have 3 columns"),
        (lambda rng: SwissRoll().distance([[1.0, np.nan, 0.0]]), ValueError, "points must be finite"),
    ],
)
def test_bad_input(rng, call, error, message):
    with pytest.raises(error, match=message):
        call(rng)
