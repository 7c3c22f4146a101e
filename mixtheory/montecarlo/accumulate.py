"""Mergeable accumulators: what a block keeps of its replicates.

Merging is done as a left fold over the block index, so that the result does not depend on who computed a block or
when. Central moments are merged by the formulas of P. Pebay, "Formulas for robust, one-pass parallel computation of
covariances and arbitrary-order statistical moments" (Sandia report SAND2008-6212, 2008).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit

__all__ = ["Accumulator", "Histogram", "Moments", "Raw", "fold", "from_bytes"]

Array = NDArray[np.float64]

# Rows per pass: a chunk of a few columns and its powers stay in the L2 cache.
_CHUNK = 8192


class Accumulator(Protocol):
    """What the engine needs of an accumulator."""

    @property
    def count(self) -> int:
        """Number of replicates."""

    def merge(self, other: Self) -> Self:
        """Return the accumulator of both sets of replicates, `self` first."""

    def to_bytes(self) -> bytes:
        """Return an exact binary form."""


A = TypeVar("A", bound=Accumulator)


@jit
def _power_sums(values: Array, mean: Array, sums: Array, comoment: Array) -> None:
    """Add up means, then powers of deviations and their products, in two passes over a chunk."""
    n, k = values.shape
    # one column at a time: sums held in local variables stay in registers
    for a in range(k):
        total = 0.0
        for i in range(n):
            total += values[i, a]
        center = total / n
        two, three, four = 0.0, 0.0, 0.0
        for i in range(n):
            deviation = values[i, a] - center
            square = deviation * deviation
            two += square
            three += square * deviation
            four += square * square
        mean[a] = center
        sums[0, a], sums[1, a], sums[2, a] = two, three, four
        comoment[a, a] = two
        for b in range(a):
            total = 0.0
            for i in range(n):
                total += (values[i, a] - center) * (values[i, b] - mean[b])
            comoment[a, b] = comoment[b, a] = total


def _columns(values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(f"values must have shape (n,) or (n, k), got {array.shape}")
    return array


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, mean, centred power sums to order 4 and co-moments of k columns.

    Attributes
    ----------
    count : int
        Number of rows n.
    mean : ndarray (k,)
    m2, m3, m4 : ndarray (k,)
        Sums of powers of deviations from the mean, ``sum (x - mean)**p``.
    comoment : ndarray (k, k)
        ``sum (x - mean)(x - mean)'``; its diagonal is `m2`.

    Examples
    --------
    >>> a = Moments.from_values([1.0, 2.0, 4.0])
    >>> b = Moments.from_values([8.0])
    >>> float(a.merge(b).mean[0])
    3.75
    """

    count: int
    mean: Array
    m2: Array
    m3: Array
    m4: Array
    comoment: Array

    @classmethod
    def from_values(cls, values: ArrayLike) -> Moments:
        """Return the moments of an array of shape (n,) or (n, k), read in chunks of constant memory."""
        array = _columns(values)
        chunks = [array[start : start + _CHUNK] for start in range(0, len(array), _CHUNK)]
        if not chunks:
            return cls.empty(array.shape[1])
        return fold(cls._of_chunk(chunk) for chunk in chunks)

    @classmethod
    def empty(cls, columns: int) -> Moments:
        """Return the moments of no rows at all."""
        zero = np.zeros(columns)
        return cls(0, zero, zero, zero, zero, np.zeros((columns, columns)))

    @classmethod
    def _of_chunk(cls, chunk: Array) -> Moments:
        k = chunk.shape[1]
        mean, sums, comoment = np.zeros(k), np.zeros((3, k)), np.zeros((k, k))
        _power_sums(np.ascontiguousarray(chunk), mean, sums, comoment)
        return cls(len(chunk), mean, sums[0], sums[1], sums[2], comoment)

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both sets of rows, `self` first."""
        if self.mean.shape != other.mean.shape:
            raise ValueError(f"cannot merge {self.mean.size} columns with {other.mean.size}")
        if self.count == 0:
            return other
        if other.count == 0:
            return self
        a, b = float(self.count), float(other.count)
        n = a + b
        delta = other.mean - self.mean
        mean = self.mean + delta * (b / n)
        m2 = self.m2 + other.m2 + delta**2 * (a * b / n)
        m3 = self.m3 + other.m3 + delta**3 * (a * b * (a - b) / n**2) + 3.0 * delta * (a * other.m2 - b * self.m2) / n
        m4 = (
            self.m4
            + other.m4
            + delta**4 * (a * b * (a**2 - a * b + b**2) / n**3)
            + 6.0 * delta**2 * (a**2 * other.m2 + b**2 * self.m2) / n**2
            + 4.0 * delta * (a * other.m3 - b * self.m3) / n
        )
        comoment = self.comoment + other.comoment + np.outer(delta, delta) * (a * b / n)
        return Moments(self.count + other.count, mean, m2, m3, m4, comoment)

    @property
    def variance(self) -> Array:
        """Unbiased variances (k,), ddof = 1."""
        return self.m2 / (self.count - 1) if self.count > 1 else np.full_like(self.m2, np.nan)

    @property
    def covariance(self) -> Array:
        """Unbiased covariance matrix (k, k), ddof = 1."""
        return self.comoment / (self.count - 1) if self.count > 1 else np.full_like(self.comoment, np.nan)

    @property
    def standard_error(self) -> Array:
        """Standard errors of the means (k,)."""
        return np.sqrt(self.variance / self.count) if self.count else np.full_like(self.m2, np.nan)

    @property
    def skewness(self) -> Array:
        """Sample skewness ``sqrt(n) m3 / m2**1.5`` (k,); 0 where a column is constant."""
        safe = np.where(self.m2 > 0, self.m2, 1.0)
        return np.where(self.m2 > 0, np.sqrt(self.count) * self.m3 / safe**1.5, 0.0)

    @property
    def kurtosis(self) -> Array:
        """Sample excess kurtosis ``n m4 / m2**2 - 3`` (k,); 0 where a column is constant."""
        safe = np.where(self.m2 > 0, self.m2, 1.0)
        return np.where(self.m2 > 0, self.count * self.m4 / safe**2 - 3.0, 0.0)

    def to_bytes(self) -> bytes:
        """Return an exact binary form."""
        arrays = (self.mean, self.m2, self.m3, self.m4, self.comoment)
        return _pack({"kind": "moments", "count": self.count, "columns": int(self.mean.size)}, *arrays)

    @classmethod
    def _unpack(cls, header: dict[str, Any], data: Array) -> Moments:
        k = int(header["columns"])
        parts = np.split(data, [k, 2 * k, 3 * k, 4 * k])
        mean, m2, m3, m4, comoment = parts
        return cls(int(header["count"]), mean, m2, m3, m4, comoment.reshape(k, k))


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of one column between fixed edges; the first and last bins are open to the outside.

    ``counts[0]`` holds values below ``edges[0]``, ``counts[i]`` those in ``[edges[i-1], edges[i])``, the last those
    from ``edges[-1]`` on; so the empirical distribution function is exact at every edge.
    """

    edges: Array
    counts: NDArray[np.int64]

    @classmethod
    def from_values(cls, values: ArrayLike, edges: ArrayLike) -> Histogram:
        """Count an array of shape (n,) into bins between increasing `edges`."""
        bounds = np.asarray(edges, dtype=np.float64)
        if bounds.ndim != 1 or bounds.size < 1 or np.any(np.diff(bounds) <= 0):
            raise ValueError(f"edges must be strictly increasing, got {edges!r}")
        place = np.searchsorted(bounds, np.asarray(values, dtype=np.float64).ravel(), side="right")
        return cls(bounds, np.bincount(place, minlength=bounds.size + 1).astype(np.int64))

    @property
    def count(self) -> int:
        """Number of values."""
        return int(self.counts.sum())

    def merge(self, other: Histogram) -> Histogram:
        """Return the counts of both; the edges must be the same."""
        if not np.array_equal(self.edges, other.edges):
            raise ValueError("cannot merge histograms with different edges")
        return Histogram(self.edges, self.counts + other.counts)

    @property
    def below(self) -> Array:
        """Share of values below each edge, the left limit of the empirical distribution function there."""
        return np.cumsum(self.counts)[:-1] / self.count

    def to_bytes(self) -> bytes:
        """Return an exact binary form."""
        # counts stay below 2**53, so float64 holds them exactly
        return _pack({"kind": "histogram", "bins": int(self.counts.size)}, self.edges, self.counts.astype(np.float64))

    @classmethod
    def _unpack(cls, header: dict[str, Any], data: Array) -> Histogram:
        split = int(header["bins"]) - 1
        return cls(data[:split], data[split:].astype(np.int64))


@dataclass(frozen=True, eq=False)
class Raw:
    """The replicates themselves, shape (n, k), for quantiles and empirical distribution functions."""

    values: Array

    @classmethod
    def from_values(cls, values: ArrayLike) -> Raw:
        """Keep an array of shape (n,) or (n, k)."""
        return cls(np.array(_columns(values)))

    @property
    def count(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    def merge(self, other: Raw) -> Raw:
        """Return the rows of both, `self` first."""
        return Raw(np.concatenate([self.values, other.values]))

    def to_bytes(self) -> bytes:
        """Return an exact binary form."""
        return _pack({"kind": "raw", "shape": list(self.values.shape)}, self.values)

    @classmethod
    def _unpack(cls, header: dict[str, Any], data: Array) -> Raw:
        return cls(data.reshape(header["shape"]))


def fold(accumulators: Iterable[A]) -> A:
    """Merge accumulators from left to right."""
    return reduce(lambda left, right: left.merge(right), accumulators)


def _pack(header: dict[str, Any], *arrays: Array) -> bytes:
    text = json.dumps(header, sort_keys=True).encode()
    data = b"".join(np.ascontiguousarray(a, dtype="<f8").tobytes() for a in arrays)
    return struct.pack("<I", len(text)) + text + data


def from_bytes(data: bytes) -> Moments | Histogram | Raw:
    """Return the accumulator whose `to_bytes` made `data`."""
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    kinds: dict[str, type[Moments] | type[Histogram] | type[Raw]] = {
        "moments": Moments,
        "histogram": Histogram,
        "raw": Raw,
    }
    values = np.frombuffer(data, dtype="<f8", offset=4 + length).astype(np.float64)
    return kinds[header["kind"]]._unpack(header, values)
