r"""First-order quantities of a class or a generator: mean score, Hessian, score covariance, and population minimisers.

A law is a list of points and their probabilities: a finite population, a sample, or the nodes of a quadrature rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_integer, check_matrix, check_real, check_reals, check_sequence, shown
from mixtheory.imbalance.losses import Loss, as_loss

__all__ = ["ClassMoments", "balanced_minimiser", "check_symmetric", "gaussian_nodes", "pooled_minimiser"]

Array = NDArray[np.float64]
Law = tuple[ArrayLike, ArrayLike | None]

_MOST_NODES = 1_000_000
_SYMMETRIC = 1e-10


@dataclass(frozen=True, eq=False)
class ClassMoments:
    r"""Moments of the loss under one law at a fixed theta, where s is the score, the gradient of the loss in theta.

    Parameters
    ----------
    mean_score : array_like, shape (p,)
        :math:`m = E s(\theta)`.
    hessian : array_like, shape (p, p)
        :math:`E \nabla^2 \ell(\theta)`.
    score_covariance : array_like, shape (p, p)
        :math:`S = Cov(s(\theta))`, centred at the mean score.

    Raises
    ------
    ValueError
        If the shapes do not agree, a matrix is not symmetric, or a value is not finite.

    Examples
    --------
    >>> law = ClassMoments.of_points("squared", [0.5], [[1.0], [2.0]], 1.0)
    >>> law.mean_score.tolist(), law.hessian.tolist(), law.score_covariance.tolist()
    ([-0.5], [[5.0]], [[0.25]])
    """

    mean_score: Array
    hessian: Array
    score_covariance: Array

    def __post_init__(self) -> None:
        mean = check_matrix("mean_score", self.mean_score, ndim=1)
        object.__setattr__(self, "mean_score", mean)
        object.__setattr__(self, "hessian", check_symmetric("hessian", self.hessian, len(mean)))
        covariance = check_symmetric("score_covariance", self.score_covariance, len(mean))
        object.__setattr__(self, "score_covariance", covariance)

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.mean_score)

    @classmethod
    def of_points(
        cls,
        loss: str | Loss,
        theta: ArrayLike,
        points: ArrayLike,
        labels: ArrayLike,
        probabilities: ArrayLike | None = None,
    ) -> ClassMoments:
        """Moments of a discrete law: exact for a finite population, a sample or the nodes of a quadrature rule.

        Parameters
        ----------
        loss : str or Loss
        theta : array_like, shape (p,)
        points : array_like, shape (m, p)
            Rows of the design.
        labels : array_like, shape () or (m,)
            One label for all points or one each.
        probabilities : array_like, shape (m,), optional
            Equal by default; they may sum to anything positive.

        Raises
        ------
        ValueError
            If the shapes do not agree or a probability is negative.
        """
        chosen = as_loss(loss)
        rows = check_matrix("points", points)
        shares = _probabilities(probabilities, len(rows))
        each = _labels("labels", labels, len(rows))
        scores = chosen.scores(theta, rows, each)
        mean = shares @ scores
        centred = scores - mean
        hessian = chosen.hessian(theta, rows, each, shares)
        return cls(mean, (hessian + hessian.T) / 2, (centred * shares[:, None]).T @ centred)


def gaussian_nodes(mean: ArrayLike, covariance: ArrayLike, order: int = 20) -> tuple[Array, Array]:
    r"""Tensor Gauss-Hermite rule for a Gaussian law: exact for polynomials of degree up to 2 order - 1.

    With nodes :math:`z_i` and weights :math:`w_i` of the rule for N(0, 1), the points are :math:`m + R (z_{i_1},
    \ldots, z_{i_d})'` with :math:`R R' = C` (the symmetric root), and their probabilities :math:`\prod_j w_{i_j}`.

    Parameters
    ----------
    mean : array_like, shape (d,)
    covariance : array_like, shape (d, d)
        C, positive semidefinite.
    order : int
        Nodes an axis; there are order^d points.

    Returns
    -------
    points : ndarray, shape (order**d, d)
    probabilities : ndarray, shape (order**d,)

    Raises
    ------
    ValueError
        If C is not a covariance matrix, or there would be more than 1 000 000 points.

    Examples
    --------
    >>> points, probabilities = gaussian_nodes([1.0, 0.0], [[2.0, 0.0], [0.0, 1.0]], order=3)
    >>> len(points), round(float(probabilities @ points[:, 0] ** 2), 12)
    (9, 3.0)
    """
    centre = check_matrix("mean", mean, ndim=1)
    matrix = check_symmetric("covariance", covariance, len(centre))
    order = check_integer("order", order, low=1)
    if len(centre) * np.log(order) > np.log(_MOST_NODES) + 1e-9:
        raise ValueError(f"order must leave at most {_MOST_NODES:,} points, got {order} in {len(centre)} dimensions")
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < -_SYMMETRIC * max(values[-1], 0.0):
        raise ValueError(f"covariance must be positive semidefinite, got the smallest eigenvalue {values[0]:g}")
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    axes = np.meshgrid(*[nodes] * len(centre), indexing="ij")
    masses = np.meshgrid(*[weights / weights.sum()] * len(centre), indexing="ij")
    standard = np.stack([axis.ravel() for axis in axes], axis=1)
    return centre + standard @ root, np.prod([mass.ravel() for mass in masses], axis=0)


def balanced_minimiser(
    loss: str | Loss, majority: Law, minority: Law, *, labels: tuple[float, float] = (0.0, 1.0)
) -> Array:
    r"""Minimiser theta* of the balanced risk :math:`R(\theta) = \frac12 E_{P_0} \ell + \frac12 E_{P_1} \ell`.

    Parameters
    ----------
    loss : str or Loss
    majority, minority : tuple of (points, probabilities)
        The laws of the classes; probabilities None stands for equal ones.
    labels : tuple of float
        Labels of majority and minority.

    Returns
    -------
    ndarray, shape (p,)

    Raises
    ------
    ValueError
        If the laws are not pairs of matching shape, or there is no unique finite minimiser.

    Notes
    -----
    The balanced risk is the one of Ma and Zhang (2026) [paper, code].

    Examples
    --------
    >>> majority, minority = gaussian_nodes([0, 0], [[1, 0], [0, 1]]), gaussian_nodes([1, 0], [[1, 0], [0, 1]])
    >>> float(balanced_minimiser("squared", majority, minority)[0].round(12))  # mu / (mu^2 + 2)
    0.333333333333
    """
    return pooled_minimiser(loss, (majority, minority), (0.5, 0.5), labels=labels)


def pooled_minimiser(
    loss: str | Loss, laws: Sequence[Law], counts: Sequence[float], *, labels: Sequence[float] = (0.0, 1.0, 1.0)
) -> Array:
    r"""Minimiser of the population risk of a pooled sample, :math:`\sum_k n_k E_{P_k} \ell / \sum_k n_k`.

    With majority, minority and generator it is the limit of empirical risk minimisation on augmented data, in which
    every point has weight 1.

    Parameters
    ----------
    loss : str or Loss
    laws : sequence of (points, probabilities)
        Majority, minority and generator, or any other list; probabilities None stands for equal ones.
    counts : sequence of float
        Their numbers of points n_k >= 0, integers or not.
    labels : sequence of float
        Their labels; as many as laws or more.

    Returns
    -------
    ndarray, shape (p,)

    Raises
    ------
    ValueError
        If laws, counts and labels do not fit together, or there is no unique finite minimiser.

    Examples
    --------
    >>> majority, minority = ([[1.0]], None), ([[1.0]], None)
    >>> pooled_minimiser("squared", (majority, minority), (3, 1)).round(12).tolist()
    [0.25]
    """
    check_sequence("laws", laws)
    sizes = check_reals("counts", counts, low=0.0, closed="left")
    if sizes.shape != (len(laws),) or len(labels) < len(laws):
        raise ValueError(
            f"counts and labels must have one entry for each of the {len(laws)} laws, "
            f"got {shown(counts)} and {shown(labels)}"
        )
    parts = [_law(k, law) for k, law in enumerate(laws)]
    if len({rows.shape[1] for rows, _ in parts}) > 1:
        raise ValueError(f"laws must have one dimension, got {[rows.shape[1] for rows, _ in parts]}")
    points = np.vstack([rows for rows, _ in parts])
    weights = np.concatenate([size * shares for size, (_, shares) in zip(sizes, parts, strict=True)])
    marks = [check_real(f"labels[{k}]", mark) for k, mark in enumerate(labels)]
    each = np.concatenate([np.full(len(rows), mark) for mark, (rows, _) in zip(marks, parts, strict=False)])
    return as_loss(loss).minimise(points, each, weights)


def check_symmetric(name: str, value: Any, p: int) -> Array:
    """Return a finite symmetric matrix of shape (p, p)."""
    matrix = check_matrix(name, value)
    if matrix.shape != (p, p):
        raise ValueError(f"{name} must have shape {(p, p)}, got {matrix.shape}")
    if np.max(np.abs(matrix - matrix.T)) > _SYMMETRIC * np.max(np.abs(matrix)):
        raise ValueError(f"{name} must be symmetric, got entries that differ by {np.max(np.abs(matrix - matrix.T)):g}")
    return matrix


def _law(k: int, law: Law) -> tuple[Array, Array]:
    if not isinstance(law, tuple) or len(law) != 2:
        raise TypeError(f"laws[{k}] must be a tuple (points, probabilities), got {type(law).__name__}")
    rows = check_matrix(f"laws[{k}] points", law[0])
    return rows, _probabilities(law[1], len(rows))


def _probabilities(probabilities: ArrayLike | None, m: int) -> Array:
    if probabilities is None:
        return np.full(m, 1 / m)
    array = check_reals("probabilities", probabilities, low=0.0, closed="left")
    if array.shape != (m,) or not array.sum() > 0:
        raise ValueError(f"probabilities must be {m} numbers with a positive sum, got shape {array.shape}")
    return np.asarray(array / array.sum())


def _labels(name: str, labels: ArrayLike, m: int) -> Array:
    array = check_reals(name, labels)
    if array.shape not in ((), (m,)):
        raise ValueError(f"{name} must be a number or have one entry for each of the {m} points, got {array.shape}")
    return np.broadcast_to(array, (m,))
