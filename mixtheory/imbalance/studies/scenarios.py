r"""What the studies of imbalanced augmentation share: cells of plain numbers, simulated and in closed form.

For each study a function that draws outputs and one that returns the closed forms of their metrics, from the same
arguments, so that a point and its line always belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mixtheory._validation import check_choice, check_real, check_reals
from mixtheory.imbalance.kernels import gaussian, logistic, mean_shift, wald
from mixtheory.imbalance.models.gaussian import GaussianExample, realistic_mean
from mixtheory.imbalance.models.logistic import LogisticSymmetricModel
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.imbalance.models.wald import SymmetryDesign, local_shift, naive_ratio, naive_size
from mixtheory.imbalance.size.candidates import LARGEST_MULTIPLIER, synthetic_sizes
from mixtheory.imbalance.studies.least_squares_search import AlignedGenerator, augmented_fits, choose_multiplier
from mixtheory.imbalance.symmetry import symmetry_test

__all__ = [
    "BATCH",
    "COVARIANCES",
    "METHODS",
    "MULTIPLIERS",
    "POPULATIONS",
    "QUANTILES",
    "RATIO",
    "asymmetric_reference",
    "asymmetric_risks",
    "best_multiplier",
    "fitted_rate",
    "gaussian_example",
    "symmetric_curves",
    "symmetric_reference",
    "two_uniform_classes",
    "wald_draws",
    "wald_reference",
]

Array = NDArray[np.float64]
Outputs = dict[str, Array]

RATIO = 20
"""Majority rows for each minority row in the Gaussian example."""
BATCH = 512
"""Data sets whose mean is one replicate of a fixed size: their statistics are drawn at no cost that grows with rows."""
METHODS = ("fixed", "exact", "tg_vtss", "bias_aware")
"""A given multiplier, the one that the theory knows to cancel the bias, and two searches that have to find it."""
_RULES = {"tg_vtss": "auto", "bias_aware": "bias_aware"}
_REACH = {"tg_vtss": 2.0, "bias_aware": LARGEST_MULTIPLIER, "exact": LARGEST_MULTIPLIER}

POPULATIONS = ("cube", "rademacher", "sphere", "logistic")
"""The mean-shift model with three laws of its noise, and the logistic model, all locally symmetric."""
MULTIPLIERS: tuple[float, ...] = tuple(k / 5 for k in range(21))
"""Multipliers along a curve of excess risk."""
_AVERAGED = {name: 1 if name == "logistic" else 8 for name in POPULATIONS}

COVARIANCES = ("plain", "hc3", "bootstrap", "naive")
"""The published test, two corrections for small minorities, and the test that takes the pilot as known."""
_EVERY = {"plain": 1, "naive": 1, "hc3": 3, "bootstrap": 8}
_RESAMPLES = 99
QUANTILES: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995)
"""Quantiles of the statistic that are reported, as ``quantile_<q>``."""


def gaussian_example(n_minority: int, a: float | None) -> GaussianExample:
    """Return the Gaussian example at `RATIO`, with the generator's mean `a`, or for None the `realistic_mean`.

    Examples
    --------
    >>> round(gaussian_example(100, None).optimal_multiplier(), 3)
    3.156
    """
    mean = realistic_mean(n_minority) if a is None else a
    return GaussianExample(1.0, mean, n_majority=RATIO * n_minority, n_minority=n_minority)


def best_multiplier(n_minority: int, a: float | None, method: str, multiplier: float | None = None) -> float:
    """Return the multiplier that a method has or, if it searches, the best that it can find.

    Parameters
    ----------
    n_minority : int
    a : float or None
        See `gaussian_example`.
    method : str
        One of `METHODS`. "exact" is the size without bias, or the largest that the bias-aware search compares if that
        is larger or does not exist; a search has the best multiplier up to the end of its reach, which is for the
        published one the end of the grid for a biased generator.
    multiplier : float, optional
        That of "fixed".

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> best_multiplier(100, 0.5, "exact"), best_multiplier(100, 0.5, "tg_vtss"), best_multiplier(100, 0.3, "exact")
    (4.0, 2.0, 8.0)
    """
    if check_choice("method", method, METHODS) == "fixed":
        return check_real("multiplier", multiplier, low=0.0, closed="left")
    example, reach = gaussian_example(n_minority, a), _REACH[method]
    if method == "exact":
        return min(example.optimal_multiplier(), reach)
    return min(example.best_size() / example.deficit, reach)


def asymmetric_risks(
    rng: np.random.Generator, n: int, *, n_minority: int, a: float | None, method: str, multiplier: float | None
) -> Outputs:
    """Draw excess risks in the Gaussian example.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of replicates: data sets if `a` is None, else means over `BATCH` data sets.
    n_minority, a, method, multiplier
        See `best_multiplier`. Cells that differ in method and multiplier only share real rows, and synthetic rows as
        far as they go. Searches need a = None, the generator that learns from the number of rows.

    Returns
    -------
    dict
        Arrays (n,): ``excess_risk``; ``over_balance``, less the excess risk of balancing the same data; the
        ``multiplier``; and ``biased``, 1 where the diagnosis of a search called the generator biased.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    example = gaussian_example(n_minority, a)
    fixed = best_multiplier(n_minority, a, method, multiplier)
    if a is not None:
        if method in _RULES:
            raise ValueError(f"a must be None for the search {method!r}, got {a!r}")
        sizes = synthetic_sizes([0.0, 1.0, fixed], example.deficit)
        many = gaussian.excess_risks(rng, n * BATCH, example.n_majority, n_minority, sizes, a=example.a)
        risks = many.reshape(n, BATCH, len(sizes)).mean(axis=1)[:, 1:]
        return _asymmetric_outputs(risks, np.full(n, fixed), np.zeros(n))
    risks, chosen, biased = np.empty((n, 2)), np.full(n, fixed), np.zeros(n)
    generator = AlignedGenerator()
    for i, child in enumerate(rng.spawn(n)):
        data, search, final = child.spawn(3)
        majority = data.standard_normal((example.n_majority, 2))
        minority = data.standard_normal((n_minority, 2)) + [example.mu, 0.0]
        if method in _RULES:
            found = choose_multiplier(majority, minority, generator, search, rule=_RULES[method])
            chosen[i], biased[i] = found
        theta = augmented_fits(majority, minority, generator, [1.0, chosen[i]], final)
        errors = theta - example.theta_star
        risks[i] = np.einsum("ki,ij,kj->k", errors, example.hessian, errors) / 2
    return _asymmetric_outputs(risks, chosen, biased)


def _asymmetric_outputs(risks: Array, chosen: Array, biased: Array) -> Outputs:
    """Name the outputs, given the excess risks of balancing and of the method."""
    balanced, risk = risks.T
    return {"excess_risk": risk, "over_balance": risk - balanced, "multiplier": chosen, "biased": biased}


def asymmetric_reference(
    *, n_minority: int, a: float | None, method: str, multiplier: float | None
) -> dict[str, float]:
    """Return the closed forms of `asymmetric_risks`, for a search those of the best size within its reach."""
    example = gaussian_example(n_minority, a)
    best = best_multiplier(n_minority, a, method, multiplier)
    balanced, risk = example.excess_risk(synthetic_sizes([1.0, best], example.deficit)).tolist()
    return {"excess_risk": risk, "over_balance": risk - balanced, "multiplier": best}


def fitted_rate(sizes: ArrayLike, risks: ArrayLike, errors: ArrayLike) -> tuple[float, float]:
    r"""Fit :math:`\log(\text{risk}) = c + s \log n` by weighted least squares.

    Parameters
    ----------
    sizes, risks, errors : array_like, shape (k,)
        Sample sizes, estimated risks and their standard errors, at least three; all positive. A logarithm has the
        standard error of the risk over the risk, whose inverse square is its weight.

    Returns
    -------
    slope, error : float
        The rate s and its standard error, which allows for what the line leaves over.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> slope, error = fitted_rate([10, 100, 1000], [3.0, 0.3, 0.03], [0.1, 0.01, 0.001])
    >>> round(slope, 6), error < 1e-6
    (-1.0, True)
    """
    import statsmodels.api as sm

    n, risk, error = (
        check_reals(name, value, low=0.0) for name, value in (("sizes", sizes), ("risks", risks), ("errors", errors))
    )
    if n.ndim != 1 or n.size < 3 or not n.shape == risk.shape == error.shape:
        raise ValueError(f"sizes, risks and errors must be three or more each, got {n.shape}, {risk.shape}")
    fit = sm.WLS(np.log(risk), sm.add_constant(np.log(n)), weights=(risk / error) ** 2).fit()
    return float(fit.params[1]), float(fit.bse[1])


def symmetric_curves(
    rng: np.random.Generator, n: int, *, population: str, generator: str, d: int, n_majority: int, n_minority: int
) -> Outputs:
    """Draw curves of excess risk along `MULTIPLIERS` in a locally symmetric population.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of replicates: data sets of the logistic model, means over 8 data sets of the others.
    population : str
        One of `POPULATIONS`.
    generator : str
        One of the kernels' generators. Generators share the random numbers of the real rows.
    d, n_majority, n_minority : int

    Returns
    -------
    dict
        Arrays (n,): ``excess_risk_<multiplier>``, and ``first_step``, the change from the first to the second.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    check_choice("population", population, POPULATIONS)
    sizes = synthetic_sizes(MULTIPLIERS, n_majority - n_minority)
    shape = (d, n_majority, n_minority, sizes)
    averaged = _AVERAGED[population]
    curves = np.empty((n * averaged, len(sizes)))
    # a generator of random numbers a data set: from one, only the first data set would be shared
    for i, child in enumerate(rng.spawn(len(curves))):
        if population == "logistic":
            curves[i] = logistic.excess_risks(child, 1, *shape, LogisticSymmetricModel().alpha, generator=generator)[0]
        else:
            curves[i] = mean_shift.excess_risks(child, 1, *shape, noise=population, generator=generator)[0]
    return _curve_outputs(curves.reshape(n, averaged, -1).mean(axis=1).T)


def _curve_outputs(curve: Sequence[Array] | Array) -> Outputs:
    outputs = {f"excess_risk_{m:.1f}": np.asarray(value) for m, value in zip(MULTIPLIERS, curve, strict=True)}
    return {**outputs, "first_step": outputs[f"excess_risk_{MULTIPLIERS[1]:.1f}"] - outputs["excess_risk_0.0"]}


def symmetric_reference(
    *, population: str, generator: str, d: int, n_majority: int, n_minority: int
) -> dict[str, float]:
    """Return the closed forms of `symmetric_curves`; of generators that have none, that without synthetic rows.

    They are leading orders, but for the Semi-Oracle, whose curve is taken given the error of the minority's mean.
    """
    check_choice("population", population, POPULATIONS)
    curve: dict[str, Callable[[int], float]]
    if population == "logistic":
        curve = {"oracle": lambda size: LogisticSymmetricModel().oracle(d, n_majority, n_minority, size)}
    else:
        model = MeanShiftModel(d, n_majority, n_minority, population)
        curve = {
            "oracle": model.oracle,
            "bootstrap": model.bootstrap,
            "semi_oracle": lambda size: model.semi_oracle(size, form="given_mean"),
        }
    if generator not in curve:
        return {"excess_risk_0.0": curve["oracle"](0)}
    sizes = synthetic_sizes(MULTIPLIERS, n_majority - n_minority).tolist()
    outputs = _curve_outputs(np.array([curve[generator](size) for size in sizes]))
    return {name: float(value) for name, value in outputs.items()}


def two_uniform_classes(
    rng: np.random.Generator, d: int, b: float, n_majority: int, n_minority: int
) -> tuple[Array, NDArray[np.int64]]:
    r"""Draw rows and labels of `mixtheory.imbalance.models.wald.SymmetryDesign`, the majority first.

    The draws are those of `mixtheory.imbalance.kernels.wald.wald_statistics`, coordinate by coordinate.

    Examples
    --------
    >>> X, y = two_uniform_classes(np.random.default_rng(0), 2, 0.2, 400, 20)
    >>> X.shape, int(y.sum())
    ((420, 2), 20)
    """
    majority, minority = (12**0.5 * (rng.random((d, size)).T - 0.5) for size in (n_majority, n_minority))
    majority[:, 0] = 2 * majority[:, 0] - 1
    minority[:, 0] += b
    return np.concatenate([majority, minority]), np.repeat([0, 1], [n_majority, n_minority])


def wald_draws(
    rng: np.random.Generator, n: int, *, d: int, n_minority: int, ratio: int, h: float, covariance: str
) -> Outputs:
    r"""Draw Wald statistics of local symmetry and their p-values at a local alternative.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of data sets.
    d, n_minority, ratio : int
        Dimension, minority rows, and majority rows for each of them.
    h : float
        The class gap times the root of the effective number of rows; 0 for the null.
    covariance : str
        One of `COVARIANCES`, all on the same data sets. Of the slow ones, "hc3" and "bootstrap", every third and every
        eighth data set is tested.

    Returns
    -------
    dict
        Arrays (n,): ``statistic`` and ``pvalue``, NaN where the data set is not tested.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    every = _EVERY[check_choice("covariance", covariance, COVARIANCES)]
    n_majority = ratio * n_minority
    b = local_shift(h, n_majority, n_minority)
    if every == 1:
        corrected = covariance == "plain"
        statistic = wald.wald_statistics(rng, n, d, b, n_majority, n_minority, pilot_corrected=corrected)
        return {"statistic": statistic, "pvalue": stats.chi2.sf(statistic, d)}
    (resampling,) = rng.spawn(1)
    statistic, pvalue = np.full(n, np.nan), np.full(n, np.nan)
    for i in range(n):
        X, y = two_uniform_classes(rng, d, b, n_majority, n_minority)
        if i % every == 0:
            found = symmetry_test(
                X,
                y,
                loss="squared",
                fit_intercept=False,
                covariance=covariance,
                n_bootstrap=_RESAMPLES,
                random_state=resampling,
                codes=(-0.5, 0.5),
            )
            statistic[i], pvalue[i] = found.statistic, found.pvalue
    return {"statistic": statistic, "pvalue": pvalue}


def wald_reference(
    *, d: int, n_minority: int, ratio: int, h: float, covariance: str, level: float = 0.05
) -> dict[str, float]:
    r"""Return limits of the metrics of `wald_draws`.

    ``rejected``: the power at `level`; ``mean_statistic`` and ``quantile_<q>``: those of the non-central
    :math:`\chi^2_d`. The naive statistic is known at the null, where it is a weighted sum, without quantiles.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or h is not 0 for the naive test.
    """
    n_majority = ratio * n_minority
    if check_choice("covariance", covariance, COVARIANCES) == "naive":
        if h != 0:
            raise ValueError(f"h must be 0 for the naive test, got {h!r}")
        mean = naive_ratio(n_majority, n_minority) + d - 1
        return {"rejected": naive_size(n_majority, n_minority, d, level), "mean_statistic": mean}
    design = SymmetryDesign(d, local_shift(h, n_majority, n_minority))
    noncentrality = design.noncentrality(n_majority, n_minority) if h else 0.0
    law = stats.ncx2(d, noncentrality) if h else stats.chi2(d)
    return {
        "rejected": design.power(n_majority, n_minority, level) if h else level,
        "mean_statistic": d + noncentrality,
        **{f"quantile_{q:g}": float(law.ppf(q)) for q in QUANTILES},
    }
