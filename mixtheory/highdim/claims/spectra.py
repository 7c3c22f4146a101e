r"""Identities of the families of spectra, their normalisations, and the relative spectrum (section 0)."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import linalg

from mixtheory.highdim import spectra
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, identity
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

P = 5
VALUES = np.array([0.2, 0.5, 1.0, 3.0, 8.0])
AXES = oracles.rotation(P, 4)
MATRIX = np.asarray((AXES * VALUES) @ AXES.T)
OTHER = oracles.kms(P, 0.4)
ORDERS = (-2.0, -1.0, 0.0, 0.5, 1.0, 3.0)


def _spectrum() -> spectra.Spectrum:
    return spectra.Spectrum(VALUES, AXES)


def _families() -> Array:
    made = (
        spectra.Spectrum.isotropic(P, 1.7),
        spectra.Spectrum.two_point(P, 0.1, 1.9, 0.4),
        spectra.Spectrum.geometric(P, 0.25, 4.0),
        spectra.Spectrum.toeplitz(P, 0.6),
        spectra.Spectrum.spiked(P, (9.0, 5.0), 0.5),
        spectra.Spectrum.power_law(P, 1.5),
        spectra.Spectrum.from_matrix(MATRIX),
    )
    return np.concatenate([spectrum.matrix().ravel() for spectrum in made])


def _families_by_entry(tilt: float = 0.6, law: float = -1.5) -> Array:
    """Write the matrices down entry by entry."""
    diagonals = (
        [1.7] * 5,
        [0.1, 0.1, 1.9, 1.9, 1.9],
        [0.25, 0.5, 1.0, 2.0, 4.0],
        [9.0, 5.0, 0.5, 0.5, 0.5],
        [float(k) ** law for k in range(1, P + 1)],
    )
    lags = [[tilt ** abs(i - j) for j in range(P)] for i in range(P)]
    isotropic, two_point, geometric, spiked, power_law = (np.diag(values) for values in diagonals)
    made = (isotropic, two_point, geometric, np.array(lags), spiked, power_law, MATRIX)
    return np.concatenate([matrix.ravel() for matrix in made])


def _roots() -> Array:
    s = _spectrum()
    return np.concatenate([s.sqrt().ravel(), s.inverse_sqrt().ravel(), s.scaled(2.5).matrix().ravel()])


def _roots_by_schur(scale: float = 2.5) -> Array:
    root = np.real(linalg.sqrtm(MATRIX))
    return np.concatenate([root.ravel(), linalg.inv(root).ravel(), (scale * MATRIX).ravel()])


def _means() -> Array:
    s = _spectrum()
    moments = [s.power_mean(q) for q in ORDERS]
    kept = [
        s.normalized("trace").trace / P,
        s.normalized("trace", to=3.0).trace / P,
        s.normalized("determinant").log_determinant,
        s.normalized("power_mean", q=2.0, to=1.5).power_mean(2.0),
        s.normalized("power_mean", q=-1.0).power_mean(-1.0),
    ]
    shapes = [s.normalized("determinant").values[0], s.normalized("power_mean", q=2.0, to=1.5).values[-1]]
    return np.array([*moments, s.trace, s.log_determinant, *kept, *shapes])


def _means_directly(shift: float = 0.0) -> Array:
    moments = [float(np.mean(VALUES ** (q + shift)) ** (1 / (q + shift))) if q else None for q in ORDERS]
    geometric = float(np.exp(np.mean(np.log(VALUES))))
    moments = [geometric if moment is None else moment for moment in moments]
    trace, log_determinant = np.trace(MATRIX), np.linalg.slogdet(MATRIX)[1]
    shapes = [VALUES[0] / geometric, 1.5 * VALUES[-1] / np.sqrt(np.mean(VALUES**2))]
    return np.array([*moments, trace, log_determinant, 1.0, 3.0, 0.0, 1.5, 1.0, *shapes])


def _relative() -> Array:
    product = spectra.relative_matrix(MATRIX, OTHER)
    pairs = ((MATRIX, OTHER), (VALUES, VALUES[::-1].copy()), (np.diag(VALUES), OTHER))
    found = [np.sort(spectra.relative_spectrum(t, s)) for t, s in pairs]
    return np.concatenate([product.ravel(), np.sort(np.linalg.eigvalsh(product.T @ product)), *found])


def _relative_directly(swap: bool = False) -> Array:
    def eigenvalues(target: Array, synthetic: Array) -> Array:
        pair = (target, synthetic) if swap else (synthetic, target)
        return np.sort(linalg.eigh(*pair, eigvals_only=True))

    product = np.real(linalg.sqrtm(OTHER)) @ linalg.inv(np.real(linalg.sqrtm(MATRIX)))
    first = eigenvalues(MATRIX, OTHER)
    others = eigenvalues(np.diag(VALUES), np.diag(VALUES[::-1])), eigenvalues(np.diag(VALUES), OTHER)
    return np.concatenate([product.ravel(), first, first, *others])


def _edge(share: float, scale: float) -> float:
    """Return whether a matrix of this reciprocal condition number is refused (2), is warned of (1), or neither (0)."""
    turned = scale * (AXES * np.array([share, 1.0, 1.0, 1.0, 1.0])) @ AXES.T
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            spectra.as_spectrum("sigma", (turned + turned.T) / 2)
        except ValueError:
            return 2.0
    return float(len(caught))


FORMULAS = identity(
    "highdim.spectra.formulas",
    "Families of covariances, their roots, power means and normalisations, and the relative spectrum.",
    r"\lambda_i=\mathrm{eig}_i(\Sigma_t^{-1/2}\Sigma_s\Sigma_t^{-1/2}),\quad M=\Sigma_s^{1/2}\Sigma_t^{-1/2}",
    "positive definite matrices of order 5, also nearly singular ones",
    "textbook",
    [
        ("families", _families, _families_by_entry),
        ("roots", _roots, _roots_by_schur),
        ("power means and normalisations", _means, _means_directly),
        ("relative matrix and spectrum", _relative, _relative_directly),
        (
            "singular, nearly singular and regular",
            lambda: [_edge(share, scale) for scale in (1.0, 1e8, 1e-8) for share in (-1e-3, 1e-17, 1e-13, 1e-9, 1e-3)],
            lambda: [2.0, 2.0, 1.0, 0.0, 0.0] * 3,
        ),
    ],
    [
        FormulaMutant("lag doubled", lambda: [_families_by_entry(tilt=0.36), None, None, None, None]),
        FormulaMutant("growing power law", lambda: [_families_by_entry(law=1.5), None, None, None, None]),
        FormulaMutant("scale squared", lambda: [None, _roots_by_schur(6.25), None, None, None]),
        FormulaMutant("another order", lambda: [None, None, _means_directly(0.25), None, None]),
        FormulaMutant("real and synthetic swapped", lambda: [None, None, None, _relative_directly(swap=True), None]),
    ],
)

CLAIMS: tuple[Claim, ...] = (FORMULAS,)
