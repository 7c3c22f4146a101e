"""The kernels of the samplers: sums of rows against the definition, partners by label against the exact law."""

import math

import numpy as np
import pytest
from scipy import stats

from mixtheory.mixing.kernels import label_pairs
from mixtheory.mixing.kernels.label_pairs import label_partners
from mixtheory.mixing.kernels.mixed_rows import mixed_rows

# false-alarm rate of a stochastic check
LEVEL = 1e-9


def generator(seed=0):
    return np.random.default_rng(seed)


# ---- sums of rows


def parts(k, dtype, size=300, n=40, d=5, seed=1):
    rng = generator(seed)
    rows = (rng.normal(size=(n, d)) + 3).astype(dtype)
    weights = rng.normal(size=(size, k))
    weights[:, 0] = 1 - weights[:, 1:].sum(axis=1)
    return rows, rng.integers(n, size=(size, k)), weights


def definition(rows, parents, weights, centre, scale):
    exact = rows.astype(np.longdouble)
    mixed = sum(weights[:, t : t + 1] * exact[parents[:, t]] for t in range(parents.shape[1]))
    return mixed if centre is None else centre + scale * (mixed - centre)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("k", [2, 3, 7])
@pytest.mark.parametrize("scale", [1.0, 0.5, 1.7])
@pytest.mark.parametrize("shared", [False, True])
def test_rows_are_the_definition(dtype, k, scale, shared):
    rows, parents, weights = parts(k, dtype)
    weights = weights[:1] if shared else weights
    centre = None if scale == 1.0 else rows.mean(axis=0, dtype=np.float64)
    found = mixed_rows(rows, parents, weights, centre=centre, scale=scale)
    assert found.dtype == rows.dtype
    expected = definition(rows, parents, weights, centre, scale)
    # each of the k + 1 terms is rounded a few times, at the size of its largest part
    sizes = np.abs(weights).sum(axis=1, keepdims=True) * 2 * np.abs(rows).max() * max(scale, 1)
    assert (np.abs(found - expected) <= 4 * (k + 1) * np.finfo(dtype).eps * sizes).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constant_columns_and_equal_parents_stay_to_the_last_bit(dtype):
    rows, parents, weights = parts(4, dtype)
    rows[:, 2] = 0.1
    assert (mixed_rows(rows, parents, weights, centre=rows[0].astype(float), scale=1.3)[:, 2] == rows[0, 2]).all()
    same = np.repeat(parents[:, :1], 4, axis=1)
    np.testing.assert_array_equal(mixed_rows(rows, same, weights), rows[parents[:, 0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_make_the_same_rows(dtype):
    rows, parents, weights = parts(3, dtype, size=5000, d=90)
    one = mixed_rows(rows, parents, weights, threads=1)
    for threads in (2, 5, None):
        out = np.full((5000, 90), np.nan, dtype=dtype)
        assert mixed_rows(rows, parents, weights, threads=threads, out=out) is out
        np.testing.assert_array_equal(out, one)


def test_no_rows_and_no_columns():
    rows, parents, weights = parts(2, "float64")
    assert mixed_rows(rows, parents[:0], weights[:0]).shape == (0, 5)
    assert mixed_rows(np.empty((40, 0)), parents, weights).shape == (300, 0)


@pytest.mark.parametrize(
    ("match", "change"),
    [
        ("rows must", {"rows": np.ones((3, 2), dtype=int)}),
        ("rows must", {"rows": np.ones((3, 2), order="F")}),
        ("rows must", {"rows": np.ones(3)}),
        ("parents must be int64", {"parents": np.ones((4, 2), dtype=np.int32)}),
        ("parents must be int64", {"parents": np.ones((4, 1), dtype=np.int64)}),
        ("parents must be between", {"parents": np.full((4, 2), 3)}),
        ("parents must be between", {"parents": np.full((4, 2), -1)}),
        ("weights must", {"weights": np.ones((3, 2))}),
        ("scale must", {"scale": 0.0}),
        ("centre must", {"scale": 2.0}),
        ("out must", {"out": np.empty((4, 3))}),
        ("out must", {"out": np.empty((4, 2), dtype=np.float32)}),
        ("threads must", {"threads": 0}),
    ],
)
def test_bad_parts_are_named(match, change):
    call = {"rows": np.ones((3, 2)), "parents": np.zeros((4, 2), dtype=np.int64), "weights": np.ones((4, 2))} | change
    with pytest.raises((TypeError, ValueError), match=match):
        mixed_rows(call.pop("rows"), call.pop("parents"), call.pop("weights"), **call)


# ---- partners by label


def exact_law(labels, owner, bandwidth):
    """Return the softmax of -(y_i - y_j)^2 / (2 h^2) relative to the nearest label, in extended precision."""
    y, h = labels.astype(np.longdouble), np.longdouble(bandwidth)
    distance = np.abs(y - y[owner])
    nearest = np.delete(distance, owner).min()
    # extended precision has exponents to 1e4932, so squares of numbers to 1e300 over 1e-300 neither over- nor underflow
    energy = (distance - nearest) / h * (distance + nearest) / h / 2
    energy[owner] = np.inf
    weights = np.exp(-energy)
    return (weights / weights.sum()).astype(np.float64)


LABELS = {
    "ties": np.array([0, 0, 0, 1, 1, 2, 5, 5.5, 9, 300.0]),
    "isolated": np.array([0.0, 1.0, 1e6, 1e6 + 2, -1e9]),
    "normal": generator(5).normal(size=30),
    "grid": np.arange(25.0),
    "equal": np.full(6, 0.1),
    "pair": np.array([3.0, -4.0]),
    "huge": np.array([-1e300, 1e300, 2e300, 0.0, 0.0]),
    "tiny": np.array([0.0, 1e-300, 3e-300, 1e-310]),
}
BANDWIDTHS = (1e-300, 1e-3, 0.3, 1.0, 3.0, 100.0, 1e6, 1e300)


def pooled(found, expected):
    """Return counts and expectations with the cells of a small expectation added to the largest one."""
    often = expected >= 10
    largest = expected.argmax()
    often[largest] = False
    rest = ~often
    return np.append(found[often], found[rest].sum()), np.append(expected[often], expected[rest].sum())


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("bandwidth", BANDWIDTHS)
def test_partners_have_the_exact_law(name, bandwidth):
    labels, size = LABELS[name], 20_000
    n = labels.size
    owners = np.arange(size) % n
    partners = label_partners(generator(BANDWIDTHS.index(bandwidth)), labels, owners, bandwidth)
    counts = np.zeros((n, n), dtype=int)
    np.add.at(counts, (owners, partners[:, 0]), 1)
    statistic, freedom = 0.0, 0
    for owner in range(n):
        law = exact_law(labels, owner, bandwidth)
        # one partner of expected number below 1e-12 in the whole run has that probability
        assert not counts[owner][law * size < 1e-12].any()
        found, expected = pooled(counts[owner], law * counts[owner].sum())
        statistic += ((found - expected) ** 2 / expected).sum()
        freedom += expected.size - 1
    assert freedom == 0 or stats.chi2.sf(statistic, freedom) > LEVEL


def bins_of(labels, place, bandwidth):
    """Return the places and lower bounds of E of the bins of an owner of sorted labels, and their masses."""
    size = label_pairs._MOST_BINS
    edges, energies, masses = np.empty((size + 1, 2), np.int64), np.empty(size), np.empty(size)
    bins = label_pairs.lay_bins(labels, place, bandwidth, edges, energies, masses)
    places = [[*range(edges[b + 1, 0], edges[b, 0]), *range(edges[b, 1], edges[b + 1, 1])] for b in range(bins)]
    return places, energies[:bins], masses[:bins]


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("bandwidth", [*BANDWIDTHS, 1e-320, 1e308])
def test_bins_cover_all_other_rows_and_their_bounds_hold(name, bandwidth):
    labels = np.sort(LABELS[name])
    n = labels.size
    for place in range(n):
        places, bounds, masses = bins_of(labels, place, bandwidth)
        assert sorted(sum(places, [])) == [j for j in range(n) if j != place]
        distances = np.abs(labels - labels[place])
        nearest = np.delete(distances, place).min()
        for rows, bound, mass in zip(places, bounds, masses, strict=True):
            energies = [label_pairs.excess(distances[j], nearest, bandwidth) for j in rows]
            # the first row of a bin attains the bound, so no acceptance probability exceeds one
            assert min(energies) == bound
            assert mass == len(rows) * math.exp(-bound)


@pytest.mark.parametrize("seed", range(5))
def test_few_bins_and_few_tries(seed):
    rng = generator(seed)
    labels = np.sort(np.concatenate([rng.normal(size=150), rng.standard_cauchy(50)]))
    n = labels.size
    for bandwidth in (1e-4, 0.01, 0.2, 1.0, 30.0):
        for place in range(0, n, 7):
            places, _, masses = bins_of(labels, place, bandwidth)
            assert len(places) <= 2 + np.log(4 * n)
            distances = np.delete(np.abs(labels - labels[place]), place)
            energies = [label_pairs.excess(d, distances.min(), bandwidth) for d in distances]
            # all bins but the last lose a factor e at most, and the last one has at most a quarter of their mass
            assert masses.sum() <= 1.25 * np.e * (1 + 1e-6) * np.exp(-np.array(energies)).sum()


def test_scales_of_the_labels_do_not_matter():
    labels, owners = generator(3).normal(size=50), np.arange(50)
    usual = label_partners(generator(4), labels, owners, 0.25, 3)
    for power in (-900, 900):
        unit = 2.0**power
        np.testing.assert_array_equal(label_partners(generator(4), labels * unit, owners, 0.25 * unit, 3), usual)


def test_the_largest_labels_do_not_overflow():
    labels = np.array([-1.7e308, 1.7e308, 1.6e308, -1.6e308])
    assert label_partners(generator(), labels, np.arange(4), 1e300)[:, 0].tolist() == [3, 2, 1, 0]
    assert label_partners(generator(), labels, np.arange(4), 5e-324)[:, 0].tolist() == [3, 2, 1, 0]


def test_partners_of_an_owner_are_independent():
    labels, size = np.array([0.0, 1.0, -1.0]), 4000
    partners = label_partners(generator(7), labels, np.zeros(size, dtype=np.int64), 1.0, 2)
    together = np.bincount(2 * (partners[:, 0] - 1) + partners[:, 1] - 1, minlength=4)
    assert stats.chisquare(together).pvalue > LEVEL


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("rng", lambda: label_partners(1, [1.0, 2.0], np.array([0]), 1.0)),
        ("labels", lambda: label_partners(generator(), [1.0], np.array([0]), 1.0)),
        ("labels", lambda: label_partners(generator(), [1.0, np.nan], np.array([0]), 1.0)),
        ("owners", lambda: label_partners(generator(), [1.0, 2.0], np.array([2]), 1.0)),
        ("bandwidth", lambda: label_partners(generator(), [1.0, 2.0], np.array([0]), 0.0)),
        ("bandwidth", lambda: label_partners(generator(), [1.0, 2.0], np.array([0]), np.inf)),
        ("n_partners", lambda: label_partners(generator(), [1.0, 2.0], np.array([0]), 1.0, 0)),
    ],
)
def test_bad_partners_are_named(match, call):
    with pytest.raises((TypeError, ValueError), match=match):
        call()
