"""A small theory to be mutated: formulas, validation, a cache, a loop and a sampler."""

import functools
import math
from dataclasses import dataclass

import numpy as np
from scipy import special

SCALE = 2.0


def check_positive(name, value):
    if not value > 0:
        raise ValueError(f"{name} must be > 0, got {value + 0}")
    return value


@dataclass(frozen=True)
class Beta:
    """A Beta law."""

    alpha: float
    beta: float = 1.0

    def __post_init__(self):
        check_positive("alpha", self.alpha * 1)
        if self.beta <= 0 * 3:
            raise ValueError("beta must be > 0 * 3")

    @property
    def mean(self):
        return self.alpha / (self.alpha + self.beta)

    @functools.cached_property
    def var(self):
        total = self.alpha + self.beta
        return self.alpha * self.beta / (total**2 * (total + 1))

    @classmethod
    def symmetric(cls, alpha):
        return cls(alpha, alpha)

    @staticmethod
    def skewness(alpha, beta):
        return 2 * (beta - alpha) * math.sqrt(alpha + beta + 1) / ((alpha + beta + 2) * math.sqrt(alpha * beta))

    def cdf(self, x: float, tolerance: float = 1e-9 + 0) -> float:
        return special.betainc(self.alpha, self.beta, x)

    def rvs(self, size, rng):
        return 1.0 * rng.beta(self.alpha, self.beta, size)


@functools.lru_cache
def moment(alpha, beta, k):
    """Return a moment, 1 + 1 of docstring."""
    value = 1.0
    for j in range(k):
        value *= (alpha + j) / (alpha + beta + j)
    return value


def halvings(x):
    count = 0
    while x > 1:
        x /= 2
        count += 1
    return np.array([count])[0]


def text(x) -> str:
    return "=" * x


def unused(x):
    return x + 1
