r"""The study of mixup across the theories: cells of plain numbers, simulated and in closed form.

Laws of two weights, from ones near 1/2 over U(0, 1) and laws that keep the covariance to ones that inflate it, and the
fixed weights of zeta-mixup with the variance factor of U(0, 1), as a generator of minority rows in two models and as a
design in regression.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixtheory import Beta, EpBeta, Zeta, excess_risk
from mixtheory._validation import check_choice
from mixtheory.imbalance.kernels import mixup, mixup_prices
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.imbalance.models.mixup import GaussianMixup
from mixtheory.imbalance.models.mixup_prices import marginal_price, mixed_regression_risk

__all__ = ["LAWS", "example", "mixing_law", "predicted", "risk_by_covariance", "simulated"]

Outputs = dict[str, NDArray[np.float64]]

# data sets whose mean is one replicate, where a data set is cheap
_AVERAGED = 8

LAWS = {
    "middle": (4.0, 4.0, 0.0, 0.0),
    "uniform": (1.0, 1.0, 0.0, 0.0),
    "beta": (0.1, 0.1, 0.0, 0.0),
    "preserving": None,
    "inflating": (1.0, 1.0, 0.6, 0.6),
    "extreme": (1.0, 1.0, 0.9, 0.9),
    "zeta": None,
}
"""Parameters of the laws by name; None where a condition gives them: `mixing_law`."""

ZETA_PARENTS = 8
"""Parents of the zeta law."""


def mixing_law(name: str) -> EpBeta | Zeta:
    """Return a law of `LAWS`: "preserving" is the uniform law that keeps the covariance, "zeta" has U(0, 1)'s factor.

    Examples
    --------
    >>> [round(float(mixing_law(name).variance_factor), 3) for name in LAWS]
    [0.556, 0.667, 0.917, 1.0, 1.307, 1.807, 0.667]
    """
    shape = LAWS[check_choice("law", name, LAWS)]
    if name == "zeta":
        return Zeta.matching(float(Beta.uniform().variance_factor), ZETA_PARENTS)
    if shape is None:
        return EpBeta.preserving_uniform()
    return EpBeta(*shape) if shape[2] else Beta(*shape[:2])


def example(law: str, n_majority: int, n_minority: int) -> GaussianMixup:
    """Return the Gaussian example, N(0, I_2) against N((1, 0), I_2), with a mixed minority."""
    return GaussianMixup(mixing_law(law), n_majority=n_majority, n_minority=n_minority)


def simulated(
    rng: np.random.Generator,
    n: int,
    *,
    design: str,
    law: str,
    parents: str | None,
    multiplier: float | None,
    n_first: int,
    n_second: int,
    columns: int,
) -> Outputs:
    r"""Draw outputs of one cell.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of replicates.
    design : {"example", "price", "regression"}
    law : str
        One of `LAWS`.
    parents : {"population", "sample"}, or None
    multiplier : float, or None
        Mixed rows in units of the deficit, in the example.
    n_first, n_second : int
        Majority and minority, or real and mixed rows in regression.
    columns : int

    Returns
    -------
    dict
        ``value``, shape (n,): the excess risk of the example, the price in units of T / S^2 (both means over 8 data
        sets), or the risk given the design, less a control variate of mean 0.
    """
    check_choice("design", design, ("example", "price", "regression"))
    chosen = mixing_law(law)
    if design == "price":
        unit = MeanShiftModel(columns, n_first, n_second, "gaussian").price_unit
        prices = mixup_prices.marginal_prices(rng, n * _AVERAGED, chosen, columns, n_first, n_second)
        return {"value": prices.reshape(n, _AVERAGED).mean(axis=1) / unit}
    if design == "regression":
        trace, plain = mixup_prices.regression_traces(rng, n, chosen, columns, n_first, n_second)
        return {"value": trace - (plain - columns / (n_first + n_second - columns - 1))}
    model = example(law, n_first, n_second)
    size = round((multiplier or 0.0) * model.deficit)
    source = parents or "population"
    risks = mixup.excess_risks(rng, n * _AVERAGED, chosen, n_first, n_second, [size], parents=source)
    return {"value": risks.reshape(n, _AVERAGED).mean(axis=1)}


def predicted(
    *,
    design: str,
    law: str,
    parents: str | None,
    multiplier: float | None,
    n_first: int,
    n_second: int,
    columns: int,
) -> dict[str, float]:
    """Return the closed forms of `simulated`: the ``value``."""
    check_choice("design", design, ("example", "price", "regression"))
    chosen = mixing_law(law)
    if design == "price":
        return {"value": marginal_price(MeanShiftModel(columns, n_first, n_second, "gaussian"), chosen)}
    if design == "regression":
        return {"value": mixed_regression_risk(chosen, columns, n_first, n_second)}
    model = example(law, n_first, n_second)
    size = round((multiplier or 0.0) * model.deficit)
    return {"value": float(model.excess_risk(size, parents=parents or "population"))}


def risk_by_covariance(law: str, columns: int, n_real: int, n_mixed: int) -> float:
    """Return the risk of regression as the covariance c I of the mixed rows alone predicts it.

    Examples
    --------
    >>> round(risk_by_covariance("preserving", 50, 50, 50), 12)
    1.0
    """
    sigma = np.ones(columns)
    return excess_risk(sigma, mixing_law(law).variance_factor * sigma, n_real, n_mixed).risk
