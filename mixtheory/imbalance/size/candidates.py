r"""Which synthetic sizes are worth comparing: the candidates of theory-guided tuning, and of a bias-aware search.

A size is stated by its multiplier :math:`\gamma = n_t / D` of the deficit :math:`D = n_0 - n_1`, so that 0 adds nothing
and 1 balances the classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_integer, check_matrix, check_real, check_reals, shown
from mixtheory.imbalance.models.sizes import code_multiplier, exact_multiplier

__all__ = [
    "LARGEST_MULTIPLIER",
    "Candidates",
    "bias_aware_candidates",
    "debiased_target",
    "grid_candidates",
    "synthetic_sizes",
    "tg_candidates",
]

Array = NDArray[np.float64]

_SYMMETRIC = np.arange(5) / 20
_LOCAL = np.arange(16, 25) / 20
_WIDE = np.arange(41) / 20
LARGEST_MULTIPLIER = 8.0
# steps of a constant factor between the wide grid's end and the largest multiplier
_STEPS_BEYOND = 12


@dataclass(frozen=True)
class Candidates:
    """Multipliers to compare, and why these.

    Attributes
    ----------
    multipliers : tuple of float
        Multiples of the deficit, ascending; no two give the same size.
    regime : str
        ``"balanced classes"``, ``"local symmetry"``, ``"realistic generator"``, ``"biased generator"`` or ``"grid"``,
        the last if there was no diagnosis.
    target : float
        Multiplier at which the theory sets the bias to its least; NaN where there is none, inf where the bias falls
        for ever.
    """

    multipliers: tuple[float, ...]
    regime: str
    target: float = float("nan")


def synthetic_sizes(multipliers: ArrayLike, deficit: int) -> NDArray[np.int64]:
    """Round multiples of the deficit to whole numbers of rows, halves to the even number.

    Parameters
    ----------
    multipliers : array_like
        Multiples >= 0.
    deficit : int
        Number of rows that the minority lacks; below 0 counts as 0.

    Returns
    -------
    ndarray of int64

    Raises
    ------
    TypeError, ValueError
        If a multiplier is no number or negative, or `deficit` is no integer.

    Examples
    --------
    >>> synthetic_sizes([0.0, 0.25, 1.0], 10).tolist()
    [0, 2, 10]
    """
    array = check_reals("multipliers", multipliers, low=0.0, closed="left")
    return np.rint(array * max(0, check_integer("deficit", deficit))).astype(np.int64)


def grid_candidates(n_majority: int, n_minority: int, multipliers: ArrayLike | None = None) -> Candidates:
    r"""Plain validation tuning: the multipliers that are given, or the wide grid :math:`0, 0.05, \dots, 2`.

    Parameters
    ----------
    n_majority, n_minority : int
        Rows of the classes.
    multipliers : array_like, shape (k,), optional
        Multiples of the deficit, at least one, each >= 0.

    Returns
    -------
    Candidates
        Of multipliers that give the same size only the first in the order of size is kept.

    Raises
    ------
    TypeError, ValueError
        If the numbers of rows or the multipliers are not as stated.

    Examples
    --------
    >>> grid_candidates(30, 10, [1, 0, 0.5]).multipliers
    (0.0, 0.5, 1.0)
    """
    deficit = _deficit(n_majority, n_minority)
    grid = _WIDE if multipliers is None else check_matrix("multipliers", multipliers, ndim=1)
    if grid.min() < 0:
        raise ValueError(f"multipliers must be >= 0, got {shown(multipliers)}")
    return Candidates(_distinct(deficit, np.sort(grid)), "grid" if deficit else "balanced classes")


def tg_candidates(
    n_majority: int,
    n_minority: int,
    *,
    symmetric: bool,
    quality: float | None = None,
    gap: ArrayLike | None = None,
    mismatch: ArrayLike | None = None,
    threshold: float = 10.0,
) -> Candidates:
    r"""Candidates of theory-guided tuning (TG-VTSS).

    Under local symmetry little can be gained, and only :math:`\gamma = 0, 0.05, \dots, 0.2` are compared. Otherwise a
    generator whose quality score is at most `threshold` counts as realistic: :math:`0.8, 0.85, \dots, 1.2` times the
    deficit, and the same multiples of :math:`D/(1 - 2\rho\cos)` where this is positive, with :math:`\rho = |b|/|g|` and
    the cosine of gap g and mismatch b. For a biased generator the whole of :math:`0, 0.05, \dots, 2` is compared.

    Parameters
    ----------
    n_majority, n_minority : int
        Rows of the classes.
    symmetric : bool
        Whether local symmetry is accepted.
    quality : float, optional
        Generator-quality score, needed unless `symmetric`.
    gap, mismatch : array_like, shape (p,), optional
        Class gap g and generator mismatch b, needed for a realistic generator.
    threshold : float, default 10
        Largest score of a realistic generator.

    Returns
    -------
    Candidates

    Raises
    ------
    TypeError, ValueError
        If an argument that is needed is missing or not as stated.

    Notes
    -----
    Behaviour of the public code of Ma and Zhang (2026), up to one row where a size falls on a half. The norm of b
    cancels in :math:`\rho\cos = g'b/|g|^2`, so that noise in b does not bias the target to first order.

    Examples
    --------
    >>> found = tg_candidates(4000, 200, symmetric=False, quality=5.0, gap=[1.0, 0.0], mismatch=[0.125, 0.3])
    >>> found.regime, round(found.target, 12), len(found.multipliers)  # 1.2 and 0.9 * 4/3 are one size
    ('realistic generator', 1.333333333333, 17)
    """
    deficit = _deficit(n_majority, n_minority)
    if not deficit:
        return Candidates((0.0,), "balanced classes")
    if symmetric:
        return Candidates(_distinct(deficit, _SYMMETRIC), "local symmetry")
    if not _realistic(quality, threshold):
        return Candidates(_distinct(deficit, _WIDE), "biased generator")
    target = code_multiplier(*_vectors(gap, mismatch))
    if not np.isfinite(target):
        return Candidates(_distinct(deficit, _LOCAL), "realistic generator", target)
    return Candidates(_distinct(deficit, _LOCAL, target * _LOCAL), "realistic generator", target)


def bias_aware_candidates(
    n_majority: int,
    n_minority: int,
    *,
    symmetric: bool,
    quality: float | None = None,
    target: float = float("nan"),
    threshold: float = 10.0,
    maximum: float = LARGEST_MULTIPLIER,
) -> Candidates:
    r"""Candidates of a search that follows the theory target beyond twice the deficit (derived in this project).

    As `tg_candidates`, with a target less its noise and two differences: :math:`0.8, 0.85, \dots, 1.2` times the target
    also join the wide grid of a biased generator, and where they reach beyond 2 the way from there to `maximum` is
    covered by 12 steps of equal ratio. All of it, because the target is an estimate: near :math:`2\rho\cos = 1` its
    error is of its own size. Nothing beyond `maximum` is compared, not even if no finite size removes the bias.

    Parameters
    ----------
    n_majority, n_minority : int
        Rows of the classes.
    symmetric : bool
        Whether local symmetry is accepted; then the target is not used, since gap and mismatch are both noise.
    quality : float, optional
        Generator-quality score, needed unless `symmetric`.
    target : float, default NaN
        Multiplier of the theory, as from `debiased_target`: >= 0, or inf if the bias falls for ever, or NaN for none.
    threshold : float, default 10
        Largest score of a realistic generator.
    maximum : float, default 8
        Largest multiplier, at least 2.

    Returns
    -------
    Candidates

    Raises
    ------
    TypeError, ValueError
        If an argument is not as stated.

    Examples
    --------
    >>> found = bias_aware_candidates(2000, 100, symmetric=False, quality=60.0, target=4.0)
    >>> found.multipliers[0], 4.0 in found.multipliers, found.multipliers[-1]
    (0.0, True, 8.0)
    """
    deficit = _deficit(n_majority, n_minority)
    maximum = check_real("maximum", maximum, low=2.0, closed="left")
    if not (np.isnan(target) or target >= 0):
        raise ValueError(f"target must be >= 0, inf or NaN, got {shown(target)}")
    if not deficit:
        return Candidates((0.0,), "balanced classes")
    if symmetric:
        return Candidates(_distinct(deficit, _SYMMETRIC), "local symmetry")
    realistic = _realistic(quality, threshold)
    grids = [_LOCAL if realistic else _WIDE]
    if np.isfinite(target):
        grids.append(target * _LOCAL)
    if target * _LOCAL[-1] > _WIDE[-1]:
        grids.append(_WIDE[-1] * (maximum / _WIDE[-1]) ** (np.arange(1, _STEPS_BEYOND + 1) / _STEPS_BEYOND))
        # the way from balancing to the target starts below 2
        grids.append(_WIDE[_WIDE > _LOCAL[-1]])
    grids = [grid[grid <= maximum] for grid in grids]
    return Candidates(_distinct(deficit, *grids), "realistic generator" if realistic else "biased generator", target)


def debiased_target(
    gap: ArrayLike,
    mismatch: ArrayLike,
    metric: ArrayLike,
    *,
    n_majority: int,
    n_minority: int,
    gap_noise: float = 0.0,
    mismatch_noise: float = 0.0,
) -> float:
    r"""Multiplier of least squared bias from estimates of gap and mismatch, less the noise in their squares.

    The squared bias :math:`B'WB` of the theory is a function of :math:`g'Wg`, :math:`b'Wb` and :math:`g'Wb` alone.
    Squares of estimates are too large by their noise on average, :math:`E\,\hat g'W\hat g = g'Wg + tr(W Cov\,\hat g)`,
    which is subtracted from the first two; :math:`g'Wb` is taken as it is, and the second is held at or above
    :math:`(g'Wb)^2/g'Wg`, the least that the inequality of Cauchy and Schwarz allows.

    Parameters
    ----------
    gap, mismatch : array_like, shape (p,)
        Estimates of class gap g and generator mismatch b.
    metric : array_like, shape (p, p)
        Weight W, :math:`H^{-1}` for the risk; symmetric and positive definite.
    n_majority, n_minority : int
        Rows of the classes.
    gap_noise, mismatch_noise : float, default 0
        :math:`tr(W Cov\,\hat g)` and :math:`tr(W Cov\,\hat b)`.

    Returns
    -------
    float
        Multiplier >= 0, inf if the bias falls for ever, NaN if all of :math:`g'Wg` is noise.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as stated.

    Notes
    -----
    Derived in this project. Noise that gap and mismatch share is not removed. Most of it comes from the minority; a
    generator that reproduces the minority's mean cancels it in the mismatch, in which held-out means are subtracted.

    Examples
    --------
    >>> metric = [[1 / 3, 0.0], [0.0, 0.5]]
    >>> round(debiased_target([4 / 3, 0.0], [0.5, 0.0], metric, n_majority=2000, n_minority=100), 9)
    4.0
    """
    g, b = _vectors(gap, mismatch)
    weight = check_matrix("metric", metric)
    if weight.shape != (len(g), len(g)):
        raise ValueError(f"metric must have shape ({len(g)}, {len(g)}), got {weight.shape}")
    gap_noise = check_real("gap_noise", gap_noise, low=0.0, closed="left")
    mismatch_noise = check_real("mismatch_noise", mismatch_noise, low=0.0, closed="left")
    length = float(g @ weight @ g) - gap_noise
    if length <= 0:
        return float("nan")
    along = float(g @ weight @ b) / np.sqrt(length)
    across = max(0.0, float(b @ weight @ b) - mismatch_noise - along**2)
    plane = np.array([np.sqrt(length), 0.0]), np.array([along, np.sqrt(across)])
    return float(exact_multiplier(*plane, n_majority, n_minority))


def _deficit(n_majority: int, n_minority: int) -> int:
    n_minority = check_integer("n_minority", n_minority, low=1)
    return check_integer("n_majority", n_majority, low=n_minority) - n_minority


def _realistic(quality: float | None, threshold: float) -> bool:
    threshold = check_real("threshold", threshold)
    if quality is None:
        raise TypeError("quality must be a real number unless symmetric is True, got None")
    return check_real("quality", quality) <= threshold


def _vectors(gap: ArrayLike | None, mismatch: ArrayLike | None) -> tuple[Array, Array]:
    if gap is None or mismatch is None:
        raise TypeError("gap and mismatch must be given for the theory target, got None")
    g, b = check_matrix("gap", gap, ndim=1), check_matrix("mismatch", mismatch, ndim=1)
    if len(g) != len(b):
        raise ValueError(f"gap and mismatch must have one length, got {len(g)} and {len(b)}")
    return g, b


def _distinct(deficit: int, *grids: Array) -> tuple[float, ...]:
    """Return the multipliers in order; of those that give one size the first, an earlier grid before a later one."""
    chosen: dict[int, float] = {}
    for grid in grids:
        for size, multiplier in zip(synthetic_sizes(grid, deficit).tolist(), grid.tolist(), strict=True):
            chosen.setdefault(size, multiplier)
    return tuple(chosen[size] for size in sorted(chosen))
