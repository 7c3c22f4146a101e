"""Laws of weights on finitely many atoms and complete enumerations, written without any closed form of the package."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy import special

from mixtheory.mixing.laws import MixingLaw


@dataclass(frozen=True)
class AtomicLaw(MixingLaw):
    """Weight vectors (k,) with probabilities; for two parents also a law of lambda."""

    vectors: tuple
    probabilities: tuple

    @staticmethod
    def of_lambda(values, probabilities):
        return AtomicLaw(tuple((v, 1 - v) for v in values), tuple(probabilities))

    def _key(self):
        return self.vectors, self.probabilities

    @property
    def _w(self):
        return np.array(self.vectors, dtype=float)

    def _mean(self, values):
        return float(np.dot(self.probabilities, values))

    @property
    def n_parents(self):
        return self._w.shape[1]

    def power_sum(self, k):
        return self._mean((self._w**k).sum(axis=1))

    @property
    def _q(self):
        return (1 - (self._w**2).sum(axis=1)) / 2

    @property
    def r(self):
        return self._mean(self._q)

    @property
    def q2(self):
        return self._mean(self._q**2)

    def weight_vectors(self, size, rng):
        return self._w[rng.choice(len(self.vectors), size=size, p=self.probabilities)]

    @property
    def mean(self):
        return self._mean(self._w[:, 0])

    @property
    def var(self):
        return self._mean((self._w[:, 0] - self.mean) ** 2)

    @property
    def weight_means(self):
        return np.asarray(self.probabilities) @ self._w

    @property
    def weight_variances(self):
        return np.asarray(self.probabilities) @ (self._w - self.weight_means) ** 2

    @property
    def dominant_weight(self):
        return self._mean(self._w.max(axis=1))

    @property
    def entropy(self):
        return self._mean(special.entr(self._w).sum(axis=1))

    def mass_outside(self):
        return self._mean((self._w[:, 0] < 0) | (self._w[:, 0] > 1))

    @property
    def lambdas(self):
        return tuple(zip(self._w[:, 0].tolist(), self.probabilities, strict=True))


# Asymmetric, partly outside [0, 1], neither mean 1/2 nor r = 0.
OUTSIDE = AtomicLaw.of_lambda((-0.3, 0.4, 1.1), (0.2, 0.5, 0.3))
INSIDE = AtomicLaw.of_lambda((0.1, 0.6, 0.95), (0.5, 0.2, 0.3))
TWO_POINT = AtomicLaw.of_lambda((-0.2, 0.8), (0.35, 0.65))
THREE_PARENTS = AtomicLaw(((0.5, 0.7, -0.2), (1.2, -0.1, -0.1), (0.2, 0.3, 0.5)), (0.3, 0.1, 0.6))


def mix_population(values, probabilities, law):
    """Values and probabilities of sum_s w_s X_s for independent X_s on atoms."""
    parents = list(itertools.product(range(len(values)), repeat=law.n_parents))
    index = np.array(parents)
    x = np.asarray(values, dtype=float)[index]
    p = np.prod(np.asarray(probabilities, dtype=float)[index], axis=1)
    mixed = np.concatenate([x @ np.asarray(w) for w in law.vectors])
    mass = np.concatenate([p * share for share in law.probabilities])
    return mixed, mass


def central_moments(values, probabilities):
    """Mean and central moments of order 2 to 4."""
    mean = float(np.dot(probabilities, values))
    return mean, *(float(np.dot(probabilities, (values - mean) ** k)) for k in (2, 3, 4))


def row_choices(n, n_parents, pairing, row=None):
    """Every choice of the parents of one synthetic row, equally likely; an anchored one needs its `row`."""
    if pairing == "independent":
        return list(itertools.product(range(n), repeat=n_parents))
    if pairing == "distinct":
        return list(itertools.permutations(range(n), n_parents))
    others = [i for i in range(n) if i != row]
    return [(row, *rest) for rest in itertools.permutations(others, n_parents - 1)]


def batch_choices(n, n_parents, pairing):
    """Every choice of the parents of a whole batch by permutations or by a cycle."""
    if pairing == "derangement":
        cycles = [(0, *tail) for tail in itertools.permutations(range(1, n))]
        places = [{i: place for place, i in enumerate(cycle)} for cycle in cycles]
        return [
            [[cycle[(place[i] + t) % n] for t in range(n_parents)] for i in range(n)]
            for cycle, place in zip(cycles, places, strict=True)
        ]
    orders = itertools.product(itertools.permutations(range(n)), repeat=n_parents - 1)
    return [[[i, *(order[i] for order in each)] for i in range(n)] for each in orders]


def batches(data, law, pairing, size=None):
    """Every synthetic batch of a table under a pairing scheme: array (m, size) and probabilities (m,)."""
    x = np.asarray(data, dtype=float)
    n, k = x.size, law.n_parents
    atoms = list(zip(np.array(law.vectors), law.probabilities, strict=True))
    found, mass = [], []
    if pairing in ("independent", "distinct", "anchored"):
        choices = [row_choices(n, k, pairing, row) for row in range(n if size is None else size)]
        rows = [[(w @ x[list(who)], p / len(each)) for who in each for w, p in atoms] for each in choices]
        for batch in itertools.product(*rows):
            found.append([value for value, _ in batch])
            mass.append(np.prod([p for _, p in batch]))
        return np.array(found), np.array(mass)
    choices = batch_choices(n, k, pairing)
    for parents in choices:
        values = x[np.array(parents)]
        weights = [(atom,) * n for atom in atoms] if pairing == "shared" else itertools.product(atoms, repeat=n)
        for batch in weights:
            found.append(np.sum(values * [w for w, _ in batch], axis=1))
            shares = [p for _, p in batch]
            mass.append((shares[0] if pairing == "shared" else np.prod(shares)) / len(choices))
    return np.array(found), np.array(mass)
