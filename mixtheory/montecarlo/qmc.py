r"""Randomised quasi-Monte Carlo for studies whose integrand has few dimensions.

A replicate is the mean of the integrand over one scrambled Sobol net of :math:`N = 2^m` points. Replicates are
independent and unbiased. For smooth integrands and nested uniform scrambling their variance falls almost like
:math:`N^{-3}` (Owen 1997, *Annals of Statistics* 25, 1541-1562) where that of N plain draws falls like :math:`N^{-1}`;
the linear scrambling used here is cheaper, and what it gains is measured in ``benchmarks/test_qmc.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import qmc

from mixtheory._validation import check_generator, check_integer

__all__ = ["MIN_SCRAMBLES", "Scrambled"]

Integrand: TypeAlias = Callable[..., NDArray[np.float64] | Mapping[str, NDArray[np.float64]]]

MIN_SCRAMBLES = 64
"""The fewest replicates from which a study may take a standard error."""

_BITS = 32


@dataclass(frozen=True)
class Scrambled:
    r"""A simulator, for a study, whose replicate is one scramble of a Sobol net.

    **The standard error over scrambles is approximate.** The law of a replicate is spiky (mostly far closer to the
    integral than its standard deviation, now and then much farther), so a study must use at least `MIN_SCRAMBLES` = 64
    replicates and say that its error is approximate, and a verdict on a claim must not rest on it.

    Parameters
    ----------
    integrand : callable
        ``integrand(points, **cell)`` with points of shape (:math:`2^m`, d) in the open unit cube; returns the values,
        shape (:math:`2^m`,), or a mapping from names to such arrays. A module-level function can be pickled.
    dimension : int
        The dimension d, from 1 to 21201.
    log2_points : int, default 14
        The exponent m, from 0 to 24.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, here or when a call's integrand returns another shape.

    Notes
    -----
    Nets are scrambled by a random linear matrix and a digital shift (`scipy.stats.qmc.Sobol`), seeded from the
    generator of the block. Points are moved by half the spacing of their 32-bit grid, to its middle, so 0 and 1 never
    occur.

    Examples
    --------
    >>> import numpy as np
    >>> simulate = Scrambled(lambda points: points[:, 0] * points[:, 1], dimension=2, log2_points=10)
    >>> values = simulate(np.random.default_rng(1), 64)
    >>> values.shape, bool(abs(values.mean() - 0.25) < 1e-3)
    ((64,), True)
    """

    integrand: Integrand
    dimension: int
    log2_points: int = 14

    def __post_init__(self) -> None:
        if not callable(self.integrand):
            raise TypeError(f"integrand must be a function of points, got {type(self.integrand).__name__}")
        check_integer("dimension", self.dimension, low=1, high=qmc.Sobol.MAXDIM)
        check_integer("log2_points", self.log2_points, low=0, high=24)

    def points(self, rng: Generator) -> NDArray[np.float64]:
        """Return one scrambled net, shape (2**log2_points, dimension)."""
        sobol = qmc.Sobol(self.dimension, scramble=True, bits=_BITS, rng=check_generator(rng))
        net: NDArray[np.float64] = sobol.random_base2(self.log2_points)
        net += 0.5 ** (_BITS + 1)
        return net

    def _means(self, rng: Generator, cell: Mapping[str, Any]) -> dict[str, float]:
        values = self.integrand(self.points(rng), **cell)
        named = values if isinstance(values, Mapping) else {"": values}
        for name, array in named.items():
            if np.shape(array) != (2**self.log2_points,):
                raise ValueError(
                    f"integrand must return shape ({2**self.log2_points},), got {np.shape(array)} {name}".rstrip()
                )
        return {name: float(np.mean(array)) for name, array in named.items()}

    def __call__(self, rng: Generator, n: int, **cell: Any) -> NDArray[np.float64] | dict[str, NDArray[np.float64]]:
        """Simulate `n` independent replicates: one mean over a net each.

        Parameters
        ----------
        rng : numpy.random.Generator
        n : int
            Number of scrambles.
        **cell
            Handed to the integrand.

        Returns
        -------
        ndarray, shape (n,), or a mapping from names to such arrays
            As the integrand returns an array or a mapping.
        """
        n = check_integer("n", n, low=1)
        rows = [self._means(rng, cell) for _ in range(n)]
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        return columns[""] if list(columns) == [""] else columns
