"""The simulators against brute force on the same designs: every replicate, to rounding."""

import ast
import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mixtheory.highdim import kernels
from mixtheory.highdim.kernels import conditional, inverses, paired, scatters
from mixtheory.highdim.kernels.populations import check_populations

FOLDER = Path(kernels.__file__).parent
DISCRETE = [law for law in kernels.LAWS if law != "gaussian"]


def generator(seed=11):
    return np.random.Generator(np.random.PCG64DXSM(seed))


def root(p, seed, diagonal=False):
    """A root with a spread of about five, not commuting with that of another seed."""
    rng = generator(100 + seed)
    values = rng.uniform(0.4, 2.0, p)
    if diagonal:
        return values
    basis = np.linalg.qr(rng.standard_normal((p, p)))[0]
    made = (basis * values) @ basis.T
    return (made + made.T) / 2


def matrix(value):
    return np.diag(value) if value.ndim == 1 else value


def designs(seed, size, counts, p, law):
    rng = generator(seed)
    return [
        kernels.draw_design(rng, size * n, p, law).reshape(size, n, p) if n else np.empty((size, 0, p)) for n in counts
    ]


def rows(zs, roots, means):
    means = np.zeros((len(roots), roots[0].shape[0])) if means is None else np.array(means)
    return np.concatenate([z @ matrix(r) + m for z, r, m in zip(zs, roots, means, strict=True)], axis=1)


def brute(x, root, mean, betas, fit_intercept=False):
    """Variance, mean term and biases of one design by its pseudo-inverse."""
    covariance = matrix(root) @ matrix(root)
    extra = 0.0
    if fit_intercept:
        centre = x.mean(axis=0)
        x, mean, extra = x - centre, mean - centre, 1 / len(x)
    inverse = np.linalg.pinv(x)
    left = np.eye(x.shape[1]) - inverse @ x
    psi = covariance + np.outer(mean, mean)
    return (
        np.trace(inverse @ inverse.T @ covariance),
        mean @ inverse @ inverse.T @ mean + extra,
        [beta @ left @ psi @ left @ beta for beta in betas],
    )


def brute_all(xs, root, mean, betas, fit_intercept=False):
    parts = [brute(x, root, mean, betas, fit_intercept) for x in xs]
    variance, mean_term, bias = (np.array([part[k] for part in parts]) for k in range(3))
    return {"variance": variance, "mean_term": mean_term, "bias": bias.reshape(len(parts), len(betas))}


def assert_same(found, expected, **tolerance):
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, err_msg=name, **{"rtol": 1e-9, "atol": 1e-12} | tolerance)


def test_kernels_import_no_theory():
    allowed = ("mixtheory._jit", "mixtheory._validation", "mixtheory.highdim.kernels")
    outside = {"__future__", "collections", "dataclasses", "math", "typing", "numpy", "scipy"}
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


# ---- designs that are drawn as such: the same random numbers through the pseudo-inverse

SHAPES = [
    ((9, 12), 5),  # more rows than columns
    ((3, 20), 5),  # few real rows
    ((0, 15), 5),  # none
    ((7, 1, 4), 6),  # three populations, one row
    ((2, 3), 9),  # fewer rows than columns
    ((0, 6), 9),
    ((3, 1, 2), 11),
]


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize(("counts", "p"), SHAPES)
@pytest.mark.parametrize("law", DISCRETE)
def test_conditional_risk_is_that_of_the_pseudo_inverse(law, counts, p, diagonal, fit_intercept):
    roots = [root(p, k, diagonal) for k in range(len(counts))]
    means = generator(5).normal(size=(len(counts), p))
    betas = generator(6).normal(size=(2, p))
    found = kernels.conditional_risk(
        generator(), 4, counts, roots, means=means, betas=betas, law=law, fit_intercept=fit_intercept
    )
    xs = rows(designs(11, 4, counts, p, law), roots, means)
    expected = brute_all(xs, roots[0], means[0], betas, fit_intercept)
    regular = np.linalg.matrix_rank(xs - xs.mean(axis=1, keepdims=True) * fit_intercept) == min(
        sum(counts) - fit_intercept, p
    )
    assert_same({name: value[regular] for name, value in found.items()}, {k: v[regular] for k, v in expected.items()})
    assert np.isinf(found["variance"][~regular]).all()


@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("law", DISCRETE)
def test_without_means(law, diagonal):
    for counts, p in SHAPES:
        roots = [root(p, k, diagonal) for k in range(len(counts))]
        found = kernels.conditional_risk(generator(3), 3, counts, roots, betas=np.eye(p)[:1], law=law)
        xs = rows(designs(3, 3, counts, p, law), roots, None)
        if (np.linalg.matrix_rank(xs) < min(sum(counts), p)).any():
            continue
        assert_same(found, brute_all(xs, roots[0], np.zeros(p), np.eye(p)[:1]))
        if sum(counts) > p:
            trace = kernels.trace_risk(generator(3), 3, counts, roots, law=law)
            np.testing.assert_array_equal(trace, found["variance"])


@pytest.mark.parametrize("law", DISCRETE)
def test_leverages_are_the_diagonal_of_the_projection(law):
    counts, p = (6, 0, 30), 6
    roots = [root(p, 0, True), root(p, 1), root(p, 2)]
    found = kernels.leverages(generator(), 5, counts, roots, law=law)
    for x, values in zip(rows(designs(11, 5, counts, p, law), roots, None), found, strict=True):
        diagonal = np.diag(x @ np.linalg.pinv(x))
        np.testing.assert_allclose(values, [diagonal[:6].sum(), 0.0, diagonal[6:].sum()], rtol=1e-10)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize(("counts", "p"), [((9, 14), 6), ((2, 6), 6), ((1, 1, 8), 5), ((3, 2), 8), ((0, 4), 8)])
def test_normal_rows_go_through_the_same_algebra(monkeypatch, counts, p, diagonal, fit_intercept):
    """The normal law draws factors in place of designs; given the design, the risks are those of pinv."""
    roots = [root(p, k, diagonal) for k in range(len(counts))]
    means = generator(5).normal(size=(len(counts), p))
    betas = generator(6).normal(size=(2, p))
    populations = check_populations(counts, roots, means)
    under = sum(counts) - fit_intercept > p
    place = populations.whitened() if under else populations.rotated()
    for k, factor in enumerate(place.factors):
        mixing = matrix(roots[k]) @ matrix(place.basis)
        np.testing.assert_allclose(matrix(factor).T @ matrix(factor), mixing.T @ mixing, rtol=1e-11, atol=1e-12)
    zs = designs(11, 3, counts, p, "gaussian")
    # the rows that stand for these Z in the coordinates of the data
    back = np.linalg.inv(matrix(place.basis))
    xs = rows(zs, [matrix(factor) @ back for factor in place.factors], means)

    def known(rng, size, populations, place):
        scatter = np.zeros((3, p, p))
        centres = np.zeros((3, len(counts), p))
        for k, z in enumerate(zs):
            if counts[k]:
                x = z @ matrix(place.factors[k])
                mean = x.mean(axis=1, keepdims=True)
                scatter += np.tril(np.swapaxes(x - mean, 1, 2) @ (x - mean))
                centres[:, k] = np.sqrt(counts[k]) * mean[:, 0]
        return scatter, centres

    monkeypatch.setattr(conditional, "draw_scatters", known)
    monkeypatch.setattr(conditional, "draw_designs", lambda *_: zs)
    found = kernels.conditional_risk(
        generator(), 3, counts, roots, means=means, betas=betas, fit_intercept=fit_intercept
    )
    assert_same(found, brute_all(xs, roots[0], means[0], betas, fit_intercept))


# ---- one design, many means


@pytest.mark.parametrize("law", ["gaussian", "uniform", "rademacher"])
@pytest.mark.parametrize(("counts", "p"), [((9, 14), 6), ((3, 6), 6), ((3, 2), 8), ((0, 20), 8)])
def test_paired_risks_are_the_unpaired_ones_at_the_same_z(law, counts, p):
    roots = [root(p, 0), root(p, 1)]
    u, v = generator(1).normal(size=(2, p))
    many = [None, (u, v), (2 * u, -2 * u), (None, 30 * v)]
    found = kernels.paired_risk(generator(), 40, counts, roots, many, law=law)
    for column, means in zip(found.T, many, strict=True):
        given = (None, None) if means is None else means
        parts = kernels.conditional_risk(generator(), 40, counts, roots, means=given, law=law)
        np.testing.assert_allclose(column, parts["variance"] + parts["mean_term"], rtol=1e-12)


def exact_inverse(a):
    """Gauss-Jordan in fractions."""
    n = len(a)
    m = [[Fraction(int(v)) for v in row] + [Fraction(int(i == j)) for j in range(n)] for i, row in enumerate(a)]
    for j in range(n):
        k = next(i for i in range(j, n) if m[i][j])
        m[j], m[k] = m[k], m[j]
        m[j] = [v / m[j][j] for v in m[j]]
        for i in range(n):
            if i != j:
                m[i] = [a - m[i][j] * b for a, b in zip(m[i], m[j], strict=True)]
    return [row[n:] for row in m]


@pytest.mark.parametrize("scale", [1, 1000, 100_000])
def test_tiny_differences_are_accurate(monkeypatch, scale):
    """Integer designs in exact fractions: the effect of the means, which is O(1/n), to nine digits."""
    counts, p, ones = (20, 24), 3, np.ones(3)
    z = generator(4).integers(-2, 3, size=(1, 44, p)).astype(float)
    means = (np.array([2, 1, -1]) * scale, np.array([-2, -1, 1]) * scale)

    def known(rng, size, populations, place):
        parts = [z[:, :20], z[:, 20:]]
        scatter = sum(np.swapaxes(a, 1, 2) @ a - a.shape[1] * a.mean(1)[:, :, None] * a.mean(1)[:, None] for a in parts)
        return scatter, np.stack([np.sqrt(a.shape[1]) * a.mean(axis=1) for a in parts], axis=1)

    monkeypatch.setattr(conditional, "draw_scatters", known)
    found = kernels.paired_risk(generator(), 1, counts, (ones, ones), [None, means])[0]

    def exact(shifts):
        x = np.concatenate([z[0, :20] + shifts[0], z[0, 20:] + shifts[1]])
        inverse = exact_inverse(x.T @ x)
        mu = [Fraction(int(v)) for v in shifts[0]]
        quadratic = sum(mu[i] * inverse[i][j] * mu[j] for i, j in itertools.product(range(p), repeat=2))
        return sum(inverse[i][i] for i in range(p)) + quadratic

    base = exact((0 * ones, 0 * ones))
    assert found[0] == pytest.approx(float(base), rel=1e-12)
    assert found[1] - found[0] == pytest.approx(float(exact(means) - base), rel=1e-9)


# ---- the kernels for small matrices and LAPACK


@pytest.mark.parametrize("diagonal", [True, False])
def test_small_kernels_and_lapack_agree_on_the_same_random_numbers(monkeypatch, diagonal):
    p = 7
    roots = [root(p, k, diagonal) for k in range(3)]
    means = generator(5).normal(size=(3, p))

    def everything():
        found = {"trace": kernels.trace_risk(generator(), 5, (8, 5, 9), roots)}
        found["uniform"] = kernels.trace_risk(generator(), 5, (8, 5, 9), roots, law="uniform")
        found["leverages"] = kernels.leverages(generator(), 5, (8, 5, 9), roots)
        found["paired"] = kernels.paired_risk(generator(), 5, (8, 5, 9), roots, [None, means])
        found["tight"] = kernels.paired_risk(generator(), 5, (6, 0, 5), roots, [None, means])
        over = kernels.conditional_risk(generator(), 5, (2, 0, 3), roots, means=means, betas=np.eye(p))
        return found | over

    small = everything()
    monkeypatch.setattr(inverses, "SMALL", 0)
    monkeypatch.setattr(scatters, "SMALL", 0)
    large = everything()
    assert_same(large, small, rtol=1e-8)


@pytest.mark.parametrize("order", [1, 2, 30, inverses.SMALL, inverses.SMALL + 1])
def test_inverses(order):
    x = generator().normal(size=(3, 2 * order + 2, order))
    gram = np.swapaxes(x, 1, 2) @ x
    # the upper triangle is nobody's business
    half = np.tril(gram) + np.triu(np.full((order, order), 7.5), 1)
    expected = np.linalg.inv(gram)
    traces = inverses.invert(inverted := half.copy())
    np.testing.assert_allclose(inverted, expected, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(traces, np.einsum("bii->b", expected), rtol=1e-10)
    np.testing.assert_allclose(inverses.inverse_traces(half), traces, rtol=1e-10)


@pytest.mark.parametrize("small", [0, inverses.SMALL])
def test_designs_of_deficient_rank_have_infinite_variance(monkeypatch, small):
    """Three rows of signs in two columns: the columns agree up to sign in one design of four."""
    monkeypatch.setattr(inverses, "SMALL", small)
    roots, size = (np.array([1.0, 0.7]), np.array([2.0, 1.4])), 200
    xs = rows(designs(11, size, (2, 1), 2, "rademacher"), roots, None)
    regular = np.linalg.matrix_rank(xs) == 2
    assert 20 < regular.sum() < 200
    found = kernels.trace_risk(generator(), size, (2, 1), roots, law="rademacher")
    expected = [brute(x, roots[0], np.zeros(2), [])[0] for x in xs[regular]]
    np.testing.assert_allclose(found[regular], expected, rtol=1e-9)
    assert np.isinf(found[~regular]).all()
    shares = kernels.leverages(generator(), size, (2, 1), roots, law="rademacher")
    assert (np.isnan(shares).all(axis=1) == ~regular).all()
    xs = rows(designs(11, size, (2, 1), 4, "rademacher"), (np.ones(4), np.ones(4)), None)
    regular = np.linalg.matrix_rank(xs) == 3
    over = kernels.conditional_risk(
        generator(), size, (2, 1), (np.ones(4), np.ones(4)), betas=np.eye(4)[:1], law="rademacher"
    )
    assert not regular.all()
    assert (np.isinf(over["variance"]) == ~regular).all()
    assert (np.isnan(over["bias"][:, 0]) == ~regular).all()


# ---- the end-to-end simulator


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("law", ["gaussian", "uniform"])
def test_without_noise_the_fit_has_the_bias_of_the_design(law, fit_intercept):
    p, counts = 9, (2, 4)
    roots = [root(p, 0, True), root(p, 1, True)]
    means = generator(5).normal(size=(2, p))
    beta = generator(6).normal(size=p)
    found = kernels.regression_risk(
        generator(), 20, counts, roots, beta, 0.0, means=means, law=law, fit_intercept=fit_intercept
    )
    parts = kernels.conditional_risk(
        generator(), 20, counts, roots, betas=[beta], means=means, law=law, fit_intercept=fit_intercept
    )
    np.testing.assert_allclose(found, parts["bias"][:, 0], rtol=1e-9)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_with_rows_enough_the_coefficients_do_not_matter(fit_intercept):
    p, counts, options = 4, (5, 9), {"means": [np.ones(4), None], "fit_intercept": fit_intercept}
    roots = [root(p, 0), root(p, 1)]
    one, two = (kernels.regression_risk(generator(), 20, counts, roots, b * np.ones(p), 0.5, **options) for b in (0, 3))
    np.testing.assert_allclose(one, two, rtol=1e-9)
    none = kernels.regression_risk(generator(), 20, counts, roots, np.ones(p), 0.0, **options)
    np.testing.assert_allclose(none, 0.0, atol=1e-20)


# ---- calls


def test_same_generator_same_result_and_no_global_state():
    roots = (root(4, 0), root(4, 1))
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    calls = [
        lambda rng: kernels.trace_risk(rng, 50, (5, 9), roots),
        lambda rng: kernels.leverages(rng, 50, (5, 9), roots),
        lambda rng: kernels.paired_risk(rng, 50, (5, 9), roots, [None, [np.ones(4), None]]),
        lambda rng: kernels.conditional_risk(rng, 50, (1, 2), roots, betas=np.eye(4))["bias"],
        lambda rng: kernels.regression_risk(rng, 50, (5, 9), roots, np.ones(4), 1.0),
    ]
    for call in calls:
        rng = generator()
        first = call(rng)
        np.testing.assert_array_equal(call(generator()), first)
        again = call(rng)
        assert first.shape == again.shape
        assert not (first == again).any()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("law", kernels.LAWS)
def test_copies_of_a_generator_pair_several_roots(law):
    """A common scale of test point and rows changes no replicate, and no roots change how many numbers are drawn."""
    p, counts = 4, (6, 9)
    square = root(p, 1)
    one = kernels.trace_risk(generator(), 30, counts, (np.ones(p), np.ones(p)), law=law)
    np.testing.assert_allclose(
        kernels.trace_risk(generator(), 30, counts, (np.full(p, 3.0), np.full(p, 3.0)), law=law), one, rtol=1e-9
    )
    first, second = generator(), generator()
    kernels.trace_risk(first, 30, counts, (square, np.ones(p)), law=law)
    kernels.trace_risk(second, 30, counts, (np.ones(p), square), law=law)
    assert first.bit_generator.state == second.bit_generator.state


def test_arguments_are_left_alone():
    roots = (root(4, 0), root(4, 1, True))
    means, betas = np.ones((2, 4)), np.eye(4)
    copies = [value.copy() for value in (*roots, means, betas)]
    kernels.conditional_risk(generator(), 3, (5, 9), roots, means=means, betas=betas, fit_intercept=True)
    kernels.conditional_risk(generator(), 3, (1, 2), roots, means=means, betas=betas, fit_intercept=True)
    kernels.regression_risk(generator(), 3, (1, 2), roots, betas[0], 1.0, means=means, fit_intercept=True)
    for value, copy in zip((*roots, means, betas), copies, strict=True):
        np.testing.assert_array_equal(value, copy)


ONE = np.ones(3)
BAD = [
    ({"rng": 1}, TypeError, "rng must be a numpy.random.Generator"),
    ({"replicates": 0}, ValueError, "replicates must be an integer >= 1"),
    ({"replicates": 2.5}, TypeError, "replicates must be an integer"),
    ({"counts": 7}, TypeError, "counts must be a sequence"),
    ({"counts": (4, -1)}, ValueError, r"counts\[1\] must be an integer >= 0"),
    ({"counts": (4.5, 1)}, TypeError, r"counts\[0\] must be an integer"),
    ({"counts": (0, 0)}, ValueError, "sum > 0"),
    ({"counts": (4, 1, 1)}, ValueError, "one entry a population, got 3 and 2"),
    ({"counts": (1, 2)}, ValueError, "sum of counts must"),
    ({"roots": (ONE, np.ones(4))}, ValueError, r"roots\[1\] must have dimension 3"),
    ({"roots": (ONE, -ONE)}, ValueError, r"roots\[1\] must hold standard deviations > 0"),
    ({"roots": (ONE, np.array([1, np.nan, 1]))}, ValueError, r"roots\[1\] must be finite"),
    ({"roots": (ONE, np.ones((3, 4)))}, ValueError, "square"),
    ({"roots": (ONE, np.eye(3) + np.eye(3, k=1))}, ValueError, "not symmetric"),
    ({"roots": (ONE, np.ones((3, 3)))}, ValueError, r"roots\[1\] must be positive definite"),
    ({"roots": (ONE, "abc")}, TypeError, r"roots\[1\] must be"),
    ({"law": "normal"}, ValueError, "law must be one of"),
]
FUNCTIONS = {
    "trace_risk": (),
    "leverages": (),
    "conditional_risk": (),
    "paired_risk": ([None],),
    "regression_risk": (ONE, 1.0),
}


@pytest.mark.parametrize(("change", "error", "match"), BAD)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_populations(name, change, error, match):
    arguments = {"rng": generator(), "replicates": 2, "counts": (4, 5), "roots": (ONE, ONE), "law": "gaussian"} | change
    law = arguments.pop("law")
    with pytest.raises(error, match=match):
        getattr(kernels, name)(*arguments.values(), *FUNCTIONS[name], law=law)


def test_bad_vectors():
    rng, two = generator(), ((4, 5), (ONE, ONE))
    with pytest.raises(ValueError, match="means must hold 2 vectors of length 3"):
        kernels.conditional_risk(rng, 2, *two, means=[ONE])
    with pytest.raises(ValueError, match="means must hold 2 vectors of length 3"):
        kernels.conditional_risk(rng, 2, *two, means=[ONE, np.ones(2)])
    with pytest.raises(TypeError, match="means must be a sequence"):
        kernels.conditional_risk(rng, 2, *two, means=1.0)
    with pytest.raises(ValueError, match="means must be finite"):
        kernels.conditional_risk(rng, 2, *two, means=[ONE, ONE * np.inf])
    with pytest.raises(ValueError, match=r"betas must have shape \(any, 3\)"):
        kernels.conditional_risk(rng, 2, *two, betas=np.ones((2, 4)))
    with pytest.raises(ValueError, match="betas must have 2 dimension"):
        kernels.conditional_risk(rng, 2, *two, betas=ONE)
    with pytest.raises(ValueError, match="means_list must hold at least one"):
        kernels.paired_risk(rng, 2, *two, [])
    with pytest.raises(TypeError, match="means_list must be a sequence"):
        kernels.paired_risk(rng, 2, *two, None)
    with pytest.raises(ValueError, match="beta must have length 3"):
        kernels.regression_risk(rng, 2, *two, np.ones(4), 1.0)
    with pytest.raises(ValueError, match="noise_sd must be finite and >= 0"):
        kernels.regression_risk(rng, 2, *two, ONE, -1.0)
    with pytest.raises(ValueError, match="less 1 .for the intercept. must differ"):
        kernels.conditional_risk(rng, 2, (2, 2), (ONE, ONE), fit_intercept=True)
    with pytest.raises(ValueError, match="must be at least 1"):
        kernels.conditional_risk(rng, 2, (1, 0), (ONE, ONE), fit_intercept=True)
    with pytest.raises(ValueError, match="must exceed the dimension 3"):
        kernels.leverages(rng, 2, (1, 1), (ONE, ONE))


def test_bad_designs():
    with pytest.raises(TypeError, match="rng"):
        kernels.draw_design(1, 2, 3)
    with pytest.raises(ValueError, match="n must be an integer >= 1"):
        kernels.draw_design(generator(), 0, 3)
    with pytest.raises(ValueError, match="p must be an integer >= 1"):
        kernels.draw_design(generator(), 2, 0)
    with pytest.raises(ValueError, match="did you mean 'rademacher'"):
        kernels.draw_design(generator(), 2, 3, "rademaker")


def test_pairing_is_by_block_and_covers_every_replicate():
    """More replicates than a block holds, in both regimes."""
    wide = kernels.conditional_risk(generator(), 700, (20, 30), (np.ones(80), np.ones(80)))["variance"]
    assert np.isfinite(wide).all() and len(np.unique(wide)) == 700
    pairs = kernels.paired_risk(generator(), 700, (30, 30), (np.ones(20), np.ones(20)), [None, None])
    assert np.isfinite(pairs).all() and len(np.unique(pairs[:, 0])) == 700
    np.testing.assert_array_equal(pairs[:, 0], pairs[:, 1])
    assert paired.blocks is conditional.blocks
