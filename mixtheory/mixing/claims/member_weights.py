r"""Oracles of rows with any number of parents: enumeration of the orderings, or of the places of two members.

Nothing here imports a theory module. A weight law is a table of atoms: weight vectors (m, k), the first parent first,
and their probabilities (m,). Fixed weights are one atom; for a random law the atoms are a Gauss-Jacobi rule with the
same moments up to order 5, which is all that moments of order four need.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.enumeration import weight_atoms

__all__ = [
    "Atoms",
    "Records",
    "after_rounds",
    "class_records",
    "dirichlet_atoms",
    "fixed",
    "matching_exponent",
    "mean_spread",
    "p_series",
    "pair_atoms",
    "row_moment",
    "row_slope",
    "spread_within",
    "uniform_share",
]

Array: TypeAlias = NDArray[np.float64]


class Atoms(NamedTuple):
    """Weight vectors (m, k) and their probabilities (m,)."""

    vectors: Array
    mass: Array


def p_series(gamma: float, n_parents: int) -> Array:
    """Return k^-gamma for k = 1, ..., n_parents, divided by their sum."""
    terms = [float(k) ** -gamma for k in range(1, n_parents + 1)]
    return np.array(terms) / math.fsum(terms)


def uniform_share(weights: Array) -> float:
    """Return the variance of a row of uniformly ordered weights, of that of its batch: (T sum w^2 - 1) / (T - 1)."""
    return float((weights.size * np.sum(weights**2) - 1) / (weights.size - 1))


def matching_exponent(factor: float, n_parents: float) -> float:
    """Return the gamma at which the squared p-series weights sum to `factor`, with scipy's zeta for infinitely many."""

    def excess(gamma: float) -> float:
        if math.isinf(n_parents):
            return float(special.zeta(2 * gamma) / special.zeta(gamma) ** 2 - factor)
        return float(np.sum(p_series(gamma, int(n_parents)) ** 2) - factor)

    low = 1.0 + 1e-9 if math.isinf(n_parents) else 0.0
    return float(optimize.brentq(excess, low, 60.0, xtol=1e-14, rtol=1e-14))


def fixed(gamma: float, n_parents: int) -> Atoms:
    """Return the one atom of p-series weights."""
    return Atoms(p_series(gamma, n_parents)[None, :], np.ones(1))


def pair_atoms(law: oracles.Law) -> Atoms:
    """Return atoms of two parents with weights lambda and 1 - lambda."""
    w, mass = weight_atoms(law)
    return Atoms(np.stack([w, 1 - w], axis=1), mass)


def dirichlet_atoms(alpha: Sequence[float], nodes: int = 3) -> Atoms:
    """Return atoms of Dirichlet weights: a stick is broken at independent Beta variables, each a Gauss-Jacobi rule."""
    rules = [weight_atoms((a, sum(alpha[i + 1 :]), 0.0, 0.0), nodes) for i, a in enumerate(alpha[:-1])]
    vectors, mass = [], []
    for places in itertools.product(range(nodes), repeat=len(rules)):
        left, chance, vector = 1.0, 1.0, []
        for (share, probability), place in zip(rules, places, strict=True):
            vector.append(left * share[place])
            left *= 1 - share[place]
            chance *= probability[place]
        vectors.append([*vector, left])
        mass.append(chance)
    return Atoms(np.array(vectors), np.array(mass))


# One row: all orderings ----------------------------------------------------------------------------------------------


@functools.cache
def _parents(n: int, k: int, pairing: str) -> NDArray[np.intp]:
    """Return all equally probable parents (N, n, k) of the rows of a batch, or (N, 1, k) where rows are alike."""
    members = range(n)
    if pairing == "independent":
        return np.array(list(itertools.product(members, repeat=k)), dtype=np.intp)[:, None]
    if pairing == "distinct":
        return np.array(list(itertools.permutations(members, k)), dtype=np.intp)[:, None]
    if pairing == "anchored":
        others = [list(itertools.permutations([j for j in members if j != p], k - 1)) for p in members]
        return np.array([[(p, *others[p][i]) for p in members] for i in range(len(others[0]))], dtype=np.intp)
    orders = list(itertools.permutations(members))
    if pairing == "derangement":
        shuffled = np.array(orders, dtype=np.intp)
        return np.stack([np.roll(shuffled, -t, axis=1) for t in range(k)], axis=2)
    drawn = [np.array((tuple(members), *rest), dtype=np.intp).T for rest in itertools.product(orders, repeat=k - 1)]
    return np.array(drawn)


def _centred(data: ArrayLike) -> Array:
    x = np.asarray(data, dtype=np.float64)
    return np.asarray(x - x.mean(axis=0))


def row_moment(data: ArrayLike, atoms: Atoms, pairing: str, power: int) -> float:
    """Return E (x~ - mean of the data)^power of a row, averaged over the rows of a batch."""
    x = _centred(data)
    values = x[_parents(x.size, atoms.vectors.shape[1], pairing)]
    mixed = np.einsum("apk,mk->map", values, atoms.vectors)
    return float(atoms.mass @ np.mean(mixed**power, axis=(1, 2)))


def mean_spread(data: ArrayLike, atoms: Atoms, pairing: str, rows: int | None = None) -> float:
    """Return the variance of the mean of a batch given the data; `rows` of them where rows are alike."""
    x = _centred(data)
    size = x.size if rows is None else rows
    if pairing in ("independent", "distinct"):
        return row_moment(x, atoms, pairing, 2) / size
    if pairing == "shared":
        # one vector of weights for all rows, each parent runs through all members
        return 0.0
    values = x[_parents(x.size, atoms.vectors.shape[1], pairing)]
    mixed = np.einsum("apk,mk->map", values, atoms.vectors)
    expected = np.einsum("map,m->ap", mixed, atoms.mass)
    within = np.einsum("map,m->ap", mixed**2, atoms.mass) - expected**2
    if pairing == "anchored":
        # rows draw their parents independently of each other
        each = np.mean(within + expected**2, axis=0) - np.mean(expected, axis=0) ** 2
        return float(np.sum(each)) / size**2
    return float(np.mean(np.sum(within, axis=1) + np.sum(expected, axis=1) ** 2)) / size**2


def row_slope(data: ArrayLike, atoms: Atoms) -> float:
    """Return the slope of E[x~_p | data] on the deviation of row p, over all anchored orderings."""
    x = _centred(data)
    values = x[_parents(x.size, atoms.vectors.shape[1], "anchored")]
    expected = np.einsum("apk,mk,m->p", values, atoms.vectors, atoms.mass) / len(values)
    return float(expected @ x / (x @ x))


def spread_within(data: ArrayLike, atoms: Atoms) -> float:
    """Return the variance of an anchored row given the data, averaged over the rows."""
    x = _centred(data)
    return x.size * mean_spread(x, atoms, "anchored")


# Several rounds: places of two members -------------------------------------------------------------------------------


def _place_moments(atoms: Atoms, n: int, anchored: bool) -> tuple[Array, Array]:
    """Return E w_p (n, n) and E w_p w_p' (n, n, n) of the rows over the members, from the places of any two."""
    k = atoms.vectors.shape[1]
    padded = np.concatenate([atoms.vectors, np.zeros((len(atoms.mass), n - k))], axis=1)
    products = np.einsum("ms,mt,m->st", padded, padded, atoms.mass)
    means = atoms.mass @ padded
    first, second = np.empty((n, n)), np.empty((n, n, n))
    s, t = np.indices((n, n))
    for p, j, m in itertools.product(range(n), repeat=3):
        # one member has one place, and the anchor's is the first one
        chosen = (s == t) == (j == m)
        if anchored:
            chosen &= ((s == 0) == (j == p)) & ((t == 0) == (m == p))
        second[p, j, m] = np.mean(products[chosen])
        if j == m:
            first[p, j] = np.mean(means[np.diag(chosen)])
    return first, second


def after_rounds(data: ArrayLike, atoms: Atoms, *, anchored: bool, rounds: int) -> tuple[float, float]:
    """Return E (plug-in variance) and E (mean - mean of the data)^2 after rounds of mixing one batch."""
    x = _centred(data)
    n = x.size
    products = np.outer(x, x)
    first, second = _place_moments(atoms, n, anchored)
    for _ in range(rounds):
        # rows are independent given the batch that they are made of
        mixed = first @ products @ first.T
        np.fill_diagonal(mixed, np.einsum("pjm,jm->p", second, products))
        products = mixed
    return float(np.trace(products) / n - products.mean()), float(products.mean())


# Labelled populations ------------------------------------------------------------------------------------------------


class Records(NamedTuple):
    """Mixed records (m, d), their soft labels (m, classes) and masses (m,)."""

    value: Array
    soft: Array
    mass: Array


def class_records(label: NDArray[np.intp], value: Array, mass: Array, atoms: Atoms) -> Records:
    """Enumerate independent parents from a labelled population on atoms, with every weight vector."""
    k, classes = atoms.vectors.shape[1], int(label.max()) + 1
    drawn = np.array(list(itertools.product(range(label.size), repeat=k)), dtype=np.intp)
    chance = np.prod(mass[drawn], axis=1)
    indicator = np.eye(classes)[label]
    parts = [
        Records(np.einsum("nkd,k->nd", value[drawn], w), np.einsum("nkc,k->nc", indicator[drawn], w), chance * p)
        for w, p in zip(atoms.vectors, atoms.mass, strict=True)
    ]
    return Records(*(np.concatenate(column) for column in zip(*parts, strict=True)))
