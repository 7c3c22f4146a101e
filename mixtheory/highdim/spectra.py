r"""Covariances of real and synthetic rows: families of spectra, normalisations, and one spectrum relative to another.

A covariance is kept as eigenvalues and eigenvectors, so that diagonal problems never form a p x p matrix.
`as_spectrum` is the one place where covariances are checked. The rule for singular ones: a matrix whose smallest
eigenvalue is below p * eps times its largest cannot be told from a singular one and is refused; below 1e-10 times its
largest a `NearSingularWarning` is given. Diagonals are known to full precision and need only be positive.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from mixtheory._validation import (
    check_array,
    check_choice,
    check_generator,
    check_integer,
    check_matrix,
    check_real,
    check_reals,
    shown,
)
from mixtheory.highdim.axes import common_axes

__all__ = ["NearSingularWarning", "Spectrum", "as_spectrum", "common_axes", "relative_matrix", "relative_spectrum"]

Array = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_SYMMETRY = 1e-10
_ORTHOGONALITY = 1e-8
_NEAR_SINGULAR = 1e-10


class NearSingularWarning(UserWarning):
    """A covariance is so near to singular that its smallest eigenvalues carry few correct digits."""


def _frozen(array: Array) -> Array:
    copy = np.array(array, dtype=np.float64)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class Spectrum:
    r"""A positive definite covariance Sigma = U diag(values) U^T.

    Parameters
    ----------
    values : array_like, shape (p,)
        Eigenvalues, positive, in the units of a squared feature.
    basis : array_like, shape (p, p), optional
        Orthonormal eigenvectors in columns; the coordinate axes if left out.

    Raises
    ------
    ValueError
        If a value is not positive and finite, or the columns of `basis` are not orthonormal.

    Examples
    --------
    >>> sigma = Spectrum([1.0, 4.0])
    >>> sigma.p, sigma.trace, float(round(sigma.power_mean(0), 12))
    (2, 5.0, 2.0)
    """

    values: Array
    basis: Array | None = None

    def __post_init__(self) -> None:
        values = _frozen(check_matrix("values", self.values, ndim=1))
        if np.any(values <= 0):
            raise ValueError(f"values must be positive: a covariance is positive definite, got {values.min():g}")
        object.__setattr__(self, "values", values)
        if self.basis is not None:
            basis = check_matrix("basis", self.basis)
            if basis.shape != (values.size, values.size):
                raise ValueError(f"basis must have shape {(values.size, values.size)}, got {basis.shape}")
            gap = np.max(np.abs(basis.T @ basis - np.eye(values.size)))
            if gap > _ORTHOGONALITY:
                raise ValueError(f"basis must have orthonormal columns, got products that are off by {gap:.3g}")
            if basis.flags.writeable:
                basis = _frozen(basis)
            object.__setattr__(self, "basis", basis)

    @property
    def p(self) -> int:
        """Dimension."""
        return int(self.values.size)

    @property
    def diagonal(self) -> bool:
        """Whether the eigenvectors are the coordinate axes."""
        return self.basis is None

    @property
    def trace(self) -> float:
        """Sum of the eigenvalues."""
        return float(np.sum(self.values))

    @property
    def log_determinant(self) -> float:
        """Logarithm of the determinant."""
        return float(np.sum(np.log(self.values)))

    def power_mean(self, q: float) -> float:
        r"""Power mean (p^{-1} sum_i v_i^q)^{1/q} of the eigenvalues; the geometric mean at q = 0."""
        q = check_real("q", q)
        logs = np.log(self.values)
        middle = float(np.mean(logs))
        steps = q * (logs - middle)
        top = float(np.max(steps))
        if np.max(np.abs(steps)) < _EPS:
            return math.exp(middle)
        # near q = 0 the mean is close to 1 and its logarithm would keep few digits
        log_mean = np.log1p(np.mean(np.expm1(steps))) if top < 1 else top + np.log(np.mean(np.exp(steps - top)))
        return math.exp(middle + float(log_mean) / q)

    def _spectral(self, values: Array) -> Array:
        if self.basis is None:
            return np.asarray(np.diag(values))
        product = (self.basis * values) @ self.basis.T
        return np.asarray((product + product.T) / 2)

    def matrix(self) -> Array:
        """Return Sigma, shape (p, p)."""
        return self._spectral(self.values)

    def sqrt(self) -> Array:
        """Return the symmetric root of Sigma, shape (p, p)."""
        return self._spectral(np.sqrt(self.values))

    def inverse_sqrt(self) -> Array:
        """Return the inverse of the symmetric root, shape (p, p)."""
        return self._spectral(1 / np.sqrt(self.values))

    def factor(self) -> Array:
        """Return F = U diag(values)^{1/2} with F F^T = Sigma, shape (p, p)."""
        root = np.sqrt(self.values)
        return np.asarray(np.diag(root) if self.basis is None else self.basis * root)

    def scaled(self, c: float) -> Spectrum:
        """Return c Sigma, c > 0."""
        c = check_real("c", c, low=0)
        with np.errstate(over="ignore"):
            return Spectrum(_in_range(f"c = {shown(c)}", c * self.values), self.basis)

    def normalized(self, by: str = "trace", q: float | None = None, to: float = 1.0) -> Spectrum:
        r"""Return the multiple of Sigma whose mean eigenvalue, in the sense of `by`, is `to`.

        Parameters
        ----------
        by : {"trace", "determinant", "power_mean"}
            Arithmetic mean Tr Sigma / p, geometric mean det(Sigma)^{1/p}, or power mean of order `q`.
        q : float, optional
            Order of the power mean; needed for, and only for, by="power_mean".
        to : float
            Value of the mean, > 0.

        Raises
        ------
        ValueError
            If `by` is unknown, `to` is not positive, or `q` is missing or superfluous.

        Examples
        --------
        >>> Spectrum([1.0, 4.0]).normalized(by="determinant").values.tolist()
        [0.5, 2.0]
        """
        check_choice("by", by, ("trace", "determinant", "power_mean"))
        to = check_real("to", to, low=0)
        if (q is None) == (by == "power_mean"):
            raise ValueError(f"q must be given for by='power_mean' and for nothing else, got by={by!r} and q={q!r}")
        order = {"trace": 1.0, "determinant": 0.0}.get(by, q)
        assert order is not None
        return self.scaled(to / self.power_mean(order))

    @classmethod
    def isotropic(cls, p: int, value: float = 1.0) -> Spectrum:
        """Sigma = value I."""
        return cls(np.full(check_integer("p", p, low=1), check_real("value", value, low=0)))

    @classmethod
    def two_point(cls, p: int, low: float, high: float, share: float = 0.5) -> Spectrum:
        """Eigenvalue `low` on the first round(share p) axes and `high` on the others."""
        p = check_integer("p", p, low=1)
        low, high = check_real("low", low, low=0), check_real("high", high, low=0)
        first = round(check_real("share", share, low=0, high=1, closed="both") * p)
        return cls(np.repeat([low, high], [first, p - first]))

    @classmethod
    def geometric(cls, p: int, low: float, high: float) -> Spectrum:
        """Eigenvalues in geometric progression from `low` to `high` (either may be the larger)."""
        p = check_integer("p", p, low=1)
        low, high = check_real("low", low, low=0), check_real("high", high, low=0)
        return cls(np.asarray(np.geomspace(low, high, p), dtype=np.float64))

    @classmethod
    def toeplitz(cls, p: int, rho: float) -> Spectrum:
        """Kac-Murdock-Szego matrix, entries rho^|i-j| with -1 < rho < 1: an autoregression of order one."""
        p = check_integer("p", p, low=1)
        rho = check_real("rho", rho, low=-1, high=1)
        return _from_matrix(f"the matrix of rho = {rho!r}", linalg.toeplitz(rho ** np.arange(p)))

    @classmethod
    def spiked(cls, p: int, spikes: Sequence[float], value: float = 1.0) -> Spectrum:
        """Eigenvalues `spikes` on the first axes and `value` on the others."""
        p = check_integer("p", p, low=1)
        top = check_reals("spikes", check_matrix("spikes", spikes, ndim=1), low=0)
        if top.size > p:
            raise ValueError(f"spikes must have at most p = {p} entries, got {top.size}")
        return cls(np.concatenate([top, np.full(p - top.size, check_real("value", value, low=0))]))

    @classmethod
    def power_law(cls, p: int, exponent: float) -> Spectrum:
        """Eigenvalues i^{-exponent}, i = 1, ..., p."""
        p, exponent = check_integer("p", p, low=1), check_real("exponent", exponent)
        with np.errstate(over="ignore"):
            return cls(_in_range(f"exponent = {shown(exponent)}", np.arange(1.0, p + 1) ** -exponent))

    @classmethod
    def random(cls, p: int, rng: np.random.Generator, *, decades: float = 2.0, rotate: bool = False) -> Spectrum:
        """Log-uniform eigenvalues over `decades` decades about 1; with `rotate` on axes drawn from the Haar measure."""
        p, rng = check_integer("p", p, low=1), check_generator(rng)
        decades = check_real("decades", decades, low=0, high=600, closed="both")
        values = 10 ** (decades * (rng.random(p) - 0.5))
        if not rotate:
            return cls(values)
        orthogonal, triangle = np.linalg.qr(rng.standard_normal((p, p)))
        # Without the signs the law of Q depends on the convention of the QR routine.
        return cls(values, orthogonal * np.where(np.diagonal(triangle) < 0, -1.0, 1.0))

    @classmethod
    def from_matrix(cls, matrix: ArrayLike) -> Spectrum:
        """Return the spectrum of a symmetric positive definite matrix, checked as by `as_spectrum`."""
        return _from_matrix("matrix", check_matrix("matrix", matrix))


def _from_matrix(name: str, matrix: Array) -> Spectrum:
    p = matrix.shape[0]
    if matrix.shape != (p, p):
        raise ValueError(f"{name} must be a square matrix, got shape {matrix.shape}")
    largest = float(np.max(np.abs(matrix)))
    gap = float(np.max(np.abs(matrix / 2 - matrix.T / 2))) * 2
    if gap > _SYMMETRY * largest:
        raise ValueError(
            f"{name} must be symmetric, got entries that differ by {gap:.3g} from those across the diagonal"
        )
    diagonal = np.diagonal(matrix)
    if np.count_nonzero(matrix) == np.count_nonzero(diagonal):
        return _from_diagonal(name, diagonal)
    values, basis = linalg.eigh(matrix / 2 + matrix.T / 2, check_finite=False)
    if values[0] <= p * _EPS * values[-1]:
        kind = "numerically singular" if abs(values[0]) <= p * _EPS * abs(values[-1]) else "not positive definite"
        raise ValueError(
            f"{name} must be positive definite; it is {kind}: its eigenvalues go from {values[0]:.3g} to "
            f"{values[-1]:.3g} (remove features that the others determine, or add a multiple of the identity)"
        )
    if values[0] < _NEAR_SINGULAR * values[-1]:
        warnings.warn(
            f"{name} is nearly singular: its smallest eigenvalue is {values[0] / values[-1]:.1e} of its largest and is "
            f"known to about {max(0.0, math.log10(values[0] / values[-1] / _EPS)):.0f} digits",
            NearSingularWarning,
            stacklevel=4,
        )
    return Spectrum(values, basis)


def _in_range(origin: str, values: Array) -> Array:
    """Return eigenvalues that neither overflowed nor underflowed."""
    if not np.all(np.isfinite(values) & (values > 0)):
        raise ValueError(f"the eigenvalues must be positive and finite: they leave the range of floats with {origin}")
    return values


def _from_diagonal(name: str, values: Array) -> Spectrum:
    if np.any(values <= 0):
        raise ValueError(f"{name} must be positive definite, got the variance {values.min():g} on its diagonal")
    return Spectrum(values)


def as_spectrum(name: str, value: object) -> Spectrum:
    """Return a covariance given as `Spectrum`, diagonal (p,) or matrix (p, p) as a `Spectrum`.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    value : Spectrum or array_like, shape (p,) or (p, p)

    Raises
    ------
    TypeError
        If `value` is not numeric.
    ValueError
        If it has another shape, is not finite, not symmetric (to 1e-10 of its largest entry), or not positive definite:
        a matrix with an eigenvalue below p * eps times its largest counts as singular.

    Warns
    -----
    NearSingularWarning
        If the smallest eigenvalue of a matrix is below 1e-10 times its largest.
    """
    if isinstance(value, Spectrum):
        return value
    array = check_array(name, value, ndims=(1, 2), what="a Spectrum, a diagonal (p,) or a matrix (p, p)")
    return _from_diagonal(name, array) if array.ndim == 1 else _from_matrix(name, array)


def check_covariances(sigma_t: object, sigma_s: object) -> tuple[Spectrum, Spectrum]:
    """Return both covariances as spectra of one dimension."""
    target, synthetic = as_spectrum("sigma_t", sigma_t), as_spectrum("sigma_s", sigma_s)
    if target.p != synthetic.p:
        raise ValueError(f"sigma_t and sigma_s must have the same dimension, got {target.p} and {synthetic.p}")
    return target, synthetic


def relative_matrix(sigma_t: object, sigma_s: object) -> Array:
    r"""Matrix M = Sigma_s^{1/2} Sigma_t^{-1/2}, shape (p, p): with n > p the risk depends on M alone.

    Notes
    -----
    Rezaei et al. (2026), Theorem 4.1 [paper*].

    Examples
    --------
    >>> relative_matrix([1.0, 4.0], [4.0, 1.0]).tolist()
    [[2.0, 0.0], [0.0, 0.5]]
    """
    target, synthetic = check_covariances(sigma_t, sigma_s)
    return np.asarray(synthetic.sqrt() @ target.inverse_sqrt())


def relative_spectrum(sigma_t: object, sigma_s: object) -> Array:
    r"""Eigenvalues lambda of M^T M = Sigma_t^{-1/2} Sigma_s Sigma_t^{-1/2} (squared singular values of M), shape (p,).

    Sorted from the smallest; in the order of the axes if both covariances are diagonal in the same axes.

    Parameters
    ----------
    sigma_t, sigma_s : Spectrum or array_like, shape (p,) or (p, p)
        Covariances of real and synthetic rows.

    Raises
    ------
    ValueError
        If the covariances are not as `as_spectrum` asks or differ in dimension.

    Notes
    -----
    Rezaei et al. (2026), Theorem 4.1 [paper*]. Large values are those of M, small ones the reciprocals of those of
    M^{-1}, so that both ends keep their digits.

    Examples
    --------
    >>> relative_spectrum([1.0, 4.0], [4.0, 1.0]).tolist()
    [4.0, 0.25]
    """
    target, synthetic = check_covariances(sigma_t, sigma_s)
    common = common_axes((target, synthetic))
    if common is not None:
        with np.errstate(over="ignore"):
            return _in_range("this sigma_t and sigma_s", common[1][1] / common[1][0])
    left = np.eye(target.p) if target.basis is None else target.basis
    right = np.eye(target.p) if synthetic.basis is None else synthetic.basis
    cosines = left.T @ right
    root_t, root_s = np.sqrt(target.values)[:, np.newaxis], np.sqrt(synthetic.values)
    large = linalg.svdvals(cosines * root_s / root_t)[::-1]
    small = 1 / linalg.svdvals(cosines / root_s * root_t)
    return np.asarray(np.where(small < math.sqrt(float(small[0] * large[-1])), small, large) ** 2)
