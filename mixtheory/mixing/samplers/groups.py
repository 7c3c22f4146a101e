"""Groups of rows that are mixed alike: who their parents are, with which weights, and what that does to covariances."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import shown
from mixtheory.mixing.kernels.draws import draw_weights
from mixtheory.mixing.kernels.label_pairs import label_partners
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.pairing import different_rows
from mixtheory.mixing.samplers.neighbours import nearest_rows
from mixtheory.mixing.weights import EpBeta
from mixtheory.mixing.zeta import Zeta
from mixtheory.resampling import Table, Target

__all__ = ["Group", "group_parents", "group_weights", "owner_first"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """Rows of the table that own synthetic rows, and how these are made.

    Attributes
    ----------
    name : str
        In words, for messages: a class, or the table.
    owners : ndarray of int64
        Places of the rows that can be first parents.
    available : int
        Number of rows from which the parents of one row come, the first one included.
    law : MixingLaw
        Law of the weights.
    factor : float
        Covariance of a synthetic row given the data over that of the rows, NaN where it is no multiple of it.
    scale : float
        Factor of the deviations from the mean of the rows.
    """

    name: str
    owners: Indices
    available: int
    law: MixingLaw
    factor: float
    scale: float

    def check_rows(self, pairing: str, n_neighbors: int) -> None:
        """Raise ValueError if the rows are too few for the parents of the law."""
        count, needed = self.available, self.law.n_parents
        if pairing == "knn" and self.owners.size <= n_neighbors:
            raise ValueError(
                f"n_neighbors must be below the number of rows: {self.name} has {self.owners.size} row(s), too few for "
                f"a row and its {n_neighbors} neighbours"
            )
        if count < needed:
            single = (
                "; a single row cannot be mixed: leave its class out, or ask for no rows of it" if count == 1 else ""
            )
            raise ValueError(
                f"{self.name} has {count} row(s), fewer than the {needed} different parents of a synthetic row under "
                f"{self.law!r}{single}"
            )


def group_weights(law: MixingLaw, size: int, rng: np.random.Generator) -> Array:
    """Return weight vectors (size, k), or (1, k) where all rows have the same; every vector sums to one."""
    if isinstance(law, Zeta):
        return law.weights[np.newaxis]
    if isinstance(law, EpBeta):
        # the same law as `law.weight_vectors`; uniform weights, which most samplers have, cost a tenth
        first = draw_weights(rng, size, float(law.alpha), float(law.beta), float(law.eps0), float(law.eps1))
        return np.stack([first, 1 - first], axis=1)
    return law.weight_vectors(size, rng)


def owner_first(weights: Array, size: int, rule: str, rng: np.random.Generator) -> Array:
    r"""Exchange weights so that the first one belongs to the parent whose label the rule copies.

    The weights do not look at the labels, and given the weights the parents are exchangeable. So given its label an
    unconditional mixed row has an owner that is uniform over the class, other parents that are a uniform ordered draw
    of the other rows, and weights of their unconditional law, with the owner's one picked by the rule. Derived in this
    project.
    """
    if rule == "first_parent" or (rule == "larger_weight" and len(weights) == 1 and weights.argmax() == 0):
        return weights
    vectors = np.array(np.broadcast_to(weights, (size, weights.shape[1])))
    if rule == "larger_weight":
        owner = vectors.argmax(axis=1)
    else:
        passed = (np.cumsum(vectors, axis=1) <= rng.random((size, 1))).sum(axis=1)
        owner = np.minimum(passed, vectors.shape[1] - 1)
    rows = np.arange(size)
    omega = vectors[rows, owner]
    vectors[rows, owner] = vectors[:, 0]
    vectors[:, 0] = omega
    return vectors


def group_parents(
    group: Group,
    pairing: str,
    size: int,
    rng: np.random.Generator,
    *,
    table: Table,
    target: Target,
    n_neighbors: int,
    bandwidth: float,
) -> Indices:
    """Draw the parents (size, k) of synthetic rows of a group, the owner first: places in the table."""
    owners, others = group.owners, group.law.n_parents - 1
    if pairing == "same_class" or (pairing == "any" and owners.size == table.n_rows):
        return owners[different_rows(owners.size, others + 1, size, rng)]
    first = rng.integers(owners.size, size=size)
    parents = np.empty((size, others + 1), dtype=np.int64)
    parents[:, 0] = owners[first]
    if pairing == "any":
        rest = different_rows(table.n_rows - 1, others, size, rng)
        parents[:, 1:] = rest + (rest >= parents[:, :1])
    elif pairing == "knn":
        near = nearest_rows(table.numbers[owners], n_neighbors)
        ranks = different_rows(n_neighbors, others, size, rng)
        parents[:, 1:] = owners[near[first[:, np.newaxis], ranks]]
    else:
        assert target.values is not None
        parents[:, 1:] = label_partners(rng, target.values[:, 0], parents[:, 0], bandwidth, others)
    return parents


def unit_scale(scale: float) -> float:
    """Return 1 for a scale that differs from it by rounding."""
    return 1.0 if math.isclose(scale, 1.0, rel_tol=1e-12) else scale


def class_name(label: Any) -> str:
    """Return the name of the group of a class."""
    return f"class {shown(label)}"
