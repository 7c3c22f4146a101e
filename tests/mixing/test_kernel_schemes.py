import itertools
import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from mixtheory.mixing import kernels
from mixtheory.mixing.kernels import schemes
from tests.mixing.kernel_calls import SKEWED, WIDE, generator

NONE = np.empty(0)
NUMBER = {name: k for k, name in enumerate(kernels.SCHEMES)}


def parents(scheme, n, u, v=NONE, size=None):
    """Both parents' indices that a scheme makes of given uniform numbers, by weights 1 and 0."""
    found = []
    for weight in (1.0, 0.0):
        out = np.empty(size or n)
        schemes.mix_step(NUMBER[scheme], np.arange(float(n)), 0, u, v, np.full(out.size, weight), 0.0, 1.0, out)
        found.append(out.astype(int))
    return found


def leftover(scheme, n, u, v=NONE):
    """The uniform weights that a scheme makes of what the indices leave over (records must differ)."""
    first, second = parents(scheme, n, u, v)
    values, out = np.arange(float(n)), np.empty(n)
    schemes.mix_step(NUMBER[scheme], values, 0, u, v, NONE, 0.0, 1.0, out)
    different = first != second
    return (out - second)[different] / (first - second)[different]


def shuffles(n):
    """Uniform numbers, at the middle of their cells, for each of the n! ways through a shuffle."""
    for choices in itertools.product(*(range(k + 1) for k in range(n))):
        yield np.array([(choice + 0.5) / (k + 1) for k, choice in enumerate(choices)])


@pytest.mark.parametrize("n", [2, 3, 5])
def test_independent_makes_every_ordered_pair_once_and_leaves_a_uniform_number(n):
    cells = list(itertools.product(range(n), range(n), (0.125, 0.5, 0.875)))
    u = np.array([(i + (j + rest) / n) / n for i, j, rest in cells])
    first, second = parents("independent", n, u, size=u.size)
    assert list(zip(first, second, strict=True)) == [cell[:2] for cell in cells]
    out = np.empty(u.size)
    schemes.mix_step(0, np.arange(float(n)), 0, u, NONE, NONE, -0.5, 2.0, out)
    weights = np.array([2.0 * rest - 0.5 for *_, rest in cells])
    np.testing.assert_allclose(out, weights * first + (1 - weights) * second, atol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_distinct_makes_every_pair_of_different_records_once(n):
    cells = list(itertools.product(range(n), range(n - 1), (0.125, 0.5, 0.875)))
    u = np.array([(i + (j + rest) / (n - 1)) / n for i, j, rest in cells])
    first, second = parents("distinct", n, u, size=u.size)
    assert Counter(zip(first, second, strict=True)) == dict.fromkeys(itertools.permutations(range(n), 2), 3)
    out = np.empty(u.size)
    schemes.mix_step(1, np.arange(float(n)), 0, u, NONE, NONE, 0.0, 1.0, out)
    weights = np.array([rest for *_, rest in cells])
    np.testing.assert_allclose(out, weights * first + (1 - weights) * second, atol=1e-12)


@pytest.mark.parametrize("scheme", ["independent", "distinct"])
def test_second_numbers_are_the_second_indices_alone(scheme):
    n, last = 3, 3 if scheme == "independent" else 2
    cells = list(itertools.product(range(n), range(last)))
    u = np.array([(i + 0.3) / n for i, _ in cells])
    v = np.array([(j + 0.3) / last for _, j in cells])
    first, second = parents(scheme, n, u, v, size=u.size)
    assert len(set(zip(first, second, strict=True))) == n * last
    assert (first == second).any() == (scheme == "independent")


@pytest.mark.parametrize("scheme", ["permutation", "shared"])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_permutation_makes_every_permutation_once(scheme, n):
    images = Counter()
    for u in shuffles(n):
        first, second = parents(scheme, n, u)
        assert list(first) == list(range(n))
        images[tuple(second)] += 1
    assert images == dict.fromkeys(itertools.permutations(range(n)), 1)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_derangement_has_no_fixed_point_and_is_balanced(n):
    pairs = Counter()
    total = 0
    for u in shuffles(n):
        for shift in range(1, n):
            first, second = parents("derangement", n, u, np.array([(shift - 0.5) / (n - 1)]))
            assert sorted(first) == sorted(second) == list(range(n))
            assert (first != second).all()
            pairs.update(zip(first, second, strict=True))
            total += 1
    # every ordered pair of different records as often as any other
    assert pairs == dict.fromkeys(itertools.permutations(range(n), 2), total // (n - 1))


@pytest.mark.parametrize("scheme", ["permutation", "derangement"])
def test_shuffles_leave_uniform_weights(scheme):
    n = 4
    for rest in (0.125, 0.625):
        for choices in itertools.product(*(range(k + 1) for k in range(n))):
            u = np.array([(choice + rest) / (k + 1) for k, choice in enumerate(choices)])
            np.testing.assert_allclose(leftover(scheme, n, u, np.array([0.4])), rest, atol=1e-12)


@pytest.mark.parametrize("law", [WIDE, SKEWED])
def test_shared_has_one_weight_a_batch(law):
    rng = generator()
    values = rng.random(40)
    for batches in (1, 3):
        u, v, weights = schemes.batch_numbers(rng, NUMBER["shared"], batches, 40, 40, law)
        assert weights.shape == (batches,)
        assert v.size == 0
        for batch in range(batches):
            out = np.empty(40)
            schemes.mix_step(4, values, batch, u, v, weights, 0.0, 1.0, out)
            _, second = parents("shared", 40, u[40 * batch : 40 * (batch + 1)])
            expected = weights[batch] * values + (1 - weights[batch]) * values[second]
            np.testing.assert_allclose(out, expected, rtol=1e-12)


@pytest.mark.parametrize("scheme", ["independent", "distinct", "permutation", "derangement"])
def test_other_schemes_have_a_weight_a_record(scheme):
    for law, n in ((SKEWED, 40), (WIDE, schemes.SPLIT_LIMIT + 1)):
        weights = schemes.batch_numbers(generator(), NUMBER[scheme], 3, n, n, law)[2]
        assert weights.shape == (3 * n,)
        assert np.unique(weights).size == 3 * n
    assert schemes.batch_numbers(generator(), NUMBER[scheme], 3, 40, 40, WIDE)[2].size == 0


@pytest.mark.parametrize("seed", range(3))
def test_permutations_are_uniform(seed):
    n, draws = 3, 3000
    rng = generator(seed)
    images = Counter(tuple(kernels.pair_indices(rng, n, "permutation")[1]) for _ in range(draws))
    cells = math.factorial(n)
    low, high = stats.binom.interval(1 - 1e-9 / cells, draws, 1 / cells)
    assert len(images) == cells
    assert low <= min(images.values()) <= max(images.values()) <= high


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("scheme", "n"), [("independent", 5), ("distinct", 5), ("independent", 3000), ("distinct", 3000)]
)
def test_pairs_are_uniform(scheme, n, seed):
    size = 60_000
    first, second = kernels.pair_indices(generator(seed), n, scheme, size=size)
    assert (first != second).all() or scheme == "independent"
    groups = 5  # n = 3000 draws the second index by itself; its records are counted in groups
    counts = np.zeros((groups, groups))
    np.add.at(counts, (first * groups // n, second * groups // n), 1)
    share = np.full((groups, groups), 1 / groups**2)
    if scheme == "distinct":
        each = n // groups
        share[:] = each * each / (n * (n - 1))
        np.fill_diagonal(share, each * (each - 1) / (n * (n - 1)))
    low, high = stats.binom.interval(1 - 1e-9 / groups**2, size, share)
    empty = share == 0
    assert (counts[empty] == 0).all()
    assert ((low <= counts) & (counts <= high))[~empty].all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scheme", ["permutation", "derangement"])
def test_leftover_weights_are_uniform(scheme, seed):
    n, rng = 2000, generator(seed)
    u, v, _ = schemes.batch_numbers(rng, NUMBER[scheme], 1, n, n, WIDE)
    weights = leftover(scheme, n, u, v)
    bound = math.sqrt(math.log(2 / 1e-9) / (2 * weights.size))  # Dvoretzky, Kiefer, Wolfowitz, with Massart's constant
    assert stats.kstest(weights, "uniform").statistic < bound


# ---- generations


@pytest.mark.parametrize("scheme", kernels.SCHEMES)
@pytest.mark.parametrize("law", [WIDE, SKEWED])
def test_paths_are_batches_made_one_after_the_other(scheme, law):
    paths, generations, n = 4, 3, 7
    found = kernels.generation_paths(
        generator(), paths, kernels.exponential, *law, generations=generations, size=n, scheme=scheme, trace=True
    )
    rng = generator()
    states = rng.standard_exponential((paths, n))
    u, v, weights = schemes.batch_numbers(rng, NUMBER[scheme], paths * generations, n, n, law)
    width = 1 + law[2] + law[3]
    for p, start in enumerate(states):
        samples = [start]
        for t in range(generations):
            out = np.empty(n)
            schemes.mix_step(
                NUMBER[scheme], samples[-1].copy(), p * generations + t, u, v, weights, -law[2], width, out
            )
            samples.append(out)
        np.testing.assert_allclose(found.mean[p], np.mean(samples, axis=1), rtol=1e-12)
        np.testing.assert_allclose(found.variance[p], np.var(samples, axis=1, ddof=1), rtol=1e-12)


@pytest.mark.parametrize("scheme", kernels.SCHEMES)
def test_large_samples_go_generation_by_generation(scheme):
    start = generator(4).random(70_000)
    found = kernels.generation_paths(generator(), 1, start, *WIDE, generations=2, scheme=scheme, ddof=0, trace=True)
    rng = generator()
    sample = start
    for t in (1, 2):
        sample = kernels.mix_sample(rng, sample, *WIDE, scheme=scheme)
        assert found.mean[0, t] == pytest.approx(sample.mean(), rel=1e-11)
        assert found.variance[0, t] == pytest.approx(sample.var(), rel=1e-10)


@pytest.mark.parametrize("scheme", kernels.SCHEMES)
def test_trace_changes_nothing_but_what_is_kept(scheme):
    options = {"generations": 4, "size": 6, "scheme": scheme}
    ends = kernels.generation_paths(generator(), 50, kernels.normal, *WIDE, **options)
    trace = kernels.generation_paths(generator(), 50, kernels.normal, *WIDE, **options, trace=True)
    assert ends.mean.shape == (50, 2)
    assert trace.mean.shape == (50, 5)
    np.testing.assert_array_equal(ends.mean, trace.mean[:, [0, -1]])
    np.testing.assert_array_equal(ends.variance, trace.variance[:, [0, -1]])


def test_ddof_scales_the_variance():
    options = {"generations": 2, "size": 6}
    plug_in = kernels.generation_paths(generator(), 20, kernels.normal, *WIDE, **options, ddof=0)
    unbiased = kernels.generation_paths(generator(), 20, kernels.normal, *WIDE, **options)
    np.testing.assert_allclose(plug_in.variance * 6 / 5, unbiased.variance, rtol=1e-13)


def test_shared_permutation_keeps_the_mean():
    paths = kernels.generation_paths(
        generator(), 50, kernels.normal, *WIDE, generations=6, size=9, scheme="shared", trace=True
    )
    np.testing.assert_allclose(paths.mean, np.tile(paths.mean[:, :1], 7), atol=1e-13)


# ---- tables


@pytest.mark.parametrize("scheme", kernels.SCHEMES)
def test_rows_are_mixed_with_one_weight(scheme):
    column = generator(3).random(30)
    table = np.column_stack([column, 2 * column + 1, -column])
    mixed = kernels.mix_table(generator(), table, *WIDE, scheme=scheme)
    np.testing.assert_allclose(mixed[:, 1], 2 * mixed[:, 0] + 1, rtol=1e-12)
    np.testing.assert_allclose(mixed[:, 2], -mixed[:, 0], rtol=1e-12)


# ---- bad input


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("scheme must be one of", lambda: kernels.pair_indices(generator(), 5, "permutations")),
        ("scheme must be one of", lambda: kernels.sample_pairs(generator(), 5, [1.0, 2.0], 1, 1, scheme="shared")),
        ("at least 2 records", lambda: kernels.pair_indices(generator(), 1, "distinct")),
        ("at least 2 records", lambda: kernels.mix_sample(generator(), [1.0], 1, 1, scheme="derangement")),
        ("size must be n = 5", lambda: kernels.pair_indices(generator(), 5, "permutation", size=6)),
        ("size must be", lambda: kernels.pair_indices(generator(), 5, "distinct", size=0)),
        ("data must", lambda: kernels.sample_pairs(generator(), 5, [], 1, 1)),
        ("data must be finite", lambda: kernels.sample_pairs(generator(), 5, [1.0, np.nan], 1, 1)),
        ("data must have 1 dim", lambda: kernels.sample_pairs(generator(), 5, np.eye(2), 1, 1)),
        ("table must", lambda: kernels.mix_table(generator(), [1.0, 2.0], 1, 1)),
        ("size must be given", lambda: kernels.generation_paths(generator(), 5, kernels.normal, 1, 1, generations=1)),
        (
            "size must be 2",
            lambda: kernels.generation_paths(generator(), 5, [1.0, 2.0], 1, 1, generations=1, size=3),
        ),
        ("start must", lambda: kernels.generation_paths(generator(), 5, [1.0], 1, 1, generations=1)),
        ("generations", lambda: kernels.generation_paths(generator(), 5, [1.0, 2.0], 1, 1, generations=0)),
        ("ddof", lambda: kernels.generation_paths(generator(), 5, [1.0, 2.0], 1, 1, generations=1, ddof=2)),
    ],
)
def test_bad_input_is_named(match, call):
    with pytest.raises(ValueError, match=match):
        call()
