"""Spectra: families and normalisations against plain matrices, relative spectra against the generalised problem."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from mixtheory.highdim.spectra import (
    NearSingularWarning,
    Spectrum,
    as_spectrum,
    common_axes,
    relative_matrix,
    relative_spectrum,
)


def rotated(rng, p=7, decades=2.0):
    return Spectrum.random(p, rng, decades=decades, rotate=True)


@pytest.fixture
def rng():
    return np.random.default_rng()


def test_matrix_roots_and_factor_agree(rng):
    for sigma in (rotated(rng), Spectrum.random(7, rng)):
        matrix = sigma.matrix()
        np.testing.assert_allclose(sigma.sqrt() @ sigma.sqrt(), matrix, atol=1e-12)
        np.testing.assert_allclose(sigma.inverse_sqrt() @ matrix @ sigma.inverse_sqrt(), np.eye(7), atol=1e-10)
        np.testing.assert_allclose(sigma.factor() @ sigma.factor().T, matrix, atol=1e-12)
        np.testing.assert_allclose(np.sort(linalg.eigvalsh(matrix)), np.sort(sigma.values), rtol=1e-9)
        assert sigma.trace == pytest.approx(np.trace(matrix))
        assert sigma.log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1])


def test_families():
    np.testing.assert_array_equal(Spectrum.isotropic(3, 2.0).values, [2, 2, 2])
    np.testing.assert_array_equal(Spectrum.two_point(5, 0.5, 2.0, share=0.4).values, [0.5, 0.5, 2, 2, 2])
    np.testing.assert_allclose(Spectrum.geometric(3, 0.25, 4.0).values, [0.25, 1, 4])
    np.testing.assert_array_equal(Spectrum.spiked(4, [9.0, 5.0], 2.0).values, [9, 5, 2, 2])
    np.testing.assert_allclose(Spectrum.power_law(4, 0.5).values, [1, 2**-0.5, 3**-0.5, 0.5])
    powers = [[1, -0.5, 0.25], [-0.5, 1, -0.5], [0.25, -0.5, 1]]
    np.testing.assert_allclose(Spectrum.toeplitz(3, -0.5).matrix(), powers, atol=1e-14)


def test_random_spans_its_decades_and_rotates(rng):
    values = Spectrum.random(2000, rng, decades=6.0).values
    assert values.min() >= 1e-3 and values.max() <= 1e3
    # Uniform logarithms: the mean of 2000 is within 6 standard errors of 0
    assert abs(np.log10(values).mean()) < 6 * 6 / np.sqrt(12 * 2000)
    basis = rotated(rng).basis
    np.testing.assert_allclose(basis.T @ basis, np.eye(7), atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=12),
    st.floats(-3, 3).filter(lambda q: abs(q) > 1e-3),
    st.floats(1e-3, 1e3),
)
def test_normalisations_reach_their_mean(values, q, to):
    sigma = Spectrum(values)
    assert sigma.normalized("trace", to=to).values.mean() == pytest.approx(to)
    assert np.log(sigma.normalized("determinant", to=to).values).mean() == pytest.approx(np.log(to), abs=1e-9)
    mean = np.mean(sigma.normalized("power_mean", q, to=to).values ** q)
    assert mean == pytest.approx(to**q, rel=1e-8)


def test_power_means_increase_and_pass_through_the_geometric_mean(rng):
    sigma = Spectrum.random(20, rng, decades=6.0)
    means = [sigma.power_mean(q) for q in (-2, -1, -1e-7, 0, 1e-7, 1, 2)]
    assert all(a <= b * (1 + 1e-12) for a, b in zip(means, means[1:], strict=False))
    assert means[2] == pytest.approx(means[3], rel=1e-4) and means[4] == pytest.approx(means[3], rel=1e-4)


def test_relative_matrix_and_spectrum_against_the_generalised_problem(rng):
    target, synthetic = rotated(rng), rotated(rng)
    reference = linalg.eigh(synthetic.matrix(), target.matrix(), eigvals_only=True)
    lam = relative_spectrum(target, synthetic)
    np.testing.assert_allclose(lam, reference, rtol=1e-9)
    np.testing.assert_allclose(linalg.svdvals(relative_matrix(target, synthetic)) ** 2, lam[::-1], rtol=1e-9)
    # Exchanging the two inverts the spectrum
    np.testing.assert_allclose(relative_spectrum(synthetic, target), 1 / lam[::-1], rtol=1e-9)


def test_relative_spectrum_keeps_the_digits_of_both_ends(rng):
    # The smallest value, 14 decades below the largest, is the reciprocal of the largest of the inverse problem
    target, synthetic = rotated(rng, decades=7.0), rotated(rng, decades=7.0)
    lam = relative_spectrum(target, synthetic)
    inverse_t = Spectrum(1 / target.values, target.basis)
    inverse_s = Spectrum(1 / synthetic.values, synthetic.basis)
    np.testing.assert_allclose(relative_spectrum(inverse_t, inverse_s), 1 / lam[::-1], rtol=1e-8)
    assert np.log(lam).sum() == pytest.approx(synthetic.log_determinant - target.log_determinant, abs=1e-7)


def test_relative_spectrum_of_diagonals_keeps_the_order_of_the_axes():
    np.testing.assert_array_equal(relative_spectrum([1.0, 4.0, 2.0], [3.0, 1.0, 1.0]), [3.0, 0.25, 0.5])


def test_common_axes_are_found(rng):
    one, other = rotated(rng), rotated(rng)
    assert common_axes([one, other]) is None
    assert common_axes([one, Spectrum(np.arange(1.0, 8.0))]) is None
    for pair in (
        (one, Spectrum.isotropic(7, 3.0)),
        (Spectrum.isotropic(7), one),
        (one, one.scaled(2.0)),
        (one, Spectrum(np.arange(1.0, 8.0), one.basis.copy())),
        # the same axes in another order, known only through the matrix
        (one, as_spectrum("x", one.matrix() @ one.matrix())),
        (Spectrum(np.arange(1.0, 8.0)), as_spectrum("x", np.diag(np.arange(7.0, 0.0, -1.0)))),
    ):
        axes, rows = common_axes(pair)
        basis = np.eye(7) if axes is None else axes
        for sigma, row in zip(pair, rows, strict=True):
            np.testing.assert_allclose((basis * row) @ basis.T, sigma.matrix(), atol=1e-10)


def test_almost_commuting_is_not_commuting(rng):
    one = rotated(rng)
    angle = 1e-6
    turn = np.eye(7)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    values = np.linspace(1.0, 9.0, 7)
    assert common_axes([Spectrum(values, one.basis), Spectrum(values, one.basis @ turn)]) is None


def test_as_spectrum_accepts_the_three_forms(rng):
    sigma = rotated(rng)
    assert as_spectrum("x", sigma) is sigma
    assert as_spectrum("x", [1.0, 2.0]).diagonal
    assert as_spectrum("x", [[1.0, 0.0], [0.0, 2.0]]).diagonal
    np.testing.assert_allclose(as_spectrum("x", sigma.matrix()).matrix(), sigma.matrix(), atol=1e-12)


@pytest.mark.parametrize(
    ("value", "error", "match"),
    [
        ([[1.0, 0.5], [0.4, 1.0]], ValueError, "sigma_t must be symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], ValueError, "not positive definite"),
        ([[1.0, 1.0], [1.0, 1.0]], ValueError, "numerically singular"),
        ([[0.0, 0.0], [0.0, 0.0]], ValueError, "positive definite"),
        ([1.0, 0.0], ValueError, "positive definite"),
        ([1.0, -1.0], ValueError, "positive definite"),
        ([1.0, np.nan], ValueError, "sigma_t must be finite"),
        ([[1.0, np.inf], [np.inf, 1.0]], ValueError, "sigma_t must be finite"),
        ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], ValueError, "square"),
        (1.0, ValueError, "sigma_t must be a Spectrum"),
        (np.ones((2, 2, 2)), ValueError, "sigma_t must be a Spectrum"),
        ([], ValueError, "sigma_t"),
        (["a", "b"], TypeError, "sigma_t must be an array of real numbers"),
        ([1j, 1.0], TypeError, "sigma_t must be an array of real numbers"),
    ],
)
def test_bad_covariances_are_refused(value, error, match):
    with pytest.raises(error, match=match):
        as_spectrum("sigma_t", value)


def test_the_rule_for_singular_matrices():
    def matrix(ratio):
        return (np.array([[1.0, 1.0], [1.0, 1.0]]) + ratio * np.array([[1.0, -1.0], [-1.0, 1.0]])) / 2

    as_spectrum("x", matrix(1e-9))
    with pytest.warns(NearSingularWarning, match="nearly singular"):
        as_spectrum("x", matrix(1e-12))
    with pytest.raises(ValueError, match="numerically singular"):
        as_spectrum("x", matrix(1e-16))
    # a diagonal has no such limit
    assert as_spectrum("x", [1e-200, 1.0]).p == 2


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: Spectrum([1.0, -1.0]), "values must be positive"),
        (lambda: Spectrum([1.0, 1.0], np.eye(3)), "basis must have shape"),
        (lambda: Spectrum([1.0, 1.0], [[1.0, 1.0], [0.0, 1.0]]), "orthonormal"),
        (lambda: Spectrum.toeplitz(3, 1.0), "rho"),
        (lambda: Spectrum.spiked(1, [2.0, 3.0]), "at most p"),
        (lambda: Spectrum.two_point(3, 1.0, 2.0, share=1.5), "share"),
        (lambda: Spectrum.isotropic(0), "p must be"),
        (lambda: Spectrum([1.0]).normalized("norm"), "by must be"),
        (lambda: Spectrum([1.0]).normalized("power_mean"), "q must be given"),
        (lambda: Spectrum([1.0]).normalized("trace", q=1.0), "q must be given"),
        (lambda: Spectrum([1.0]).normalized(to=0.0), "to must be"),
        (lambda: Spectrum([1.0]).scaled(-1.0), "c must be"),
        (lambda: relative_spectrum([1.0], [1.0, 2.0]), "same dimension"),
    ],
)
def test_bad_arguments_are_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_spectra_are_frozen_and_keep_their_own_copy():
    values = np.array([1.0, 2.0])
    sigma = Spectrum(values)
    values[0] = 5.0
    assert sigma.values[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        sigma.values[0] = 2.0
