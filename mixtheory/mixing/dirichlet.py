"""Laws of the weights of more than two parents: Dirichlet, and Dirichlet expanded beyond the simplex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mixtheory._validation import check_generator, check_integer, check_real, check_reals, check_size
from mixtheory.mixing.laws import (
    MixingLaw,
    Real,
    Size,
    dirichlet_entropy,
    plain,
    shifted_beta_moment,
    shifted_beta_outside,
)
from mixtheory.mixing.quadrature import integrate

__all__ = ["Dirichlet", "ExpandedDirichlet"]

_NEGLIGIBLE = 1e-18


def _concentrations(alpha: Any, n_parents: int | None) -> tuple[float, ...]:
    """Check the concentrations and repeat a single one for every parent."""
    values = check_reals("alpha", alpha, low=0.0)
    if values.ndim > 1:
        raise ValueError(f"alpha must be a number or a vector with one entry a parent, got shape {values.shape}")
    length = values.size if n_parents is None else check_integer("n_parents", n_parents, low=2)
    if values.ndim and values.size != length:
        raise ValueError(f"n_parents must equal the {values.size} entries of alpha, got {length}")
    if length < 2:
        raise ValueError("n_parents must be an integer >= 2, got 1 (give n_parents with a single alpha)")
    return tuple(np.broadcast_to(values, (length,)).tolist())


def _largest_share(alpha: NDArray[np.float64]) -> float:
    """Mean of the largest Dirichlet weight: the integral of the tail of the largest of independent gamma variables."""
    shapes, counts = np.unique(alpha, return_counts=True)

    def tail(x: NDArray[np.float64]) -> NDArray[np.float64]:
        upper = special.gammaincc(shapes, x[..., np.newaxis])
        with np.errstate(divide="ignore"):
            return np.asarray(-np.expm1(np.sum(counts * np.log1p(-upper), axis=-1)))

    # below `low` the tail is 1 and above `high` nothing to all digits; `middle` is about where it falls
    low = float(np.max(special.gammaincinv(shapes, _NEGLIGIBLE)))
    middle = float(np.max(special.gammainccinv(shapes, 0.5 / counts)))
    high = float(np.max(special.gammainccinv(shapes, _NEGLIGIBLE / counts)))
    return (low + integrate(tail, low, middle) + integrate(tail, middle, high)) / float(alpha.sum())


@dataclass(frozen=True, init=False, repr=False, eq=False)
class ExpandedDirichlet(MixingLaw):
    r"""Weights :math:`w = (1 + k\epsilon) D - \epsilon` with :math:`D \sim` Dirichlet(alpha), k parents.

    Weight t alone has the law EpBeta(alpha_t, sum(alpha) - alpha_t; eps, (k - 1) eps).

    Parameters
    ----------
    alpha : float or (k,) array_like
        Concentrations, > 0; a single number is used for all parents.
    n_parents : int, optional
        Number k >= 2 of parents; needed with a single `alpha`.
    eps : float
        Expansion, >= 0: each weight lies in [-eps, 1 + (k - 1) eps].

    Raises
    ------
    ValueError
        If a parameter is outside its range or `n_parents` contradicts the length of `alpha`.

    Notes
    -----
    Source: note 01, T11 [D]: derived in this project.

    Examples
    --------
    >>> law = ExpandedDirichlet.preserving(1.0, 3)
    >>> round(law.eps, 6), round(float(law.variance_factor), 12), round(float(law.third_moment_factor), 6)
    (0.333333, 1.0, 0.955556)
    """

    alpha: tuple[float, ...]
    eps: float

    def __init__(self, alpha: ArrayLike, n_parents: int | None = None, eps: float = 0.0) -> None:
        object.__setattr__(self, "alpha", _concentrations(alpha, n_parents))
        object.__setattr__(self, "eps", check_real("eps", eps, low=0.0, closed="left"))

    def __repr__(self) -> str:
        return f"ExpandedDirichlet({self._parameters()}, eps={self.eps!r})"

    def _key(self) -> tuple[Any, ...]:
        return self.alpha, self.eps

    def _parameters(self) -> str:
        shown = self.alpha[0] if len(set(self.alpha)) == 1 else self.alpha
        return f"alpha={shown!r}, n_parents={self.n_parents}"

    @classmethod
    def preserving(cls, alpha: ArrayLike, n_parents: int | None = None) -> ExpandedDirichlet:
        r"""Return the one expansion of Dirichlet(alpha) that preserves the covariance matrix.

        With :math:`s = \sum_t \alpha_t` and :math:`\bar\alpha = s/k`,

        .. math:: (1 + k\epsilon)^2 = \frac{(k-1) s (s+1)}{(k-1) s + k \sum_t (\alpha_t - \bar\alpha)^2},

        which is :math:`\epsilon = (\sqrt{k\alpha + 1} - 1)/k` for equal concentrations.

        Raises
        ------
        ValueError
            If a parameter is outside its range.

        Notes
        -----
        Source: note 01, T11 [D]: derived in this project (unequal concentrations: the same quadratic equation).

        Examples
        --------
        >>> ExpandedDirichlet.preserving(4.0, 2).eps
        1.0
        """
        values = np.array(_concentrations(alpha, n_parents))
        k, total = values.size, values.sum()
        spread = k * np.sum((values - total / k) ** 2)
        width = np.sqrt((k - 1) * total * (total + 1) / ((k - 1) * total + spread))
        return ExpandedDirichlet(values, eps=(width - 1) / k)

    @property
    def n_parents(self) -> int:
        """Number k of parents."""
        return len(self.alpha)

    @property
    def width(self) -> float:
        r"""Length :math:`L = 1 + k\epsilon` of the support of one weight."""
        return 1 + self.n_parents * self.eps

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value of one weight."""
        return -self.eps, self.width - self.eps

    @property
    def reach(self) -> float:
        """How far a synthetic value can leave the data range, in units of that range: (k - 1) eps."""
        return (self.n_parents - 1) * self.eps

    def _marginal(self) -> tuple[Real, Real, Real, Real]:
        """Parameters of the shifted Beta law of each weight alone."""
        values = np.array(self.alpha)
        return values, values.sum() - values, self.eps, self.reach

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean weights, shape (k,)."""
        return self.moment(1)

    @property
    def var(self) -> NDArray[np.float64]:
        """Variances of the weights, shape (k,)."""
        share = np.array(self.alpha) / sum(self.alpha)
        return self.width**2 * share * (1 - share) / (sum(self.alpha) + 1)

    def moment(self, k: int) -> NDArray[np.float64]:
        """Moments :math:`E w_t^k` of the weights for an integer ``k >= 0``, shape (n_parents,)."""
        return np.asarray(shifted_beta_moment(check_integer("k", k, low=0), *self._marginal()))

    def power_sum(self, k: int) -> float:
        r"""Power sum :math:`E \sum_t w_t^k` for an integer ``k >= 0``."""
        return float(self.moment(k).sum())

    @property
    def r(self) -> float:
        r""":math:`r = (1 - E\sum_t w_t^2)/2 = E\sum_{s<t} w_s w_t`."""
        return (1 - self.power_sum(2)) / 2

    @property
    def q2(self) -> float:
        r""":math:`E[((1-\sum_t w_t^2)/2)^2] = r^2 + L^4 Var(\sum_t D_t^2)/4`.

        :math:`E(\sum_t D_t^2)^2 = (\sum_t \alpha_t^{(4)} + \sum_{s\ne t} \alpha_s^{(2)}\alpha_t^{(2)}) / s^{(4)}` with
        rising factorials :math:`x^{(j)}` and the sum s of the concentrations.
        """
        values, total = np.array(self.alpha), sum(self.alpha)
        pairs = special.poch(values, 2)
        mean = pairs.sum() / special.poch(total, 2)
        square = (special.poch(values, 4).sum() + pairs.sum() ** 2 - np.sum(pairs**2)) / special.poch(total, 4)
        return float(self.r**2 + self.width**4 * (square - mean**2) / 4)

    @property
    def weight_means(self) -> NDArray[np.float64]:
        """Means of the weights, shape (k,); the same as `mean`."""
        return self.mean

    @property
    def weight_variances(self) -> NDArray[np.float64]:
        """Variances of the weights, shape (k,); the same as `var`."""
        return self.var

    @property
    def dominant_weight(self) -> float:
        r"""Mean of the largest weight, :math:`(1+k\epsilon) E\max_t D_t - \epsilon`, to about 11 digits.

        A Dirichlet vector is a vector of independent gamma variables over their sum, and independent of that sum, so

        .. math:: E\max_t D_t = \frac1{\sum_t\alpha_t} \int_0^\infty \Big(1 - \prod_t P(\alpha_t, x)\Big) dx

        with the regularised incomplete gamma function P. Derived in this project.
        """
        return self.width * _largest_share(np.array(self.alpha)) - self.eps

    @property
    def entropy(self) -> Real:
        """Mean entropy of the weights in nats, by `laws.dirichlet_entropy`; ValueError unless eps = 0."""
        if self.eps:
            raise ValueError(f"entropy needs weights in [0, 1], got {self!r}")
        return dirichlet_entropy(self.alpha)

    def mass_outside(self) -> NDArray[np.float64]:
        """Probability that each weight lies outside [0, 1], shape (k,)."""
        return np.asarray(shifted_beta_outside(*self._marginal()))

    def pdf(self, x: ArrayLike) -> Real:
        """Density of the first k - 1 weights at the weight vectors `x` of shape (..., k), which must sum to one."""
        points = check_reals("x", x)
        if points.ndim == 0 or points.shape[-1] != self.n_parents:
            raise ValueError(f"x must have {self.n_parents} weights on its last axis, got shape {points.shape}")
        if not np.allclose(points.sum(axis=-1), 1.0, rtol=0.0, atol=1e-9):
            raise ValueError("x must hold weights that sum to 1 on its last axis")
        unit = (points + self.eps) / self.width
        values = np.array(self.alpha)
        log_constant = special.gammaln(values.sum()) - special.gammaln(values).sum()
        inside = np.all(unit >= 0, axis=-1)
        log_density = special.xlogy(values - 1, np.where(inside[..., None], unit, 1.0)).sum(axis=-1) + log_constant
        return plain(np.where(inside, np.exp(log_density) / self.width ** (self.n_parents - 1), 0.0))

    def weight_vectors(self, size: Size, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw `size` weight vectors, shape (size, k)."""
        shape = None if size is None else check_size("size", size)
        return self.width * check_generator(rng).dirichlet(self.alpha, shape) - self.eps

    def rvs(self, size: Size, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw `size` weight vectors, shape (size, k); the same as `weight_vectors`."""
        return self.weight_vectors(size, rng)


class Dirichlet(ExpandedDirichlet):
    r"""Dirichlet(alpha) weights of k parents: the expanded law with eps = 0, which always shrinks the variance.

    Parameters
    ----------
    alpha : float or (k,) array_like
        Concentrations, > 0; a single number is used for all parents.
    n_parents : int, optional
        Number k >= 2 of parents; needed with a single `alpha`.

    Raises
    ------
    ValueError
        If a parameter is outside its range or `n_parents` contradicts the length of `alpha`.

    Notes
    -----
    :math:`E\sum_t w_t^2 = (\alpha+1)/(k\alpha+1)` for equal concentrations.
    Source: note 01, T11 [D]: derived in this project.

    Examples
    --------
    >>> law = Dirichlet(1.0, 3)
    >>> law, float(law.variance_factor)
    (Dirichlet(alpha=1.0, n_parents=3), 0.5)
    """

    def __init__(self, alpha: ArrayLike, n_parents: int | None = None) -> None:
        super().__init__(alpha, n_parents)

    def __repr__(self) -> str:
        return f"Dirichlet({self._parameters()})"
