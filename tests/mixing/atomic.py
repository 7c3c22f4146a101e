"""Laws of weights on finitely many atoms and complete enumerations, written without any closed form of the package."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

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

    def weights(self, size, rng):
        return self._w[rng.choice(len(self.vectors), size=size, p=self.probabilities)]

    @property
    def mean(self):
        return self._mean(self._w[:, 0])

    @property
    def var(self):
        return self._mean((self._w[:, 0] - self.mean) ** 2)

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


def batches(data, law, pairing, size=None):
    """Every synthetic batch of a table under a pairing scheme: array (m, size) and probabilities (m,)."""
    x = np.asarray(data, dtype=float)
    n = x.size
    lambdas = law.lambdas
    found, mass = [], []
    if pairing in ("independent", "distinct"):
        pairs = [(i, j) for i in range(n) for j in range(n) if pairing == "independent" or i != j]
        rows = [(w * x[i] + (1 - w) * x[j], p / len(pairs)) for i, j in pairs for w, p in lambdas]
        for batch in itertools.product(rows, repeat=n if size is None else size):
            found.append([value for value, _ in batch])
            mass.append(np.prod([p for _, p in batch]))
        return np.array(found), np.array(mass)
    if pairing == "derangement":
        partners = []
        for tail in itertools.permutations(range(1, n)):
            cycle = (0, *tail)
            following = dict(zip(cycle, (*cycle[1:], cycle[0]), strict=True))
            partners.append([following[i] for i in range(n)])
    else:
        partners = [list(order) for order in itertools.permutations(range(n))]
    for partner in partners:
        weights = [(lam,) * n for lam in lambdas] if pairing == "shared" else itertools.product(lambdas, repeat=n)
        for batch in weights:
            w = np.array([value for value, _ in batch])
            found.append(w * x + (1 - w) * x[partner])
            shares = [p for _, p in batch]
            mass.append((shares[0] if pairing == "shared" else np.prod(shares)) / len(partners))
    return np.array(found), np.array(mass)
