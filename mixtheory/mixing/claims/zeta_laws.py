"""The laws of two and more parents on which identities are checked, as the theory and as the oracles take them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from mixtheory.mixing.claims import member_weights, oracles, zeta_oracles
from mixtheory.mixing.claims.member_weights import Atoms
from mixtheory.mixing.dirichlet import Dirichlet
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.weights import EpBeta
from mixtheory.mixing.zeta import Zeta

__all__ = ["DATA", "LAWS_TEXT", "N", "PAIRINGS", "dominants", "enumerated", "from_note", "theory"]

# A skewed table with as many rows as the first law has parents.
DATA = np.array([0.0, 1.0, 3.0, 9.0])
N = DATA.size
PAIRINGS = ("independent", "distinct", "anchored", "permutation", "derangement", "shared")

TILTED: oracles.Law = (2.0, 3.0, 0.15, 0.4)
SHAPES = (3.0, 1.0, 2.0)
LAWS_TEXT = "Zeta(1.3, 4), Zeta(2.8, 3), EpBeta(2, 3; 0.15, 0.4) and Dirichlet(3, 1, 2) weights"


def from_note(check: str) -> str:
    """Return the provenance of a formula that note 02 tags as derived.

    Examples
    --------
    >>> from_note("C8")
    'note 02, C8 [derived]: derived in this project (check C8)'
    """
    return f"note 02, {check} [derived]: derived in this project (check {check})"


def theory(function: Callable[[MixingLaw], Any]) -> Callable[[], list[Any]]:
    """Return a closed form for all laws: fixed weights of all members and of three, two and three random weights."""
    return lambda: [function(law) for law in (Zeta(1.3, N), Zeta(2.8, 3), EpBeta(*TILTED), Dirichlet(SHAPES))]


@functools.cache
def _atoms() -> tuple[Atoms, ...]:
    return (
        member_weights.fixed(1.3, N),
        member_weights.fixed(2.8, 3),
        member_weights.pair_atoms(TILTED),
        member_weights.dirichlet_atoms(SHAPES),
    )


def enumerated(function: Callable[[Atoms], Any]) -> Callable[[], list[Any]]:
    """Return an oracle for all laws of `theory`, in their order."""
    return lambda: [function(atoms) for atoms in _atoms()]


def dominants() -> list[float]:
    """Return the mean of the largest weight of each law, by quadrature or exact algebra where it is random."""
    return [
        float(zeta_oracles.series(1.3, N)[0]),
        float(zeta_oracles.series(2.8, 3)[0]),
        oracles.expectation(lambda w: max(w, 1 - w), TILTED),
        zeta_oracles.largest_dirichlet([int(a) for a in SHAPES]),
    ]
