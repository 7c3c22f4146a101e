"""Cases and oracles of the claims about mixup: laws of weights, mixed rows as points, and second-order terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixtheory import EpBeta
from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.models.mixup import GaussianMixup

Array = NDArray[np.float64]

UNIFORM, INFLATING, SKEW = (1.0, 1.0, 0.0, 0.0), (1.0, 1.0, 0.6, 0.6), (2.0, 3.0, 0.1, 0.4)
LAWS = (UNIFORM, INFLATING, SKEW)
NO_SIZE = (1.0, 1.0, 1.2, 1.2)
MULTIPLIERS = (0.0, 0.5, 1.0, 3.0)
SETTING = "N(0, I) against N(m, diag k), labels 0 and 1; rows mixed with weights l and 1 - l from stretched Beta laws"


class Case(NamedTuple):
    """Law of the weights, mean and variances of the minority, class sizes, and whether there is an intercept."""

    law: tuple[float, float, float, float]
    mean: tuple[float, ...]
    variances: tuple[float, ...]
    counts: tuple[int, int]
    intercept: bool = False

    def public(self) -> GaussianMixup:
        """Return the public model."""
        n0, n1 = self.counts
        return GaussianMixup(
            EpBeta(*self.law), self.mean, self.variances, n_majority=n0, n_minority=n1, fit_intercept=self.intercept
        )

    def sizes(self) -> Array:
        """Return synthetic sizes."""
        return np.array(MULTIPLIERS) * (self.counts[0] - self.counts[1])

    def rows(self, points: Array) -> Array:
        """Return rows of the design."""
        return np.hstack([np.ones((len(points), 1)), points]) if self.intercept else points

    def laws(self, *, kept: bool = False) -> tuple[oracles.Law, oracles.Law, oracles.Law]:
        """Return majority, minority and mixed rows as points; mixed ones are the minority itself if `kept`."""
        d = len(self.mean)
        majority, weights, _ = oracles.normal_law(np.zeros(d), np.eye(d), 0.0, 3)
        minority = oracles.normal_law(self.mean, np.diag(self.variances), 1.0, 3)[0]
        lambdas, masses = weight_nodes(self.law)
        if kept:
            mixed, chances = minority, weights
        else:
            mixed = np.concatenate([w * minority[:, None] + (1 - w) * minority[None] for w in lambdas]).reshape(-1, d)
            chances = np.einsum("l,i,j->lij", masses, weights, weights).ravel()
        return (
            (self.rows(majority), weights, 0.0),
            (self.rows(minority), weights, 1.0),
            (self.rows(mixed), chances, 1.0),
        )


ALIGNED = (
    Case(UNIFORM, (1.0, 0.0), (1.0, 1.0), (2000, 100)),
    Case(INFLATING, (0.7, 0.4), (1.5, 1.5), (300, 100)),
    Case(SKEW, (2.0, 0.0), (0.3, 2.0), (90, 30)),
)
TILTED = (Case(UNIFORM, (1.0, 0.5), (0.5, 3.0), (400, 50)), Case(INFLATING, (0.6, 1.0), (2.0, 0.4), (90, 30)))
LEVEL = tuple(case._replace(intercept=True) for case in (*ALIGNED[:2], *TILTED))
CASES = (*ALIGNED, *TILTED, *LEVEL)


def weight_nodes(law: Sequence[float]) -> tuple[Array, Array]:
    """Return nodes and probabilities of the mixing weight; exact for the laws here, whose densities are polynomials."""
    alpha, beta, eps0, eps1 = law
    nodes, masses = np.polynomial.legendre.leggauss(8)
    unit = (1 + nodes) / 2
    masses = masses * unit ** (alpha - 1) * (1 - unit) ** (beta - 1)
    return (1 + eps0 + eps1) * unit - eps0, masses / masses.sum()


def norm_moment(law: Sequence[float], k: int = 1) -> float:
    """Return E S^k of the squared norm S of the weights."""
    weights, masses = weight_nodes(law)
    return float(masses @ (weights**2 + (1 - weights) ** 2) ** k)


def everywhere(values: Callable[[Case], object], cases: Sequence[Case] = CASES) -> Array:
    """Return values of all cases in one array."""
    return np.concatenate([np.ravel(np.asarray(values(case))) for case in cases])


def at_points(values: Callable[[oracles.Point], object], *, kept: bool = False) -> Array:
    """Return first-order quantities of the oracles in all cases."""
    return everywhere(lambda case: values(oracles.point("squared", case.laws(kept=kept))))


class Sampled(NamedTuple):
    """Mean of the estimate and excess risk to second order."""

    mean: Array
    excess: float


def sampled(case: Case, size: float, *, copied: bool = True) -> Sampled:
    """Return second-order terms with parents from the sample, by the first-order projection of the mixed law.

    What a minority row adds is its own x x' and x (1 - x'theta) and, times nt / n1, the projection of those of a mixed
    row on one parent: its mean with that parent fixed in either place, less twice its mean.
    """
    laws = case.laws()
    n0, n1 = case.counts
    (x0, w0, _), (x1, w1, _), (xm, wm, _) = laws
    lambdas, masses = weight_nodes(case.law)
    ratio = size / n1 if copied else 0.0
    second = [np.einsum("i,ij,ik->jk", w, x, x) for x, w, _ in laws]
    met = 1.0 / n1 if copied else 0.0
    gram = n0 * second[0] + n1 * second[1] + size * ((1 - met) * second[2] + met * second[1])
    centre = w1 @ x1
    theta = np.linalg.solve(gram, (n1 + size) * centre)
    inverse = np.linalg.inv(gram)
    own = np.einsum("ij,ik->ijk", x1, x1)
    projected = np.zeros_like(own)
    for weight, mass in zip(lambdas, masses, strict=True):
        for one, other in ((weight, 1 - weight), (1 - weight, weight)):
            rows = one * x1[:, None] + other * x1[None]
            projected += mass * np.einsum("j,aji,ajk->aik", w1, rows, rows)
    projected -= 2 * second[2]
    scatter: Any = 0.0
    shift: Any = 0.0
    for count, products, cross, chances in (
        (n0, np.einsum("ij,ik->ijk", x0, x0), 0.0 * x0, w0),
        (n1, own + ratio * projected, x1 + ratio * (x1 - centre), w1),
        (size, np.einsum("ij,ik->ijk", xm, xm), xm, wm),
    ):
        scores = cross - products @ theta
        centred = scores - chances @ scores
        scatter = scatter + count * np.einsum("i,ij,ik->jk", chances, centred, centred)
        shift = shift - count * np.einsum("i,ijk,kl,il->j", chances, products, inverse, centred)
    shift = inverse @ shift
    offset = theta - oracles.balanced("squared", laws)
    metric = second[0] + second[1]
    variance = np.trace(metric @ inverse @ scatter @ inverse) / 2
    return Sampled(theta + shift, float(offset @ metric @ (offset / 2 + shift) + variance))
