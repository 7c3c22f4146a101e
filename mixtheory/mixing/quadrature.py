"""Double-exponential quadrature, and expectations over a mixing law by it in the law's quantile function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["QuantileLaw", "expect", "integrate"]

_STEP = 1 / 16
_REACH = 3.25
_NEGLIGIBLE = 1e-40


class QuantileLaw(Protocol):
    """What `expect` needs: a continuous law of lambda given by its distribution and quantile functions."""

    def cdf(self, x: Any, /) -> Any:
        """Return P(lambda <= x)."""
        ...

    def ppf(self, p: Any, /) -> Any:
        """Return the quantile of order p."""
        ...


def _double_exponential() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes in (0, 1) and weights that sum to one; end-point singularities cost no accuracy."""
    t = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    half_width = np.pi / 2 * np.sinh(t)
    nodes = 1 / (1 + np.exp(-2 * half_width))
    weights = np.cosh(t) / np.cosh(half_width) ** 2
    return nodes, weights / np.sum(weights)


_NODES, _WEIGHTS = _double_exponential()


def integrate(function: Callable[[NDArray[np.float64]], NDArray[np.float64]], low: float, high: float) -> float:
    """Integrate a vectorised function that is smooth inside (low, high) by the tanh-sinh rule.

    Examples
    --------
    >>> round(integrate(np.sqrt, 0.0, 1.0), 12)
    0.666666666667
    """
    return float((high - low) * np.sum(_WEIGHTS * function(low + (high - low) * _NODES)))


def expect(law: QuantileLaw, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> NDArray[np.float64]:
    r"""Return E f(lambda) for a function that is smooth except at 0, 1/2 and 1.

    With F the distribution function of lambda, E f(lambda) = int_0^1 f(F^{-1}(p)) dp. The range of p is cut at
    F(0), F(1/2) and F(1), so that kinks and logarithms there lie at the ends of a panel, where the tanh-sinh rule
    (Takahasi and Mori, 1974) keeps its accuracy.

    Parameters
    ----------
    law : QuantileLaw
        A continuous law with scalar parameters.
    function : callable
        Maps an array of weights (m,) to values (..., m); the last axis runs over the weights.

    Returns
    -------
    ndarray, shape (...)
        The expectation, to about 12 digits for bounded functions of this kind.

    Raises
    ------
    ValueError
        If the law has array parameters.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> round(float(expect(Beta(1.0, 1.0), lambda w: abs(w - 0.5))), 12)
    0.25
    """
    if np.ndim(law.ppf(0.5)):
        raise ValueError("law must have scalar parameters for an expectation by quadrature")
    cuts = np.unique(np.concatenate([[0.0, 1.0], np.asarray(law.cdf(np.array([0.0, 0.5, 1.0])), dtype=np.float64)]))
    # a panel of negligible probability adds nothing, and quantiles that deep underflow
    panels = np.flatnonzero(np.diff(cuts) > _NEGLIGIBLE)
    starts, widths = cuts[panels, np.newaxis], np.diff(cuts)[panels, np.newaxis]
    points = (starts + widths * _NODES).ravel()
    weights = (widths * _WEIGHTS).ravel()
    values = function(np.asarray(law.ppf(points), dtype=np.float64))
    return np.asarray(np.sum(values * weights, axis=-1))
