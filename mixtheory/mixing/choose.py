"""From what a person cares about to a law of weights, with a report of what it preserves and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mixtheory._validation import check_choice, check_integer, check_real
from mixtheory.mixing.distances import gaussian_ks, gaussian_ks_bound, smaller_weight_moment
from mixtheory.mixing.generations import generation_excess_kurtosis
from mixtheory.mixing.moments import skewness_factor
from mixtheory.mixing.tolerance import concentration_band
from mixtheory.mixing.weights import EpBeta

__all__ = ["Choice", "choose_law", "step_tolerances"]

_WIDTH = 78


def step_tolerances(delta: float, generations: int) -> tuple[float, float]:
    r"""Return how far the variance factor of one generation may fall below and rise above 1.

    A factor rho in each of T generations stays within 1 - delta and 1 + delta after all of them if and only if

    .. math:: (1-\delta)^{1/T} \le \rho \le (1+\delta)^{1/T},

    about :math:`1 \mp \delta/T`.

    Parameters
    ----------
    delta : float
        Tolerance after all generations, in (0, 1/2).
    generations : int
        Number T >= 1 of generations.

    Returns
    -------
    tuple of float
        Tolerance downwards :math:`1-(1-\delta)^{1/T}` and upwards :math:`(1+\delta)^{1/T}-1`.

    Raises
    ------
    ValueError
        If `delta` is outside (0, 1/2) or `generations` < 1.

    Notes
    -----
    Source: note 01, T6 [D]: derived in this project (exact form of delta / T).

    Examples
    --------
    >>> [round(step, 6) for step in step_tolerances(0.1, 10)]
    [0.010481, 0.009577]
    """
    tolerance = check_real("delta", delta, low=0.0, high=0.5)
    steps = check_integer("generations", generations, low=1)
    return -math.expm1(math.log1p(-tolerance) / steps), math.expm1(math.log1p(tolerance) / steps)


@dataclass(frozen=True)
class Choice:
    """A chosen law, what it preserves and what it costs; made by `choose_law`.

    Means, correlations, regression slopes and R^2 are preserved by every law with one weight a row. The properties
    below state the rest. Those that name Gaussian data hold for normal records before the first generation.

    Attributes
    ----------
    law : EpBeta
        Law of the weight of the first parent.
    delta : float
        Tolerance on the variance factor after all generations.
    generations : int
        Number of generations of repeated synthesis.
    side : {"exact", "lower", "upper"}
        Variance factor 1, or at the lower or upper end of the tolerance.
    """

    law: EpBeta
    delta: float
    generations: int
    side: str

    @property
    def concentration_band(self) -> tuple[float, float]:
        """Interval of alpha + beta, at this mean and these extensions, that meets the tolerance."""
        fall, rise = step_tolerances(self.delta, self.generations)
        parameters = {"mean": self.law.mean, "eps0": self.law.eps0, "eps1": self.law.eps1}
        return float(concentration_band(rise, **parameters)[0]), float(concentration_band(fall, **parameters)[1])

    @property
    def variance_factor(self) -> float:
        """Factor rho = 1 - 2 r of the covariance matrix in one generation."""
        return float(self.law.variance_factor)

    @property
    def third_moment_factor(self) -> float:
        """Factor 1 - 3 r of the third central moments in one generation."""
        return float(self.law.third_moment_factor)

    @property
    def skewness_factor(self) -> float:
        """Factor (1 - 3 r)/(1 - 2 r)^1.5 of the skewness in one generation."""
        return float(skewness_factor(self.law))

    @property
    def gaussian_ks(self) -> float:
        """Kolmogorov-Smirnov distance of one generation to Gaussian data, by numerical integration."""
        return gaussian_ks(self.law)

    @property
    def gaussian_ks_bound(self) -> float:
        """Rigorous bound on `gaussian_ks`."""
        return gaussian_ks_bound(self.law)

    @property
    def mass_outside(self) -> float:
        """Probability that a weight lies outside [0, 1], where a record is extrapolated."""
        return float(self.law.mass_outside())

    @property
    def novelty(self) -> float:
        """Mean of abs(1 - max(lambda, 1 - lambda)): how far records are from copies of their nearer parent."""
        return smaller_weight_moment(self.law, 1)

    def gaussian_kurtosis(self, generations: int = 1) -> float:
        """Excess kurtosis of Gaussian data after some generations; 12 q2 after one that preserves the variance."""
        return float(generation_excess_kurtosis(self.law, 0.0, generations))

    def reach(self, generations: int = 1) -> float:
        r"""How far records can lie beyond the data range, in units of it: :math:`((1+2\epsilon)^T-1)/2`.

        :math:`\epsilon` is the larger extension: each generation widens the range by that part of itself on both sides.
        """
        try:
            return ((1 + 2 * float(self.law.reach)) ** check_integer("generations", generations, low=0) - 1) / 2
        except OverflowError:
            return math.inf

    def rows(self) -> list[tuple[str, float, float | None]]:
        """Return the report: a label, the value after one generation, and after all (None where it is not given)."""
        last = self.generations
        return [
            ("Variances and covariances, factor", self.variance_factor, self.variance_factor**last),
            ("Third central moments, factor", self.third_moment_factor, self.third_moment_factor**last),
            ("Skewness, factor", self.skewness_factor, self.skewness_factor**last),
            ("Excess kurtosis of Gaussian data", self.gaussian_kurtosis(), self.gaussian_kurtosis(last)),
            ("KS distance to Gaussian data", self.gaussian_ks, None),
            ("KS distance, rigorous bound", self.gaussian_ks_bound, None),
            ("Probability of a weight outside [0, 1]", self.mass_outside, None),
            ("Mean size of the lesser parent's weight", self.novelty, None),
            ("Reach beyond the data range, in ranges", self.reach(), self.reach(last)),
        ]

    def summary(self) -> str:
        """Return the report as text."""
        band = "{:.6g} to {:.6g}".format(*self.concentration_band)
        law = self.law
        lines = [
            "Choice of mixing weights".center(_WIDTH).rstrip(),
            "=" * _WIDTH,
            f"Law:  EpBeta(alpha={law.alpha:.6g}, beta={law.beta:.6g}, eps0={law.eps0:.6g}, eps1={law.eps1:.6g})",
            f"{'Mean weight of the first parent:':<42}{law.mean:.6g}",
            f"{'Tolerance of the variance factor:':<42}{self.delta:g} after {self.generations} generation(s)",
            f"{'Place in the tolerance:':<42}{self.side}",
            f"{'alpha + beta within the tolerance:':<42}{band}",
            "=" * _WIDTH,
            f"{'':<42}{'one generation':>18}{f'after {self.generations}':>18}",
            "-" * _WIDTH,
        ]
        lines += [f"{label:<42}{_number(one):>18}{_number(all_):>18}" for label, one, all_ in self.rows()]
        lines += [
            "=" * _WIDTH,
            "Means, correlations and regression slopes are preserved (one weight a row).",
            "No law preserves whole distributions: the kurtosis is the price.",
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def choose_law(
    delta: float = 0.05,
    *,
    eps0: float,
    eps1: float,
    mean: float = 0.5,
    generations: int = 1,
    side: str | None = None,
) -> Choice:
    """Choose the law of weights from what a person cares about, and report what it preserves and what it costs.

    Parameters
    ----------
    delta : float
        Tolerance, in (0, 1/2): after all generations every variance and covariance is within 1 - delta and 1 + delta
        times the original one.
    eps0, eps1 : float
        Extrapolation allowed, >= 0: the weight of the first parent lies in [-eps0, 1 + eps1], and no record leaves the
        data range by more than max(eps0, eps1) times that range. Both 0 where data must stay in their range.
    mean : float
        Closeness to the first parent: mean of its weight, in (0, 1).
    generations : int
        Number of times that synthetic data are made from synthetic data, 1 to 1000.
    side : {"exact", "lower", "upper"}, optional
        Variance factor 1, or the end 1 - delta or 1 + delta of the tolerance. By default "exact" where extrapolation is
        allowed and "lower" where it is not, since no law on [0, 1] preserves the variance.

    Returns
    -------
    Choice
        The law, and its report: print it, or see `Choice.summary` and `Choice.rows`.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the wanted end of the tolerance is not attained by any law.

    Notes
    -----
    Source: the workflow with a tolerance delta is that of C. Lee, J. Im and J.H.T. Kim, arXiv 2503.02645 (2025); the
    formulas are note 01, T4 to T9 and section 4 [D]: derived in this project.

    Examples
    --------
    >>> choice = choose_law(0.05, eps0=0.3, eps1=0.3, mean=0.9, generations=5)
    >>> round(choice.law.alpha, 4), round(choice.law.beta, 4), abs(choice.variance_factor - 1) < 1e-14
    (3.25, 1.0833, True)
    """
    steps = check_integer("generations", generations, low=1, high=1000)
    fall, rise = step_tolerances(delta, steps)
    m = check_real("mean", mean, low=0.0, high=1.0)
    below = check_real("eps0", eps0, low=0.0, closed="left")
    above = check_real("eps1", eps1, low=0.0, closed="left")
    if side is None:
        side = "exact" if below + above > 0 else "lower"
    if check_choice("side", side, ("exact", "lower", "upper")) == "exact":
        law = EpBeta.preserving(m, eps0=below, eps1=above)
    else:
        law = EpBeta.within(fall if side == "lower" else rise, mean=m, eps0=below, eps1=above, side=side)
    return Choice(law, float(delta), steps, side)
