r"""Moments of many reweighted copies of a table at the cost of one: rows are summed in random blocks.

A bootstrap of rows costs a pass over all rows for every replicate. Moments are smooth functions of sums over rows, and
a sum over rows is a sum over blocks of rows that were put together at random. Drawing blocks instead of rows keeps the
variance of such sums: with G blocks of b rows, the mean of a block has variance s^2 / b, and the mean of G drawn blocks
has s^2 / (G b). Estimated from G blocks, a standard error is itself uncertain by about 1 / sqrt(2 G), 2 % for the 1,000
blocks used here. Tables with fewer rows than blocks have one row in each block: the ordinary bootstrap, and splits
into rows. Replicates are computed in batches, one matrix product each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "RowBlocks"]

Array = NDArray[np.float64]

_BLOCKS = 1_000
_FEWEST_BLOCKS = 100
# numbers in the sums of products of all blocks, and in the matrices of one batch of replicates
_PRODUCTS = 3 * 10**7
_BATCH = 2 * 10**6


@dataclass(frozen=True, eq=False)
class Moments:
    """Central moments of weighted copies of a table, on the last axes; covariance with divisor n.

    Attributes
    ----------
    rows : ndarray, shape (...)
    mean, second, third, fourth : ndarray, shape (..., d)
    covariance : ndarray, shape (..., d, d), or None
    """

    rows: Array
    mean: Array
    second: Array
    third: Array
    fourth: Array
    covariance: Array | None

    @property
    def sample_covariance(self) -> Array:
        """The covariance with divisor n - 1 (NaN for one row)."""
        assert self.covariance is not None
        return self.covariance * self.unbiased[..., None, None]

    @property
    def unbiased(self) -> Array:
        """The factor n / (n - 1) (NaN for one row)."""
        some = np.maximum(self.rows, 2.0)
        return np.asarray(np.where(self.rows > 1, some / (some - 1), np.nan))


class RowBlocks:
    """A table as sums over random blocks of its rows.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        Numbers of order one: centred and scaled.
    rng : numpy.random.Generator
    matrices : bool
        Whether covariance matrices are wanted.
    """

    def __init__(self, rows: Array, rng: np.random.Generator, *, matrices: bool = True) -> None:
        n, d = rows.shape
        blocks = _BLOCKS if not matrices else max(_FEWEST_BLOCKS, min(_BLOCKS, _PRODUCTS // max(1, d * d)))
        # sums about a far centre cancel in copies without the rows that moved it: medians are moved by no row
        self._centre = np.median(rows, axis=0) if n else np.zeros(d)
        order = rng.permutation(n)
        blocks = min(n, blocks)
        self.rows, self._d = n, d
        starts = (np.arange(blocks) * n) // max(1, blocks)
        self._counts = np.diff(starts, append=n).astype(np.float64)
        self._powers = np.empty((blocks, 4 * d))
        self._products = np.empty((blocks, d * d)) if matrices else None
        # as many blocks at once as keep their rows in a fast memory
        step = max(1, blocks * _BATCH // (8 * max(1, n * d)))
        for first in range(0, blocks, step):
            last = min(first + step, blocks)
            stop = n if last == blocks else int(starts[last])
            part, at = rows[order[starts[first] : stop]] - self._centre, starts[first:last] - starts[first]
            square = part * part
            powers = np.concatenate([part, square, square * part, square * square], axis=1)
            self._powers[first:last] = np.add.reduceat(powers, at, axis=0)
            if self._products is None:
                continue
            if n == blocks:
                self._products[first:last] = (part[:, :, None] * part[:, None, :]).reshape(-1, d * d)
                continue
            for place, some in enumerate(np.split(part, at[1:])):
                self._products[first + place] = (some.T @ some).ravel()

    def _moments(self, weights: Array) -> Moments:
        """Return the moments of copies with the weights (B, blocks)."""
        total = weights @ self._counts
        first, second, third, fourth = np.moveaxis(
            ((weights @ self._powers) / total[:, None]).reshape(len(weights), 4, self._d), 1, 0
        )
        variance = np.maximum(second - first**2, 0.0)
        covariance = None
        if self._products is not None:
            d = self._d
            covariance = ((weights @ self._products) / total[:, None]).reshape(-1, d, d)
            covariance = covariance - first[:, :, None] * first[:, None, :]
            covariance[:, np.arange(d), np.arange(d)] = variance
        return Moments(
            rows=total,
            mean=self._centre + first,
            second=variance,
            third=third - 3 * first * second + 2 * first**3,
            fourth=fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4,
            covariance=covariance,
        )

    def moments(self) -> Moments:
        """Return the moments of the table itself, without a leading axis."""
        found = self._moments(np.ones((1, len(self._counts))))
        covariance = None if found.covariance is None else found.covariance[0]
        return Moments(found.rows[0], found.mean[0], found.second[0], found.third[0], found.fourth[0], covariance)

    def _batches(self, replicates: int) -> Iterator[int]:
        numbers = self._d * self._d if self._products is not None else 4 * self._d
        most = max(1, _BATCH // max(1, numbers, len(self._counts)))
        for start in range(0, replicates, most):
            yield min(most, replicates - start)

    def resampled(self, replicates: int, rng: np.random.Generator, rows: int | None = None) -> Iterator[Moments]:
        """Yield batches of bootstrap copies of about `rows` rows, by default as many as there are."""
        blocks = len(self._counts)
        size = blocks if rows is None else max(1, round(blocks * rows / self.rows))
        for batch in self._batches(replicates):
            yield self._moments(rng.multinomial(size, np.full(blocks, 1 / blocks), size=batch).astype(np.float64))

    def splits(self, replicates: int, rng: np.random.Generator, first: int) -> Iterator[tuple[Moments, Moments]]:
        """Yield batches of the two parts of random splits, the first of about `first` rows."""
        blocks = len(self._counts)
        size = min(max(1, round(blocks * first / self.rows)), blocks - 1)
        for batch in self._batches(replicates):
            weights = np.zeros((batch, blocks))
            weights[:, :size] = 1.0
            weights = rng.permuted(weights, axis=1)
            yield self._moments(weights), self._moments(1.0 - weights)
