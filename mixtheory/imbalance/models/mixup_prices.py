r"""What mixed rows copy and cost in the mean-shift symmetric model, where the classes agree, and in regression.

Rows are :math:`\sum_t w_t x_t` as in `mixtheory.imbalance.models.mixup`, with :math:`S = \sum_t w_t^2` and c = E S.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import roots_jacobi

from mixtheory._validation import check_flag, check_integer, check_real, shown
from mixtheory.imbalance.models.mean_shift import MeanShiftModel, noise_moments
from mixtheory.imbalance.models.mixup import factors

__all__ = ["copying", "marginal_price", "mixed_regression_risk", "own_trace"]

Array = NDArray[np.float64]

_NODES = 64


def copying(model: MeanShiftModel, law: Any, *, finite: bool = False) -> float:
    r"""Share of the minority's sampling error that mixing its rows copies, in the mean-shift symmetric model.

    .. math:: \frac1T \Bigl[ \frac{d - 1}4 + c \Bigl( \frac{\kappa_4 - 1}8 + \frac{(d - 1) k_{22}}4 \Bigr) \Bigr]

    The error of the mean is copied in full, that of the covariance c times.

    Parameters
    ----------
    model : MeanShiftModel
    law : object
        Law of mixing weights.
    finite : bool
        Whether to replace c by :math:`c + (1 - c)/n_1`, which makes it exact: a row may meet itself.

    Notes
    -----
    Derived in this project.

    Examples
    --------
    >>> from mixtheory import Beta
    >>> round(copying(MeanShiftModel(20, 2000, 100, "rademacher"), Beta(1, 1)), 6)
    0.833333
    """
    c = factors(law)[0]
    if check_flag("finite", finite):
        c += (1 - c) / model.n_minority
    kurtosis, cross = noise_moments(model.noise, model.d)
    across = (model.d - 1) / 4
    return (across + c * ((kurtosis - 1) / 8 + across * cross)) / model.score_trace


def own_trace(model: MeanShiftModel, law: Any) -> float:
    r"""Squared length E psi'A^{-1}psi of the score of one mixed row, for the price; T for a real row.

    .. math:: \frac{\tilde\kappa_4 - 2c + 1}8 + \frac{(d - 1)(c + \tilde k_{22})}4, \qquad
              \tilde\kappa_4 = p_4 \kappa_4 + 3 (E S^2 - p_4), \quad
              \tilde k_{22} = p_4 k_{22} + E S^2 - p_4, \quad p_4 = E \sum_t w_t^4.

    Notes
    -----
    Derived in this project.

    Examples
    --------
    >>> from mixtheory import Beta
    >>> round(own_trace(MeanShiftModel(20, 2000, 100, "rademacher"), Beta(1, 1)), 6)
    5.416667
    """
    c, c2 = factors(law)
    fourth = check_real("law.power_sum(4)", law.power_sum(4))
    kurtosis, cross = noise_moments(model.noise, model.d)
    mixed, mixed_cross = fourth * kurtosis + 3 * (c2 - fourth), fourth * cross + c2 - fourth
    return (mixed - 2 * c + 1) / 8 + (model.d - 1) * (c + mixed_cross) / 4


def marginal_price(model: MeanShiftModel, law: Any) -> float:
    r"""Change of the excess risk per mixed row at none, in units of T / S^2, in the mean-shift symmetric model.

    .. math:: 2 \cdot \text{copying} - 2 + \frac{T_{own}}T
              + \frac{1 - c}T \Bigl[ \frac{3 (\kappa_4 - 1)}8 + (d - 1) k_{22} \Bigr]

    It is not 2 copying - 1, the price of a row of the right second moment and a real row's noise: a mixed row has less
    noise of its own, `own_trace`, and the last term is what its covariance does to the errors of the real rows: a
    smaller one flattens the risk, which magnifies them, and moves the minimiser, where their mean and variance differ.
    The squared bias itself, `MeanShiftModel.shrunk_covariance_floor`, is of second order in w. In many dimensions with
    k_22 = 1 the price tends to :math:`1 - (c - E S^2)/2 \ge 7/8`: mixing never helps, and at best, with lambda = 1/2,
    costs an eighth less than resampling.

    Notes
    -----
    Derived in this project.

    Examples
    --------
    Mixing in [0, 1] costs less than resampling, which costs 1; keeping the covariance costs more.

    >>> from mixtheory import Beta, EpBeta
    >>> model = MeanShiftModel(20, 2000, 100, "rademacher")
    >>> [round(marginal_price(model, law), 3) for law in (Beta(1, 1), EpBeta.preserving_uniform())]
    [0.904, 1.105]
    """
    c = factors(law)[0]
    kurtosis, cross = noise_moments(model.noise, model.d)
    flat = 3 * (kurtosis - 1) / 8 + (model.d - 1) * cross
    price = model.marginal_price(copying(model, law), own_trace=own_trace(model, law))
    return price + (1 - c) * flat / model.score_trace


# Regression -------------------------------------------------------------------------------------------------------


def mixed_regression_risk(law: Any, p: int, n_real: int, n_synthetic: int, *, noise_var: float = 1.0) -> float:
    r"""Limit of the excess risk of least squares on real rows and mixtures of new real rows with true responses.

    .. math:: R = \sigma^2 \tau, \qquad
              n_t \frac\tau{1 + \tau} + n_s E\Bigl[ \frac{S\tau}{1 + S\tau} \Bigr] = p.

    The covariance of the mixed rows alone, M = c I, gives the same equation with c in place of S, a risk that is too
    low by the factor :math:`1 - p n_s Var(S) / (n_t + c n_s)^2` to first order in p/n: mixed rows are not normal. With
    fixed weights S = c, the rows are normal and the covariance says all.

    Parameters
    ----------
    law : object
        Law of two weights, `mixtheory.Beta` or `mixtheory.EpBeta`, or of fixed weights, `mixtheory.Zeta`.
    p : int
        Number of columns.
    n_real, n_synthetic : int
        Numbers of rows, in sum more than p.
    noise_var : float

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Derived in this project, for normal real rows of any covariance as p and n grow together; it is free of the
    covariance. Given S the rows are a mixture of populations with covariances S Sigma.

    Examples
    --------
    >>> from mixtheory import EpBeta
    >>> round(mixed_regression_risk(EpBeta.preserving_uniform(), 100, 100, 100), 3)
    1.05
    """
    p = check_integer("p", p, low=1)
    n_real, n_synthetic = (
        check_integer(name, value, low=0) for name, value in (("n_real", n_real), ("n_synthetic", n_synthetic))
    )
    noise_var = check_real("noise_var", noise_var, low=0.0, closed="left")
    if n_real + n_synthetic <= p:
        raise ValueError(f"n_real + n_synthetic must exceed p = {p}, got {n_real + n_synthetic}")
    norms, masses = _squared_norms(law)

    def excess(log_trace: float) -> float:
        # in the logarithm, so that risks of any size have the same relative error
        trace = np.exp(log_trace)
        return float(n_real * trace / (1 + trace) + n_synthetic * masses @ (norms * trace / (1 + norms * trace)) - p)

    return noise_var * float(np.exp(brentq(excess, -50.0, 50.0, xtol=1e-13)))


def _squared_norms(law: Any) -> tuple[Array, Array]:
    """Nodes and probabilities of S for fixed weights, or a law of two weights, a stretched Beta variable."""
    if getattr(law, "weights", None) is not None:
        return np.array([factors(law)[0]]), np.ones(1)
    for name in ("alpha", "beta", "eps0", "eps1"):
        if not hasattr(law, name):
            raise TypeError(f"law must be a Beta, EpBeta or Zeta law, got {shown(law)}")
    nodes, masses = roots_jacobi(_NODES, law.beta - 1, law.alpha - 1)
    weights = -law.eps0 + (1 + law.eps0 + law.eps1) * (1 + nodes) / 2
    return weights**2 + (1 - weights) ** 2, masses / masses.sum()
