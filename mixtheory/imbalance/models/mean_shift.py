r"""The mean-shift symmetric model (C6): what synthetic rows cost and bring where the classes already agree.

X = y mu + xi with y = +-1, ``|mu| = 1`` and noise xi of mean 0, covariance I and a law symmetric in each coordinate;
the loss is (1 - y x^T theta)^2. Z = y X has one law in both classes, so the class gap vanishes at every theta:
imbalance brings no bias, and a synthetic row is worth what its noise and its errors leave of a real one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_genlaguerre, roots_hermitenorm

from mixtheory._validation import check_choice, check_integer, check_real

__all__ = ["NOISES", "MeanShiftModel", "noise_moments"]

Array = NDArray[np.float64]

NOISES = ("cube", "rademacher", "sphere", "gaussian")
_NODES = 24


def noise_moments(noise: str, d: int) -> tuple[float, float]:
    r"""Fourth moments of one and of two coordinates of the noise: kurtosis E xi_1^4 and cross moment E xi_1^2 xi_2^2.

    Parameters
    ----------
    noise : {"cube", "rademacher", "sphere", "gaussian"}
        Uniform on the cube of side 2 sqrt(3), random signs, uniform on the sphere of radius sqrt(d), standard normal.
    d : int
        Number of coordinates, at least 2.

    Raises
    ------
    TypeError, ValueError
        If the law is not known or d is no integer >= 2.

    Notes
    -----
    The first three laws are those of the public code of Ma and Zhang (2026) [C].

    Examples
    --------
    >>> noise_moments("cube", 20)
    (1.8, 1.0)
    """
    d = check_integer("d", d, low=2)
    check_choice("noise", noise, NOISES)
    if noise == "sphere":
        return 3 * d / (d + 2), d / (d + 2)
    return {"cube": 9 / 5, "rademacher": 1.0, "gaussian": 3.0}[noise], 1.0


@dataclass(frozen=True)
class MeanShiftModel:
    r"""Excess risk in the mean-shift symmetric model, theta* = mu/2, A = I + mu mu^T, ``|mu| = 1``.

    Risks are excess risks E (theta_hat - theta*)^T A (theta_hat - theta*) to the order that each method names; S =
    n_majority + n_minority, N = S + n_synthetic, w = n_synthetic / N.

    Parameters
    ----------
    d : int
        Number of features, at least 2.
    n_majority, n_minority : int
        Numbers of real rows, at least 1.
    noise : {"cube", "rademacher", "sphere", "gaussian"}
        Law of xi.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    C6 [V]: derived in this project and checked by simulation, for the model of the public code of Ma and Zhang (2026).
    With psi = Z (1 - Z^T theta*), the score up to a factor -2, theta_hat - theta* = (mean of Z Z^T)^{-1} (mean of psi),
    so the excess risk is the squared norm of the mean of psi in the metric A^{-1} to leading order; all formulas below
    are moments of it.

    Examples
    --------
    >>> model = MeanShiftModel(20, 2000, 100, "cube")
    >>> model.score_trace
    9.6
    >>> round(model.oracle(1900), 6), round(model.bootstrap(1900), 6), round(model.semi_oracle(1900), 6)
    (0.0024, 0.026329, 0.014245)
    """

    d: int
    n_majority: int
    n_minority: int
    noise: str = "cube"

    def __post_init__(self) -> None:
        noise_moments(self.noise, self.d)
        check_integer("n_majority", self.n_majority, low=1)
        check_integer("n_minority", self.n_minority, low=1)

    @property
    def score_trace(self) -> float:
        r"""T = tr A^{-1} Cov psi = (kurtosis - 1)/8 + (d - 1)(1 + cross)/4, the risk of one real row times N."""
        kurtosis, cross = noise_moments(self.noise, self.d)
        return (kurtosis - 1) / 8 + (self.d - 1) * (1 + cross) / 4

    @property
    def price_unit(self) -> float:
        r"""T / S^2, the unit of `marginal_price`."""
        return self.score_trace / (self.n_majority + self.n_minority) ** 2

    def oracle(self, n_synthetic: int) -> float:
        r"""Leading order with new rows of the minority's law, T / N: one more row is one more row."""
        return self.score_trace / self._rows(n_synthetic)

    def bootstrap(self, n_synthetic: int) -> float:
        r"""Leading order with resampled minority rows.

        .. math:: \frac{T}{N^2} \Bigl[ n_0 + n_1 \Bigl(1 + \frac{\tilde n}{n_1}\Bigr)^2
                  + \tilde n \Bigl(1 - \frac1{n_1}\Bigr) \Bigr]

        The middle term alone is that of weights 1 + n_synthetic/n_minority on the minority, the last one the price of
        drawing instead of weighting.
        """
        rows = self._rows(n_synthetic)
        weight = 1 + n_synthetic / self.n_minority
        spread = n_synthetic * (1 - 1 / self.n_minority)
        return self.score_trace * (self.n_majority + self.n_minority * weight**2 + spread) / rows**2

    def semi_oracle(self, n_synthetic: int, *, form: str = "leading") -> float:
        r"""Excess risk with fresh noise around the mean of the minority rows.

        Parameters
        ----------
        n_synthetic : int
        form : {"leading", "score", "given_mean"}
            "leading": with cross = E xi_1^2 xi_2^2,

            .. math:: \frac{\kappa_4 - 1}{8 N} + (d - 1) \Bigl[ \frac{1 + cross}{4 N} + \frac{\tilde n^2}{4 n_1 N^2}
                      + \frac{\tilde n}{2 N^2} \Bigr].

            "score": the expectation of the leading-order quadratic form, exact in n_minority. "given_mean": the
            minimiser given the error eta of the mean is solved exactly, its excess risk and the variance about it are
            averaged over eta ~ N(0, I / n_minority); for n_minority of the order of 10 d and most rows synthetic, where
            "leading" is too high by 10 % and more.

        Raises
        ------
        TypeError, ValueError
            If n_synthetic is no integer >= 0 or the form is not known.

        Notes
        -----
        "score" adds what is quadratic in eta = (a, h), along and across mu: the mean score of a synthetic row is
        (-a^2/2, h (1 - a)/2), its covariance has A^{-1} trace T + d/(2 n_1) on average, and ``E a^2 |h|^2`` follows
        from the fourth moments. "given_mean" treats the n_1 + n_synthetic rows with mean mu + eta as one population,
        which for normal and spherical noise is exact up to terms of relative order d/N: it saturates in ``w|eta|`` as
        `fixed_shift_floor` does. For the others a term in (kappa_4 - 3 cross) across mu is left out, some 0.2 % at 60
        minority rows.
        """
        rows = self._rows(n_synthetic)
        check_choice("form", form, ("leading", "score", "given_mean"))
        if form == "given_mean":
            return self._given_mean(n_synthetic)
        kurtosis, cross = noise_moments(self.noise, self.d)
        n_1, across = self.n_minority, self.d - 1
        if form == "leading":
            shared = across * (n_synthetic**2 / (4 * n_1) + n_synthetic / 2)
            return (self.score_trace * rows + shared) / rows**2
        own = self.score_trace + self.d / (2 * n_1)
        # E a^4 and E a^2 h_j^2 of the means of n_1 coordinates
        fourth = (3 + (kurtosis - 3) / n_1) / n_1**2
        mixed = (1 + (cross - 1) / n_1) / n_1**2
        squared = fourth / 8 + across * (1 / n_1 + mixed) / 4
        covariance = (kurtosis - 1) / (8 * n_1) + across * (1 + cross / n_1) / 4
        real = self.score_trace * (self.n_majority + n_1)
        return (real + n_synthetic * own + n_synthetic**2 * squared + 2 * n_synthetic * covariance) / rows**2

    def fixed_shift_floor(self, eta: float, w: float, *, along: float = 0.0) -> float:
        r"""Excess risk of the population minimiser for a share w of rows with mean mu + shift and covariance I.

        .. math:: \frac{w^2 \eta^2 (1 + w^2 \eta^2 / 2)}{(2 + 2 w \eta^2 - w^2 \eta^2)^2}

        for a shift of length eta across mu; it tends to eta^2 / (2 (2 + eta^2)) as w -> 1.

        Parameters
        ----------
        eta : float
            Length of the part of the shift that is orthogonal to mu.
        w : float
            Share of shifted rows, from 0 to 1.
        along : float
            Part of the shift along mu, in units of ``|mu|``. A small one costs along^4 w^2 / 8 only: its first-order
            mismatch vanishes for ``|mu| = 1``.

        Raises
        ------
        TypeError, ValueError
            If an argument is not finite or w is not in [0, 1].

        Notes
        -----
        C6 [V]: derived in this project; the minimiser solves (I + (1 - w) mu mu^T + w m m^T) theta = (1 - w) mu + w m
        with m = mu + shift, a 2 x 2 system in the plane of mu and the shift.

        Examples
        --------
        >>> model = MeanShiftModel(20, 2000, 100)
        >>> round(model.fixed_shift_floor(0.3, 7600 / 9700), 6)
        0.01305
        """
        eta, along = check_real("eta", eta), check_real("along", along)
        w = check_real("w", w, low=0, high=1, closed="both")
        first, second = _minimiser(along, eta, w)
        return float(2 * (first - 0.5) ** 2 + second**2)

    def shrunk_covariance_floor(self, c: float, w: float) -> float:
        r"""Excess risk of the population minimiser for a share w of rows with the right mean and covariance c I.

        .. math:: \frac{(1 - v)^2}{2 (1 + v)^2}, \qquad v = 1 - w + w c

        Parameters
        ----------
        c : float
            Factor of the covariance, at least 0.
        w : float
            Share of such rows, from 0 to 1.

        Raises
        ------
        TypeError, ValueError
            If c is not finite and >= 0 or w is not in [0, 1].
        """
        c = check_real("c", c, low=0, closed="left")
        w = check_real("w", w, low=0, high=1, closed="both")
        v = 1 - w + w * c
        return (1 - v) ** 2 / (2 * (1 + v) ** 2)

    def copying(self, generator: str, *, shrinkage: float = 0.1) -> float:
        r"""Share c of the minority's sampling error that a generator copies.

        .. math:: c = \frac{n_1}{T} \operatorname{tr} A^{-1} \operatorname{Cov}(E_Q \psi, \bar\psi_1)

        Parameters
        ----------
        generator : {"oracle", "bootstrap", "semi_oracle", "gaussian_fit"}
            0 for the oracle, 1 for resampling; to leading order in n_minority (d - 1)/(4 T) for the Semi-Oracle, whose
            mean alone is copied, and for a normal law with fitted mean and covariance that of the Semi-Oracle and the
            share 1 - shrinkage of the rest.
        shrinkage : float
            Weight in [0, 1] of the isotropic matrix of equal trace, for "gaussian_fit".

        Raises
        ------
        TypeError, ValueError
            If the generator is not known or the shrinkage is not in [0, 1].

        Examples
        --------
        >>> model = MeanShiftModel(20, 2000, 100, "rademacher")
        >>> model.copying("semi_oracle"), round(model.copying("gaussian_fit"), 4)
        (0.5, 0.95)
        """
        check_choice("generator", generator, ("oracle", "bootstrap", "semi_oracle", "gaussian_fit"))
        share = check_real("shrinkage", shrinkage, low=0, high=1, closed="both")
        if generator in ("oracle", "bootstrap"):
            return float(generator == "bootstrap")
        kurtosis, cross = noise_moments(self.noise, self.d)
        mean = (self.d - 1) / 4
        if generator == "semi_oracle":
            return mean / self.score_trace
        # the error of the trace, which shrinkage keeps, moves the variance along mu by its share
        trace = (kurtosis - 1 + (self.d - 1) * (cross - 1)) / self.d
        covariance = (1 - share) * ((kurtosis - 1) / 8 + (self.d - 1) * cross / 4) + share * trace / 8
        return (mean + covariance) / self.score_trace

    def marginal_price(self, copying: float, *, own_trace: float | None = None) -> float:
        r"""Change of the excess risk per synthetic row at none, in units of T / S^2: 2 c - 1.

        Parameters
        ----------
        copying : float
            c of `copying`: -1 for the oracle, 1 for resampling, 0 for c = 1/2; a row helps if c < 1/2.
        own_trace : float, optional
            tr A^{-1} Cov psi of a synthetic row given the training rows; T unless the generator's law has other fourth
            moments (a normal one: that of "gaussian" noise). The price is 2 c - 2 + own_trace / T.

        Raises
        ------
        TypeError, ValueError
            If an argument is not finite or own_trace is negative.

        Examples
        --------
        >>> model = MeanShiftModel(20, 2000, 100, "rademacher")
        >>> [model.marginal_price(model.copying(name)) for name in ("oracle", "semi_oracle", "bootstrap")]
        [-1.0, 0.0, 1.0]
        """
        copying = check_real("copying", copying)
        if own_trace is None:
            return 2 * copying - 1
        return 2 * copying - 2 + check_real("own_trace", own_trace, low=0, closed="left") / self.score_trace

    def _rows(self, n_synthetic: int) -> int:
        return self.n_majority + self.n_minority + check_integer("n_synthetic", n_synthetic, low=0)

    def _given_mean(self, n_synthetic: int) -> float:
        """Average excess risk and variance of the minimiser given eta = (a, h) over nodes, in the plane of mu and h."""
        rows = self._rows(n_synthetic)
        kurtosis, cross = noise_moments(self.noise, self.d)
        a, weight_a = roots_hermitenorm(_NODES)
        square, weight_h = roots_genlaguerre(_NODES, (self.d - 3) / 2)
        weights = np.outer(weight_a / weight_a.sum(), weight_h / weight_h.sum()).ravel()
        mu, metric, plane = np.array([1.0, 0.0]), np.diag([2.0, 1.0]), np.eye(2)
        mean = np.stack(np.meshgrid(1 + a / math.sqrt(self.n_minority), np.sqrt(2 * square / self.n_minority)), axis=-1)
        mean = np.swapaxes(mean, 0, 1).reshape(-1, 2)
        shifted = self.n_minority + n_synthetic
        # the centred scatter of the minority has one degree of freedom less than rows
        scatter = (rows - 1) * plane + self.n_majority * np.outer(mu, mu) + shifted * _outer(mean, mean)
        theta = np.linalg.solve(scatter, (self.n_majority * mu + shifted * mean)[..., np.newaxis])[..., 0]
        error = theta - mu / 2
        length = np.sum(theta**2, axis=-1)[:, np.newaxis, np.newaxis]
        quartic = (2 * cross - 1) * _outer(theta, theta) + cross * length * plane
        quartic[:, 0, 0] += (kurtosis - 3 * cross) * theta[:, 0] ** 2
        covariance = (rows - 1) * quartic
        off_plane = (rows - 1) * cross * length
        for count, centre in ((self.n_majority, np.broadcast_to(mu, mean.shape)), (n_synthetic, mean)):
            residual = 1 - np.sum(centre * theta, axis=-1)[:, np.newaxis, np.newaxis]
            mixed = _outer(centre, theta)
            mixed = mixed + np.swapaxes(mixed, 1, 2)
            covariance += count * (residual**2 * plane - residual * mixed + length * _outer(centre, centre))
            off_plane = off_plane + count * residual**2
        inverse = np.linalg.inv(scatter)
        variance = np.einsum("nij,njk,nki->n", inverse @ metric, inverse, covariance)
        variance += (self.d - 2) * off_plane[:, 0, 0] / (rows - 1) ** 2
        return float(weights @ (np.einsum("ni,ij,nj->n", error, metric, error) + variance))


def _outer(x: Array, y: Array) -> Array:
    return x[..., :, np.newaxis] * y[..., np.newaxis, :]


def _minimiser(along: float, eta: float, w: float) -> tuple[float, float]:
    """Solve (I + (1 - w) mu mu^T + w m m^T) theta = (1 - w) mu + w m for m = mu + shift by Cramer's rule."""
    scale = 1 + along
    first, second = 1 - w + w * scale, w * eta
    corner, side, other = 2 - w + w * scale**2, w * scale * eta, 1 + w * eta**2
    determinant = corner * other - side**2
    return (first * other - second * side) / determinant, (second * corner - first * side) / determinant
