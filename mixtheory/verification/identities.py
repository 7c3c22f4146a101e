"""Deterministic claims in one call: closed forms that agree with independent values to rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mixtheory.verification.claim import Claim, Component, FormulaMutant

__all__ = ["Part", "derived", "identity"]

Part = tuple[str, Callable[[], Any], Callable[[], Any]]


def derived(statement: str, check: str = "") -> str:
    """Return the provenance of a formula that a theory note tags as derived in this project.

    Examples
    --------
    >>> derived("T2", "C2")
    'T2 [D]: derived in this project (check C2)'
    """
    return f"{statement} [D]: derived in this project" + (f" (check {check})" if check else "")


def identity(
    name: str,
    statement: str,
    latex: str,
    assumptions: str,
    source: str,
    parts: Sequence[Part],
    mutants: Sequence[FormulaMutant],
    *,
    rtol: float = 1e-9,
    atol: float = 1e-12,
) -> Claim:
    r"""Return a deterministic claim: label, closed form and oracle of each part, equal to rounding.

    Parameters
    ----------
    name, statement, latex, assumptions, source : str
        As for `Claim`.
    parts : sequence of (str, callable, callable)
        Label, closed form and oracle of each component.
    mutants : sequence of FormulaMutant
    rtol, atol : float
        Closed form and oracle agree if they differ by ``atol + rtol |oracle|`` at most.

    Examples
    --------
    >>> from math import comb, factorial
    >>> from mixtheory.verification import decide
    >>> claim = identity(
    ...     "example.binomial",
    ...     "A binomial coefficient is a quotient of factorials.",
    ...     r"\binom nk=n!/(k!(n-k)!)",
    ...     "0 <= k <= n",
    ...     "textbook",
    ...     [("n = 7, k = 3", lambda: comb(7, 3), lambda: factorial(7) / (factorial(3) * factorial(4)))],
    ...     [FormulaMutant("k = 2", lambda: comb(7, 2))],
    ... )
    >>> decide(claim, seed=0).verdict
    'verified'
    """
    return Claim(
        name=name,
        statement=statement,
        latex=latex,
        assumptions=assumptions,
        source=source,
        kind="identity",
        margin_class="identity",
        components=tuple(
            Component(label=label, closed=closed, oracle=oracle, oracle_rtol=rtol, oracle_atol=atol)
            for label, closed, oracle in parts
        ),
        mutants=tuple(mutants),
    )
