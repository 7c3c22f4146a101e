r"""Mixed pairs as functions on the unit cube, for `mixtheory.montecarlo.qmc.Scrambled`.

Coordinate 0 makes the weight, coordinates 1 and 2 the parents, each through its inverse distribution function.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mixtheory._validation import check_integer, check_matrix, check_real
from mixtheory.mixing.kernels.draws import Floats, check_law
from mixtheory.mixing.kernels.pairs import mix_values, raise_deviations

__all__ = ["exponential_pair_at", "normal_pair_at"]


def _power_of_mix(weights: Floats, first: Floats, second: Floats, center: float, power: int) -> Floats:
    out = np.empty(weights.size)
    mix_values(weights, first, second, out)
    raise_deviations(out, center, power)
    return out


def _columns(points: NDArray[np.float64]) -> tuple[Floats, Floats, Floats]:
    points = check_matrix("points", points)
    if points.shape[1] != 3:
        raise ValueError(f"points must have 3 columns, got shape {points.shape}")
    return points[:, 0], points[:, 1], points[:, 2]


def _weights(u: Floats, alpha: float, beta: float, eps0: float, eps1: float) -> Floats:
    alpha, beta, eps0, eps1 = check_law(alpha, beta, eps0, eps1)
    share = u if alpha == 1.0 and beta == 1.0 else special.betaincinv(alpha, beta, u)
    weights: Floats = (1.0 + eps0 + eps1) * share - eps0
    return weights


def exponential_pair_at(
    points: NDArray[np.float64],
    *,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    power: int = 2,
    center: float = 1.0,
) -> NDArray[np.float64]:
    r"""Return :math:`(\tilde x - c)^k` of Exponential(1) parents at points of the unit cube.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Points in the open unit cube.
    alpha, beta, eps0, eps1 : float
        The weight law.
    power : int, default 2
        The exponent k, at least 0.
    center : float, default 1
        The centre c; 1 is the population mean.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.

    Examples
    --------
    >>> import numpy as np
    >>> exponential_pair_at(np.full((1, 3), 0.5), alpha=1.0, beta=1.0, power=1).round(6).tolist()
    [-0.306853]
    """
    u, first, second = _columns(points)
    power = check_integer("power", power, low=0)
    center = check_real("center", center)
    return _power_of_mix(_weights(u, alpha, beta, eps0, eps1), -np.log1p(-first), -np.log1p(-second), center, power)


def normal_pair_at(
    points: NDArray[np.float64],
    *,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    power: int = 2,
    center: float = 0.0,
) -> NDArray[np.float64]:
    r"""Return :math:`(\tilde x - c)^k` of standard normal parents at points of the unit cube.

    Parameters
    ----------
    points, alpha, beta, eps0, eps1, power, center
        As in `exponential_pair_at`, with centre 0 by default.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.
    """
    u, first, second = _columns(points)
    power = check_integer("power", power, low=0)
    center = check_real("center", center)
    return _power_of_mix(
        _weights(u, alpha, beta, eps0, eps1), special.ndtri(first), special.ndtri(second), center, power
    )
