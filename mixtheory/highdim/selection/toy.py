r"""A small problem on which rules of selection can be compared: few real rows, a pool of graded distortions.

Real rows are normal with mean 0 and covariance :math:`\Sigma_t`, diagonal, geometric from 1/4 to 4. The pool comes from
five generators, g = 0, ..., 4, of distortion :math:`\gamma = g/4`, in equal parts: normal with the diagonal covariance

.. math:: \Sigma_g = (1 - \gamma/2)\, diag(e^{-2\tau\gamma u})\, \Sigma_t,

u a random permutation of p equally spaced numbers from 0 to 1 for each generator (it loses variance in all directions
and more in some), and mean :math:`s\gamma\sqrt p\,\Sigma_t^{1/2} e`, e a random direction. A rule is judged by the risk
of least squares on real and selected rows given the rows, over the noise variance,
:math:`Tr[\Sigma_t (X^\top X)^{-1}]`. The problem is one of this project.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_generator, check_integer, check_matrix, check_real

__all__ = ["SelectionToy", "draw_toy"]

Array = NDArray[np.float64]

_GENERATORS = 5
_LOW, _HIGH = 0.25, 4.0


@dataclass(frozen=True, eq=False)
class SelectionToy:
    """One draw of the problem.

    Attributes
    ----------
    real : ndarray, shape (n_target, p)
        The real rows.
    pool : ndarray, shape (n_pool, p)
        The candidates, generator by generator.
    fresh : ndarray, shape (n_pool, p)
        More real rows, for the upper bound or for a target covariance that is known well.
    generator : ndarray of int64, shape (n_pool,)
        Which generator a candidate comes from.
    variances : ndarray, shape (p,)
        The diagonal of the real covariance.
    """

    real: Array
    pool: Array
    fresh: Array
    generator: NDArray[np.int64]
    variances: Array

    def risk(self, selected: ArrayLike) -> float:
        """Return the risk of least squares on the real and the `selected` rows, over the noise variance."""
        rows = self.real if np.size(selected) == 0 else np.vstack([self.real, self._rows(selected)])
        triangle = np.linalg.qr(rows / np.sqrt(self.variances), mode="r")
        return float(np.sum(np.linalg.inv(triangle) ** 2))

    def at_target_trace(self, selected: ArrayLike) -> Array:
        """Return the `selected` rows times the number that brings their whitened mean square to that of real rows.

        Afterwards the trace of the second moments, relative to the real covariance, is p: the normalisation under
        which matching is optimal.
        """
        rows = self._rows(selected)
        if not np.any(rows):
            raise ValueError(f"selected must have an entry other than 0 to be scaled, got {len(rows)} row(s) of zeros")
        return np.asarray(rows / np.sqrt(np.mean(rows**2 / self.variances)))

    def _rows(self, selected: ArrayLike) -> Array:
        rows = check_matrix("selected", selected)
        if rows.shape[1] != self.variances.size:
            raise ValueError(f"selected must have {self.variances.size} columns, got shape {rows.shape}")
        return rows


def draw_toy(
    rng: np.random.Generator,
    *,
    p: int = 32,
    n_target: int = 48,
    n_pool: int = 1500,
    tilt: float = 1.0,
    shift: float = 0.0,
) -> SelectionToy:
    r"""Draw the problem of this module.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    p : int, default 32
        Number of columns, at least 2.
    n_target : int, default 48
        Number of real rows, more than `p`.
    n_pool : int, default 1500
        Number of candidates, at least 5, and of further real rows.
    tilt, shift : float, default 1 and 0
        :math:`\tau` and s: how unevenly variance is lost, and how far the means are off; at least 0.

    Returns
    -------
    SelectionToy

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> toy = draw_toy(np.random.default_rng(0))
    >>> toy.real.shape, toy.pool.shape
    ((48, 32), (1500, 32))
    >>> toy.risk(toy.pool) < toy.risk(toy.pool[:96]) < toy.risk([])
    True
    """
    check_generator(rng)
    p = check_integer("p", p, low=2)
    n_target = check_integer("n_target", n_target, low=p + 1)
    n_pool = check_integer("n_pool", n_pool, low=_GENERATORS)
    tilt = check_real("tilt", tilt, low=0.0, closed="left")
    shift = check_real("shift", shift, low=0.0, closed="left")
    variances = np.geomspace(_LOW, _HIGH, p)
    root = np.sqrt(variances)
    real = rng.standard_normal((n_target, p)) * root
    fresh = rng.standard_normal((n_pool, p)) * root
    generator = np.arange(n_pool) * _GENERATORS // n_pool
    pool = rng.standard_normal((n_pool, p))
    for g in range(_GENERATORS):
        distortion = g / (_GENERATORS - 1)
        factor = (1 - distortion / 2) * np.exp(-2 * tilt * distortion * rng.permutation(np.linspace(0, 1, p)))
        direction = rng.standard_normal(p)
        mean = shift * distortion * np.sqrt(p) * direction / np.linalg.norm(direction)
        rows = generator == g
        pool[rows] = (pool[rows] * np.sqrt(factor) + mean) * root
    return SelectionToy(real, pool, fresh, generator, variances)
