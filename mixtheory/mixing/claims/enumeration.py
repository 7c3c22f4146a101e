r"""Oracles of finite samples, generations and labels: complete enumeration.

Nothing here imports a theory module. A weight law is four numbers (alpha, beta, eps0, eps1). For polynomials it is
replaced by the atoms of a Gauss-Jacobi rule, which has the same moments up to order 2 m - 1 for m atoms. All else that
is random (pairs, permutations, labels, class members) is enumerated.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from mixtheory.mixing.claims import oracles

__all__ = [
    "ASYMMETRIC",
    "ClassAtoms",
    "Labelled",
    "Law",
    "PRESERVING",
    "SCHEMES",
    "UNIFORM",
    "class_atoms",
    "covariance",
    "labelled_records",
    "largest_variance",
    "mean_variance",
    "mix_population",
    "moment",
    "moments",
    "neutral_extension",
    "next_products",
    "point_moment",
    "sample_variance",
    "unit_table",
    "weight_atoms",
]

Array: TypeAlias = NDArray[np.float64]
Law = oracles.Law

UNIFORM: Law = (1.0, 1.0, 0.0, 0.0)
PRESERVING: Law = oracles.symmetric(1.0)
ASYMMETRIC: Law = (2.0, 3.0, 0.15, 0.4)
SCHEMES = ("independent", "distinct", "permutation", "derangement", "shared")


def weight_atoms(law: Law, count: int = 5) -> tuple[Array, Array]:
    """Return atoms and probabilities with the moments of lambda up to order 2 count - 1."""
    alpha, beta, eps0, eps1 = law
    points, mass = special.roots_jacobi(count, beta - 1.0, alpha - 1.0)
    return (points + 1.0) / 2.0 * (1.0 + eps0 + eps1) - eps0, mass / np.sum(mass)


# Finite samples ------------------------------------------------------------------------------------------------------


@functools.cache
def _parents(n: int, scheme: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Parents (i, j) of one row and (i, j, k, l) of two different rows; every entry is equally probable."""
    rows = range(n)
    two: list[tuple[int, ...]]
    pairs = [(i, j) for i in rows for j in rows if i != j]
    if scheme in ("independent", "distinct"):
        one = pairs if scheme == "distinct" else [(i, j) for i in rows for j in rows]
        two = [a + b for a in one for b in one]
    elif scheme in ("permutation", "shared"):
        one = [(i, j) for i in rows for j in rows]
        # two rows and their images under a uniform permutation: any two different ones
        two = [(i, j, k, m) for i, k in pairs for j, m in pairs]
    else:
        one = pairs
        two = []
        for shift, gap in itertools.product(range(1, n), range(1, n)):
            places = [0, shift, gap, (gap + shift) % n]
            used = sorted(set(places))
            at = [used.index(p) for p in places]
            filled = [tuple(order[a] for a in at) for order in itertools.permutations(rows, len(used))]
            # a shuffled sample fills the places; repeated so that all shifts and gaps weigh the same
            two += filled * (math.perm(n, min(4, n)) // len(filled))
    return np.array(one, dtype=np.intp), np.array(two, dtype=np.intp)


def next_products(products: Array, scheme: str, law: Law) -> Array:
    """Return E x~ x~' of a batch, averaged over the order of its rows, from E x x' of the sample."""
    n = len(products)
    one, two = _parents(n, scheme)
    w, mass = weight_atoms(law, 2)
    i, j = one.T
    square = [np.mean(products[a, b]) for a, b in ((i, i), (i, j), (j, j))]
    own = float(np.sum(mass * (w**2 * square[0] + 2 * w * (1 - w) * square[1] + (1 - w) ** 2 * square[2])))
    i, j, k, m = two.T
    cross = [np.mean(products[a, b]) for a, b in ((i, k), (i, m), (j, k), (j, m))]
    both, chance = (w, mass) if scheme == "shared" else (w[:, None], mass[:, None] * mass)
    terms = (
        both * w * cross[0] + both * (1 - w) * cross[1] + (1 - both) * w * cross[2] + (1 - both) * (1 - w) * cross[3]
    )
    other = float(np.sum(chance * terms))
    return np.full((n, n), other) + (own - other) * np.eye(n)


def _after(products: Array, scheme: str, law: Law, generations: int) -> Array:
    for _ in range(generations):
        products = next_products(products, scheme, law)
    return products


def sample_variance(data: ArrayLike, scheme: str, law: Law, generations: int = 1, *, ddof: int = 1) -> float:
    """Return the expected variance of generation t of a sample, with divisor n - ddof."""
    x = np.asarray(data, dtype=np.float64)
    products = _after(np.outer(x - x.mean(), x - x.mean()), scheme, law, generations)
    return float(np.trace(products) - products.mean() * x.size) / (x.size - ddof)


def mean_variance(
    products: ArrayLike, scheme: str, law: Law, generations: int = 1, *, rows: int | None = None
) -> float:
    """Return E(mean of generation t)^2 from E x x' of the start; the last generation may have another size."""
    start = np.asarray(products, dtype=np.float64)
    last = _after(start, scheme, law, generations)
    size = len(last) if rows is None else rows
    if generations == 0:
        return float(last.mean())
    return float(last[0, 0] + (size - 1) * last[0, 1]) / size


def moment(data: Array, power: int) -> float:
    """Return the plug-in central moment of a table."""
    return float(np.mean((data - data.mean()) ** power))


def largest_variance(data: Array, law: Law, generations: int = 1) -> float:
    """Return a bound of the sample variance after t generations: each goes max(eps0, eps1) ranges beyond both ends."""
    reach = np.ptp(data) * (1.0 + 2.0 * max(law[2:])) ** generations
    # rounding must not lift a variance above its bound
    return float(reach**2 / 4 * data.size / (data.size - 1)) * (1 + 1e-9)


def point_moment(data: ArrayLike, scheme: str, law: Law, power: int) -> float:
    """Return E(x~ - mean of the data)^power of one row of a batch, over all pairs."""
    x = np.asarray(data, dtype=np.float64)
    centred = x - x.mean()
    i, j = _parents(x.size, scheme)[0].T
    w, mass = weight_atoms(law)
    mixed = w[:, None] * centred[i] + (1 - w[:, None]) * centred[j]
    return float(np.sum(mass * np.mean(mixed**power, axis=1)))


def unit_table(n: int) -> Array:
    """Return a table of n rows with sample variance 1."""
    data = np.arange(n) ** 2.0
    return np.asarray(data / np.std(data, ddof=1))


def neutral_extension(data: Array, scheme: str) -> float:
    """Return the extension of the uniform law at which the enumerated variance of a batch is that of the table."""

    def excess(eps: float) -> float:
        return sample_variance(data, scheme, (1.0, 1.0, eps, eps)) / float(np.var(data, ddof=1)) - 1

    return float(optimize.brentq(excess, 0.1, 1.0, xtol=1e-14))


# Populations ---------------------------------------------------------------------------------------------------------


def mix_population(values: Array, mass: Array, law: Law) -> tuple[Array, Array]:
    """Return the atoms of lambda X + (1 - lambda) X' for a population on atoms (m,) or (m, columns)."""
    w, chance = weight_atoms(law, 3)
    shape = (w.size, len(values), len(values), *values.shape[1:])
    first = w.reshape(-1, *[1] * (len(shape) - 1))
    mixed = np.broadcast_to(first * values[:, None] + (1 - first) * values[None, :], shape)
    joint = chance[:, None, None] * mass[:, None] * mass
    return mixed.reshape(-1, *values.shape[1:]), joint.ravel()


def moments(values: Array, mass: Array) -> tuple[float, float, float, float]:
    """Return the mean and the central moments of order 2 to 4 of a law on atoms."""
    mean = float(mass @ values)
    centred = values - mean
    return mean, float(mass @ centred**2), float(mass @ centred**3), float(mass @ centred**4)


def covariance(first: Array, second: Array, mass: Array) -> Array:
    """Return the cross-covariance matrix of atoms (m, a) and (m, b)."""
    share = mass / np.sum(mass)
    left, right = first - share @ first, second - share @ second
    return np.asarray((share[:, None] * left).T @ right)


# Labels --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassAtoms:
    """A labelled population on atoms: label (m,), value (m, d), mass (m,), number of classes."""

    label: NDArray[np.intp]
    value: Array
    mass: Array
    classes: int


def class_atoms(proportions: Sequence[float], means: ArrayLike, roots: ArrayLike) -> ClassAtoms:
    """Return classes with given means (k, d) and covariances R R' from roots R (k, d, d): mean +- sqrt(d) R e_c."""
    centres, factors = np.asarray(means, dtype=np.float64), np.asarray(roots, dtype=np.float64)
    k, d = centres.shape
    steps = math.sqrt(d) * np.concatenate([np.eye(d), -np.eye(d)])
    values = centres[:, None, :] + np.einsum("kab,sb->ksa", factors, steps)
    labels = np.repeat(np.arange(k), 2 * d)
    return ClassAtoms(labels, values.reshape(-1, d), np.asarray(proportions)[labels] / (2 * d), k)


@dataclass(frozen=True)
class Labelled:
    """Every mixed record with its label, soft label and mass."""

    value: Array
    label: NDArray[np.intp]
    soft: Array
    mass: Array

    def of_class(self, k: int) -> Labelled:
        """Return the records with hard label k."""
        chosen = self.label == k
        return Labelled(self.value[chosen], self.label[chosen], self.soft[chosen], self.mass[chosen])

    @property
    def mean(self) -> Array:
        """Mean record (d,)."""
        return np.asarray(self.mass @ self.value / np.sum(self.mass))

    @property
    def covariance(self) -> Array:
        """Covariance of the records (d, d)."""
        return covariance(self.value, self.value, self.mass)


def labelled_records(
    population: ClassAtoms, weights: Law | Sequence[Law], rule: str, *, same_class: bool = False
) -> Labelled:
    """Enumerate both parents, the weight and the label of a mixed record.

    Rules: "first_parent", "bernoulli", "larger_weight" (exact where both shapes are integers). With `same_class` the
    second parent is of the class of the first, and there may be one weight law a class.
    """
    label, value, mass = population.label, population.value, population.mass
    size = label.size
    i, j = (a.ravel() for a in np.indices((size, size)))
    share = np.bincount(label, mass)
    chance = mass[i] * mass[j] if not same_class else mass[i] * mass[j] / share[label[i]] * (label[i] == label[j])
    parts: list[Labelled] = []
    for k in range(population.classes):
        law = cast(Law, weights if isinstance(weights[0], float) else weights[k])
        atoms, probabilities = _split_atoms(law) if rule == "larger_weight" else weight_atoms(law)
        pairs = np.flatnonzero((label[i] == k) & (chance > 0))
        a, b = i[pairs], j[pairs]
        for w, p in zip(atoms, probabilities, strict=True):
            mixed = w * value[a] + (1 - w) * value[b]
            soft = np.zeros((pairs.size, population.classes))
            soft[np.arange(pairs.size), label[a]] += w
            soft[np.arange(pairs.size), label[b]] += 1 - w
            of_first = {"first_parent": 1.0, "bernoulli": float(w), "larger_weight": float(w >= 0.5)}[rule]
            for owner, part in ((a, of_first), (b, 1 - of_first)):
                parts.append(Labelled(mixed, label[owner], soft, chance[pairs] * p * part))
    return Labelled(
        np.concatenate([p.value for p in parts]),
        np.concatenate([p.label for p in parts]),
        np.concatenate([p.soft for p in parts]),
        np.concatenate([p.mass for p in parts]),
    )


def _split_atoms(law: Law, count: int = 12) -> tuple[Array, Array]:
    """Return a Gauss-Legendre rule on both sides of 1/2, exact for a density that is a polynomial."""
    alpha, beta, eps0, eps1 = law
    points, mass = special.roots_legendre(count)
    width = 1.0 + eps0 + eps1
    atoms, chances = [], []
    for low, high in ((-eps0, 0.5), (0.5, 1.0 + eps1)):
        w = low + (high - low) * (points + 1.0) / 2.0
        b = (w + eps0) / width
        density = b ** (alpha - 1.0) * (1.0 - b) ** (beta - 1.0) / special.beta(alpha, beta) / width
        atoms.append(w)
        chances.append(mass * density * (high - low) / 2.0)
    return np.concatenate(atoms), np.concatenate(chances)
