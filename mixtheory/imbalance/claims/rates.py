r"""Claims about the regimes of local asymmetry (C3): exponents of the excess risk of the Gaussian example in n."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.gaussian import SETTING
from mixtheory.imbalance.claims.parts import Array, Simulate, derived, identity
from mixtheory.imbalance.kernels import gaussian as kernels
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.verification import Claim, Component, FormulaMutant, SimulatorMutant, StudentT, log_slope

__all__ = ["CLAIMS"]

RATIO = 5
# evenly spaced in logarithms: the weights in the slope are antisymmetric, and the skewness of the risks cancels
SIZES = (1_000, 10_000, 100_000, 1_000_000)
# here constants and first corrections are gone, and only the exponent is left
FAR = (10**12, 10**13)

Mean = Callable[[int], float]


@dataclass(frozen=True)
class Regime:
    """A generator's mean as a function of n1, a number of synthetic rows, and sizes n1 at which it is simulated.

    `skewness` is that of the exponent's linear part and bend: where the risk tends to a floor the sizes differ in it.
    """

    label: str
    mean: Mean
    multiplier: Callable[[float], float]
    sizes: Sequence[int] = SIZES
    skewness: float = 0.1

    def counts(self, n1: int) -> tuple[int, int, int]:
        """Return numbers of rows of majority, minority and generator."""
        return RATIO * n1, n1, round(self.multiplier(self.mean(n1)) * (RATIO - 1) * n1)

    def exponent(self) -> float:
        """Return the exponent of the public formula of the excess risk, far out."""

        def risk(n1: int) -> float:
            n0, _, size = self.counts(n1)
            return float(GaussianExample(1.0, self.mean(n1), n_majority=n0, n_minority=n1).excess_risk(size))

        return log_slope(FAR)(np.array([risk(n1) for n1 in FAR]))

    def reference(self) -> float:
        """Return the same from the oracle."""

        def risk(n1: int) -> float:
            return oracles.second_order_terms(oracles.example_laws(1.0, self.mean(n1)), self.counts(n1)).excess

        return log_slope(FAR)(np.array([risk(n1) for n1 in FAR]))

    def simulate(self, rng: Generator, n: int) -> Array:
        """Return excess risks, one column a size."""
        columns = []
        for n1 in self.sizes:
            n0, _, size = self.counts(n1)
            columns.append(kernels.excess_risks(rng, n, n0, n1, [size], a=self.mean(n1)))
        return np.hstack(columns)


def _cancelling(a: float) -> float:
    """Return the multiplier that removes the bias: each row pulls 3 a - 1 - a^2 as hard as one of the minority."""
    return 1.0 / (3.0 * a - 1.0 - a**2)


def _none(a: float) -> float:
    return 0.0


def _balance(a: float) -> float:
    return 1.0


def _constant(a: float) -> Mean:
    return lambda n1: a


def _approaching(n1: int) -> float:
    """Return the generator's mean whose mismatch is n1^(-1/4), with 2 (a - 1) (a - 2) / 3 for the mismatch."""
    return 1.5 - math.sqrt(0.25 + 1.5 * n1**-0.25)


# a mismatch of n1^(-1/4) is small late
LATE = (10**6, 10**7, 10**8, 10**9)


def _side_by_side(regimes: Sequence[Regime]) -> Simulate:
    return lambda rng, n: np.hstack([regime.simulate(rng, n) for regime in regimes])


def _rates(name: str, regimes: Sequence[Regime], mutants: Sequence[Any], **rest: Any) -> Claim:
    width = len(SIZES)
    return Claim(
        name=f"imbalance.rates.asymmetry.{name}",
        source=derived("C3"),
        kind="rate",
        margin_class="qualitative",
        components=tuple(
            Component(
                label=f"exponent, {regime.label}",
                closed=regime.exponent,
                oracle=regime.reference,
                oracle_atol=1e-9,
                margin=0.05,
                interval=StudentT(regime.skewness),
                columns=range(width * i, width * (i + 1)),
                function=log_slope(regime.sizes),
            )
            for i, regime in enumerate(regimes)
        ),
        simulate=_side_by_side(regimes),
        block_size=2**12,
        mutants=tuple(mutants),
        **rest,
    )


TEXT = f"{SETTING}; mu = 1, r = 5"
SIZES_TEXT = "n1 = 10^3 to 10^6; exponents within 0.05"

IDEAL = (
    Regime("no synthetic rows", _constant(1.0), _none, skewness=0.15),
    Regime("balance", _constant(1.0), _balance),
    Regime("balance, wrong law without mismatch", _constant(2.0), _balance),
)
BIASED = (
    Regime("balance", _constant(0.5), _balance, skewness=0.4),
    Regime("D / (1 - 2 rho) rows", _constant(0.5), _cancelling),
)
CONSISTENT = (
    Regime("no synthetic rows", _approaching, _none, LATE),
    Regime("balance", _approaching, _balance, LATE, skewness=0.15),
    Regime("D / (1 - 2 rho) rows", _approaching, _cancelling, LATE),
)


def _with(regimes: Sequence[Regime], **changed: Any) -> SimulatorMutant:
    """Return a simulator mutant in which every regime has another mean or multiplier."""
    name = changed.pop("name")
    return SimulatorMutant(
        name,
        _side_by_side(
            [
                Regime(r.label, changed.get("mean", r.mean), changed.get("multiplier", r.multiplier), r.sizes)
                for r in regimes
            ]
        ),
    )


# Constants of the orders ------------------------------------------------------------------------------------------


def _imbalanced(k: float) -> float:
    """Return the floor without synthetic rows over kappa^2, at kappa = 1/k."""
    return k**2 * float(GaussianExample(n_majority=int(k) + 1, n_minority=int(k) - 1).floor(0.0))


def _mismatched(k: float) -> float:
    """Return the floor at balance over the squared mismatch, at a mean of the generator 1/k below the right one."""
    example = GaussianExample(1.0, 1.0 - 1.0 / k, n_majority=RATIO, n_minority=1)
    return float(example.floor(RATIO - 1)) / float(example.mismatch[0]) ** 2


def _constants() -> list[float]:
    at = oracles.point("squared", oracles.example_laws(1.0, 1.0))
    inverse = np.linalg.inv(0.5 * (at.hessians[0] + at.hessians[1]))
    gap = at.scores[0] - at.scores[1]
    return [float(gap @ inverse @ gap) / 8.0, 0.5 * ((RATIO - 1) / (2 * RATIO)) ** 2 * float(inverse[0, 0])]


ORDERS = identity(
    "imbalance.rates.asymmetry.constants",
    "Without synthetic rows the floor is of order kappa^2, at balance of the order of the squared mismatch.",
    r"\tfrac{\kappa^2}8g'H^{-1}g\text{ at }\tilde n=0,\quad"
    r"\tfrac12\Bigl(\frac{n_0-n_1}{2n_0}\Bigr)^2b'H^{-1}b\text{ at }\tilde n=n_0-n_1",
    f"{SETTING}; mu = 1; limits of kappa and of the mismatch at 0, the second at r = 5",
    derived("C3"),
    [
        (
            "floors over squares",
            lambda: [oracles.limit(_imbalanced, 32.0), oracles.limit(_mismatched, 32.0)],
            _constants,
        )
    ],
    [
        FormulaMutant("g in place of g / 2", lambda: [[4.0 * _constants()[0], _constants()[1]]]),
        FormulaMutant("twice the synthetic fraction", lambda: [[_constants()[0], 4.0 * _constants()[1]]]),
    ],
    rtol=1e-7,
)

CLAIMS: tuple[Claim, ...] = (
    ORDERS,
    _rates(
        "ideal",
        IDEAL,
        statement="With a generator without mismatch balancing brings the excess risk to order 1/n0; without synthetic "
        "rows it does not vanish.",
        latex=r"b=0:\quad\Theta(\kappa^2)\text{ at }\tilde n=0,\quad O(1/n_0)\text{ at }\tilde n=n_0-n_1",
        assumptions=f"{TEXT}; means 1 and 2 of the generator; {SIZES_TEXT}",
        mutants=(
            _with(IDEAL, name="balance in place of no rows", multiplier=_balance),
            _with(IDEAL, name="no synthetic rows", multiplier=_none),
            FormulaMutant("all vanish", lambda: [-1.0, -1.0, -1.0]),
            FormulaMutant("a wrong law has a floor", lambda: [None, None, 0.0]),
        ),
    ),
    _rates(
        "biased",
        BIASED,
        statement="With a mismatch along the gap the excess risk has a floor at balance and is of order 1/n0 at "
        "D / (1 - 2 rho) rows.",
        latex=r"b=\rho g:\quad\Theta(1)\text{ at }\tilde n=n_0-n_1,\quad "
        r"O(1/n_0)\text{ at }\tilde n=(n_0-n_1)/(1-2\rho)",
        assumptions=f"{TEXT}; mean 1/2 of the generator, rho = 3/8; {SIZES_TEXT}",
        mutants=(
            _with(BIASED, name="generator with the right mean", mean=_constant(1.0), multiplier=_balance),
            _with(BIASED, name="balance everywhere", multiplier=_balance),
            FormulaMutant("balancing always gives 1/n0", lambda: [-1.0, None]),
            FormulaMutant("the floor cannot be removed", lambda: [None, 0.0]),
        ),
    ),
    _rates(
        "consistent",
        CONSISTENT,
        statement="With a mismatch of order n1^(-1/4) along the gap the excess risk at balance is of the order of its "
        "square, and of order 1/n0 at D / (1 - 2 rho) rows.",
        latex=r"b\sim n_1^{-1/4}:\quad O(|b|^2)=O(n_1^{-1/2})\text{ at }\tilde n=n_0-n_1,\quad "
        r"O(1/n_0)\text{ at }\tilde n=(n_0-n_1)/(1-2\rho)",
        assumptions=f"{TEXT}; a mean of the generator that gives b = n1^(-1/4) e_1; n1 = 10^6 to 10^9; exponents "
        "within 0.05",
        mutants=(
            _with(CONSISTENT, name="balance without mismatch", mean=_constant(1.0), multiplier=_balance),
            _with(CONSISTENT, name="mismatch 1/2", mean=_constant(0.5), multiplier=_balance),
            FormulaMutant("order |b|", lambda: [None, -0.25, None]),
            FormulaMutant("order 1/n0 at balance", lambda: [None, -1.0, None]),
        ),
    ),
)
