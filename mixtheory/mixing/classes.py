r"""Classes of a labelled population.

Class k has probability pi_k, mean mu_k and covariance Sigma_k. The covariance of all records has a within part
W = sum pi_k Sigma_k and a between part B = sum pi_k d_k d_k' with d_k = mu_k - mu; Sigma_T = W + B.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_matrix, check_reals

__all__ = ["Classes", "check_probabilities"]

Array = NDArray[np.float64]


def check_probabilities(probabilities: ArrayLike) -> Array:
    """Return non-negative probabilities that sum to one, shape (k,)."""
    pi = check_reals("probabilities", check_matrix("probabilities", probabilities, ndim=1), low=0, closed="left")
    if abs(np.sum(pi) - 1) > 1e-9:
        raise ValueError(f"probabilities must sum to 1, got {np.sum(pi):g}")
    return pi


@dataclass(frozen=True, init=False, eq=False)
class Classes:
    r"""Class probabilities, means and covariances.

    Parameters
    ----------
    probabilities : array_like, shape (k,)
        pi_k, non-negative with sum 1.
    means : array_like, shape (k,) or (k, d)
        mu_k; one number a class for one column.
    covariances : array_like, shape (k,) or (k, d, d)
        Sigma_k; one variance a class for one column.

    Raises
    ------
    ValueError
        If shapes disagree, values are not finite, or the probabilities do not sum to one.

    Examples
    --------
    >>> classes = Classes([0.5, 0.3, 0.2], [0, 2, 5], [1, 0.25, 4])
    >>> classes.mean.round(12).tolist(), classes.total.round(6).tolist()
    ([1.6], [[5.015]])
    """

    probabilities: Array
    means: Array
    covariances: Array

    def __init__(self, probabilities: ArrayLike, means: ArrayLike, covariances: ArrayLike) -> None:
        pi = check_probabilities(probabilities)
        centres = check_reals("means", means)
        centres = check_matrix("means", centres[:, np.newaxis] if centres.ndim == 1 else centres)
        spreads = check_reals("covariances", covariances)
        spreads = spreads[:, np.newaxis, np.newaxis] if spreads.ndim == 1 else spreads
        spreads = check_matrix("covariances", spreads, ndim=3)
        d = centres.shape[1]
        if centres.shape[0] != pi.size:
            raise ValueError(f"means must have one row for each of {pi.size} classes, got shape {centres.shape}")
        if spreads.shape != (pi.size, d, d):
            raise ValueError(f"covariances must have shape {(pi.size, d, d)}, got {spreads.shape}")
        object.__setattr__(self, "probabilities", pi)
        object.__setattr__(self, "means", centres)
        object.__setattr__(self, "covariances", spreads)

    @property
    def mean(self) -> Array:
        """Overall mean mu, shape (d,)."""
        return np.asarray(self.probabilities @ self.means)

    @property
    def shifts(self) -> Array:
        """Class shifts d_k = mu_k - mu, shape (k, d)."""
        return self.means - self.mean

    @property
    def shift_products(self) -> Array:
        """Outer products d_k d_k', shape (k, d, d)."""
        return self.shifts[:, :, np.newaxis] * self.shifts[:, np.newaxis, :]

    def average(self, values: Array) -> Array:
        """Return sum_k pi_k values_k over the first axis."""
        return np.asarray(np.tensordot(self.probabilities, values, axes=1))

    @property
    def within(self) -> Array:
        """Within-class covariance W, shape (d, d)."""
        return self.average(self.covariances)

    @property
    def between(self) -> Array:
        """Between-class covariance B, shape (d, d)."""
        return self.average(self.shift_products)

    @property
    def total(self) -> Array:
        """Covariance W + B of the records, shape (d, d)."""
        return self.within + self.between
