"""Risks of one design under several means: differences that the noise of the design would drown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_flag
from mixtheory.highdim.kernels.conditional import draw_designs, over_risks, under_risks
from mixtheory.highdim.kernels.populations import blocks, check_call, check_populations, more_rows_than_columns
from mixtheory.highdim.kernels.scatters import buffer_floats

__all__ = ["paired_risk"]


def paired_risk(
    rng: Generator,
    replicates: int,
    counts: Sequence[int],
    roots: Sequence[ArrayLike],
    means_list: Sequence[Sequence[ArrayLike | None] | None],
    *,
    law: str = "gaussian",
    fit_intercept: bool = False,
) -> NDArray[np.float64]:
    r"""Draw :math:`Tr[(X^T X)^+ (\Sigma_t + \mu_t \mu_t^T)]` for several sets of means with the same Z.

    This is the noise variance of the risk for unit noise: all of it for n > p. With the same generator, a column is the
    sum of the variance and the mean term of `conditional_risk` for its means.

    Parameters
    ----------
    rng, replicates, counts, roots, law, fit_intercept
        As in `conditional_risk`.
    means_list : sequence
        Each entry is the means of all populations, or None for means 0.

    Returns
    -------
    ndarray, shape (replicates, len(means_list))

    Raises
    ------
    TypeError, ValueError
        As in `conditional_risk`, or if `means_list` is empty.

    Examples
    --------
    A common mean of the populations changes the risk by O(1/n) however large it is.

    >>> import numpy as np
    >>> ones = np.ones(10)
    >>> draws = paired_risk(
    ...     np.random.default_rng(1), 1000, (50, 50), (ones, ones), [None, (ones, ones), (100 * ones, 100 * ones)]
    ... )
    >>> bool(np.all(np.abs(np.diff(draws.mean(axis=0))) < 0.02))
    True
    """
    replicates = check_call(rng, replicates)
    if not isinstance(means_list, Iterable):
        raise TypeError(f"means_list must be a sequence of means, got {type(means_list).__name__}")
    many = [check_populations(counts, roots, means, law) for means in means_list]
    if not many:
        raise ValueError("means_list must hold at least one set of means, got none")
    populations = many[0]
    under = more_rows_than_columns(populations, lost=int(check_flag("fit_intercept", fit_intercept)))
    place, p = populations.whitened() if under else populations.rotated(), populations.p
    zero = np.zeros((len(populations.counts), p))
    configurations = place.take(np.array([zero if one.means is None else one.means for one in many]))
    out = np.empty((replicates, len(many)))
    for slot in blocks(replicates, buffer_floats(populations) if under else populations.n * p):
        size = slot.stop - slot.start
        if under:
            variance, mean_term = under_risks(rng, size, populations, place, configurations, fit_intercept)
            out[slot] = variance + mean_term
            continue
        designs = draw_designs(rng, size, populations)
        for c, means in enumerate(configurations):
            variance, mean_term, _ = over_risks(designs, populations, place, means, np.empty((0, p)), fit_intercept)
            out[slot, c] = variance + mean_term
    return out
