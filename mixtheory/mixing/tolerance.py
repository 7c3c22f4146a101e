r"""Which EpBeta parameters have a given r = E[lambda (1 - lambda)]: exact preservation (r = 0) and tolerance bands.

The variance factor is 1 - 2 r, so it lies within 1 - delta and 1 + delta if and only if abs(r) <= delta / 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mixtheory._validation import check_choice, check_extensions, check_real, check_reals
from mixtheory.mixing.laws import Real, plain

__all__ = ["alpha_band", "concentration", "concentration_band", "concentration_within", "equal_extension", "eps_band"]


def concentration(r: ArrayLike, *, mean: ArrayLike, eps0: ArrayLike, eps1: ArrayLike) -> Real:
    r"""Return s = alpha + beta of the EpBeta law with this r, mean m and extensions.

    .. math:: s = \frac{m\epsilon_1 + (1-m)\epsilon_0 + \epsilon_0\epsilon_1 + r}{m(1-m) - r}.

    A result that is not positive and finite means that no such law exists.

    Parameters
    ----------
    r : float or array_like
        Wanted value of E[lambda (1 - lambda)], below ``mean * (1 - mean)``; 0 preserves the covariance.
    mean : float or array_like
        Mean of lambda, in (0, 1).
    eps0, eps1 : float or array_like
        Extension below 0 and above 1, >= 0.

    Raises
    ------
    ValueError
        If `mean` is outside (0, 1), an extension is negative or a value is not finite.

    Notes
    -----
    Source: note 01, T5(a) and T6 [D]: derived in this project.

    Examples
    --------
    >>> concentration(0.0, mean=0.5, eps0=0.5, eps1=0.5)
    3.0
    """
    m = check_reals("mean", mean, low=0.0, high=1.0)
    below = check_reals("eps0", eps0, low=0.0, closed="left")
    above = check_reals("eps1", eps1, low=0.0, closed="left")
    target = check_reals("r", r)
    with np.errstate(divide="ignore"):
        return plain((m * above + (1 - m) * below + below * above + target) / (m * (1 - m) - target))


def equal_extension(r: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Real:
    r"""Return eps = eps0 = eps1 of the EpBeta law with this r and these shapes.

    .. math:: (1+2\epsilon)^2 = \frac{(1-4r)\, s(s+1)}{(\alpha-\beta)^2 + s}, \quad s = \alpha+\beta.

    The result is 0 where r is larger than that of the plain Beta law.

    Parameters
    ----------
    r : float or array_like
        Wanted value of E[lambda (1 - lambda)], < 1/4; 0 preserves the covariance.
    alpha, beta : float or array_like
        Shapes, > 0.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    Source: note 01, T5(b) and T6 [D]: derived in this project.

    Examples
    --------
    >>> equal_extension(0.0, 4.0, 4.0)
    1.0
    """
    target = check_reals("r", r, high=0.25)
    a, b = check_reals("alpha", alpha, low=0.0), check_reals("beta", beta, low=0.0)
    s = a + b
    # Numerator and denominator are divided by s: a square of large shapes would overflow.
    width = np.sqrt((1 - 4 * target) * (s + 1) / ((a - b) * ((a - b) / s) + 1))
    return plain(np.maximum(width - 1, 0.0) / 2)


def concentration_band(
    delta: ArrayLike, *, mean: ArrayLike = 0.5, eps0: ArrayLike, eps1: ArrayLike
) -> tuple[Real, Real]:
    r"""Return the interval of s = alpha + beta with variance factor within 1 - delta and 1 + delta.

    At mean m and extensions eps0, eps1 the variance factor falls with s and equals :math:`1 \mp \delta` at

    .. math:: s + 1 = \frac{(m+\epsilon_0)(1+\epsilon_1-m)}{m(1-m) \mp \delta/2}.

    The lower end is 0 where even s -> 0 stays below 1 + delta, the upper end inf where even s -> inf stays above
    1 - delta; these two ends are not attained.

    Parameters
    ----------
    delta : float or array_like
        Tolerance, in (0, 1/2).
    mean, eps0, eps1 : float or array_like
        As in `concentration`.

    Raises
    ------
    ValueError
        If `delta` is outside (0, 1/2), `mean` outside (0, 1) or an extension negative.

    Notes
    -----
    Source: note 01, T6 [D]: derived in this project.

    Examples
    --------
    >>> [round(s, 4) for s in concentration_band(0.05, eps0=0.3, eps1=0.3)]
    [1.3273, 1.8444]
    """
    half = check_reals("delta", delta, low=0.0, high=0.5) / 2
    low = np.maximum(concentration(-half, mean=mean, eps0=eps0, eps1=eps1), 0.0)
    high = np.asarray(concentration(half, mean=mean, eps0=eps0, eps1=eps1))
    # A negative solution lies beyond infinity: at this mean r cannot grow to delta / 2.
    return plain(low), plain(np.where(high > 0, high, np.inf))


def concentration_within(
    delta: float, *, mean: float, eps0: float, eps1: float, side: str = "lower", s: float | None = None
) -> float:
    """Return one s = alpha + beta of `concentration_band`: `s` itself if it is inside, otherwise an end of the band.

    Parameters and errors as for `mixtheory.mixing.weights.EpBeta.within`.

    Notes
    -----
    Source: note 01, T6 [D]: derived in this project.

    Examples
    --------
    >>> round(concentration_within(0.05, mean=0.5, eps0=0.3, eps1=0.3, side="upper"), 4)
    1.3273
    """
    check_choice("side", side, ("lower", "upper"))
    check_extensions(eps0, eps1)
    low, high = concentration_band(
        check_real("delta", delta),
        mean=check_real("mean", mean),
        eps0=check_real("eps0", eps0),
        eps1=check_real("eps1", eps1),
    )
    if s is None:
        s = float(high if side == "lower" else low)
        if not 0 < s < np.inf:
            raise ValueError(
                f"delta is too large: no law with this mean and these extensions attains the {side} end "
                f"of the band, got {float(delta)!r}"
            )
    return check_real("s", s, low=float(low), high=float(high), closed="both" if low > 0 else "right")


def alpha_band(delta: ArrayLike, eps: ArrayLike) -> tuple[Real, Real]:
    """Return the interval of alpha = beta at eps0 = eps1 = eps with variance factor within 1 - delta and 1 + delta.

    ``2 alpha + 1`` lies between ``(1 + 2 eps)^2 / (1 + 2 delta)`` and ``(1 + 2 eps)^2 / (1 - 2 delta)``; as in
    `concentration_band` a lower end of 0 is not attained.

    Raises
    ------
    ValueError
        If `delta` is outside (0, 1/2) or `eps` negative.

    Notes
    -----
    Source: note 01, T6 [D]: derived in this project. At eps = 0 the upper end is delta / (1 - 2 delta) (T2).

    Examples
    --------
    >>> [round(a, 4) for a in alpha_band(0.05, 0.3)]
    [0.6636, 0.9222]
    """
    width = check_reals("eps", eps, low=0.0, closed="left")
    low, high = concentration_band(delta, mean=0.5, eps0=width, eps1=width)
    return low / 2, high / 2


def eps_band(delta: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> tuple[Real, Real]:
    r"""Return the interval of eps0 = eps1 with variance factor within 1 - delta and 1 + delta at given shapes.

    .. math:: (1+2\epsilon)^2 = (1 \mp 2\delta)\, s(s+1)/((\alpha-\beta)^2+s), \quad s = \alpha+\beta,

    with the lower end cut at 0, where the plain Beta law is already within the band.

    Raises
    ------
    ValueError
        If `delta` is outside (0, 1/2) or a shape is not > 0.

    Notes
    -----
    Source: note 01, T6 [D]: derived in this project.

    Examples
    --------
    >>> [round(eps, 4) for eps in eps_band(0.05, 1.0, 1.0)]
    [0.3216, 0.4083]
    """
    half = check_reals("delta", delta, low=0.0, high=0.5) / 2
    return equal_extension(half, alpha, beta), equal_extension(-half, alpha, beta)
