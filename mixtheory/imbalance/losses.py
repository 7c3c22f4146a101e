r"""Losses of a linear predictor, with what the theory of augmentation needs of them: scores, Hessians, minimisers.

The squared loss is :math:`(y - x'\theta)^2`, without a factor 1/2, and the logistic loss
:math:`\log(1 + e^{x'\theta}) - y x'\theta` with labels 0 and 1. `X` is the whole design: no intercept is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.special import expit

from mixtheory._validation import check_choice, check_matrix, check_reals, shown

__all__ = ["LOGISTIC", "SQUARED", "LogisticLoss", "Loss", "SeparationError", "SquaredLoss", "as_loss"]

Array = NDArray[np.float64]

_GRADIENT_TOLERANCE = 1e-10
_MOST_STEPS = 100


class SeparationError(ValueError):
    """The classes can be separated by a hyperplane, so that the logistic loss has no finite minimiser."""


@runtime_checkable
class Loss(Protocol):
    r"""A smooth convex loss :math:`\ell(\theta; x, y)` of a linear predictor; every method checks its input.

    Any object with these methods can take the place of `SquaredLoss` and `LogisticLoss`.
    """

    @property
    def name(self) -> str:
        """What the loss is called in summaries."""

    def value(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike) -> Array:
        """Loss of each of n rows, shape (n,)."""

    def scores(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike) -> Array:
        """Gradients of the loss in theta, shape (n, p)."""

    def hessian(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Array:
        """Weighted mean of the second derivatives, shape (p, p); the weights may sum to anything."""

    def minimise(
        self, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None, *, penalty: ArrayLike = 0.0
    ) -> Array:
        r"""Minimiser of the weighted mean loss plus :math:`\frac12 \sum_j \text{penalty}_j \theta_j^2`, shape (p,)."""


def as_loss(loss: object) -> Loss:
    """Return the loss with a name, ``"squared"`` or ``"logistic"``, or the loss itself.

    Parameters
    ----------
    loss : str or Loss

    Returns
    -------
    Loss

    Raises
    ------
    ValueError
        If there is no loss of that name.
    TypeError
        If `loss` is neither a name nor has the methods of a `Loss`.

    Examples
    --------
    >>> as_loss("squared")
    SquaredLoss()
    """
    if isinstance(loss, str):
        named: dict[str, Loss] = {"squared": SQUARED, "logistic": LOGISTIC}
        return named[check_choice("loss", loss, named)]
    if isinstance(loss, Loss) and not isinstance(loss, type):
        return loss
    raise TypeError(
        "loss must be 'squared', 'logistic' or an object with name, value, scores, hessian and minimise, "
        f"got {shown(loss)}"
    )


@dataclass(frozen=True)
class SquaredLoss:
    r"""Squared loss :math:`(y - x'\theta)^2`: score :math:`-2x(y - x'\theta)`, Hessian :math:`2xx'`.

    Labels are any real numbers.

    Examples
    --------
    >>> SquaredLoss().scores([0.5], [[1.0], [2.0]], [1.0, 0.0]).tolist()
    [[-1.0], [4.0]]
    """

    @property
    def name(self) -> str:
        """``"squared"``."""
        return "squared"

    def value(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike) -> Array:
        """Squared residual of each row, shape (n,)."""
        rows, labels = _rows(X, y)
        return np.asarray((labels - rows @ _coefficients(theta, rows)) ** 2)

    def scores(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike) -> Array:
        """Gradients of the loss in theta, shape (n, p)."""
        rows, labels = _rows(X, y)
        return np.asarray(-2 * (labels - rows @ _coefficients(theta, rows))[:, None] * rows)

    def hessian(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Array:
        """Weighted mean of 2xx', shape (p, p), the same at every theta."""
        rows, _ = _rows(X, y)
        _coefficients(theta, rows)
        return 2 * _second_moment(rows, _shares(weights, len(rows)))

    def minimise(
        self, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None, *, penalty: ArrayLike = 0.0
    ) -> Array:
        r"""Weighted least squares, with :math:`\frac12 \sum_j \text{penalty}_j \theta_j^2` added to the mean loss.

        Raises
        ------
        ValueError
            If the columns are linearly dependent and not penalised: the minimiser is not unique.

        Examples
        --------
        >>> SquaredLoss().minimise([[1.0], [1.0]], [0.0, 3.0], weights=[2.0, 1.0]).round(12).tolist()
        [1.0]
        """
        rows, labels = _rows(X, y)
        shares, ridge = _shares(weights, len(rows)), _penalty(penalty, rows.shape[1])
        scales = _column_scales(rows, shares)
        orthonormal, factor = np.linalg.qr(_penalised(rows, shares, ridge / 2) / scales)
        _check_rank(factor, len(rows))
        target = np.concatenate([np.sqrt(shares) * labels, np.zeros(rows.shape[1])])
        return np.asarray(np.linalg.solve(factor, orthonormal.T @ target) / scales)


@dataclass(frozen=True)
class LogisticLoss:
    r"""Logistic loss :math:`\log(1 + e^{x'\theta}) - y x'\theta` with labels 0 and 1.

    The score is :math:`(\sigma(x'\theta) - y)x`, the Hessian :math:`\sigma'(x'\theta) xx'`.

    Examples
    --------
    >>> LogisticLoss().scores([0.0], [[1.0], [2.0]], [1, 0]).tolist()
    [[-0.5], [1.0]]
    """

    @property
    def name(self) -> str:
        """``"logistic"``."""
        return "logistic"

    def value(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike) -> Array:
        """Loss of each row, shape (n,)."""
        rows, signs = _signed_rows(X, y)
        return np.asarray(np.logaddexp(0.0, -signs * (rows @ _coefficients(theta, rows))))

    def scores(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike) -> Array:
        """Gradients of the loss in theta, shape (n, p)."""
        rows, signs = _signed_rows(X, y)
        return np.asarray((-signs * expit(-signs * (rows @ _coefficients(theta, rows))))[:, None] * rows)

    def hessian(self, theta: ArrayLike, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Array:
        """Weighted mean of the second derivatives, shape (p, p)."""
        rows, _ = _signed_rows(X, y)
        predictor = rows @ _coefficients(theta, rows)
        return _second_moment(rows, _shares(weights, len(rows)) * expit(predictor) * expit(-predictor))

    def minimise(
        self, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None, *, penalty: ArrayLike = 0.0
    ) -> Array:
        r"""Newton's method with step halving, to a gradient of 1e-10 in an orthonormal basis of the columns.

        The objective is the weighted mean loss plus :math:`\frac12 \sum_j \text{penalty}_j \theta_j^2`; the penalty of
        scikit-learn's ``C`` is :math:`1/(nC)`.

        Raises
        ------
        SeparationError
            If a hyperplane separates the classes, completely or up to points on it, along directions that are not
            penalised: the minimiser lies at infinity. Rows of weight 0 do not count.
        ValueError
            If the columns are linearly dependent and not penalised: the minimiser is not unique.

        Examples
        --------
        >>> LogisticLoss().minimise([[1.0]] * 4, [1, 1, 1, 0]).round(9).tolist()  # log 3
        [1.098612289]
        """
        rows, signs = _signed_rows(X, y)
        shares, ridge = _shares(weights, len(rows)), _penalty(penalty, rows.shape[1])
        rows, signs, shares = rows[shares > 0], signs[shares > 0], shares[shares > 0]
        scales = _column_scales(rows, shares)
        _, factor = np.linalg.qr(_penalised(rows, shares, ridge) / scales)
        _check_rank(factor, len(rows))
        # an orthonormal basis of the columns: far means and other collinearity cost no precision
        basis = np.linalg.inv(factor)
        signed = signs[:, None] * (rows / scales) @ basis
        square = (basis.T * (ridge / scales**2)) @ basis
        theta = _newton(signed, shares, square)
        if theta is None:
            _refuse_separation(signed, basis[ridge > 0])
            raise ValueError(f"X must be scaled better: Newton's method did not converge in {_MOST_STEPS} steps")
        return np.asarray(basis @ theta / scales)


SQUARED = SquaredLoss()
LOGISTIC = LogisticLoss()


def _newton(signed: Array, shares: Array, ridge: Array) -> Array | None:
    """Minimise sum_i shares_i log(1 + exp(-margin_i)) + theta' ridge theta / 2, margins = signed theta, or give up."""

    def objective(theta: Array) -> float:
        return float(shares @ np.logaddexp(0.0, -(signed @ theta)) + theta @ ridge @ theta / 2)

    theta = np.zeros(signed.shape[1])
    value = objective(theta)
    for _ in range(_MOST_STEPS):
        margins = signed @ theta
        if not ridge.any() and margins.min() > 0:
            raise SeparationError(_SEPARATED)
        misses = expit(-margins)
        gradient = ridge @ theta - signed.T @ (shares * misses)
        hessian = _second_moment(signed, shares * misses * expit(margins)) + ridge
        spectrum = np.linalg.eigvalsh(hessian)
        if spectrum[0] <= 1e-14 * spectrum[-1]:
            return None
        step = np.linalg.solve(hessian, gradient)
        # on separable data the gradient falls as well, but every step goes on moving some margin by about 1
        settled = np.max(np.abs(signed @ step) / (1 + np.abs(margins))) < 1e-6
        if settled and np.max(np.abs(gradient)) < _GRADIENT_TOLERANCE:
            return np.asarray(theta - step)
        size = 1.0
        while objective(theta - size * step) > value + 1e-15 * (1 + abs(value)) and size > 1e-10:
            size /= 2
        theta = theta - size * step
        value = objective(theta)
    return None


_SEPARATED = (
    "a hyperplane separates the two classes (separable data): the minimiser of the logistic loss lies at infinity; "
    "add a penalty or more data"
)


def _refuse_separation(signed: Array, penalised: Array) -> None:
    """Look for a direction without penalty (penalised d = 0) along which no margin falls and some margin grows."""
    lengths = np.linalg.norm(signed, axis=1)
    design = signed[lengths > 0] / lengths[lengths > 0, None]
    result = linprog(
        -design.mean(axis=0),
        A_ub=-design,
        b_ub=np.zeros(len(design)),
        A_eq=penalised if len(penalised) else None,
        b_eq=np.zeros(len(penalised)) if len(penalised) else None,
        bounds=(-1, 1),
        method="highs",
    )
    # well above the feasibility tolerance of the solver
    if result.x is not None and np.max(design @ result.x) > 1e-5:
        raise SeparationError(_SEPARATED)


def _penalised(rows: Array, shares: Array, ridge: Array) -> Array:
    """Rows with the roots of their weights, and the ridge as rows more: without the squaring of normal equations."""
    return np.vstack([np.sqrt(shares)[:, None] * rows, np.diag(np.sqrt(ridge))])


def _check_rank(factor: Array, n: int) -> None:
    values = np.linalg.svd(factor, compute_uv=False)
    p = factor.shape[1]
    rank = int(np.sum(values > max(n, p) * np.finfo(np.float64).eps * values[0]))
    if rank < p:
        raise ValueError(
            f"X must have linearly independent columns unless they are penalised, got {p} columns of rank {rank}"
        )


def _rows(X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    rows, labels = check_matrix("X", X), check_matrix("y", y, ndim=1)
    if len(labels) != len(rows):
        raise ValueError(f"y must have one label for each of the {len(rows)} rows of X, got {len(labels)}")
    return rows, labels


def _signed_rows(X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    rows, labels = _rows(X, y)
    if not np.all((labels == 0) | (labels == 1)):
        raise ValueError(f"y must be 0 or 1 for the logistic loss, got the labels {shown(np.unique(labels))}")
    return rows, 2 * labels - 1


def _coefficients(theta: ArrayLike, rows: Array) -> Array:
    coefficients = check_matrix("theta", theta, ndim=1)
    if len(coefficients) != rows.shape[1]:
        raise ValueError(
            f"theta must have one entry for each of the {rows.shape[1]} columns of X, got {len(coefficients)}"
        )
    return coefficients


def _shares(weights: ArrayLike | None, n: int) -> Array:
    if weights is None:
        return np.full(n, 1 / n)
    array = check_reals("weights", weights, low=0.0, closed="left")
    if array.shape != (n,):
        raise ValueError(f"weights must have one entry for each of the {n} rows of X, got shape {array.shape}")
    total = float(array.sum())
    if not 0 < total < np.inf:
        raise ValueError(f"weights must have a finite positive sum, got {total:g}")
    return np.asarray(array / total)


def _penalty(penalty: ArrayLike, p: int) -> Array:
    array = check_reals("penalty", penalty, low=0.0, closed="left")
    if array.shape not in ((), (p,)):
        raise ValueError(f"penalty must be a number or have one entry for each of the {p} columns, got {array.shape}")
    return np.broadcast_to(array, (p,))


def _second_moment(rows: Array, shares: Array) -> Array:
    return np.asarray((rows * shares[:, None]).T @ rows)


def _column_scales(rows: Array, shares: Array) -> Array:
    """Root mean squares of the columns, 1 where a column is zero."""
    scales = np.sqrt(shares @ rows**2)
    return np.where(scales > 0, scales, 1.0)
