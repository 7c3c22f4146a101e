r"""Wald statistic of the class gap with estimated pilot, and the Chow statistic that it equals for squared loss.

The gap :math:`g = m_0 - m_1` of the classes' mean scores at the balanced fit and the difference of the classes'
minimisers are linear images of each other for squared loss, so that tests of either being zero are the same test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_integer, check_matrix

__all__ = ["check_counts", "chow_statistic", "wald_covariance", "wald_statistic"]

Array = NDArray[np.float64]


def _matrices(*pairs: tuple[str, ArrayLike]) -> list[Array]:
    """Check square matrices of one size."""
    found = [check_matrix(name, value) for name, value in pairs]
    p = len(found[0])
    for (name, _), matrix in zip(pairs, found, strict=True):
        if matrix.shape != (p, p):
            raise ValueError(f"{name} must have shape {(p, p)}, got shape {matrix.shape}")
    return found


def _vector(name: str, value: ArrayLike, p: int) -> Array:
    vector = check_matrix(name, value, ndim=1)
    if len(vector) != p:
        raise ValueError(f"{name} must have {p} entries, as the matrices have rows, got {len(vector)}")
    return vector


def _solve(name: str, matrix: Array, right: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        raise ValueError(f"{name} must be invertible, got a singular matrix") from None


def check_counts(n_majority: object, n_minority: object) -> tuple[int, int]:
    """Return both counts if they are positive integers."""
    return check_integer("n_majority", n_majority, low=1), check_integer("n_minority", n_minority, low=1)


def wald_covariance(
    hessian_majority: ArrayLike,
    hessian_minority: ArrayLike,
    covariance_majority: ArrayLike,
    covariance_minority: ArrayLike,
    n_majority: int,
    n_minority: int,
) -> NDArray[np.float64]:
    r"""Covariance of the estimated class gap, with the error of the balanced fit carried through.

    .. math::

        V = \frac{A_0 S_0 A_0'}{n_0} + \frac{A_1 S_1 A_1'}{n_1}, \quad
        A_0 = I - \tfrac12 G H^{-1} = H_1 H^{-1}, \quad A_1 = -I - \tfrac12 G H^{-1} = -H_0 H^{-1},

    with :math:`G = H_0 - H_1` and :math:`H = (H_0 + H_1)/2`.

    Parameters
    ----------
    hessian_majority, hessian_minority : array_like, shape (p, p)
        Mean Hessians :math:`H_0, H_1` of the loss in each class.
    covariance_majority, covariance_minority : array_like, shape (p, p)
        Covariances :math:`S_0, S_1` of the scores in each class, each about its own mean.
    n_majority, n_minority : int
        Numbers of rows :math:`n_0, n_1`.

    Returns
    -------
    ndarray, shape (p, p)

    Raises
    ------
    TypeError, ValueError
        If a matrix is not square, shapes differ, a count is not positive, or H is singular.

    Notes
    -----
    The test is that of the authors' public code; the products :math:`H_1 H^{-1}` and :math:`-H_0 H^{-1}` are derived
    in this project.

    Examples
    --------
    >>> wald_covariance([[10.0]], [[2.0]], [[1.0]], [[1.0]], 10, 10).round(6).tolist()
    [[0.288889]]
    """
    h0, h1, s0, s1 = _matrices(
        ("hessian_majority", hessian_majority),
        ("hessian_minority", hessian_minority),
        ("covariance_majority", covariance_majority),
        ("covariance_minority", covariance_minority),
    )
    n0, n1 = check_counts(n_majority, n_minority)
    mean = (h0 + h1) / 2
    # M H^{-1} = (H^{-1} M)' for symmetric matrices
    a0, a1 = _solve("the mean of the Hessians", mean, h1).T, -_solve("the mean of the Hessians", mean, h0).T
    v = a0 @ s0 @ a0.T / n0 + a1 @ s1 @ a1.T / n1
    return np.asarray((v + v.T) / 2)


def wald_statistic(gap: ArrayLike, covariance: ArrayLike) -> float:
    r"""Wald statistic :math:`T = g' V^{-1} g` of a class gap, or its non-centrality for population values.

    Parameters
    ----------
    gap : array_like, shape (p,)
    covariance : array_like, shape (p, p)
        V, from `wald_covariance`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If shapes differ or the covariance is singular.

    Examples
    --------
    >>> wald_statistic([1.0, 2.0], [[1.0, 0.0], [0.0, 4.0]])
    2.0
    """
    (v,) = _matrices(("covariance", covariance))
    g = _vector("gap", gap, len(v))
    return float(g @ _solve("covariance", v, g))


def chow_statistic(
    theta_majority: ArrayLike,
    theta_minority: ArrayLike,
    hessian_majority: ArrayLike,
    hessian_minority: ArrayLike,
    covariance_majority: ArrayLike,
    covariance_minority: ArrayLike,
    n_majority: int,
    n_minority: int,
) -> float:
    r"""Heteroskedasticity-robust Chow statistic of the hypothesis that both classes have the same minimiser.

    .. math::

        (\theta_1 - \theta_0)' \Bigl[ \frac{H_0^{-1} S_0 H_0^{-1}}{n_0} + \frac{H_1^{-1} S_1 H_1^{-1}}{n_1}
        \Bigr]^{-1} (\theta_1 - \theta_0).

    For squared loss, with the least-squares fits :math:`\theta_k` of the classes and the score covariances at the
    balanced fit, it equals the Wald statistic of local symmetry exactly.

    Parameters
    ----------
    theta_majority, theta_minority : array_like, shape (p,)
        Minimiser of the loss in each class.
    hessian_majority, hessian_minority, covariance_majority, covariance_minority, n_majority, n_minority
        As in `wald_covariance`.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If shapes differ, a count is not positive, or a Hessian is singular.

    Notes
    -----
    [derived]: derived in this project. From :math:`A_0 = H_1 H^{-1}` and :math:`A_1 = -H_0 H^{-1}` follows
    :math:`g = A_0 H_0 (\theta_1 - \theta_0)`, and the same matrix turns the bracket into V.

    Examples
    --------
    >>> chow_statistic([0.0], [2.0], [[1.0]], [[1.0]], [[1.0]], [[1.0]], 2, 2)
    4.0
    """
    h0, h1, s0, s1 = _matrices(
        ("hessian_majority", hessian_majority),
        ("hessian_minority", hessian_minority),
        ("covariance_majority", covariance_majority),
        ("covariance_minority", covariance_minority),
    )
    n0, n1 = check_counts(n_majority, n_minority)
    difference = _vector("theta_minority", theta_minority, len(h0)) - _vector("theta_majority", theta_majority, len(h0))
    v = np.zeros(h0.shape)
    for name, h, s, n in (("hessian_majority", h0, s0, n0), ("hessian_minority", h1, s1, n1)):
        v += _solve(name, h, _solve(name, h, s).T) / n
    return float(difference @ _solve("the covariance of the difference", v, difference))
