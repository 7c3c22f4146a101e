import ast
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mixtheory.mixing import kernels
from mixtheory.mixing.kernels import draws
from tests.mixing import kernel_calls
from tests.mixing.kernel_calls import CLASSES, SKEWED, UNIFORM, WIDE, generator
from tests.plain_kernels import assert_plain_python_agrees

FOLDER = Path(kernels.__file__).parent


def law_by_name(law):
    return dict(zip(("alpha", "beta", "eps0", "eps1"), (*law, 0.0, 0.0)[:4], strict=True))


# ---- what the kernels stand on


def test_kernels_import_no_theory():
    allowed = ("mixtheory._jit", "mixtheory._validation", "mixtheory.montecarlo.accumulate", "mixtheory.mixing.kernels")
    outside = {"__future__", "collections", "concurrent", "functools", "math", "os", "typing", "numpy", "scipy"}
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "relative imports would hide a module from this test"
                names = [node.module]
            for name in names:
                inside = any(name == module or name.startswith(module + ".") for module in allowed)
                assert inside or name.split(".")[0] in outside, f"{path.name} imports {name}"


def test_plain_python_twins_agree_bit_for_bit(tmp_path):
    assert_plain_python_agrees(kernel_calls.__name__, tmp_path / "plain.npz", rtol=0.0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [100, 20_000])
def test_normal_is_bit_equal_to_numpy_and_leaves_the_same_state(size, seed):
    ours, theirs = generator(seed), generator(seed)
    np.testing.assert_array_equal(kernels.normal(ours, size), theirs.standard_normal(size))
    assert ours.bit_generator.state == theirs.bit_generator.state


@pytest.mark.parametrize("law", [(1.0, 1.0), (0.5, 0.5), (2.0, 5.0), (0.1, 0.1), (0.5, 2.0)])
def test_weights_are_the_draws_of_numpy(law):
    ours, theirs = generator(), generator()
    weights = kernels.draw_weights(ours, 20_000, *law, 0.25, 0.5)
    share = theirs.random(20_000) if law == (1.0, 1.0) else theirs.beta(*law, 20_000)
    # shapes 1/2 square where NumPy takes a power: the last bits may differ
    np.testing.assert_allclose(weights, share * 1.75 - 0.25, rtol=0, atol=1e-15)
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_streaming_memory_does_not_grow_with_the_number_of_draws():
    def peak(n):
        tracemalloc.start()
        kernels.pair_moments(generator(), n, kernels.normal, 0.5, 0.5)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)  # compiled code is loaded here
    small, large = peak(3 * draws.CHUNK), peak(60 * draws.CHUNK)
    assert large < 1.25 * small  # twenty times the draws; the rest is the interpreter's own
    assert large < 5 * 8 * draws.CHUNK  # three buffers and one in the making


# ---- mixed values are what the definition says, from the draws themselves


def test_mix_pairs_is_the_definition():
    rng = generator()
    weights = kernels.draw_weights(rng, 50, *SKEWED)
    first, second = rng.standard_exponential(50), rng.standard_exponential(50)
    expected = weights * first + (1 - weights) * second
    np.testing.assert_allclose(kernels.mix_pairs(generator(), 50, kernels.exponential, *SKEWED), expected, rtol=1e-13)


@pytest.mark.parametrize("power", [0, 1, 2, 3, 4, 7])
def test_powers_and_moments_belong_to_the_same_values(power):
    n = 3 * draws.CHUNK + 5
    values = kernels.mix_pairs(generator(), n, kernels.normal, *WIDE) - 0.3
    powers = kernels.pair_powers(generator(), n, kernels.normal, *WIDE, power=power, center=0.3)
    np.testing.assert_allclose(powers, values**power, rtol=1e-12)
    if 1 <= power <= 4:
        moments = kernels.pair_moments(generator(), n, kernels.normal, *WIDE, center=0.3)
        assert moments[power - 1] == pytest.approx(powers.mean(), rel=1e-10, abs=1e-12)


def test_columns_have_separate_weights_and_rows_a_common_one():
    def ramp(rng, size):
        return np.tile(rng.random(size)[:, np.newaxis], (1, 3))

    common = kernels.mix_rows(generator(), 40, ramp, *WIDE)
    assert (common == common[:, :1]).all()
    separate = kernels.mix_columns(generator(), 40, ramp, [WIDE] * 3)
    assert (separate[:, 0] != separate[:, 1]).all()
    rng = generator()
    weights = np.column_stack([kernels.draw_weights(rng, 40, *WIDE) for _ in range(3)])
    first, second = ramp(rng, 40), ramp(rng, 40)
    np.testing.assert_allclose(separate, weights * first + (1 - weights) * second, rtol=1e-12)


def test_row_moments_are_those_of_the_rows():
    draw = kernels.normal_rows(np.array([[1.0, 0.6], [0.6, 2.0]]))
    n = draws.CHUNK + 7
    rows = kernels.mix_columns(generator(), n, draw, [WIDE]) - np.array([0.1, 0.2])
    mean, products = kernels.row_moments(generator(), n, draw, [WIDE], center=np.array([0.1, 0.2]))
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(products, rows.T @ rows / n, rtol=1e-10)


# ---- conditional statistics: the exact mean given the weights, by quadrature over the data


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_exponential_powers_integrate_the_scale_exactly(power):
    shares = kernels.exponential_pair_shares(generator(), 60, *WIDE)
    nodes, mass = np.polynomial.laguerre.laggauss(12)
    # T is Gamma(2), of density t exp(-t)
    expected = ((np.outer(shares, nodes) - 0.7) ** power * nodes) @ mass
    values = kernels.exponential_pair_powers(generator(), 60, *WIDE, power=power, center=0.7)
    np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-12)


def test_exponential_shares_are_a_mix_of_a_uniform_split():
    rng = generator()
    weights, u = kernels.draw_weights(rng, 60, *SKEWED), rng.random(60)
    np.testing.assert_allclose(
        kernels.exponential_pair_shares(generator(), 60, *SKEWED), weights * u + (1 - weights) * (1 - u), rtol=1e-13
    )


def test_normal_statistics_are_the_exact_means_given_the_weights():
    weights = kernels.draw_weights(generator(), 60, *WIDE)
    scales = weights**2 + (1 - weights) ** 2
    np.testing.assert_allclose(kernels.normal_pair_scales(generator(), 60, *WIDE), scales, rtol=1e-13)
    nodes, mass = np.polynomial.hermite_e.hermegauss(20)
    for power in (2, 4, 6):
        expected = np.outer(np.sqrt(scales), nodes) ** power @ (mass / mass.sum())
        np.testing.assert_allclose(
            kernels.normal_pair_powers(generator(), 60, *WIDE, power=power), expected, rtol=1e-11
        )
    law = stats.norm(scale=np.sqrt(scales))
    np.testing.assert_allclose(kernels.normal_pair_cdf(generator(), 60, *WIDE, point=0.71), law.cdf(0.71), rtol=1e-12)
    np.testing.assert_allclose(
        kernels.normal_pair_absolute(generator(), 60, *WIDE), stats.halfnorm(scale=np.sqrt(scales)).mean(), rtol=1e-12
    )


# ---- more parents


def test_cascade_is_the_mix_of_the_last_generation():
    rng = generator()
    values = rng.standard_normal(5 * 8)
    for _ in range(3):
        weights = kernels.draw_weights(rng, values.size // 2, *WIDE)
        values = weights * values[::2] + (1 - weights) * values[1::2]
    np.testing.assert_allclose(
        kernels.cascade(generator(), 5, kernels.normal, *WIDE, generations=3), values, rtol=1e-11, atol=1e-13
    )


def test_cascade_power_sums_are_those_of_the_leaf_weights():
    rng = generator()
    leaves = np.ones((5, 8))
    for level in (2, 1, 0):  # the deepest nodes first, as they are drawn
        weights = kernels.draw_weights(rng, 5 << level, *WIDE).reshape(5, -1)
        both = np.stack([weights, 1 - weights], axis=2).reshape(5, -1)
        leaves *= np.repeat(both, 8 // both.shape[1], axis=1)
    for power in (1, 2, 3):
        values = kernels.cascade_power_sums(generator(), 5, *WIDE, generations=3, power=power)
        np.testing.assert_allclose(values, (leaves**power).sum(axis=1), rtol=1e-12)


def test_generation_zero_is_the_population():
    np.testing.assert_array_equal(
        kernels.cascade(generator(), 50, kernels.normal, *WIDE, generations=0), generator().standard_normal(50)
    )


@pytest.mark.parametrize("alpha", [1.0, 0.4, 0.01, [0.5, 1.0, 3.0]])
def test_parent_weights_sum_to_one_and_mix(alpha):
    weights = kernels.dirichlet_weights(generator(), 200, alpha, 3, 0.25)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    assert weights.min() >= -0.25
    assert weights.max() <= 1.5 + 1e-12
    for power in (1, 2, 3):
        values = kernels.parent_power_sums(generator(), 200, alpha, 3, 0.25, power=power)
        np.testing.assert_allclose(values, (weights**power).sum(axis=1), rtol=1e-10)


# ---- labels


@pytest.mark.parametrize("rule", kernels.LABEL_RULES)
def test_hard_labels_come_from_a_parent_with_its_weight(rule):
    law = UNIFORM if rule == "bernoulli" else WIDE
    pairs = kernels.labelled_pairs(generator(), 5000, *CLASSES, *law)
    label, owner = kernels.hard_labels(generator(2), pairs, rule)
    from_first = owner == pairs.weight
    assert ((label == pairs.first) | ~from_first).all()
    assert ((label == pairs.second) & (owner == 1 - pairs.weight) | from_first).all()
    if rule == "first_parent":
        assert from_first.all()
    elif rule == "larger_weight":
        assert owner.min() >= 0.5
    else:
        assert 0 < from_first.mean() < 1


def test_soft_labels_are_the_mixed_indicators():
    pairs = kernels.labelled_pairs(generator(), 2000, *CLASSES, *WIDE)
    indicators = np.eye(3)
    expected = (
        pairs.weight[:, np.newaxis] * indicators[pairs.first]
        + (1 - pairs.weight[:, np.newaxis]) * indicators[pairs.second]
    )
    labels = kernels.soft_labels(pairs, 3)
    np.testing.assert_allclose(labels, expected, atol=1e-15)
    same = pairs.first == pairs.second
    assert ((labels[same] == 0) | (labels[same] == 1)).all()


def test_same_class_pairs_have_one_class_and_its_law():
    laws = ([1.0, 2.0, 0.5], [1.0, 3.0, 0.5], [0.0, 0.5, 0.1], [0.0, 0.25, 0.1])
    pairs = kernels.labelled_pairs(generator(), 5000, *CLASSES, *laws, same_class=True)
    np.testing.assert_array_equal(pairs.first, pairs.second)
    for k in range(3):
        weight = pairs.weight[pairs.first == k]
        assert weight.min() >= -laws[2][k]
        assert weight.max() <= 1 + laws[3][k]
    assert pairs.weight[pairs.first == 1].min() < 0


@pytest.mark.parametrize("seed", range(3))
def test_classes_are_drawn_with_their_proportions(seed):
    n = 20_000
    pairs = kernels.labelled_pairs(generator(seed), n, *CLASSES, *UNIFORM)
    for classes in (pairs.first, pairs.second):
        for k, share in enumerate(CLASSES[0]):
            low, high = stats.binom.interval(1 - 1e-9, n, share)
            assert low <= (classes == k).sum() <= high


def test_records_of_a_class_are_those_of_the_stream():
    rng = generator()
    pairs = kernels.labelled_pairs(rng, draws.CHUNK, *CLASSES, *UNIFORM)
    label, _ = kernels.hard_labels(rng, pairs, "bernoulli")
    expected = pairs.x[label == 2][:500]
    values = kernels.records_of_class(generator(), 500, 2, *CLASSES, *UNIFORM, rule="bernoulli")
    np.testing.assert_array_equal(values, expected)


# ---- populations


def test_populations_have_their_support():
    assert set(kernels.rademacher(generator(), 1000)) == {-1.0, 1.0}
    assert kernels.exponential(generator(), 1000).min() > 0
    assert kernels.cauchy(generator(), 10).shape == (10,)


@pytest.mark.parametrize(
    "matrix", [np.ones((2, 3)), np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[1.0, 0.2], [0, 1]])]
)
def test_normal_rows_refuses_what_is_no_covariance(matrix):
    with pytest.raises(ValueError, match="covariance"):
        kernels.normal_rows(matrix)


# ---- bad input


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("alpha", (0.0, 1.0)),
        ("alpha", (np.nan, 1.0)),
        ("beta", (1.0, -1.0)),
        ("beta", (1.0, np.inf)),
        ("eps0", (1.0, 1.0, -0.1)),
        ("eps1", (1.0, 1.0, 0.0, np.nan)),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda law: kernels.draw_weights(generator(), 3, *law),
        lambda law: kernels.mix_pairs(generator(), 3, kernels.normal, *law),
        lambda law: kernels.pair_moments(generator(), 3, kernels.normal, *law),
        lambda law: kernels.mix_columns(generator(), 3, kernels.normal_rows(np.eye(2)), [law]),
        lambda law: kernels.normal_pair_scales(generator(), 3, *law),
        lambda law: kernels.exponential_pair_shares(generator(), 3, *law),
        lambda law: kernels.sample_pairs(generator(), 3, [1.0, 2.0], *law),
        lambda law: kernels.mix_table(generator(), np.eye(3), *law),
        lambda law: kernels.generation_paths(generator(), 3, [1.0, 2.0], *law, generations=1),
        lambda law: kernels.cascade(generator(), 3, kernels.normal, *law, generations=1),
        lambda law: kernels.labelled_pairs(generator(), 3, *CLASSES, *law),
        lambda law: kernels.exponential_pair_at(np.full((2, 3), 0.5), **law_by_name(law)),
    ],
)
def test_every_simulator_names_a_bad_law(call, name, law):
    with pytest.raises(ValueError, match=f"{name} must be"):
        call(law)


@pytest.mark.parametrize(("error", "n"), [(ValueError, 0), (ValueError, -1), (TypeError, 2.0), (TypeError, True)])
def test_number_of_units_is_checked(error, n):
    with pytest.raises(error, match="n must be"):
        kernels.mix_pairs(generator(), n, kernels.normal, 1.0, 1.0)


def test_a_seed_is_no_generator():
    with pytest.raises(TypeError, match="rng must be"):
        kernels.mix_pairs(1, 3, kernels.normal, 1.0, 1.0)


@pytest.mark.parametrize("draw", [lambda rng, size: rng.random(size + 1), lambda rng, size: rng.random((size, 2))])
def test_population_of_the_wrong_shape_is_refused(draw):
    with pytest.raises(ValueError, match="draw must return"):
        kernels.mix_pairs(generator(), 3, draw, 1.0, 1.0)


def test_population_must_be_a_function():
    with pytest.raises(TypeError, match="draw must be"):
        kernels.mix_pairs(generator(), 3, np.ones(3), 1.0, 1.0)


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("laws must hold", lambda: kernels.mix_columns(generator(), 3, kernels.normal_rows(np.eye(3)), [WIDE, WIDE])),
        ("laws must hold", lambda: kernels.mix_columns(generator(), 3, kernels.normal_rows(np.eye(3)), [])),
        ("laws must hold", lambda: kernels.mix_columns(generator(), 3, kernels.normal_rows(np.eye(3)), [(1.0,)])),
        ("power must be even", lambda: kernels.normal_pair_powers(generator(), 3, 1.0, 1.0, power=3)),
        ("power", lambda: kernels.pair_powers(generator(), 3, kernels.normal, 1.0, 1.0, power=-1)),
        ("n_parents", lambda: kernels.dirichlet_weights(generator(), 3, 1.0, 1)),
        ("alpha", lambda: kernels.dirichlet_weights(generator(), 3, [1.0, 2.0], 3)),
        ("eps", lambda: kernels.dirichlet_weights(generator(), 3, 1.0, 3, -0.1)),
        ("generations", lambda: kernels.cascade(generator(), 3, kernels.normal, 1.0, 1.0, generations=21)),
        ("proportions", lambda: kernels.labelled_pairs(generator(), 3, [0.5, 0.6], [0, 1], [1, 1], 1.0, 1.0)),
        ("means", lambda: kernels.labelled_pairs(generator(), 3, [0.5, 0.5], [0], [1, 1], 1.0, 1.0)),
        ("sds", lambda: kernels.labelled_pairs(generator(), 3, [0.5, 0.5], [0, 1], [1, -1], 1.0, 1.0)),
        ("alpha", lambda: kernels.labelled_pairs(generator(), 3, [0.5, 0.5], [0, 1], [1, 1], [1.0, 2.0], 1.0)),
        ("points", lambda: kernels.normal_pair_at(np.ones((3, 2)), alpha=1.0, beta=1.0)),
        (
            "bernoulli",
            lambda: kernels.records_of_class(generator(), 3, 0, *CLASSES, *WIDE, rule="bernoulli"),
        ),
        ("did you mean", lambda: kernels.records_of_class(generator(), 3, 0, *CLASSES, *WIDE, rule="first_parents")),
        ("label", lambda: kernels.records_of_class(generator(), 3, 3, *CLASSES, *WIDE, rule="first_parent")),
        (
            "n_classes",
            lambda: kernels.soft_labels(kernels.labelled_pairs(generator(), 99, *CLASSES, 1.0, 1.0), 2),
        ),
    ],
)
def test_bad_input_is_named(match, call):
    with pytest.raises(ValueError, match=match):
        call()
