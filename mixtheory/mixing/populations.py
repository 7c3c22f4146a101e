"""One-dimensional data laws with exact central moments of order one to four, for studies, claims and examples."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mixtheory._validation import check_generator, check_matrix, check_real, check_reals

__all__ = [
    "Bernoulli",
    "Cauchy",
    "Discrete",
    "Exponential",
    "Normal",
    "Population",
    "Rademacher",
    "StudentT",
    "TwoClusters",
]

Array = NDArray[np.float64]
Size = int | tuple[int, ...]


class Population(ABC):
    """A law of one column of data: central moments, draws and, where it is simple, the quantile function.

    A moment that is infinite is ``inf``, one that does not exist is ``nan``.
    """

    @property
    @abstractmethod
    def mean(self) -> float:
        """Mean mu."""

    @property
    @abstractmethod
    def var(self) -> float:
        """Variance sigma^2."""

    @property
    @abstractmethod
    def mu3(self) -> float:
        """Third central moment."""

    @property
    @abstractmethod
    def mu4(self) -> float:
        """Fourth central moment."""

    @abstractmethod
    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        """Draw independent values with a `numpy.random.Generator`."""

    @property
    def skewness(self) -> float:
        """mu_3 / sigma^3."""
        return self.mu3 / math.sqrt(self.var) ** 3

    @property
    def kappa4(self) -> float:
        """Fourth cumulant mu_4 - 3 sigma^4."""
        return self.mu4 - 3 * self.var**2

    @property
    def excess_kurtosis(self) -> float:
        """kappa_4 / sigma^4."""
        return self.kappa4 / self.var**2

    def ppf(self, p: ArrayLike) -> Array:
        """Return the quantiles of order p in [0, 1]; NotImplementedError where there is no simple formula."""
        return self._quantile(check_reals("p", p, low=0, high=1, closed="both"))

    def _quantile(self, p: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no simple quantile function")


@dataclass(frozen=True)
class Normal(Population):
    """Normal law with a mean and a positive standard deviation.

    Examples
    --------
    >>> Normal(1.0, 2.0).mu4
    48.0
    """

    mean: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        check_real("mean", self.mean)
        check_real("sd", self.sd, low=0)

    @property
    def var(self) -> float:
        """Variance sd^2."""
        return self.sd**2

    @property
    def mu3(self) -> float:
        """Zero by symmetry."""
        return 0.0

    @property
    def mu4(self) -> float:
        """3 sd^4."""
        return 3 * self.sd**4

    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        """Draw independent values."""
        return check_generator(rng).normal(self.mean, self.sd, size)

    def _quantile(self, p: Array) -> Array:
        return np.asarray(self.mean + self.sd * special.ndtri(p))


@dataclass(frozen=True)
class Exponential(Population):
    """Exponential law; the k-th central moment is scale^k times the number of derangements of k items.

    Parameters
    ----------
    scale : float
        Mean and standard deviation, positive.

    Examples
    --------
    >>> Exponential().skewness, Exponential().excess_kurtosis
    (2.0, 6.0)
    """

    scale: float = 1.0

    def __post_init__(self) -> None:
        check_real("scale", self.scale, low=0)

    @property
    def mean(self) -> float:
        """Mean, the scale."""
        return self.scale

    @property
    def var(self) -> float:
        """Variance, scale^2."""
        return self.scale**2

    @property
    def mu3(self) -> float:
        """Third central moment, 2 scale^3."""
        return 2 * self.scale**3

    @property
    def mu4(self) -> float:
        """Fourth central moment, 9 scale^4."""
        return 9 * self.scale**4

    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        """Draw independent values."""
        return check_generator(rng).exponential(self.scale, size)

    def _quantile(self, p: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(-self.scale * np.log1p(-p))


@dataclass(frozen=True)
class StudentT(Population):
    """Student's t law.

    Parameters
    ----------
    df : float
        Degrees of freedom, positive; the k-th moment is finite iff k < df.

    Examples
    --------
    >>> round(StudentT(9.0).excess_kurtosis, 12)
    1.2
    """

    df: float

    def __post_init__(self) -> None:
        check_real("df", self.df, low=0)

    @property
    def mean(self) -> float:
        """Zero if df > 1."""
        return 0.0 if self.df > 1 else math.nan

    @property
    def var(self) -> float:
        """Variance df / (df - 2) if df > 2."""
        if self.df > 2:
            return self.df / (self.df - 2)
        return math.inf if self.df > 1 else math.nan

    @property
    def mu3(self) -> float:
        """Zero if df > 3."""
        return 0.0 if self.df > 3 else math.nan

    @property
    def mu4(self) -> float:
        """3 df^2 / ((df - 2) (df - 4)) if df > 4."""
        if self.df > 4:
            return 3 * self.df**2 / ((self.df - 2) * (self.df - 4))
        return math.inf if self.df > 1 else math.nan

    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        """Draw independent values."""
        return np.asarray(check_generator(rng).standard_t(self.df, size))

    def _quantile(self, p: Array) -> Array:
        # stdtrit(df, 0) is +inf in SciPy.
        return np.asarray(np.where(p == 0, -np.inf, special.stdtrit(self.df, p)))


@dataclass(frozen=True)
class Cauchy(Population):
    """Standard Cauchy law: no moments; weights in [0, 1] leave it exactly unchanged."""

    @property
    def mean(self) -> float:
        """Does not exist, as all moments."""
        return math.nan

    var = mu3 = mu4 = mean

    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        """Draw independent values."""
        return np.asarray(check_generator(rng).standard_cauchy(size))

    def _quantile(self, p: Array) -> Array:
        return np.asarray(np.where(p == 0, -np.inf, np.where(p == 1, np.inf, np.tan(np.pi * (p - 0.5)))))


class _Atoms(Population):
    """A law on finitely many values, whose moments are sums."""

    @property
    @abstractmethod
    def _atoms(self) -> tuple[Array, Array]:
        """Increasing values and their probabilities."""

    def _central(self, k: int) -> float:
        values, probabilities = self._atoms
        return float(probabilities @ (values - self.mean) ** k)

    @property
    def mean(self) -> float:
        """Mean."""
        values, probabilities = self._atoms
        return float(probabilities @ values)

    @property
    def var(self) -> float:
        """Variance."""
        return self._central(2)

    @property
    def mu3(self) -> float:
        """Third central moment."""
        return self._central(3)

    @property
    def mu4(self) -> float:
        """Fourth central moment."""
        return self._central(4)

    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        """Draw independent values by inversion."""
        return self._quantile(check_generator(rng).random(size))

    def _quantile(self, p: Array) -> Array:
        values, probabilities = self._atoms
        return np.asarray(values[np.searchsorted(np.cumsum(probabilities)[:-1], p)])


@dataclass(frozen=True)
class Rademacher(_Atoms):
    """Minus one or one with equal probabilities: the law of least excess kurtosis, -2."""

    @property
    def _atoms(self) -> tuple[Array, Array]:
        return np.array([-1.0, 1.0]), np.array([0.5, 0.5])


@dataclass(frozen=True)
class Bernoulli(_Atoms):
    """One with probability p in (0, 1), else zero."""

    p: float

    def __post_init__(self) -> None:
        check_real("p", self.p, low=0, high=1)

    @property
    def _atoms(self) -> tuple[Array, Array]:
        return np.array([0.0, 1.0]), np.array([1 - self.p, self.p])


@dataclass(frozen=True)
class Discrete(_Atoms):
    """Finitely many values with given probabilities.

    Parameters
    ----------
    values, probabilities : tuple of float
        The probabilities are positive with sum one.

    Examples
    --------
    >>> Discrete((0.0, 1.0, 3.0), (0.5, 0.25, 0.25)).mean
    1.0
    """

    values: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        values = check_matrix("values", self.values, ndim=1)
        probabilities = check_reals("probabilities", self.probabilities, low=0)
        if probabilities.shape != values.shape or abs(float(probabilities.sum()) - 1) > 1e-9:
            raise ValueError(f"probabilities must be {values.size} positive numbers with sum 1")

    @property
    def _atoms(self) -> tuple[Array, Array]:
        order = np.argsort(self.values)
        return np.asarray(self.values, dtype=np.float64)[order], np.asarray(self.probabilities, dtype=np.float64)[order]


@dataclass(frozen=True)
class TwoClusters(Population):
    """Mixture of two normal laws with common standard deviation and centres at -separation/2 and separation/2.

    Parameters
    ----------
    separation : float
        Distance of the centres, non-negative.
    p : float
        Probability of the upper cluster, in (0, 1).
    sd : float
        Standard deviation within a cluster, positive.

    Examples
    --------
    >>> TwoClusters(4.0).var
    5.0
    """

    separation: float
    p: float = 0.5
    sd: float = 1.0

    def __post_init__(self) -> None:
        check_real("separation", self.separation, low=0, closed="left")
        check_real("p", self.p, low=0, high=1)
        check_real("sd", self.sd, low=0)

    @property
    def _side(self) -> Bernoulli:
        return Bernoulli(self.p)

    @property
    def mean(self) -> float:
        """Mean separation (p - 1/2)."""
        return self.separation * (self.p - 0.5)

    @property
    def var(self) -> float:
        """Variance separation^2 p (1 - p) + sd^2."""
        return self.separation**2 * self._side.var + self.sd**2

    @property
    def mu3(self) -> float:
        """Third central moment; only the clusters contribute."""
        return self.separation**3 * self._side.mu3

    @property
    def mu4(self) -> float:
        """Fourth central moment: clusters, six mixed terms, normal part."""
        between = self.separation**2 * self._side.var
        return self.separation**4 * self._side.mu4 + 6 * between * self.sd**2 + 3 * self.sd**4

    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        """Draw independent values."""
        centre = self.separation * (self._side.rvs(size, rng) - 0.5)
        return centre + rng.normal(0.0, self.sd, size)
