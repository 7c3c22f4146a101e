r"""Risks given the design: all that concerns the noise is exact, so only the design is drawn.

Given X, least squares of minimal norm has noise variance :math:`\sigma^2 Tr[(X^T X)^+ \Psi_t]` and squared bias
:math:`\beta^T P \Psi_t P \beta`, where :math:`\Psi_t = \Sigma_t + \mu_t \mu_t^T` and :math:`P = I - X^+ X`. Every
function returns one entry a replicate, for :math:`\sigma^2 = 1`. A design of deficient rank with n > p, or n < p, which
only Rademacher entries have, has an infinite variance here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_flag
from mixtheory.highdim.kernels.designs import Floats, fill_design
from mixtheory.highdim.kernels.inverses import inverse_traces, invert
from mixtheory.highdim.kernels.populations import (
    Coordinates,
    Populations,
    blocks,
    check_call,
    check_populations,
    check_vectors,
    more_rows_than_columns,
)
from mixtheory.highdim.kernels.scatters import add_scatter, buffer_floats, draw_scatters

__all__ = ["conditional_risk", "leverages", "trace_risk"]


def trace_risk(
    rng: Generator, replicates: int, counts: Sequence[int], roots: Sequence[ArrayLike], *, law: str = "gaussian"
) -> NDArray[np.float64]:
    r"""Draw :math:`Tr[(X^T X)^{-1} \Sigma_t]`, the risk given X for n > p, means 0 and unit noise.

    A population of normal rows is drawn as a Bartlett factor, unless p is large and its rows are few.
    The random numbers that are used depend on counts, p and law alone: copies of one generator pair several roots.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
        Number of independent designs, at least 1.
    counts : sequence of int
        Rows :math:`n_k` of each population, non-negative; their sum n must exceed p.
    roots : sequence of array_like, shape (p,) or (p, p)
        Standard deviations, or the symmetric root of the covariance, of each population; the test point has the law
        of the first, which may have no rows.
    law : {"gaussian", "rademacher", "uniform", "student_t8", "student_t3"}, default "gaussian"
        Law of the entries of Z in :math:`X_k = Z_k \Sigma_k^{1/2}`.

    Returns
    -------
    ndarray, shape (replicates,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, shapes do not agree, or n <= p.

    Examples
    --------
    With equal covariances the mean is p / (n - p - 1).

    >>> import numpy as np
    >>> draws = trace_risk(np.random.default_rng(1), 10_000, (20, 20), (np.ones(10), np.ones(10)))
    >>> bool(abs(draws.mean() - 10 / 29) < 0.01)
    True
    """
    replicates = check_call(rng, replicates)
    populations = check_populations(counts, roots, None, law)
    more_rows_than_columns(populations, required=True)
    place = populations.whitened()
    out = np.empty(replicates)
    for slot in blocks(replicates, buffer_floats(populations)):
        scatter = np.zeros((slot.stop - slot.start, populations.p, populations.p))
        for rows, factor in zip(populations.counts, place.factors, strict=True):
            if rows:
                add_scatter(rng, rows, factor, law, scatter)
        out[slot] = inverse_traces(scatter)
    return out


def leverages(
    rng: Generator, replicates: int, counts: Sequence[int], roots: Sequence[ArrayLike], *, law: str = "gaussian"
) -> NDArray[np.float64]:
    r"""Draw the sum of the leverages of each population, :math:`Tr[(X^T X)^{-1} X_k^T X_k]`, for n > p and means 0.

    Each lies between 0 and min(n_k, p), and they add up to p.

    Parameters
    ----------
    rng, replicates, counts, roots, law
        As in `trace_risk`; the result depends on the roots through their ratios alone.

    Returns
    -------
    ndarray, shape (replicates, K)
        nan for a design of deficient rank.

    Raises
    ------
    TypeError, ValueError
        As in `trace_risk`.

    Examples
    --------
    >>> import numpy as np
    >>> draws = leverages(np.random.default_rng(1), 3, (20, 10), (np.ones(5), np.arange(1.0, 6.0)))
    >>> draws.sum(axis=1).round(9).tolist()
    [5.0, 5.0, 5.0]
    """
    replicates = check_call(rng, replicates)
    populations = check_populations(counts, roots, None, law)
    more_rows_than_columns(populations, required=True)
    place, p = populations.whitened(), populations.p
    out = np.zeros((replicates, len(populations.counts)))
    for slot in blocks(replicates, buffer_floats(populations) + p * p * len(populations.counts)):
        parts = np.zeros((len(populations.counts), slot.stop - slot.start, p, p))
        for rows, factor, part in zip(populations.counts, place.factors, parts, strict=True):
            if rows:
                add_scatter(rng, rows, factor, law, part)
        total = parts.sum(axis=0)
        traces = invert(total)
        # the lower triangles hold all: off-diagonal entries count twice
        total *= np.tri(p, k=-1) * 2.0 + np.eye(p)
        out[slot] = np.einsum("kbij,bij->bk", parts, total)
        out[slot][~np.isfinite(traces)] = math.nan
    return out


def draw_designs(rng: Generator, size: int, populations: Populations) -> list[Floats]:
    """Draw Z (size, n_k, p) of each population."""
    designs = [np.empty((size, rows, populations.p)) for rows in populations.counts]
    for design in designs:
        fill_design(rng, design, populations.law)
    return designs


def under_risks(
    rng: Generator,
    size: int,
    populations: Populations,
    place: Coordinates,
    configurations: Floats,
    fit_intercept: bool = False,
) -> tuple[Floats, Floats]:
    r"""Return variances and mean terms (size, C) for n > p, the means being each of `configurations` (C, K, p).

    The Gram is :math:`S = C + U^T U` with the sum C of the centred scatters and rows
    :math:`u_k = \sqrt{n_k} \bar x_k`; the means move U alone, so one inverse of C serves all of them.
    """
    scatter, noise = draw_scatters(rng, size, populations, place)
    counts = np.array(populations.counts, dtype=np.float64)
    share = np.sqrt(counts / counts.sum())
    populated = int((counts > 0).sum())
    # near-singular scatters would cost digits; Rademacher ones are singular more often than their Grams
    once = populations.n - populated >= populations.p + 5 and populations.law != "rademacher"
    inverse_trace = invert(scatter) if once else np.empty(0)
    variance = np.empty((size, len(configurations)))
    mean_term = np.empty_like(variance)
    first_noise = noise[:, 0]
    if fit_intercept:
        noise_centre = share @ noise
        noise = noise - share[:, np.newaxis] * noise_centre[:, np.newaxis]
    for c, means in enumerate(configurations):
        scaled = np.sqrt(counts)[:, np.newaxis] * means
        test = np.broadcast_to(means[0], (size, populations.p))
        extra = 0.0
        if fit_intercept:
            centre = share @ scaled
            scaled -= share[:, np.newaxis] * centre
            test = test - (noise_centre + centre) / math.sqrt(populations.n)
            extra = 1.0 / populations.n
        if once:
            # the test mean is the sample mean of its rows less a noise that no mean enters
            weight = 1.0 / math.sqrt(counts[0]) if counts[0] else 0.0
            rest = weight * first_noise if counts[0] else -test
            trace, quadratic = _shifted(scatter, inverse_trace, noise, scaled, weight, rest)
        else:
            u = noise + scaled
            total = scatter + np.swapaxes(u, 1, 2) @ u
            trace = invert(total)
            quadratic = np.einsum("bi,bij,bj->b", test, total, test)
        quadratic[~np.isfinite(trace)] = math.inf
        variance[:, c] = trace
        mean_term[:, c] = quadratic + extra
    return variance, mean_term


def _shifted(
    inverse: Floats, trace: Floats, noise: Floats, means: Floats, weight: float, rest: Floats
) -> tuple[Floats, Floats]:
    r"""Return Tr S^{-1} and d^T S^{-1} d for S = C + U^T U, U = noise + means, d = weight u_1 - rest, from P = C^{-1}.

    With :math:`N = I + U P U^T`: :math:`Tr S^{-1} = Tr P - Tr[N^{-1} U P^2 U^T]`, :math:`U S^{-1} U^T = I - N^{-1}` and
    :math:`S^{-1} U^T = P U^T N^{-1}`. U may be rotated from the left: rows in the order of the singular values of the
    means keep what is small apart from what is large, so effects of order 1 / n survive means of any size.
    """
    k = noise.shape[1]
    left, values, right = np.linalg.svd(means, full_matrices=k > means.shape[1])
    u = left.T @ noise
    u[:, : len(values)] += values[:, np.newaxis] * right[: len(values)]
    rows = np.concatenate([u, rest[:, np.newaxis]], axis=1)
    products = rows @ inverse
    first = products @ np.swapaxes(rows, 1, 2)
    second = products @ np.swapaxes(products, 1, 2)
    unit = left[0]
    units = np.broadcast_to(unit[:, np.newaxis], (len(u), k, 1))
    solved = np.linalg.solve(
        first[:, :k, :k] + np.eye(k), np.concatenate([second[:, :k, :k], first[:, :k, k:], units], axis=2)
    )
    change = np.einsum("bii->b", solved[:, :, :k])
    alone = first[:, k, k] - np.einsum("bi,bi->b", first[:, :k, k], solved[:, :, k])
    mixed = solved[:, :, k:].swapaxes(1, 2) @ unit
    return trace - change, weight**2 * (1.0 - mixed[:, 1]) - 2.0 * weight * mixed[:, 0] + alone


def over_risks(
    designs: list[Floats],
    populations: Populations,
    place: Coordinates,
    means: Floats | None,
    betas: Floats,
    fit_intercept: bool = False,
) -> tuple[Floats, Floats, Floats]:
    r"""Return variance, mean term and biases for n < p, by :math:`X^+ = X^T G^{-1}` with :math:`G = X X^T`."""
    x = populations.rows(designs, place.factors, means)
    size, n, p = x.shape
    test = np.zeros((size, p)) if means is None else np.broadcast_to(means[0], (size, p))
    extra, spare = 0.0, np.zeros(size)
    if fit_intercept:
        centre = x.mean(axis=1)
        x -= centre[:, np.newaxis]
        test = test - centre
        extra = 1.0 / n
    gram = x @ np.swapaxes(x, 1, 2)
    if fit_intercept:
        # centred rows leave the direction of ones; filling it makes G regular, and X^T G^{-1} = X^+ still holds
        level = np.einsum("bii->b", gram) / n
        gram += (level / n)[:, np.newaxis, np.newaxis]
        spare = 1.0 / level
    weights = place.test_variances
    weighted = None
    if np.ptp(weights) > 0.0:
        scaled = x * np.sqrt(weights)
        weighted = scaled @ np.swapaxes(scaled, 1, 2)
    trace = invert(gram)
    if weighted is None:
        variance = weights[0] * (trace - spare)
    else:
        variance = np.einsum("bij,bij->b", gram @ weighted, gram)
    mean_term = np.sum((gram @ (x @ test[:, :, np.newaxis])) ** 2, axis=(1, 2)) + extra
    left = betas - np.swapaxes(gram @ (x @ betas.T), 1, 2) @ x
    bias = (left * left) @ weights + (left @ test[:, :, np.newaxis])[:, :, 0] ** 2
    deficient = ~np.isfinite(trace)
    variance[deficient], mean_term[deficient], bias[deficient] = math.inf, math.inf, math.nan
    return variance, mean_term, bias


def conditional_risk(
    rng: Generator,
    replicates: int,
    counts: Sequence[int],
    roots: Sequence[ArrayLike],
    *,
    means: Sequence[ArrayLike | None] | None = None,
    betas: ArrayLike | None = None,
    law: str = "gaussian",
    fit_intercept: bool = False,
) -> dict[str, NDArray[np.float64]]:
    r"""Draw the parts of the risk given X, on either side of n = p.

    With :math:`X^+` the pseudo-inverse and :math:`P = I - X^+ X`,

    - ``variance``: :math:`Tr[(X^T X)^+ \Sigma_t]`,
    - ``mean_term``: :math:`\mu_t^T (X^T X)^+ \mu_t`,
    - ``bias``: :math:`\beta^T P (\Sigma_t + \mu_t \mu_t^T) P \beta` for each beta; 0 for n > p.

    The risk is noise variance times (variance + mean term) plus bias. With an intercept X is centred by its mean
    :math:`\bar x`, the mean term becomes :math:`1/n + d^T (X^T X)^+ d` and :math:`\mu_t` in the bias becomes d, where
    :math:`d = \mu_t - \bar x`.

    Parameters
    ----------
    rng, replicates, counts, roots, law
        As in `trace_risk`; the sum of the counts (less 1 with an intercept) must differ from p.
    means : sequence of array_like, shape (p,), optional
        The mean of each population; None stands for 0.
    betas : array_like, shape (m, p), optional
        Coefficient vectors, one a row.
    fit_intercept : bool, default False
        Whether the regression has an intercept (without a penalty).

    Returns
    -------
    dict of ndarray
        ``variance`` (replicates,), ``mean_term`` (replicates,), ``bias`` (replicates, m).

    Raises
    ------
    TypeError, ValueError
        As in `trace_risk`, or at n = p.

    Examples
    --------
    For n < p and equal covariances I the bias has mean (1 - n/p) times the squared norm of beta.

    >>> import numpy as np
    >>> draws = conditional_risk(
    ...     np.random.default_rng(1), 20_000, (2, 3), (np.ones(10), np.ones(10)), betas=[np.full(10, 0.2)]
    ... )
    >>> bool(abs(draws["bias"].mean() - 0.5 * 0.4) < 0.01)
    True
    """
    replicates = check_call(rng, replicates)
    populations = check_populations(counts, roots, means, law)
    under = more_rows_than_columns(populations, lost=int(check_flag("fit_intercept", fit_intercept)))
    p = populations.p
    targets = np.empty((0, p)) if betas is None else check_vectors("betas", betas, None, p)
    variance, mean_term, bias = np.empty(replicates), np.zeros(replicates), np.zeros((replicates, len(targets)))
    found = {"variance": variance, "mean_term": mean_term, "bias": bias}
    if under and populations.means is None and not fit_intercept:
        variance[:] = trace_risk(rng, replicates, counts, roots, law=law)
        return found
    place = populations.whitened() if under else populations.rotated()
    vectors = None if populations.means is None else place.take(populations.means)
    configurations = np.zeros((1, len(populations.counts), p)) if vectors is None else vectors[np.newaxis]
    if not under:
        targets = targets if place.basis.ndim == 1 else targets @ place.basis
    for slot in blocks(replicates, buffer_floats(populations) if under else populations.n * p):
        size = slot.stop - slot.start
        if under:
            values, terms = under_risks(rng, size, populations, place, configurations, fit_intercept)
            variance[slot], mean_term[slot] = values[:, 0], terms[:, 0]
        else:
            designs = draw_designs(rng, size, populations)
            variance[slot], mean_term[slot], bias[slot] = over_risks(
                designs, populations, place, vectors, targets, fit_intercept
            )
    return found
