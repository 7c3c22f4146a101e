"""Weight matrices in random order: every order equally likely, rows anchored, the same for both precisions."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from mixtheory.mixing.kernels import orderings
from mixtheory.mixing.kernels.orderings import fill_rows, ordered_weights
from tests.plain_kernels import assert_plain_python_agrees

FOUR = np.array([[0.6, 0.25, 0.1, 0.05]])


def generator(seed=0):
    return np.random.default_rng(seed)


def ranks(weights, vector=FOUR[0]):
    """Places of the weights in their vector, row by row, as tuples."""
    places = {weight: place for place, weight in enumerate(vector.tolist())}
    return [tuple(places[weight] for weight in row) for row in weights.tolist()]


def published_orders(rng, rows, members, *, anchored):
    """Orders as described: ranks of uniform numbers, shifted cyclically until rank 0 is on the diagonal."""
    order = np.argsort(rng.random((rows, members)), axis=1)
    if not anchored:
        return order
    shift = np.arange(rows) - np.argmin(order, axis=1)
    return order[np.arange(rows)[:, None], (np.arange(members) - shift[:, None]) % members]


def assert_uniform(counts, cells):
    """Every count within its binomial interval, and Pearson's statistic below its bound."""
    total = sum(counts.values())
    expected = total / cells
    observed = np.array([*counts.values(), *[0] * (cells - len(counts))])
    assert len(observed) == cells
    low, high = stats.binom.interval(1 - 1e-9 / cells, total, 1 / cells)
    assert low <= observed.min() and observed.max() <= high
    assert stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), cells - 1) > 1e-7


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("draw", ["kernel", "published"])
def test_all_24_orders_of_four_weights_are_equally_likely(draw, seed):
    rows = 48_000
    rng = generator(seed)
    if draw == "kernel":
        found = ranks(ordered_weights(rng, FOUR, rows))
    else:
        found = [tuple(row) for row in published_orders(rng, rows, 4, anchored=False).tolist()]
    assert_uniform(Counter(found), 24)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("draw", ["kernel", "published"])
def test_anchored_rows_have_the_first_weight_at_their_place_and_six_orders_of_the_others(draw, seed):
    rows = 48_000
    rng = generator(seed)
    if draw == "kernel":
        found = ranks(ordered_weights(rng, FOUR, rows, anchored=True))
    else:
        found = [tuple(row) for row in published_orders(rng, rows, 4, anchored=True).tolist()]
    assert all(row[p % 4] == 0 for p, row in enumerate(found))
    for anchor in range(4):
        assert_uniform(Counter(found[anchor::4]), 6)


@pytest.mark.parametrize("anchored", [False, True])
def test_rows_are_independent(anchored):
    drawn = ordered_weights(generator(4), FOUR[:, :3], 60_000, anchored=anchored)
    found = ranks(drawn, FOUR[0, :3])
    neighbours = Counter(zip(found[::3], found[1::3], strict=True))
    assert_uniform(neighbours, 4 if anchored else 36)


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize(("members", "rows"), [(5, 6000), (33, 6600), (130, 2600), (600, 1200)])
def test_every_weight_is_anywhere_with_many_members(members, rows, anchored):
    # several numbers a row: the places near the ends of a number and of the row, and one between
    vector = np.arange(members, 0.0, -1)[None]
    found = ordered_weights(generator(members), vector, rows, anchored=anchored)
    assert np.array_equal(np.sort(found, axis=1), np.broadcast_to(vector[:, ::-1], found.shape))
    free = np.arange(members - anchored)
    if anchored:
        own = np.arange(rows) % members
        assert (found[np.arange(rows), own] == members).all()
        found = found[np.arange(members) != own[:, None]].reshape(rows, members - 1)
    for weight in (1.0, 2.0, float(members // 2), members - 1.0):
        place = np.nonzero(found == weight)[1]
        for powers, values in ((place, free), (place**2, free**2)):
            assert abs(powers.mean() - values.mean()) < 6 * values.std() / np.sqrt(rows)


def exact_numbers(bits):
    """All numbers whose first `bits` bits differ, as the generator would give them."""
    return (np.arange(2**bits) / 2**bits)[:, None]


@pytest.mark.parametrize(("anchored", "members"), [(False, 3), (False, 4), (True, 4), (True, 5)])
@pytest.mark.parametrize("bits", [5, 8])
def test_every_integer_once_gives_every_order_equally_often_and_rejects_the_rest(anchored, members, bits):
    vector = np.arange(members, 0.0, -1)[None]
    orders = math.factorial(members - anchored)
    found, rejected = Counter(), 0
    for number in exact_numbers(bits):
        out = np.zeros((1, members))
        if fill_rows(vector, number[None], bits, members, anchored, 0, out):
            found[tuple(out[0])] += 1
        else:
            rejected += 1
    assert rejected == 2**bits % orders
    assert found == dict.fromkeys(found, 2**bits // orders) and len(found) == orders


def test_several_numbers_a_row_give_every_order_equally_often():
    vector, found = np.arange(4.0, 0, -1)[None], Counter()
    for pair in itertools.product(exact_numbers(5).ravel(), repeat=2):  # bounds 4 and 3, then 2
        out = np.zeros((1, 4))
        if fill_rows(vector, np.array([pair]), 5, 2, False, 0, out):
            found[tuple(out[0])] += 1
    assert found == dict.fromkeys(found, (32 // 12) * 16) and len(found) == 24


class Scripted(np.random.Generator):
    """A generator whose first numbers are 0, which every bound but a power of two rejects."""

    def __init__(self, seed, zeros):
        super().__init__(np.random.PCG64(seed))
        self.zeros = zeros

    def random(self, size):
        numbers = super().random(size)
        taken = min(self.zeros, numbers.shape[0])
        if taken:
            numbers[-taken:] = 0.0
            self.zeros -= taken
        return numbers


@pytest.mark.parametrize("zeros", [1, 3])
def test_a_rejected_row_is_drawn_again(zeros):
    vector = np.arange(6.0, 0, -1)[None]
    rng = Scripted(1, zeros)
    found = ordered_weights(rng, vector, 8)
    assert rng.zeros == 0
    plain = ordered_weights(generator_like(1), vector, 8)
    assert np.array_equal(found[: 8 - zeros], plain[: 8 - zeros])
    assert np.array_equal(np.sort(found, axis=1), np.sort(plain, axis=1))
    assert not np.array_equal(found, plain)


def generator_like(seed):
    return np.random.Generator(np.random.PCG64(seed))


def test_blocks_do_not_show(monkeypatch):
    # a row takes a whole number of numbers, so the stream is the same however it is cut
    vector = np.arange(40.0, 0, -1)[None]
    whole = ordered_weights(generator(5), vector, 30)
    monkeypatch.setattr(orderings, "BLOCK", 17)
    assert np.array_equal(ordered_weights(generator(5), vector, 30), whole)


@pytest.mark.parametrize("anchored", [False, True])
def test_a_vector_for_every_row(anchored):
    vectors = generator(6).dirichlet(np.ones(7), 7)
    found = ordered_weights(generator(7), vectors, 7, anchored=anchored)
    assert np.array_equal(np.sort(found, axis=1), np.sort(vectors, axis=1))
    if anchored:
        assert np.array_equal(found.diagonal(), vectors[:, 0])


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.SFC64, np.random.Philox])
def test_both_precisions_have_the_same_orders_with_every_generator(bits):
    vectors = np.arange(50.0, 0, -1)[None]
    double = ordered_weights(np.random.Generator(bits(3)), vectors, 50, anchored=True)
    single = ordered_weights(np.random.Generator(bits(3)), vectors.astype(np.float32), 50, anchored=True)
    assert single.dtype == np.float32 and double.dtype == np.float64
    assert np.array_equal(single, double)


def test_small_batches_and_vectors_that_stay():
    vectors = np.array([[0.7, 0.3]])
    vectors.flags.writeable = False
    assert ordered_weights(generator(), vectors, 3, anchored=True).tolist() == [[0.7, 0.3], [0.3, 0.7], [0.7, 0.3]]
    assert ordered_weights(generator(), vectors[:, :1], 2, anchored=True).tolist() == [[0.7], [0.7]]
    assert {tuple(row) for row in ordered_weights(generator(), vectors, 99)} == {(0.7, 0.3), (0.3, 0.7)}


@pytest.mark.parametrize(
    ("vectors", "rows", "anchored", "error", "message"),
    [
        (FOUR, 0, False, ValueError, "rows must be an integer >= 1, got 0"),
        (FOUR, 2.5, False, TypeError, "rows must be an integer, got 2.5"),
        (FOUR, 3, "yes", TypeError, "anchored must be True or False"),
        (FOUR.astype(int), 3, False, TypeError, "dtype float32 or float64, got int64"),
        (FOUR.astype(np.float16), 3, False, TypeError, "dtype float32 or float64, got float16"),
        (FOUR[0], 3, False, ValueError, r"shape \(1, T\) or \(3, T\) with T >= 1, got \(4,\)"),
        (np.tile(FOUR, (2, 1)), 3, False, ValueError, r"got \(2, 4\)"),
        (np.empty((1, 0)), 3, False, ValueError, r"got \(1, 0\)"),
    ],
)
def test_bad_arguments(vectors, rows, anchored, error, message):
    with pytest.raises(error, match=message):
        ordered_weights(generator(), vectors, rows, anchored=anchored)
    with pytest.raises(TypeError, match="rng must be"):
        ordered_weights(0, FOUR, 3)


def results():
    """Weight matrices at tiny sizes, for the comparison with plain Python."""
    found = {}
    for members, anchored in itertools.product((1, 2, 3, 9, 40), (False, True)):
        vector = np.arange(members, 0.0, -1)[None]
        found[f"{members} {anchored}"] = ordered_weights(generator(8), vector, 12, anchored=anchored)
    found["rows"] = ordered_weights(generator(9), generator(9).random((5, 6), dtype=np.float32), 5)
    return found


def test_plain_python_agrees_bit_for_bit(tmp_path):
    assert_plain_python_agrees(__name__, tmp_path / "plain.npz", rtol=0.0)
