"""Claims: theoretical statements stated once, as objects that can fail.

A claim ties a statement to the public function that computes it (`Component.closed`), to a value that shares no code
with it (`Component.oracle`) and to a simulator that could prove it wrong (`Claim.simulate`). It says how far the
truth may be off (`margin` and `margin_class`) and which plausible mistakes it must detect (`mutants`). Building a
claim runs nothing: closed forms, oracles and simulators are called when the claim is decided.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_choice, check_integer, check_real
from mixtheory.verification.functions import MeanFunction
from mixtheory.verification.intervals import DKW, ClopperPearson, EmpiricalBernstein, Interval

__all__ = [
    "Around",
    "Claim",
    "ClaimError",
    "Component",
    "FormulaMutant",
    "KINDS",
    "Lower",
    "MARGIN_CLASSES",
    "OfSd",
    "Region",
    "Relative",
    "SimulatorMutant",
    "Upper",
]

Array = NDArray[np.float64]
Number = float | Callable[[], float]
Simulator = Callable[[np.random.Generator, int], Any]

KINDS = ("equality", "inequality", "rate", "difference", "distribution", "identity")
MARGIN_CLASSES = ("exact", "leading order", "qualitative", "identity")

# what the margin of a class may be at most, as a share of the closed form (or of the sd where that is 0)
MARGIN_SHARE = 0.01
INTERCEPT_SHARE = 0.005
# a formula mutant must be this many margins away to be refuted by arithmetic
MUTANT_MARGINS = 4.0
# formula against oracle is a comparison to rounding; a looser one would excuse a wrong formula
MAX_ORACLE_RTOL = 1e-6


class ClaimError(ValueError):
    """A claim that is not well posed: a margin too wide, units of the wrong kind, a missing part."""


def number(value: Number) -> float:
    """Return a value that is given as a number or as a function without arguments."""
    return float(value() if callable(value) else value)


@dataclass(frozen=True)
class Relative:
    """A margin of `share` times the absolute value of the closed form."""

    share: float

    def __post_init__(self) -> None:
        check_real("share", self.share, low=0.0)


@dataclass(frozen=True)
class OfSd:
    """A margin of `share` times the standard deviation of one unit, for closed forms that are 0.

    `sd` is declared, as a number or a function; the decision refuses one that the simulator contradicts.
    """

    share: float
    sd: Number

    def __post_init__(self) -> None:
        check_real("share", self.share, low=0.0)


@dataclass(frozen=True)
class Around:
    """Region ``[closed - margin, closed + margin]``; ``[0, margin]`` for a distance without closed form."""

    def limits(self, closed: float, margin: float) -> tuple[float, float]:
        """Return the limits of the region."""
        return closed - margin, closed + margin


@dataclass(frozen=True)
class Lower:
    """Region ``[closed + margin, inf)``: `closed` is a lower bound, passed by the margin at least."""

    def limits(self, closed: float, margin: float) -> tuple[float, float]:
        """Return the limits of the region."""
        return closed + margin, math.inf


@dataclass(frozen=True)
class Upper:
    """Region ``(-inf, closed - margin]``: `closed` is an upper bound, kept by the margin at least."""

    def limits(self, closed: float, margin: float) -> tuple[float, float]:
        """Return the limits of the region."""
        return -math.inf, closed - margin


Region = Around | Lower | Upper


@dataclass(frozen=True, kw_only=True)
class Component:
    """One number (or distribution function) of a claim.

    Parameters
    ----------
    label : str
        What it is, within the claim.
    closed : callable, optional
        Returns the closed form by calling the public function; never a typed number. Build the objects that it needs
        inside, so that a mutated constructor is noticed. Only a component with `DKW` may leave it out: the claim is
        then that the units have the law of `DKW.cdf`. In an identity it may return an array.
    oracle : callable, optional
        Returns the same from quadrature, enumeration or algebra that shares no code with the theory (with `DKW` and
        no `closed`: the distribution function at the edges).
    no_oracle : str
        Why there is no oracle; required if there is none.
    oracle_rtol, oracle_atol : float
        Closed form and oracle agree if ``|closed - oracle| <= oracle_atol + oracle_rtol |oracle|``; at most 1e-6 each.
    margin : float, Relative or OfSd
        How far the truth may be from the closed form. In an identity leave it out: the tolerances above decide.
    interval : StudentT, EmpiricalBernstein, ClopperPearson or DKW
        Kind of confidence interval; None in an identity.
    region : Around, Lower or Upper
        Claimed region, made of closed form and margin.
    columns : int or sequence of int, optional
        Columns of the simulator that the component uses; by default its own position, or all for a function.
    function : callable, optional
        Smooth function of the means of the columns (see `mixtheory.verification.functions`); by default the mean.
    finite_size : float or callable
        Leading-order class: a derived or frozen bound of the finite-size term, added to the margin.
    size : float, optional
        Leading-order class: the finite size of this component, ``math.inf`` for the extrapolated intercept.
    expected : float or callable, optional
        For one-sided regions: the anticipated value, inside the region, from which the budget is planned. Without
        it the budget follows the estimate, and a statistic on the very edge runs on to `max_units`.
    """

    label: str
    closed: Callable[[], Any] | None = None
    oracle: Callable[[], Any] | None = None
    no_oracle: str = ""
    oracle_rtol: float = 1e-9
    oracle_atol: float = 1e-12
    margin: float | Relative | OfSd = 0.0
    interval: Interval | None = None
    region: Region = field(default_factory=Around)
    columns: int | Sequence[int] | None = None
    function: MeanFunction | None = None
    finite_size: Number = 0.0
    size: float | None = None
    expected: Number | None = None

    def __post_init__(self) -> None:
        if not self.label:
            raise ClaimError("label of a component must not be empty")
        if self.closed is None and not isinstance(self.interval, DKW):
            raise ClaimError(f"component {self.label!r}: closed may be left out only with a DKW interval")
        if self.oracle is None and not self.no_oracle:
            raise ClaimError(f"component {self.label!r}: give an oracle, or say in no_oracle why there is none")
        check_real("oracle_rtol", self.oracle_rtol, low=0.0, high=MAX_ORACLE_RTOL, closed="both")
        check_real("oracle_atol", self.oracle_atol, low=0.0, high=MAX_ORACLE_RTOL, closed="both")
        if isinstance(self.margin, (int, float)):
            check_real("margin", self.margin, low=0.0, closed="left")
        if self.interval is not None and self.margin == 0.0 and isinstance(self.region, Around):
            raise ClaimError(f"component {self.label!r}: a two-sided region needs a positive margin")
        if self.function is not None and isinstance(self.interval, (EmpiricalBernstein, ClopperPearson, DKW)):
            raise ClaimError(f"component {self.label!r}: a function of means needs a StudentT interval")

    def margin_at(self, closed: float) -> float:
        """Return the absolute margin for a closed form, without the finite-size term."""
        if isinstance(self.margin, Relative):
            return self.margin.share * abs(closed)
        if isinstance(self.margin, OfSd):
            return self.margin.share * number(self.margin.sd)
        return float(self.margin)

    def closed_values(self) -> Array:
        """Return what the formula column compares, shape (m,): the closed form, or F at the edges of `DKW`."""
        if self.closed is not None:
            return np.atleast_1d(np.asarray(self.closed(), dtype=np.float64)).ravel()
        assert isinstance(self.interval, DKW)
        return self.interval.reference()

    def oracle_values(self) -> Array | None:
        """Return the oracle's values, shape (m,), or None."""
        if self.oracle is None:
            return None
        return np.atleast_1d(np.asarray(self.oracle(), dtype=np.float64)).ravel()


@dataclass(frozen=True)
class FormulaMutant:
    """A wrong closed form.

    ``values()`` returns one entry a component, in order (an array where the component's closed form is one); None
    for a component that the mistake leaves as it is. A claim with one component may return the entry itself. If the
    claim is verified and an entry is four margins away or more, the mutant is refuted by arithmetic.
    """

    name: str
    values: Callable[[], Any]


@dataclass(frozen=True)
class SimulatorMutant:
    """A wrong simulator, of the same signature; the decision must refute the claim with it.

    It has its own stream of random numbers, keyed by claim and name. Choose one whose mean is at least two margins
    away.
    """

    name: str
    simulate: Simulator


@dataclass(frozen=True, kw_only=True)
class Claim:
    r"""A statement with everything that is needed to prove it wrong.

    Parameters
    ----------
    name : str
        Dotted name, such as ``"mixing.variance.uniform"``; it keys the random numbers.
    statement, latex, assumptions, source : str
        The statement in plain text and in LaTeX, its assumptions, and its provenance (formulas tagged [D] are
        "derived in this project").
    kind : str
        One of "equality", "inequality", "rate", "difference", "distribution", "identity".
    margin_class : str
        "exact" (margins of at most 1 % of the closed form, or of the sd where that is 0), "leading order" (1 % plus a
        finite-size term; three sizes or more and an extrapolated intercept within 0.5 %), "qualitative" or
        "identity".
    components : tuple of Component
        The claim is verified if all are, refuted if one is.
    simulate : callable, optional
        ``simulate(rng, n)`` returns an array (n,) or (n, columns), one row an independent unit. None in an identity.
    block_size : int
        Units a block; a block should take some milliseconds.
    pilot_blocks : int, optional
        Blocks of the pilot, which gives the size of the first stage; by default as few as hold 64 units.
    max_units : int
        No stage goes beyond this size; a claim that would need more is undecided.
    mutants : tuple of FormulaMutant and SimulatorMutant
        At least one simulator mutant, or in an identity at least one formula mutant.

    Raises
    ------
    ClaimError
        If a part is missing or contradicts another one.

    Examples
    --------
    >>> from scipy import integrate, stats
    >>> from mixtheory.verification import EmpiricalBernstein, Relative, decide
    >>> claim = Claim(
    ...     name="example.uniform.second_moment",
    ...     statement="The second moment of a uniform variable is 1/3.",
    ...     latex=r"\mathbb{E} U^2 = 1/3",
    ...     assumptions="U is uniform on (0, 1)",
    ...     source="textbook",
    ...     kind="equality",
    ...     margin_class="exact",
    ...     components=(
    ...         Component(
    ...             label="E U^2",
    ...             closed=lambda: stats.uniform.moment(2),
    ...             oracle=lambda: integrate.quad(lambda u: u**2, 0, 1)[0],
    ...             margin=Relative(0.01),
    ...             interval=EmpiricalBernstein(0.0, 1.0),
    ...         ),
    ...     ),
    ...     simulate=lambda rng, n: rng.random(n) ** 2,
    ...     mutants=(
    ...         FormulaMutant("first moment", stats.uniform.mean),
    ...         SimulatorMutant("third power", lambda rng, n: rng.random(n) ** 3),
    ...     ),
    ... )
    >>> decide(claim, seed=0).verdict
    'verified'
    """

    name: str
    statement: str
    latex: str
    assumptions: str
    source: str
    kind: str
    margin_class: str
    components: tuple[Component, ...]
    simulate: Simulator | None = None
    block_size: int = 2**15
    pilot_blocks: int | None = None
    max_units: int = 2**28
    mutants: tuple[FormulaMutant | SimulatorMutant, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_]+([.\-][A-Za-z0-9_]+)*", self.name):
            raise ClaimError(f"name must be dotted words of letters, digits and _, got {self.name!r}")
        try:
            self._check()
        except ValueError as error:
            raise ClaimError(f"claim {self.name!r}: {error}") from None

    def _check(self) -> None:
        for part in ("statement", "latex", "assumptions", "source"):
            if not getattr(self, part).strip():
                raise ClaimError(f"{part} must not be empty")
        check_choice("kind", self.kind, KINDS)
        check_choice("margin_class", self.margin_class, MARGIN_CLASSES)
        check_integer("block_size", self.block_size, low=1)
        if self.pilot_blocks is not None:
            check_integer("pilot_blocks", self.pilot_blocks, low=1)
        check_integer("max_units", self.max_units, low=self.pilot_units)
        object.__setattr__(self, "components", tuple(self.components))
        object.__setattr__(self, "mutants", tuple(self.mutants))
        for what, names in (
            ("component label", [c.label for c in self.components]),
            ("mutant name", [m.name for m in self.mutants]),
        ):
            if len(set(names)) < len(names):
                raise ClaimError(f"each {what} may occur once, got {names}")
        if not self.components:
            raise ClaimError("components must not be empty")
        identity = (self.kind == "identity", self.margin_class == "identity", self.simulate is None)
        if any(identity) != all(identity):
            raise ClaimError("an identity has kind and margin_class 'identity' and no simulator; others have one")
        if all(identity):
            self._check_identity()
        else:
            self._check_stochastic()

    def _check_identity(self) -> None:
        for component in self.components:
            if component.oracle is None or component.interval is not None:
                raise ClaimError(f"component {component.label!r} of an identity needs an oracle and no interval")
            if component.margin != 0.0 or component.region != Around():
                raise ClaimError(f"component {component.label!r} of an identity has oracle_rtol and oracle_atol only")
        if not any(isinstance(m, FormulaMutant) for m in self.mutants):
            raise ClaimError("mutants of an identity must hold at least one FormulaMutant")
        if any(isinstance(m, SimulatorMutant) for m in self.mutants):
            raise ClaimError("mutants of an identity cannot hold a SimulatorMutant")

    def _check_stochastic(self) -> None:
        if not any(isinstance(m, SimulatorMutant) for m in self.mutants):
            raise ClaimError("mutants must hold at least one SimulatorMutant")
        around = [c.region == Around() for c in self.components]
        for component in self.components:
            if component.interval is None:
                raise ClaimError(f"component {component.label!r} needs an interval")
        if self.kind in ("equality", "rate", "distribution") and not all(around):
            raise ClaimError(f"kind {self.kind!r} has regions Around only")
        if self.kind in ("inequality", "difference") and all(around):
            raise ClaimError(f"kind {self.kind!r} needs a region Lower or Upper")
        if self.kind == "distribution" and not any(isinstance(c.interval, DKW) for c in self.components):
            raise ClaimError("kind 'distribution' needs a component with a DKW interval")
        if self.margin_class in ("exact", "leading order") and not all(around):
            raise ClaimError(f"margin_class {self.margin_class!r} has regions Around only")
        if self.margin_class == "leading order":
            sizes = {c.size for c in self.components if c.size is not None}
            if len(sizes - {math.inf}) < 3 or math.inf not in sizes:
                raise ClaimError("margin_class 'leading order' needs three finite sizes or more and size=inf")
        elif any(c.finite_size != 0.0 for c in self.components):
            raise ClaimError("finite_size belongs to margin_class 'leading order'")

    @property
    def pilot_units(self) -> int:
        """Units of the pilot: `pilot_blocks` blocks, by default as few as hold 64 units."""
        return self.block_size * (self.pilot_blocks or max(1, math.ceil(64 / self.block_size)))
