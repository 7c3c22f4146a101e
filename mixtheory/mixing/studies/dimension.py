r"""What mixing does to the dimension of data: two laws on the same data, compared with the data themselves.

Batches are mixed member by member (pairing "anchored"), by a law of two parents and by zeta-mixup of the whole batch. A
replicate is a fresh sample of a manifold, or random rows of a real data set. Dimensions are estimated at some rows
from neighbours among all; lengths are in units of the root of the total variance of the data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from mixtheory._validation import check_choice, check_integer
from mixtheory.datasets import load
from mixtheory.intrinsic_dimension import (
    Neighbors,
    inverse_dimensions,
    local_pca_dimension,
    mle_dimension,
    nearest_neighbors,
    two_nn_dimension,
)
from mixtheory.mixing.batches import mix_batch
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.locality import displacement_factor
from mixtheory.mixing.points import point_variance_factor, within_row_factor
from mixtheory.mixing.rescaling import batch_scale
from mixtheory.mixing.studies.manifolds import MANIFOLDS, HalfMoons
from mixtheory.mixing.studies.zeta_scenarios import mixing_law, rescaled_weights

__all__ = [
    "BATCH",
    "DIGITS",
    "PAIRS",
    "PCA_SCALES",
    "SCALES",
    "compared",
    "comparison",
    "laws_of",
    "references",
    "sides",
]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

BATCH = 32
"""Rows that are mixed with each other, and parents of zeta-mixup."""

SCALES = (4, 8, 16, 32, 64, 128)
"""Numbers of neighbours of maximum likelihood."""

PCA_SCALES = (8, 32, 128)
"""Numbers of neighbours of local principal components."""

DIGITS = tuple(f"digits_{k}" for k in range(10))
"""The classes of the handwritten digits, each a data set of its own; ``"digits"`` is all of them."""

PAIRS = ("mixup", "shared", "own", "preserving")
"""What zeta-mixup is compared with: Beta mixup with a weight for each row; with one weight for each batch, as in the
public code of zeta-mixup; with the larger weight always on the row's own member; and, for zeta-mixup rescaled about
the batch mean, the symmetric EpBeta law that preserves the covariance."""

# rows at which dimensions are estimated
_POINTS = 512


@dataclass(frozen=True, eq=False)
class _Data:
    """Rows, their labels if there are classes, distances to where the rows come from, and the label to expect there."""

    rows: Array
    labels: Indices | None
    distance: Callable[[Array], Array]
    expected: Callable[[Array], Indices] | None


@cache
def _digits(name: str) -> tuple[Array, Indices]:
    data = load("digits")
    if name == "digits":
        return data.X.to_numpy(), np.asarray(data.y, dtype=np.int64)
    rows = data.of_class(int(name.rpartition("_")[2])).to_numpy()
    return rows, np.zeros(len(rows), dtype=np.int64)


def _draw(rng: np.random.Generator, data: str, size: int) -> _Data:
    if data in MANIFOLDS:
        manifold = MANIFOLDS[data]
        if isinstance(manifold, HalfMoons):
            rows, labels = manifold.sample_labelled(size, rng)
            return _Data(rows, labels, manifold.distance, manifold.region)
        return _Data(manifold.sample(size, rng), None, manifold.distance, None)
    check_choice("data", data, (*MANIFOLDS, "digits", *DIGITS))
    rows, labels = _digits(data)
    order = rng.permutation(len(rows))
    kept, held_out = order[: check_integer("size", size, low=1, high=len(rows) - 1)], order[size:]
    tree, of_held_out = KDTree(rows[held_out]), labels[held_out]
    return _Data(
        rows[kept],
        labels[kept] if data == "digits" else None,
        lambda points: np.asarray(tree.query(points)[0]),
        (lambda points: of_held_out[tree.query(points)[1]]) if data == "digits" else None,
    )


@dataclass(frozen=True, eq=False)
class _Mixed:
    """Mixed rows, the row number of the parent with the largest weight, and the label of the largest mixed weight."""

    rows: Array
    parents: Indices
    labels: Indices | None


def _weights(law: MixingLaw, rng: np.random.Generator, pair: str) -> Array:
    """Draw the weights of the members of a batch in each of its mixed rows."""
    weights = mix_batch(np.eye(BATCH), law, rng, pairing="shared" if pair == "shared" else "anchored")
    if pair == "own":
        members, heaviest = np.arange(BATCH), weights.argmax(axis=1)
        own = weights[members, members]
        weights[members, members] = weights[members, heaviest]
        weights[members, heaviest] = np.where(members == heaviest, weights[members, heaviest], own)
    return weights


def _mix(data: _Data, law: MixingLaw, rng: np.random.Generator, *, pair: str, rescale: bool) -> _Mixed:
    n = len(data.rows)
    weights = np.stack([_weights(law, rng, pair) for _ in range(n // BATCH)])
    batches = data.rows.reshape(-1, BATCH, data.rows.shape[1])
    rows = weights @ batches
    if rescale:
        centre = batches.mean(axis=1, keepdims=True)
        rows = centre + batch_scale(law, BATCH, "anchored") * (rows - centre)
    parents = (weights.argmax(axis=2) + BATCH * np.arange(n // BATCH)[:, None]).ravel()
    labels = None
    if data.labels is not None:
        classes = np.unique(data.labels)
        one_hot = (data.labels[:, None] == classes).astype(np.float64)
        soft = weights @ one_hot.reshape(-1, BATCH, classes.size)
        labels = classes[soft.argmax(axis=2).ravel()]
    return _Mixed(rows.reshape(n, -1), parents, labels)


def laws_of(pair: str, alpha: float, gamma: float | None) -> tuple[MixingLaw, MixingLaw]:
    """Return the two laws of a comparison.

    Parameters
    ----------
    pair : str
        One of `PAIRS`.
    alpha : float
        Shape of the Beta law, > 0; ``"preserving"`` extends it until it preserves the covariance.
    gamma : float or None
        Exponent of zeta-mixup; None takes the one with the covariance factor of Beta(alpha, alpha).

    Raises
    ------
    ValueError
        If `pair` is unknown or a parameter out of range.

    Examples
    --------
    >>> mixup, zeta = laws_of("mixup", 0.2, None)
    >>> round(float(mixup.covariance_factor), 6), round(zeta.covariance_factor, 6), round(zeta.gamma, 4)
    (0.857143, 0.857143, 3.9999)
    """
    check_choice("pair", pair, PAIRS)
    name = "preserving" if pair == "preserving" else "mixup"
    mixup, zeta = mixing_law(name, BATCH, alpha=alpha), mixing_law("zeta", BATCH, gamma=gamma, alpha=alpha)
    return mixup, zeta


def _variance_ratio(size: int, row: float, spread: float) -> float:
    """Return the ratio of total variances for batches that are cut from `size` rows at random.

    Given a batch, of its covariance a mixed row has the share `row`, and the mean of its mixed rows the share `spread`
    over their number.
    """
    inside = 1 - 1 / BATCH
    return (size * (row * inside + 1 / BATCH) - 1 - spread * inside) / (size - 1)


def references(size: int, pair: str, alpha: float, gamma: float | None) -> dict[str, float]:
    r"""Return closed forms of `compared`: mean squared displacements and the ratios of the total variances.

    For rows that are rescaled see `rescaled_weights`. A row that has one weight for its batch may meet itself. From
    note 02, C8, C10 and C12 [derived]: derived in this project.
    """
    mixup, zeta = laws_of(pair, alpha, gamma)
    displacement, row = float(displacement_factor(mixup)), float(point_variance_factor(mixup, BATCH, "distinct"))
    first = mixup.dominant_weight if pair == "own" else mixup.weight_means[0]
    spread = float(row - ((BATCH * first - 1) / (BATCH - 1)) ** 2)
    if pair == "shared":
        displacement *= 1 - 1 / BATCH
        row, spread = float(mixup.variance_factor), 0.0
    out = {"displacement_mixup": displacement, "variance_mixup": _variance_ratio(size, row, spread)}
    row, spread = float(point_variance_factor(zeta, BATCH, "distinct")), float(within_row_factor(zeta, BATCH))
    if pair == "preserving":
        stretched = rescaled_weights(zeta, BATCH, float(batch_scale(zeta, BATCH, "anchored")))
        out["displacement_zeta"] = 2 * (1 - float(stretched[0]))
        row, spread = 1.0, spread / row
    else:
        out["displacement_zeta"] = float(displacement_factor(zeta))
    return {**out, "variance_zeta": _variance_ratio(size, row, spread)}


@dataclass(frozen=True, eq=False)
class _Scene:
    """What the laws of a comparison have in common: the data, the rows that are looked at, the unit of length."""

    data: _Data
    at: Indices
    scales: tuple[int, ...]
    unit: float
    reach: Array
    """Median distance to the k-th neighbour in the data, one for each of `scales`."""

    def dimensions(self, rows: Array, found: Neighbors) -> dict[str, float]:
        """Return the estimates of all estimators at all scales."""
        out = {"two_nn": two_nn_dimension(rows, neighbors=found)}
        for k in self.scales:
            out[f"mle_{k}"] = mle_dimension(rows, n_neighbors=k, neighbors=found)
            if k in PCA_SCALES:
                out[f"pca_{k}"] = local_pca_dimension(rows, n_neighbors=k, neighbors=found)
        return out

    def describe(self, mixed: _Mixed) -> dict[str, float]:
        """Return what is known of one side of the comparison."""
        found = nearest_neighbors(mixed.rows, max(self.scales), at=self.at)
        out = self.dimensions(mixed.rows, found)
        moved = np.linalg.norm(mixed.rows - self.data.rows[mixed.parents], axis=1)
        points, here = mixed.rows[self.at], moved[self.at]
        out["distance"] = float(np.sqrt(np.mean(self.data.distance(points) ** 2)) / self.unit)
        out["displacement"] = float(np.mean(moved**2) / self.unit**2)
        out["variance"] = float(np.var(mixed.rows, axis=0, ddof=1).sum() / self.unit**2)
        out["siblings"] = float(np.mean(mixed.parents[found.indices[:, 0]] == mixed.parents[self.at]))
        if mixed.labels is not None and self.data.expected is not None:
            out["agreement"] = float(np.mean(mixed.labels[self.at] == self.data.expected(points)))
        for k, radius in zip(self.scales, self.reach, strict=True):
            inverse = inverse_dimensions(found.distances[:, :k])
            out[f"untouched_{k}"] = float(np.mean(here < radius))
            for name, chosen in (("near", here < radius), ("far", here >= radius)):
                part = inverse[chosen & ~np.isnan(inverse)]
                # a handful of points has no estimate worth the name
                out[f"{name}_{k}"] = float(1 / part.mean()) if part.size >= 16 and part.any() else np.nan
        return out


def _scene(rng: np.random.Generator, data: str, size: int) -> tuple[_Scene, dict[str, float]]:
    drawn = _draw(rng, data, size)
    n = len(drawn.rows)
    scales = tuple(k for k in SCALES if 4 * k <= n)
    at = rng.permutation(n)[:_POINTS]
    found = nearest_neighbors(drawn.rows, max(scales), at=at)
    reach = np.median(found.distances[:, np.array(scales) - 1], axis=0)
    unit = float(np.sqrt(np.var(drawn.rows, axis=0, ddof=1).sum()))
    scene = _Scene(drawn, at, scales, unit, reach)
    out = scene.dimensions(drawn.rows, found)
    points = drawn.rows[at]
    out["distance"] = float(np.sqrt(np.mean(drawn.distance(points) ** 2)) / unit)
    out |= {f"reach_{k}": float(radius / unit) for k, radius in zip(scales, reach, strict=True)}
    if drawn.labels is not None and drawn.expected is not None:
        out["agreement"] = float(np.mean(drawn.labels[at] == drawn.expected(points)))
    return scene, out


def sides() -> dict[str, tuple[str, ...]]:
    """Return the names of the outputs of `compared` without the suffix of the side, for the data and for the laws."""
    estimators = ("two_nn", *(f"mle_{k}" for k in SCALES), *(f"pca_{k}" for k in PCA_SCALES))
    data = (*estimators, "distance", "agreement")
    mixed = (*data, "displacement", "variance", "siblings")
    local = tuple(f"{name}_{k}" for k in SCALES for name in ("untouched", "near", "far"))
    return {
        "original": (*data, *(f"reach_{k}" for k in SCALES)),
        "mixup": (*mixed, *local),
        "zeta": (*mixed, *local),
        "closer": estimators,
        "lower": (*estimators, "distance"),
    }


def comparison(
    rng: np.random.Generator, *, data: str, size: int, pair: str, alpha: float, gamma: float | None
) -> dict[str, float]:
    """Draw data once, mix them by both laws, and compare; see `compared`."""
    first, second = laws_of(pair, alpha, gamma)
    if check_integer("size", size, low=4 * SCALES[0]) % BATCH:
        raise ValueError(f"size must be a multiple of {BATCH}, got {size}")
    streams = rng.spawn(3)
    scene, original = _scene(streams[0], data, size)
    mixup = scene.describe(_mix(scene.data, first, streams[1], pair=pair, rescale=False))
    zeta = scene.describe(_mix(scene.data, second, streams[2], pair="zeta", rescale=pair == "preserving"))
    out: dict[str, float] = {}
    for side, values in (("original", original), ("mixup", mixup), ("zeta", zeta)):
        out |= {f"{name}_{side}": value for name, value in values.items()}
    for name in sides()["lower"]:
        if name in mixup:
            out[f"{name}_lower"] = mixup[name] - zeta[name]
    for name in sides()["closer"]:
        if name in mixup:
            out[f"{name}_closer"] = abs(mixup[name] - original[name]) - abs(zeta[name] - original[name])
    return out


def compared(
    rng: np.random.Generator, n: int, *, data: str, size: int, pair: str, alpha: float, gamma: float | None
) -> dict[str, Array]:
    """Compare a law of two parents with zeta-mixup on `n` samples.

    Parameters
    ----------
    data : str
        A manifold of `MANIFOLDS`, a class of the digits (`DIGITS`) or ``"digits"``.
    size : int
        Rows of a sample, a multiple of `BATCH`. Real rows are drawn without replacement, the others are held out.
    pair, alpha, gamma
        See `laws_of`.

    Returns
    -------
    dict
        Arrays (n,), named by `sides`: a name and the side ``original``, ``mixup`` or ``zeta``. ``two_nn``, ``mle_k``,
        ``pca_k``: estimated dimensions; ``distance``: root mean square distance to the manifold, or to the nearest
        real row that was held out; ``displacement``: mean square distance to the parent with the largest weight over
        the total variance of the data; ``variance``: ratio of the total variances; ``siblings``: share of rows whose
        nearest neighbour has the same parent with the largest weight; ``agreement``: share of rows whose largest
        mixed label is that of the nearer half-moon, or of the nearest real row that was held out; ``reach_k``: median
        distance to the k-th neighbour in the data; ``untouched_k``: share of rows displaced by less than that;
        ``near_k``, ``far_k``: ``mle_k`` at rows displaced by less and by more than that. Sides ``closer``: gap
        between the estimates of mixup and of the data minus that of zeta-mixup, and ``lower``: mixup minus
        zeta-mixup. NaN where a quantity is not defined: labels of one class, k above a quarter of the rows.

    Raises
    ------
    ValueError
        If a name is unknown or a number out of range.
    """
    drawn = [comparison(rng, data=data, size=size, pair=pair, alpha=alpha, gamma=gamma) for _ in range(n)]
    names = [f"{name}_{side}" for side, inside in sides().items() for name in inside]
    return {name: np.array([row.get(name, np.nan) for row in drawn]) for name in names}
