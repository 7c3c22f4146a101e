r"""What the studies of high-dimensional regression share: designs named by numbers, simulated and predicted risk.

A cell of a study holds plain numbers; here they become covariances, means and coefficients. `simulated_risk` and
`predicted_risk` take the same `Design`, so that a point and its line always belong together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_choice, check_integer, check_real
from mixtheory.highdim import kernels
from mixtheory.highdim.equivalents import RiskResult, excess_risk
from mixtheory.highdim.spectra import Spectrum, relative_spectrum

__all__ = [
    "BETAS",
    "NORMALISATIONS",
    "Design",
    "coefficients",
    "curve_design",
    "mean_pair",
    "predicted_risk",
    "relative_blocks",
    "shift_design",
    "simulated_risk",
    "toeplitz_pair",
    "two_blocks",
]

Array = NDArray[np.float64]

BETAS = ("isotropic", "first", "mean_t", "mean_s")
"""Coefficients: random with covariance I/p; along the first coordinate; along the real or the synthetic mean."""

NORMALISATIONS = ("relative_trace", "determinant", "own_trace")


@dataclass(frozen=True)
class Design:
    """A regression on real and synthetic rows.

    Attributes
    ----------
    sigma_t, sigma_s : Spectrum
        Covariances of the real and the synthetic rows.
    n_t, n_s : int
        Numbers of rows.
    mu_t, mu_s : ndarray (p,) or None
        Means; None is zero.
    beta : str
        One of `BETAS`.
    noise_var : float
        Variance of the noise.
    law : str
        Law of the entries of the designs, see `kernels.draw_design`.
    """

    sigma_t: Spectrum
    sigma_s: Spectrum
    n_t: int
    n_s: int
    mu_t: Array | None = None
    mu_s: Array | None = None
    beta: str = "isotropic"
    noise_var: float = 1.0
    law: str = "gaussian"

    @property
    def p(self) -> int:
        """Dimension."""
        return self.sigma_t.p


def toeplitz_pair(p: int, rho_t: float, rho_s: float) -> tuple[Spectrum, Spectrum]:
    r"""Return covariances :math:`\rho^{|i-j|}`, the second one scaled so that :math:`\mathrm{tr}M^\top M=p`.

    Examples
    --------
    >>> t, s = toeplitz_pair(6, 0.9, 0.3)
    >>> round(float(relative_spectrum(t, s).mean()), 12)
    1.0
    """
    target, synthetic = Spectrum.toeplitz(p, rho_t), Spectrum.toeplitz(p, rho_s)
    return target, synthetic.scaled(1.0 / float(relative_spectrum(target, synthetic).mean()))


def two_blocks(p: int, first: float, second: float) -> Spectrum:
    """Return a diagonal covariance with one variance in each half of the coordinates.

    Examples
    --------
    >>> two_blocks(4, 4.0, 0.25).values.tolist()
    [4.0, 4.0, 0.25, 0.25]
    """
    check_integer("p", p, low=2)
    half = p // 2
    first, second = check_real("first", first, low=0.0), check_real("second", second, low=0.0)
    return Spectrum(np.repeat([first, second], [half, p - half]))


def mean_pair(p: int, cosine: float, length_t: float, length_s: float) -> tuple[Array, Array]:
    r"""Return two means with a given cosine of the angle between them.

    Parameters
    ----------
    p : int
    cosine : float
        In [-1, 1].
    length_t, length_s : float
        Their norms in units of :math:`\sqrt p`, >= 0.

    Examples
    --------
    >>> a, b = mean_pair(10, -0.5, 2.0, 1.0)
    >>> round(float(a @ b), 12), round(float(a @ a), 12), round(float(b @ b), 12)
    (-10.0, 40.0, 10.0)
    """
    check_integer("p", p, low=2)
    check_real("cosine", cosine, low=-1.0, high=1.0, closed="both")
    check_real("length_t", length_t, low=0.0, closed="left")
    check_real("length_s", length_s, low=0.0, closed="left")
    first = np.ones(p)
    second = np.where(np.arange(p) % 2 == 0, 1.0, -1.0)
    second -= second.mean()
    second *= np.sqrt(p / (second @ second))
    return length_t * first, length_s * (cosine * first + np.sqrt(1 - cosine**2) * second)


def shift_design(
    *,
    p: int,
    n_t: int,
    n_s: int,
    rho_t: float,
    rho_s: float,
    cosine: float,
    length_t: float,
    length_s: float,
    beta: str,
) -> Design:
    """Return a design with the covariances of `toeplitz_pair` and the means of `mean_pair`."""
    sigma_t, sigma_s = toeplitz_pair(p, rho_t, rho_s)
    mu_t, mu_s = mean_pair(p, cosine, length_t, length_s)
    return Design(sigma_t, sigma_s, n_t, n_s, mu_t, mu_s, beta=beta)


def relative_blocks(target: tuple[float, float], normalisation: str, spread: float) -> tuple[float, float]:
    r"""Return the two different eigenvalues of :math:`M^\top M` on a curve that passes through 1, 1.

    Parameters
    ----------
    target : (float, float)
        Variances of the real rows in the two blocks.
    normalisation : {"relative_trace", "determinant", "own_trace"}
        What is kept: the sum of the eigenvalues, their product, or the trace of the synthetic covariance.
    spread : float
        The first eigenvalue is exp(2 spread) times the second.

    Examples
    --------
    >>> [round(v, 4) for v in relative_blocks((1.0, 1.0), "determinant", 0.5)]
    [1.6487, 0.6065]
    """
    check_choice("normalisation", normalisation, NORMALISATIONS)
    high, low = float(np.exp(spread)), float(np.exp(-spread))
    if normalisation == "relative_trace":
        scale = 2 / (high + low)
    elif normalisation == "determinant":
        scale = 1.0
    else:
        scale = (target[0] + target[1]) / (high * target[0] + low * target[1])
    return scale * high, scale * low


def curve_design(
    *,
    p: int,
    n_t: int,
    n_s: int,
    target: tuple[float, float],
    normalisation: str,
    spread: float,
    beta: str,
    noise_var: float,
) -> Design:
    """Return a design of two blocks, the synthetic variances on a curve of `relative_blocks`."""
    first, second = relative_blocks(target, normalisation, spread)
    sigma_s = two_blocks(p, first * target[0], second * target[1])
    return Design(two_blocks(p, *target), sigma_s, n_t, n_s, beta=beta, noise_var=noise_var)


def coefficients(design: Design) -> Array:
    r"""Return coefficients, shape (k, p), whose outer products add up to :math:`E\beta\beta^\top`.

    Raises
    ------
    ValueError
        If the name is unknown, or a direction is that of a mean which is zero.
    """
    kind = check_choice("beta", design.beta, BETAS)
    if kind == "isotropic":
        return np.asarray(np.eye(design.p) / np.sqrt(design.p))
    if kind == "first":
        return np.asarray(np.eye(1, design.p))
    mean = design.mu_t if kind == "mean_t" else design.mu_s
    if mean is None or not np.any(mean):
        raise ValueError(f"beta {kind!r} needs a mean that is not zero")
    return np.asarray(mean / np.linalg.norm(mean))[None, :]


def _root(spectrum: Spectrum) -> Array:
    return np.sqrt(spectrum.values) if spectrum.diagonal else spectrum.sqrt()


def simulated_risk(rng: np.random.Generator, n: int, design: Design) -> dict[str, Array]:
    """Draw `n` designs and return the excess risk given each, exact over the noise.

    Returns
    -------
    dict
        Arrays (n,): ``risk``; its parts ``variance`` (with the mean term) and ``bias``; ``mean_term``: what the mean
        of the test point adds to the variance.
    """
    counts, roots = (design.n_t, design.n_s), (_root(design.sigma_t), _root(design.sigma_s))
    means = None if design.mu_t is None and design.mu_s is None else (design.mu_t, design.mu_s)
    under = design.n_t + design.n_s > design.p
    betas = None if under else coefficients(design)
    parts = kernels.conditional_risk(rng, n, counts, roots, means=means, betas=betas, law=design.law)
    mean_term = design.noise_var * parts["mean_term"]
    variance = design.noise_var * parts["variance"] + mean_term
    bias = np.zeros(n) if under else parts["bias"].sum(axis=1)
    return {"risk": variance + bias, "variance": variance, "bias": bias, "mean_term": mean_term}


def predicted_risk(design: Design, *, means: bool = True) -> RiskResult:
    """Return the deterministic equivalent of `simulated_risk`; without `means` that of designs with mean zero."""
    rows = coefficients(design)
    beta = rows[0] if len(rows) == 1 else rows.T @ rows
    return excess_risk(
        design.sigma_t,
        design.sigma_s,
        design.n_t,
        design.n_s,
        noise_var=design.noise_var,
        beta=beta,
        mu_t=design.mu_t if means else None,
        mu_s=design.mu_s if means else None,
    )
