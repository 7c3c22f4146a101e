"""The law of zeta-mixup: fixed p-series weights of T parents, the first parent dominating."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_choice, check_generator, check_integer, check_real, check_size, shown
from mixtheory.mixing import p_series
from mixtheory.mixing.laws import MixingLaw, Size

__all__ = ["ROWS", "Zeta"]

Array = NDArray[np.float64]

# Beyond this the float of a number of parents is another number.
_MOST_PARENTS = 2**53

ROWS = ("uniform", "anchored")
"""Laws of the rows of a weight matrix: any order of the batch, or every row dominated by its own member."""


@dataclass(frozen=True, init=False, repr=False, eq=False)
class Zeta(MixingLaw):
    r"""Fixed weights :math:`w_{(k)} = k^{-\gamma} / \sum_{j\le T} j^{-\gamma}` of T parents, in falling order.

    A synthetic record is :math:`\sum_k w_{(k)} X_k` over T parents in random order. The weights are not random, so a
    central cumulant of order r of iid parents is multiplied by the power sum :math:`A_r` and nothing else happens:
    normal parents give exactly normal records.

    Parameters
    ----------
    gamma : float
        Exponent, >= 0: 0 gives the mean of the parents, large values a copy of the first one.
    n_parents : int
        Number T >= 2 of parents; the published method takes the whole batch.

    Raises
    ------
    ValueError
        If `gamma` is negative, NaN or infinite, or `n_parents` < 2 or > 2^53.
    TypeError
        If `gamma` is no real number or `n_parents` no integer.

    Notes
    -----
    Weights and method: K. Abhishek, C.J. Brown and G. Hamarneh, J. Big Data 11:43 (2024) [paper]. Moments: note 02,
    C6 [derived]: derived in this project.

    Examples
    --------
    >>> law = Zeta(2.8, 32)
    >>> round(law.dominant_weight, 5), round(law.covariance_factor, 5), round(law.entropy, 4), law.dominates
    (0.80258, 0.6592, 0.7827, True)
    """

    gamma: float
    _count: int

    def __init__(self, gamma: float, n_parents: int) -> None:
        if isinstance(gamma, (bool, np.bool_)):
            raise TypeError(f"gamma must be a real number, got {shown(gamma)}")
        count = check_integer("n_parents", n_parents, low=2)
        if count > _MOST_PARENTS:
            raise ValueError(f"n_parents must be at most 2^53, got an integer of {count.bit_length()} bits")
        # adding 0.0 turns -0.0 into 0.0
        object.__setattr__(self, "gamma", check_real("gamma", gamma, low=0.0, closed="left") + 0.0)
        object.__setattr__(self, "_count", count)

    def __repr__(self) -> str:
        return f"Zeta(gamma={self.gamma!r}, n_parents={self._count})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Zeta, self._key()

    @property
    def n_parents(self) -> int:
        """Number T of parents."""
        return self._count

    def _key(self) -> tuple[Any, ...]:
        return self.gamma, self._count

    @staticmethod
    def matching(covariance_factor: float, n_parents: int) -> Zeta:
        """Return the law of `n_parents` parents with this covariance factor, in (1/n_parents, 1).

        Raises
        ------
        ValueError, TypeError
            As for `p_series.matching_gamma`.

        Examples
        --------
        >>> round(Zeta.matching(2 / 3, 32).gamma, 4)
        2.8311
        """
        count = check_integer("n_parents", n_parents, low=2)
        factor = check_real("covariance_factor", covariance_factor)
        return Zeta(float(p_series.matching_gamma(factor, count)), count)

    @cached_property
    def weights(self) -> Array:
        """The weights, shape (T,), largest first; read-only."""
        powers = np.arange(1.0, self._count + 1) ** -self.gamma
        weights = np.asarray(powers / powers.sum())
        weights.flags.writeable = False
        return weights

    def power_sum(self, k: int) -> float:
        r"""Power sum :math:`A_k = H_{T,k\gamma} / H_{T,\gamma}^k` for an integer ``k >= 0``."""
        return float(p_series.power_sum(check_integer("k", k, low=0), self.gamma, self._count))

    @property
    def variance_factor(self) -> float:
        """Factor A_2 of the covariance matrix; between 1/T and 1."""
        return self.power_sum(2)

    @property
    def r(self) -> float:
        """Half the Gini-Simpson index, (1 - A_2) / 2."""
        return float(p_series.gini_simpson(self.gamma, self._count)) / 2

    @property
    def q2(self) -> float:
        """Square of `r`: the weights are fixed."""
        return self.r**2

    @property
    def weight_means(self) -> Array:
        """The weights themselves, shape (T,)."""
        return self.weights

    @property
    def weight_variances(self) -> Array:
        """Zeros, shape (T,)."""
        return np.zeros(self._count)

    @property
    def dominant_weight(self) -> float:
        """The first weight, one over the generalised harmonic number."""
        return float(p_series.dominant_weight(self.gamma, self._count))

    @property
    def entropy(self) -> float:
        """Entropy of the weights in nats."""
        return float(p_series.entropy(self.gamma, self._count))

    @property
    def dominates(self) -> bool:
        """Whether the first parent weighs at least as much as all others, H <= 2; see `dominance_threshold`."""
        return bool(p_series.harmonic(self._count, self.gamma) <= 2)

    def weight_vectors(self, size: Size, rng: np.random.Generator) -> Array:
        """Repeat the weights, shape (size, T); nothing is drawn."""
        check_generator(rng)
        return np.tile(self.weights, (*_shape(size), 1))

    def rvs(self, size: Size, rng: np.random.Generator, *, rows: str = "uniform") -> Array:
        r"""Draw the weights of `size` synthetic records over the members of a batch of T, shape (size, T).

        Parameters
        ----------
        size : int or tuple of int
            Number of records; of a tuple the last entry counts the records of one batch.
        rng : numpy.random.Generator
        rows : {"uniform", "anchored"}
            ``"uniform"``: independent, uniformly random orders of the weights. ``"anchored"``: record p has its
            largest weight at member p (mod T), and the other weights in independent, uniformly random order.

        Returns
        -------
        ndarray, shape (size, T)

        Raises
        ------
        ValueError, TypeError
            If an argument is not one of those.

        Notes
        -----
        Independent orders are the text and anchored rows the public code of Abhishek, Brown and Hamarneh (2024). One
        record of a random anchor has the same law either way; records of one batch have not: means of anchored
        batches vary far less (note 02, C8 [derived]: derived in this project).

        Examples
        --------
        >>> import numpy as np
        >>> Zeta(2.8, 4).rvs(4, np.random.default_rng(0), rows="anchored").argmax(axis=1).tolist()
        [0, 1, 2, 3]
        """
        check_choice("rows", rows, ROWS)
        shape = _shape(size)
        generator = check_generator(rng)
        if rows == "uniform":
            return generator.permuted(np.tile(self.weights, (*shape, 1)), axis=-1)
        records = shape[-1] if shape else 1
        own = np.zeros((records, self._count), dtype=bool)
        own[np.arange(records), np.arange(records) % self._count] = True
        others = generator.permuted(np.tile(self.weights[1:], (*shape, 1)), axis=-1)
        out = np.full((*shape[:-1], records, self._count), self.weights[0])
        out[..., ~own] = others.reshape(*shape[:-1], records * (self._count - 1))
        return out.reshape(*shape, self._count)


def _shape(size: Size) -> tuple[int, ...]:
    checked = check_size("size", size)
    return checked if isinstance(checked, tuple) else (checked,)
