"""Fixed points against the raw equations in extended precision, against plain iteration, and over random problems."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import linalg, optimize

from mixtheory.highdim.fixedpoint import scalar_root, solve_dominant, solve_over, solve_ridge, solve_under
from mixtheory.highdim.spectra import Spectrum

SMALL, LARGE = 300, 10_400


def random_counts(rng, p, populations, *, under):
    """Numbers of rows with all kinds of splits: even, drawn, and all but one row in one population."""
    total = p + 1 + int(rng.integers(0, 4 * p + 4)) if under else int(rng.integers(populations, p))
    kind = rng.integers(3)
    if kind == 0:
        rest = [1] * (populations - 1)
    elif kind == 1:
        rest = [total // populations] * (populations - 1)
    else:
        cuts = np.sort(rng.choice(np.arange(1, total), populations - 1, replace=False))
        rest = np.diff(np.concatenate([[0], cuts])).tolist()
    counts = [*rest, total - sum(rest)]
    return [counts[k] for k in rng.permutation(populations)]


def random_problem(rng, index, *, general):
    p = int(round(10 ** rng.uniform(math.log10(2), math.log10(60 if general else 2000))))
    under = bool(rng.random() < 0.5)
    populations = 3 if rng.random() < 0.2 else 2
    if p <= populations + 1:
        under = True
    if under and populations > p:
        populations = 2
    spectra = [
        Spectrum.random(p, rng, decades=6.0, rotate=general).scaled(10 ** rng.uniform(-1, 1))
        for _ in range(populations)
    ]
    return spectra, random_counts(rng, p, populations, under=under), under


def check(spectra, counts, *, under, dense):
    """Residuals and the identities of K11, from the definitions; relative to n_k throughout."""
    p, n = spectra[0].p, sum(counts)
    found = (solve_under if under else solve_over)(spectra, counts)
    assert found.residual < 1e-10
    assert np.all(found.weights > 0)
    if dense:
        # A^{-1} from a decomposition of stacked roots, whose error grows with the root of the condition number only
        stack = [math.sqrt(w) * s.factor().T for w, s in zip(found.weights, spectra, strict=True)]
        q = np.linalg.qr(np.concatenate(stack + ([] if under else [np.eye(p)])))[0]
        traces = np.array([float(np.sum(q[k * p : (k + 1) * p] ** 2)) for k in range(len(spectra))])
        identity = float(np.sum(q[len(spectra) * p :] ** 2))
    else:
        rows = np.array([w * s.values for w, s in zip(found.weights, spectra, strict=True)])
        combined = rows.sum(axis=0) + (0.0 if under else 1.0)
        traces = (rows / combined).sum(axis=1)
        identity = float(np.sum(1 / combined))
    linear = n * found.weights if under else 0.0
    assert np.max(np.abs((linear + traces) / counts - 1)) < 1e-10
    if under:
        assert float(found.weights.sum()) == pytest.approx(1 - p / n, rel=1e-10)
    else:
        # Tr T = p - n, relative to the p that it is a part of
        assert abs(identity - (p - n)) < 1e-10 * p
    return found


@pytest.mark.parametrize("general", [False, True], ids=["diagonal", "general"])
def test_random_problems_are_solved(general):
    rng = np.random.default_rng(2)
    for index in range(SMALL if not general else SMALL // 3):
        spectra, counts, under = random_problem(rng, index, general=general)
        check(spectra, counts, under=under, dense=general)


@pytest.mark.slow
@pytest.mark.parametrize(("general", "number"), [(False, 8000), (True, LARGE - 8000)], ids=["diagonal", "general"])
def test_ten_thousand_random_problems_are_solved(general, number):
    rng = np.random.default_rng(3)
    for index in range(number):
        spectra, counts, under = random_problem(rng, index, general=general)
        check(spectra, counts, under=under, dense=general)


@pytest.mark.slow
def test_twenty_general_problems_of_500_features():
    rng = np.random.default_rng(4)
    for index in range(20):
        spectra = [Spectrum.random(500, rng, decades=6.0, rotate=True) for _ in range(2)]
        under = index % 2 == 0
        check(spectra, random_counts(rng, 500, 2, under=under), under=under, dense=True)


def exact_sums(values, weights):
    """Sums of the equations for n > p in rational arithmetic."""
    rows = [[Fraction(w) * Fraction(v) for v in row] for w, row in zip(weights, values, strict=True)]
    combined = [sum(column) for column in zip(*rows, strict=True)]
    return [sum(v / d for v, d in zip(row, combined, strict=True)) for row in rows]


def test_residuals_in_rational_arithmetic():
    """Spectra over twelve decades and one real row: the residual is that of the equations, not of our sums."""
    rng = np.random.default_rng(5)
    values = 10 ** rng.uniform(-6, 6, (2, 6))
    for counts in ((1, 6), (6, 1), (1, 500), (7, 7)):
        n = sum(counts)
        weights = solve_under(values, counts).weights
        for count, weight, part in zip(counts, weights, exact_sums(values, weights), strict=True):
            assert abs((n * Fraction(weight) + part) / count - 1) < 1e-12
        assert abs(sum(Fraction(w) for w in weights) - Fraction(n - 6, n)) < 1e-15


def test_scalar_root_against_brent():
    rng = np.random.default_rng(6)
    lam, n_t, n_s = 10 ** rng.uniform(-1, 1, 40), 30, 50
    c = 1 - 40 / 80

    def excess(a):
        return a + np.sum(a * lam / (a * lam + c - a)) / 80 - n_s / 80

    a = optimize.brentq(excess, 1e-12, c - 1e-12, xtol=1e-15)
    np.testing.assert_allclose(scalar_root(lam, n_t, n_s).weights, [c - a, a], rtol=1e-10)


def plain_iteration(matrices, counts, base, linear, steps=20_000):
    """The resolvent form a_k = n_k / (linear + Tr Sigma_k Q), iterated with averaging in the logarithms."""
    weights = np.full(len(counts), 0.5)
    for _ in range(steps):
        q = np.linalg.inv(base * np.eye(len(matrices[0])) + np.tensordot(weights, matrices, axes=1))
        new = np.array([n / (linear + np.trace(s @ q)) for n, s in zip(counts, matrices, strict=True)])
        step = np.log(new / weights)
        weights = weights * np.exp(step / 2)
        if np.max(np.abs(step)) < 1e-13:
            break
    return weights


@pytest.mark.parametrize("general", [False, True])
@pytest.mark.parametrize("counts", [(9, 12), (5, 4, 14), (2, 3), (1, 2, 3)])
def test_solutions_against_plain_iteration(general, counts):
    rng = np.random.default_rng(7)
    p, n = 10, sum(counts)
    spectra = [Spectrum.random(p, rng, decades=1.0, rotate=general) for _ in counts]
    matrices = np.array([s.matrix() for s in spectra])
    if n > p:
        found, reference = solve_under(spectra, counts), plain_iteration(matrices, counts, 0.0, n)
    else:
        found, reference = solve_over(spectra, counts), plain_iteration(matrices, counts, 1.0, 0.0)
    np.testing.assert_allclose(found.weights, reference, rtol=1e-9)
    ridge = solve_ridge(spectra, counts, 0.3)
    np.testing.assert_allclose(ridge.weights, plain_iteration(matrices, counts, 1.0, 0.3 * n), rtol=1e-9)


@pytest.mark.parametrize("general", [False, True])
def test_ridge_tends_to_both_ridgeless_cases(general):
    rng = np.random.default_rng(8)
    spectra = [Spectrum.random(12, rng, rotate=general) for _ in range(2)]
    z = 1e-9
    under = solve_under(spectra, [10, 20]).weights
    np.testing.assert_allclose(z * solve_ridge(spectra, [10, 20], z).weights, under, rtol=1e-6)
    over = solve_over(spectra, [3, 5]).weights
    np.testing.assert_allclose(solve_ridge(spectra, [3, 5], z).weights, over, rtol=1e-6)


@pytest.mark.parametrize("counts", [(12, 8), (1, 19), (3, 4), (1, 1)])
def test_general_and_diagonal_paths_agree(counts):
    rng = np.random.default_rng(9)
    spectra = [Spectrum.random(8, rng, decades=6.0) for _ in range(2)]
    turn = Spectrum.random(8, rng, rotate=True).basis
    # one axis of each is turned a little by itself: no common axes, and the same equations up to the angle
    angle = 1e-7
    wobble = turn.copy()
    wobble[:, 0] = np.cos(angle) * turn[:, 0] + np.sin(angle) * turn[:, 1]
    wobble[:, 1] = -np.sin(angle) * turn[:, 0] + np.cos(angle) * turn[:, 1]
    turned = [Spectrum(spectra[0].values, turn), Spectrum(spectra[1].values, wobble)]
    solver = solve_under if sum(counts) > 8 else solve_over
    # values six decades apart mix by angle^2 1e6 = 1e-8
    np.testing.assert_allclose(solver(turned, counts).weights, solver(spectra, counts).weights, rtol=1e-6)


@pytest.mark.parametrize("general", [False, True])
def test_weights_follow_a_change_of_units(general):
    rng = np.random.default_rng(10)
    spectra = [Spectrum.random(9, rng, rotate=general) for _ in range(2)]
    for scale in (1e-90, 1e90):
        scaled = [s.scaled(scale) for s in spectra]
        np.testing.assert_allclose(
            solve_under(scaled, [7, 9]).weights, solve_under(spectra, [7, 9]).weights, rtol=1e-10
        )
        np.testing.assert_allclose(
            scale * solve_over(scaled, [2, 4]).weights, solve_over(spectra, [2, 4]).weights, rtol=1e-10
        )


def test_populations_are_exchangeable_and_pool():
    rng = np.random.default_rng(11)
    one, other = (Spectrum.random(10, rng) for _ in range(2))
    for solver, counts in ((solve_under, (8, 9)), (solve_over, (3, 4))):
        forward, backward = solver([one, other], counts).weights, solver([other, one], counts[::-1]).weights
        np.testing.assert_allclose(forward, backward[::-1], rtol=1e-12)
        # a population that is split into two keeps the sum of their weights, in proportion to the rows
        split = solver([one, other, other], (counts[0], 1, counts[1] - 1)).weights
        np.testing.assert_allclose([split[0], split[1] + split[2]], forward, rtol=1e-10)
        assert split[2] / split[1] == pytest.approx(counts[1] - 1, rel=1e-10)


def test_empty_populations_have_no_weight():
    lam = [0.5, 1.0, 2.0, 4.0]
    np.testing.assert_allclose(scalar_root(lam, 8, 0).weights, [0.5, 0.0], rtol=1e-15)
    np.testing.assert_allclose(solve_under([np.ones(4), lam, lam], [0, 8, 0]).weights, [0, 0.5, 0], rtol=1e-15)
    alone = solve_over([lam], [2]).weights
    np.testing.assert_allclose(solve_over([np.ones(4), lam], [0, 2]).weights, [0, alone[0]], rtol=1e-12)


def test_dominant_systems_keep_their_digits():
    rng = np.random.default_rng(12)
    couplings = rng.random((4, 4))
    couplings = couplings + couplings.T
    surplus = np.array([1e-14, 2e-14, 1e-15, 3e-14])
    right = rng.random(4)
    x = solve_dominant(couplings, surplus, right)
    # 1^T H x = surplus^T x: lost to rounding in a plain solver, whose H has condition 1e15
    assert surplus @ x == pytest.approx(right.sum(), rel=1e-13)
    moderate = np.array([0.3, 0.1, 0.2, 0.5])
    dense = (
        np.diag(moderate + couplings.sum(axis=1) - np.diagonal(couplings)) - couplings + np.diag(np.diagonal(couplings))
    )
    np.testing.assert_allclose(solve_dominant(couplings, moderate, right), linalg.solve(dense, right), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: solve_under([[1.0, 1.0]], [2]), ValueError, "more rows than features"),
        (lambda: solve_over([[1.0, 1.0]], [2]), ValueError, "fewer rows than features"),
        (lambda: solve_under([[1.0, 1.0], [1.0]], [2, 2]), ValueError, "one dimension"),
        (lambda: solve_under([], []), ValueError, "at least one"),
        (lambda: solve_under([[1.0]], [-1]), ValueError, r"counts\[0\] must be an integer >= 0"),
        (lambda: solve_under([[1.0]], [2.5]), TypeError, r"counts\[0\] must be an integer"),
        (lambda: solve_over([[1.0, 2.0]] * 2, [0, 0]), ValueError, "no rows"),
        (lambda: solve_under([[1.0, 2.0]] * 2, [4]), ValueError, "covariances"),
        (lambda: scalar_root([1.0, 0.0], 2, 2), ValueError, "lam"),
        (lambda: scalar_root([1.0, 2.0], 1, 1), ValueError, "more rows than features"),
        (lambda: solve_ridge([[1.0]], [1], 0.0), ValueError, "penalty"),
    ],
)
def test_bad_arguments_are_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
