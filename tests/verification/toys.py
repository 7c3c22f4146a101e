"""Small claims whose truth is known, for tests of the decision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from mixtheory.verification import (
    Claim,
    ClaimResult,
    ClopperPearson,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    SimulatorMutant,
    StudentT,
)
from mixtheory.verification.decide import verify_at

FALSE_ALARM = 1e-9


def most(trials: int, probability: float) -> int:
    """Return a count that a binomial variable exceeds with probability below FALSE_ALARM."""
    return int(stats.binom.isf(FALSE_ALARM, trials, probability))


def claim(*components: Component, simulate: Any, name: str = "toy", **changes: Any) -> Claim:
    """Return a qualitative claim with a far simulator mutant, changed as asked."""
    arguments: dict[str, Any] = {
        "name": name,
        "statement": "a toy",
        "latex": "x",
        "assumptions": "none",
        "source": "test",
        "kind": "equality",
        "margin_class": "qualitative",
        "components": components,
        "simulate": simulate,
        "block_size": 512,
        "mutants": (SimulatorMutant("far", lambda rng, n: simulate(rng, n) + 1e3),),
    }
    return Claim(**(arguments | changes))


def decisions(make: Any, shift: float, trials: int, *, alpha: float = 0.05, seed: int = 0) -> list[ClaimResult]:
    """Decide a claim many times, each under a name and thus a stream of its own."""
    name = f"{make.__name__}.{shift:.3f}".replace("-", "minus")
    claims = [make(shift, name=f"{name}.{i}") for i in range(trials)]
    return verify_at(claims, seed, alpha, 1, False, None)


def mean_component(closed: float, margin: Any, interval: Any, label: str = "mean", **changes: Any) -> Component:
    """Return a component whose oracle agrees with its closed form."""
    arguments: dict[str, Any] = {"label": label, "closed": lambda: closed, "oracle": lambda: closed}
    return Component(margin=margin, interval=interval, **(arguments | changes))


def normal(shift: float, margin: float = 0.3, **changes: Any) -> Claim:
    """Claim that the mean is 0 where it is `shift`."""
    component = mean_component(0.0, margin, StudentT(0.0))
    return claim(component, **({"simulate": lambda rng, n: rng.normal(shift, 1.0, n)} | changes))


def bernoulli(shift: float, margin: float = 0.08, **changes: Any) -> Claim:
    """Claim that a probability is 0.3 where it is 0.3 + shift."""
    component = mean_component(0.3, margin, ClopperPearson())
    far = (SimulatorMutant("far", lambda rng, n: rng.random(n) < 0.9),)
    return claim(component, simulate=lambda rng, n: rng.random(n) < 0.3 + shift, mutants=far, **changes)


def bounded(shift: float, margin: float = 0.08, **changes: Any) -> Claim:
    """Claim that the mean of a variable in [0, 1] is 1/2 where it is 1/2 + shift."""
    component = mean_component(0.5, margin, EmpiricalBernstein(0.0, 1.0))
    power = 1.0 / (0.5 + shift) - 1.0
    far = (SimulatorMutant("far", lambda rng, n: np.ones(n)),)
    return claim(component, simulate=lambda rng, n: rng.random(n) ** power, mutants=far, **changes)


def exponential(shift: float, margin: float = 0.1, **changes: Any) -> Claim:
    """Claim that the mean of a skewed variable is 1 where it is 1 + shift."""
    component = mean_component(1.0, margin, StudentT(2.0))
    return claim(component, simulate=lambda rng, n: shift + rng.exponential(size=n), **({"block_size": 2048} | changes))


def pair(shift: float, margin: float = 0.3, **changes: Any) -> Claim:
    """Claim of two means 0 where the second one is `shift`."""
    components = [mean_component(0.0, margin, StudentT(0.0), label) for label in ("first", "second")]
    return claim(*components, simulate=lambda rng, n: rng.normal((0.0, shift), 1.0, (n, 2)), **changes)


def exact(closed: float = 1.0, **changes: Any) -> Claim:
    """Claim of the exact class: the second moment of a uniform variable on (-sqrt 3, sqrt 3) is 1."""
    half = math.sqrt(3.0)
    component = mean_component(closed, 0.01 * closed, EmpiricalBernstein(0.0, 3.0), **changes.pop("component", {}))
    mutants = (
        FormulaMutant("half", lambda: 0.5),
        SimulatorMutant("wider", lambda rng, n: np.minimum(3.0, rng.uniform(-half, half, n) ** 2 * 1.5)),
    )
    arguments = {"margin_class": "exact", "block_size": 2**15, "mutants": mutants} | changes
    arguments = {"simulate": lambda rng, n: np.minimum(3.0, rng.uniform(-half, half, n) ** 2)} | arguments
    return claim(component, **arguments)
