r"""Optimal numbers of synthetic points: the bias of the augmented estimator is linear in the synthetic fraction (C2).

With g the class gap, b the generator mismatch, :math:`\kappa = (n_0 - n_1) / (n_0 + n_1)` and w the fraction of
synthetic points, the gradient of the augmented risk at theta* is

.. math:: B(w) = \tfrac\kappa2 g + w v, \qquad v = b - \tfrac{1 + \kappa}2 g.

Sizes are multipliers, in units of the deficit D = n_0 - n_1. Infinity stands for a bias that falls for ever, and 0 for
one that no synthetic point improves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from mixtheory._validation import check_matrix, check_reals
from mixtheory.imbalance.models.expansion import check_sizes, expand
from mixtheory.imbalance.models.moments import ClassMoments, check_symmetric

__all__ = [
    "alignment",
    "code_multiplier",
    "exact_multiplier",
    "population_multiplier",
    "squared_bias",
    "unnormalised_multiplier",
]

Array = NDArray[np.float64]


def alignment(gap: ArrayLike, mismatch: ArrayLike) -> tuple[float, float]:
    r"""Relative length :math:`\rho = |b| / |g|` of the mismatch and its cosine with the gap.

    Parameters
    ----------
    gap, mismatch : array_like, shape (p,)
        g and b.

    Returns
    -------
    rho, cosine : float
        The cosine is 0 where b = 0.

    Raises
    ------
    ValueError
        If the shapes differ or g = 0 (local symmetry), where neither is defined.

    Notes
    -----
    Directional alignment is an idea of Ma and Zhang (2026), the two numbers those of their public code [paper, code].

    Examples
    --------
    >>> alignment([2.0, 0.0], [0.0, 0.5])
    (0.25, 0.0)
    """
    g, b = _vectors(gap, mismatch)
    length = float(np.linalg.norm(g))
    if length == 0:
        raise ValueError("gap must not be 0: under local symmetry a mismatch has no direction relative to it")
    distance = float(np.linalg.norm(b))
    cosine = float((g / length) @ (b / distance)) if distance > 0 else 0.0
    return distance / length, min(max(cosine, -1.0), 1.0)


def code_multiplier(gap: ArrayLike, mismatch: ArrayLike) -> float:
    r"""Target of the published code, :math:`1 / (1 - 2\rho\cos)`; infinity where the denominator is not positive.

    Parameters
    ----------
    gap, mismatch : array_like, shape (p,)

    Raises
    ------
    ValueError
        If the shapes differ or g = 0.

    Notes
    -----
    The target of the public code of Ma and Zhang (2026), which drops it where the denominator is not positive [code].
    It is the exact minimiser only for a cosine of -1 or 1 and rho cos < 1/2; otherwise it is right to first order in
    rho for the Euclidean length of the bias, and not even that for the risk unless W g is parallel to g [derived].

    Examples
    --------
    >>> round(code_multiplier([4 / 3, 0.0], [0.5, 0.0]), 12)
    4.0
    """
    alignment(gap, mismatch)
    g, b = _vectors(gap, mismatch)
    # rho cos = g'b / g'g, without the rounding of the two norms
    denominator = float(g @ (g - 2 * b))
    return float(g @ g) / denominator if denominator > 0 else np.inf


def unnormalised_multiplier(gap: ArrayLike, mismatch: ArrayLike, weight: ArrayLike | None = None) -> float:
    r"""Minimiser of the squared bias if its denominator N is ignored, which is free of the class sizes.

    .. math:: \frac{g' W (g - 2b)}{(g - 2b)' W (g - 2b)}

    minimises :math:`|(D - \tilde n) g / 2 + \tilde n b|_W^2` over :math:`\tilde n = \gamma D`; 0 where that is negative
    or g = 2b.

    Parameters
    ----------
    gap, mismatch : array_like, shape (p,)
    weight : array_like, shape (p, p), optional
        W, positive definite; the identity by default, the inverse Hessian for the risk.

    Raises
    ------
    ValueError
        If the shapes differ or W is not positive definite.

    Notes
    -----
    C2 [derived]: derived in this project. It equals `exact_multiplier` for a mismatch that is aligned with rho < 1/2.

    Examples
    --------
    >>> round(unnormalised_multiplier([1.0, 0.0], [0.1, 0.2 * 0.75**0.5]), 4)  # rho = 0.2, cosine 1/2
    1.0526
    """
    g, b = _vectors(gap, mismatch)
    metric = _metric(weight, len(g))
    u = g - 2 * b
    square = float(u @ metric @ u)
    return max(float(g @ metric @ u) / square, 0.0) if square > 0 else 0.0


def exact_multiplier(
    gap: ArrayLike, mismatch: ArrayLike, n_majority: int, n_minority: int, weight: ArrayLike | None = None
) -> float:
    r"""Minimiser of the squared bias :math:`|B|_W^2` over all sizes, with its denominator N.

    .. math:: w^* = -\frac{\kappa}{2} \frac{g' W v}{v' W v}, \qquad \gamma^* = \frac{w^*}{\kappa (1 - w^*)},

    0 where :math:`w^* \le 0` and infinity where :math:`w^* \ge 1`. For b = rho g it is 1 / (1 - 2 rho), infinite for
    rho from 1/2 to :math:`(1 + \kappa) / 2`.

    Parameters
    ----------
    gap, mismatch : array_like, shape (p,)
    n_majority, n_minority : int
        n_0 > n_1 >= 1.
    weight : array_like, shape (p, p), optional
        W, positive definite; the identity by default, the inverse Hessian for the risk.

    Raises
    ------
    ValueError
        If the shapes differ, W is not positive definite, or n_0 <= n_1.

    Notes
    -----
    C2 [derived]: derived in this project. The curvature is held fixed; `population_multiplier` lets it move with the
    size.

    Examples
    --------
    Orthogonal mismatch: the published target, 1, adds too much.

    >>> round(exact_multiplier([1.0, 0.0], [0.0, 0.3], 2000, 100), 4)
    0.841
    """
    n_majority, n_minority = _unequal_sizes(n_majority, n_minority)
    g, b = _vectors(gap, mismatch)
    metric = _metric(weight, len(g))
    kappa = (n_majority - n_minority) / (n_majority + n_minority)
    v = b - (1 + kappa) / 2 * g
    # as 1 - w* = (v + kappa g / 2)'Wv / v'Wv, which does not cancel near 1
    onward, left = -kappa / 2 * float(g @ metric @ v), float((b - g / 2) @ metric @ v)
    if onward <= 0:
        return 0.0
    return onward / (kappa * left) if left > 0 else np.inf


def population_multiplier(
    majority: ClassMoments, minority: ClassMoments, generator: ClassMoments, n_majority: int, n_minority: int
) -> float:
    r"""Minimiser of the risk of the bias, :math:`\frac12 B' H_w^{-1} H H_w^{-1} B`, over all sizes.

    Unlike `exact_multiplier` it lets the curvature H_w of the augmented risk move with the size. For the squared loss
    it is the best population size; the two agree where the bias can be cancelled or all Hessians are equal.

    Parameters
    ----------
    majority, minority, generator : ClassMoments
        Moments at the balanced minimiser.
    n_majority, n_minority : int
        n_0 > n_1 >= 1.

    Returns
    -------
    float
        In units of the deficit, 0 for none and infinity where the risk falls for ever.

    Raises
    ------
    ValueError
        As in `expand`, or if n_0 <= n_1.

    Notes
    -----
    C1, C2 [derived]: derived in this project. A scan over w is followed by a bounded minimisation between the
    neighbours of its best point; a minimum beyond w = 0.9995 counts as infinity.

    Examples
    --------
    >>> from mixtheory.imbalance.models.gaussian import GaussianExample
    >>> example = GaussianExample(mu=1.0, a=0.8, n_majority=2000, n_minority=100)
    >>> round(population_multiplier(*example.moments(), 2000, 100), 4)
    1.3158
    """
    n_majority, n_minority = _unequal_sizes(n_majority, n_minority)
    real, deficit = n_majority + n_minority, n_majority - n_minority

    def risk(fraction: ArrayLike) -> Array:
        w = np.asarray(fraction)
        return expand(majority, minority, generator, n_majority, n_minority, real * w / (1 - w)).bias_risk

    grid = np.linspace(0.0, 1.0, 2001)[:-1]
    values = risk(grid)
    best = int(np.argmin(values))
    if best == len(grid) - 1:
        return np.inf
    found = minimize_scalar(
        lambda w: float(risk(w)),
        bounds=(grid[max(best - 1, 0)], grid[best + 1]),
        method="bounded",
        options={"xatol": 1e-13},
    )
    fraction = float(found.x) if found.fun < values[best] else float(grid[best])
    return real / deficit * fraction / (1 - fraction)


def squared_bias(
    gap: ArrayLike,
    mismatch: ArrayLike,
    n_majority: int,
    n_minority: int,
    n_synthetic: ArrayLike,
    weight: ArrayLike | None = None,
) -> Array:
    r"""Squared length of the drift, :math:`|B|_W^2 = B' W B`, at sizes n_synthetic.

    .. math:: B = \frac{(n_0 - n_1 - \tilde n)\, g / 2 + \tilde n\, b}{n_0 + n_1 + \tilde n}.

    Parameters
    ----------
    gap, mismatch : array_like, shape (p,)
    n_majority, n_minority : int
        n_0 >= n_1 >= 1.
    n_synthetic : array_like, shape (...)
        Sizes >= 0, integers or not.
    weight : array_like, shape (p, p), optional
        W, positive definite; the identity by default.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ValueError
        If the shapes differ, W is not positive definite, or a size is not as described.

    Notes
    -----
    C1, C2 [derived]: derived in this project.

    Examples
    --------
    >>> squared_bias([2.0], [0.0], 300, 100, [0, 200, 600]).round(12).tolist()
    [0.25, 0.0, 0.16]
    """
    n_majority, n_minority = check_sizes(n_majority, n_minority)
    sizes = check_reals("n_synthetic", n_synthetic, low=0.0, closed="left")
    g, b = _vectors(gap, mismatch)
    w = (sizes / (n_majority + n_minority + sizes))[..., None]
    kappa = (n_majority - n_minority) / (n_majority + n_minority)
    drift = kappa / 2 * g + w * (b - (1 + kappa) / 2 * g)
    return np.asarray(np.einsum("...i,ij,...j->...", drift, _metric(weight, len(g)), drift))


def _vectors(gap: ArrayLike, mismatch: ArrayLike) -> tuple[Array, Array]:
    g, b = check_matrix("gap", gap, ndim=1), check_matrix("mismatch", mismatch, ndim=1)
    if g.shape != b.shape:
        raise ValueError(f"gap and mismatch must have one shape, got {g.shape} and {b.shape}")
    return g, b


def _metric(weight: ArrayLike | None, p: int) -> Array:
    if weight is None:
        return np.eye(p)
    matrix = check_symmetric("weight", weight, p)
    values = np.linalg.eigvalsh(matrix)
    if values[0] <= 0:
        raise ValueError(f"weight must be positive definite, got the smallest eigenvalue {values[0]:g}")
    return matrix


def _unequal_sizes(n_majority: int, n_minority: int) -> tuple[int, int]:
    n_majority, n_minority = check_sizes(n_majority, n_minority)
    if n_majority == n_minority:
        raise ValueError(f"n_majority must exceed n_minority for a size in units of the deficit, got {n_majority} each")
    return n_majority, n_minority
