"""What every simulator is told about the populations: checked once, and brought into convenient coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_array, check_choice, check_generator, check_integer, check_matrix, shown
from mixtheory.highdim.kernels.designs import LAWS, Floats

__all__ = ["Coordinates", "Populations", "blocks", "check_call", "check_populations", "check_vectors"]

# Floats in the buffers of a block of replicates: half a second-level cache. Like the generator, the size is part of a
# simulator's stream of random numbers.
_BLOCK = 2**16


class Coordinates(NamedTuple):
    """The model after a change of basis: ``x = factor^T z + mean``, and a diagonal covariance of the test point."""

    factors: tuple[Floats, ...]
    """(p,) or (p, p) a population: rows are ``z @ factor``."""
    test_variances: Floats
    """(p,) variances of the test point."""
    basis: Floats
    """(p,) or (p, p) C: a vector v of the data space becomes ``v @ C``."""

    def take(self, vectors: Floats) -> Floats:
        """Return row vectors of the data space in these coordinates."""
        return vectors * self.basis if self.basis.ndim == 1 else vectors @ self.basis


def _lower_factor(covariance: Floats) -> Floats:
    """Return a lower triangular B with ``B^T B`` = `covariance`."""
    lower = np.linalg.cholesky(covariance[::-1, ::-1])
    return np.ascontiguousarray(lower[::-1, ::-1].T)


@dataclass(frozen=True)
class Populations:
    """Rows a population, roots of the covariances and means; the test point has the law of the first population."""

    counts: tuple[int, ...]
    roots: tuple[Floats, ...]
    means: Floats | None
    law: str

    @property
    def p(self) -> int:
        """Dimension."""
        return len(self.roots[0])

    @property
    def n(self) -> int:
        """Number of rows of all populations."""
        return sum(self.counts)

    @property
    def test_covariance(self) -> Floats:
        """Covariance matrix of the test point."""
        root = self.roots[0]
        return np.diag(root * root) if root.ndim == 1 else root @ root

    def rows(self, designs: Sequence[Floats], factors: Sequence[Floats], means: Floats | None) -> Floats:
        """Stack the rows ``z @ factor + mean`` of all populations, along the last axis but one."""
        parts = []
        for k, (z, factor) in enumerate(zip(designs, factors, strict=True)):
            x = z * factor if factor.ndim == 1 else z @ factor
            if means is not None:
                x += means[k]
            parts.append(x)
        return np.concatenate(parts, axis=-2)

    def whitened(self) -> Coordinates:
        """Return coordinates in which the test point has covariance I; traces with an inverse Gram keep their value."""
        test = self.roots[0]
        basis = 1.0 / test if test.ndim == 1 else np.asarray(np.linalg.inv(test), dtype=np.float64)
        return self._coordinates(basis, np.ones(self.p), np.ones(self.p))

    def rotated(self) -> Coordinates:
        """Return orthogonal coordinates with a diagonal test covariance; pseudo-inverses keep their value."""
        test = self.roots[0]
        if test.ndim == 1:
            return self._coordinates(np.ones(self.p), test, test * test)
        values, vectors = np.linalg.eigh(test)
        own = values if self.law == "gaussian" else test @ vectors
        return self._coordinates(vectors, own, values * values)

    def _coordinates(self, basis: Floats, own: Floats, variances: Floats) -> Coordinates:
        factors = [own]
        for root in self.roots[1:]:
            if root.ndim == basis.ndim == 1:
                factors.append(root * basis)
                continue
            matrix = np.diag(root) if root.ndim == 1 else root
            matrix = matrix * basis if basis.ndim == 1 else matrix @ basis
            # a normal design may be rotated, so a triangular factor serves as well and is cheaper; others may not
            factors.append(_lower_factor(matrix.T @ matrix) if self.law == "gaussian" else np.ascontiguousarray(matrix))
        return Coordinates(tuple(factors), variances, basis)


def _check_root(name: str, value: ArrayLike, p: int | None) -> Floats:
    array = check_array(name, value, ndims=(1, 2), what="a vector (p,) or a matrix (p, p)")
    if p is not None and len(array) != p:
        raise ValueError(f"{name} must have dimension {p} as roots[0] has, got shape {array.shape}")
    if array.ndim == 1:
        if array.min() <= 0.0:
            raise ValueError(f"{name} must hold standard deviations > 0, got {shown(array)}")
        return array
    if array.shape[0] != array.shape[1]:
        raise ValueError(f"{name} must be a vector or a square matrix, got shape {array.shape}")
    if np.abs(array - array.T).max() > 1e-10 * np.abs(array).max():
        raise ValueError(f"{name} must be a symmetric root, got a matrix that is not symmetric")
    try:
        np.linalg.cholesky(array)
    except np.linalg.LinAlgError:
        raise ValueError(f"{name} must be positive definite") from None
    return array


def check_vectors(name: str, value: Any, rows: int | None, p: int) -> NDArray[np.float64]:
    """Return `value` as a finite array of shape (rows, p), any number of rows if None."""
    array = check_matrix(name, value)
    if array.shape[1] != p or (rows is not None and len(array) != rows):
        raise ValueError(f"{name} must have shape ({'any' if rows is None else rows}, {p}), got {array.shape}")
    return array


def check_populations(
    counts: Sequence[int], roots: Sequence[ArrayLike], means: Any = None, law: str = "gaussian"
) -> Populations:
    """Check the arguments that describe the populations; a mean that is None is zero."""
    for name, value in (("counts", counts), ("roots", roots)):
        if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
            raise TypeError(f"{name} must be a sequence with one entry a population, got {shown(value)}")
    numbers = tuple(check_integer(f"counts[{k}]", count, low=0) for k, count in enumerate(counts))
    given = tuple(roots)
    if len(numbers) != len(given) or not numbers:
        raise ValueError(f"counts and roots must have one entry a population, got {len(numbers)} and {len(given)}")
    if not sum(numbers):
        raise ValueError(f"counts must have a sum > 0, got {shown(numbers)}")
    checked: list[Floats] = []
    for k, root in enumerate(given):
        checked.append(_check_root(f"roots[{k}]", root, len(checked[0]) if checked else None))
    p = len(checked[0])
    if means is not None:
        if not isinstance(means, Iterable) or isinstance(means, (str, bytes)):
            raise TypeError(f"means must be a sequence with one entry a population, got {shown(means)}")
        vectors = [np.zeros(p) if mean is None else check_matrix("means", mean, ndim=1) for mean in means]
        if len(vectors) != len(numbers) or any(len(vector) != p for vector in vectors):
            shapes = [vector.shape for vector in vectors]
            raise ValueError(f"means must hold {len(numbers)} vectors of length {p}, got shapes {shapes}")
        means = np.array(vectors)
    return Populations(numbers, tuple(checked), means, check_choice("law", law, LAWS))


def check_call(rng: Generator, replicates: int) -> int:
    """Check the two arguments that every simulator starts with; return the number of replicates."""
    check_generator(rng)
    return check_integer("replicates", replicates, low=1)


def more_rows_than_columns(populations: Populations, *, lost: int = 0, required: bool = False) -> bool:
    """Return whether n - `lost` > p; raise at equality, and where the answer is no but `required`."""
    n, p = populations.n - lost, populations.p
    name = "the sum of counts less 1 (for the intercept)" if lost else "the sum of counts"
    if required and n <= p:
        raise ValueError(f"{name} must exceed the dimension {p}, got {n}")
    if n == p:
        raise ValueError(f"{name} must differ from the dimension {p}, where the risk has no mean, got {n}")
    if n < 1:
        raise ValueError(f"{name} must be at least 1, got {n}")
    return n > p


def blocks(replicates: int, floats: int) -> Iterator[slice]:
    """Cut ``range(replicates)`` into slices whose buffers, of `floats` numbers a replicate, stay small."""
    size = max(1, _BLOCK // max(1, floats))
    for start in range(0, replicates, size):
        yield slice(start, min(start + size, replicates))
