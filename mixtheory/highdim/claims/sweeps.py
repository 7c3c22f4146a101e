r"""Block problems: spectra that are the same at every dimension, and simulators over several dimensions.

A base problem has matrices of a small order q; at dimension p each of its coordinates is repeated p/q times,
``Sigma (x) I``, and the counts are a fixed multiple of p. The limits then do not depend on p, so what changes with p is
the finite-size error alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import linalg

from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, Simulate
from mixtheory.highdim.equivalents import RiskResult, excess_risk_mixture
from mixtheory.highdim.kernels import conditional_risk, leverages, trace_risk
from mixtheory.verification import extrapolation

__all__ = [
    "NOISE",
    "Blocks",
    "averaged",
    "interpolation_columns",
    "leverage_columns",
    "rotated",
    "sides",
    "trace_columns",
]

Draw = Callable[[Generator, int], Array]

# variance of the noise: the risks then are far from 1, where a margin of 1 % of their logarithm would be too tight
NOISE = 0.25
MAX_BETAS = 12


def spread_out(base: Array, p: int) -> Array:
    """Return a base spectrum (q,) or matrix (q, q) at dimension p."""
    times = p // base.shape[0]
    return np.repeat(base, times) if base.ndim == 1 else np.asarray(np.kron(base, np.eye(times)), dtype=np.float64)


def symmetric_root(base: Array) -> Array:
    """Return standard deviations of a spectrum, or the symmetric root of a matrix."""
    return np.sqrt(base) if base.ndim == 1 else np.asarray(linalg.sqrtm(base).real)


def rotated(values: tuple[float, float], angle: float) -> Array:
    """Return the symmetric matrix with two given eigenvalues whose axes are turned by an angle."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((turn * np.array(values)) @ turn.T)


@dataclass(frozen=True)
class Blocks:
    """A base problem: covariances of order q, rows per dimension and, for n < p, a direction of the coefficients.

    Attributes
    ----------
    bases : tuple of ndarray
        Covariances (q,) or (q, q), the test population first.
    shares : tuple of float
        Rows of each population divided by p.
    direction : ndarray (q,), optional
        Coefficients of the base problem, of length 1; at dimension p the same in any one coordinate of the blocks.
    """

    bases: tuple[Array, ...]
    shares: tuple[float, ...]
    direction: Array | None = None

    def counts(self, p: int) -> tuple[int, ...]:
        """Return the rows of each population at dimension p."""
        exact = [share * p for share in self.shares]
        assert all(count == round(count) for count in exact), (p, self.shares)
        return tuple(round(count) for count in exact)

    def covariances(self, p: int) -> tuple[Array, ...]:
        """Return the covariances at dimension p."""
        return tuple(spread_out(base, p) for base in self.bases)

    def roots(self, p: int) -> tuple[Array, ...]:
        """Return the symmetric roots at dimension p."""
        return tuple(spread_out(symmetric_root(base), p) for base in self.bases)

    def betas(self, p: int) -> Array:
        """Return the coefficients with the base direction in each coordinate of the blocks, shape (p / q, p).

        The coordinates of a block are exchangeable, so all of them have the same mean risk.
        """
        assert self.direction is not None
        return np.asarray(np.kron(self.direction[None, :], np.eye(p // self.direction.size)), dtype=np.float64)

    def beta(self, p: int) -> Array:
        """Return the first of `betas`."""
        return np.asarray(self.betas(p)[0])

    def public(self, p: int) -> RiskResult:
        """Return what the public function says at dimension p, for the noise variance `NOISE`."""
        beta = None if self.direction is None else self.beta(p)
        return excess_risk_mixture(self.covariances(p), self.counts(p), noise_var=NOISE, beta=beta)

    def limit(self) -> tuple[float, float]:
        """Return variance and bias of the oracle, at the order of the base problem."""
        q = self.bases[0].shape[0]
        variance, bias = oracles.mixture_risk(self.bases, [share * q for share in self.shares], self.direction)
        return NOISE * variance, bias

    def weights(self) -> Array:
        """Return the oracle's weights for n > p."""
        q = self.bases[0].shape[0]
        return oracles.under_weights(self.bases, [share * q for share in self.shares])

    def swapped(self) -> Blocks:
        """Return the problem with the counts of the first two populations exchanged."""
        return Blocks(self.bases, (self.shares[1], self.shares[0], *self.shares[2:]), self.direction)

    def pooled(self) -> Blocks:
        """Return the problem whose rows all have the pooled covariance; the test point keeps its own."""
        total = sum(self.shares)
        mixed = sum(s / total * oracles.dense(b) for s, b in zip(self.shares, self.bases, strict=True))
        return Blocks((oracles.dense(self.bases[0]), np.asarray(mixed)), (0.0, total), self.direction)

    def inverted(self) -> Blocks:
        """Return the problem with the covariance of the second population inverted."""
        second = self.bases[1]
        inverse: Array = 1.0 / second if second.ndim == 1 else np.asarray(np.linalg.inv(second))
        return Blocks((self.bases[0], inverse, *self.bases[2:]), self.shares, self.direction)

    def scaled(self, factor: float) -> Blocks:
        """Return the problem with the covariance of the second population multiplied."""
        return Blocks((self.bases[0], factor * self.bases[1], *self.bases[2:]), self.shares, self.direction)

    def tested_on(self, k: int) -> Blocks:
        """Return the problem whose test point comes from population k, without rows of its own beside it."""
        return Blocks((self.bases[k], *self.bases), (0.0, *self.shares), self.direction)


def averaged(draw: Draw, times: int) -> Simulate:
    """Return a simulator whose units are means of `times` independent ones."""
    return lambda rng, n: np.asarray(draw(rng, n * times).reshape(n, times, -1).mean(axis=1))


def sides(sizes: Sequence[int], times: Sequence[int], draw: Callable[[int], Draw]) -> Simulate:
    """Return a simulator with a group of columns a dimension, each a mean of its number of independent units.

    A last group holds the extrapolation of the others to 1/p = 0, with two finite-size terms.
    """
    parts = [averaged(draw(p), t) for p, t in zip(sizes, times, strict=True)]
    extrapolate = extrapolation(sizes, order=2)
    weights = [extrapolate(unit) for unit in np.eye(len(sizes))]

    def simulate(rng: Generator, n: int) -> Array:
        groups = [part(rng, n) for part in parts]
        limit = sum(weight * group for weight, group in zip(weights, groups, strict=True))
        return np.column_stack([*groups, limit])

    return simulate


def trace_columns(problem: Blocks, law: str = "gaussian", noise: float = NOISE) -> Callable[[int], Draw]:
    """Return, by dimension, the logarithm of the risk for n > p."""

    def at(p: int) -> Draw:
        counts, roots = problem.counts(p), problem.roots(p)
        return lambda rng, n: np.log(noise * trace_risk(rng, n, counts, roots, law=law))

    return at


def leverage_columns(problem: Blocks, law: str = "gaussian") -> Callable[[int], Draw]:
    """Return, by dimension, ``(n_k - sum of leverages of population k) / n`` of each k, whose limit is a_k.

    A last column has the logarithm of `NOISE` times the odds of a leverage of the first population.
    """

    def at(p: int) -> Draw:
        counts, roots = problem.counts(p), problem.roots(p)
        shares = np.array(counts) / sum(counts)

        def draw(rng: Generator, n: int) -> Array:
            sums = leverages(rng, n, counts, roots, law=law)
            odds = sums[:, 0] / (counts[0] - sums[:, 0])
            return np.column_stack([shares - sums / sum(counts), np.log(NOISE * odds)])

        return draw

    return at


def interpolation_columns(problem: Blocks, noise: float = NOISE) -> Callable[[int], Draw]:
    """Return, by dimension, the logarithm of the variance and the bias for n < p.

    The bias is averaged over as many of `Blocks.betas` as make it no noisier than the variance.
    """

    def at(p: int) -> Draw:
        counts, roots, betas = problem.counts(p), problem.roots(p), problem.betas(p)[:MAX_BETAS]

        def draw(rng: Generator, n: int) -> Array:
            risk = conditional_risk(rng, n, counts, roots, betas=betas)
            return np.column_stack([np.log(noise * risk["variance"]), risk["bias"].mean(axis=1)])

        return draw

    return at
