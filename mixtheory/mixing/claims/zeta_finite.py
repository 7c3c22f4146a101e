r"""Identities of a table that is mixed by a law of any number of parents, against complete enumeration (C7, C8, C11).

Two parents and fixed weights are cases of one formula each, so every formula is held against laws of all kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from mixtheory.mixing import finite, points
from mixtheory.mixing.claims import member_weights
from mixtheory.mixing.claims.member_weights import Atoms, mean_spread, row_moment
from mixtheory.mixing.claims.parts import identity
from mixtheory.mixing.claims.zeta_laws import DATA, LAWS_TEXT, PAIRINGS, N, enumerated, from_note, theory
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

WHERE = f"four rows of data; {LAWS_TEXT}; complete enumeration of the parents"
SPREAD = float(np.var(DATA))
# Fourth moments of three members have fewer terms; of five, all terms and a member left over.
SHORT, LONG = np.array([-1.0, 0.5, 2.9]), np.array([0.0, 1.0, 2.0, 4.0, 9.0])


def _schemes(function: Callable[[MixingLaw, str], Any]) -> Callable[[], list[Any]]:
    return theory(lambda law: [function(law, pairing) for pairing in PAIRINGS])


def _enumerated_schemes(function: Callable[[Atoms, str], Any]) -> Callable[[], list[Any]]:
    return enumerated(lambda atoms: [function(atoms, pairing) for pairing in PAIRINGS])


POINTS = identity(
    "mixing.zeta.finite.row_moments",
    "Central moments of order 2 to 4 of one row given the batch, for any law and every way to choose the parents.",
    r"\mathrm{Var}=c_BS_b,\ \tilde m_3=\frac{Tp_3q_3}{(T-1)(T-2)},\ "
    r"\tilde m_4=\mathbb{E}\Bigl[\frac{p_4q_4}{T}+\frac{4p_4q_4}{(T)_2}+"
    r"\frac{3(p_2^2-p_4)(q_2^2-q_4)}{(T)_2}+\cdots\Bigr]",
    f"{WHERE}; three and five rows as well",
    from_note("C7"),
    [
        *(
            (
                name,
                _schemes(lambda law, pairing, f=function: f(law, DATA, pairing)),  # type: ignore[misc]
                _enumerated_schemes(lambda atoms, pairing, k=k: row_moment(DATA, atoms, pairing, k)),  # type: ignore[misc]
            )
            for name, k, function in (
                ("variance", 2, points.point_variance),
                ("third moment", 3, points.point_third_moment),
                ("fourth moment", 4, points.point_fourth_moment),
            )
        ),
        (
            "variance factor",
            _schemes(lambda law, pairing: points.point_variance_factor(law, N, pairing)),
            _enumerated_schemes(lambda atoms, pairing: row_moment(DATA, atoms, pairing, 2) / SPREAD),
        ),
        (
            "three rows",
            lambda: [
                f(Zeta(2.0, 3), SHORT, "distinct") for f in (points.point_third_moment, points.point_fourth_moment)
            ],
            lambda: [row_moment(SHORT, member_weights.fixed(2.0, 3), "distinct", k) for k in (3, 4)],
        ),
        (
            "five rows",
            lambda: [
                f(Zeta(2.0, 4), LONG, "distinct") for f in (points.point_third_moment, points.point_fourth_moment)
            ],
            lambda: [row_moment(LONG, member_weights.fixed(2.0, 4), "distinct", k) for k in (3, 4)],
        ),
        (
            "default pairing",
            lambda: [
                f(Zeta(2.0, 3), SHORT)
                for f in (points.point_variance, points.point_third_moment, points.point_fourth_moment)
            ],
            lambda: [row_moment(SHORT, member_weights.fixed(2.0, 3), "independent", k) for k in (2, 3, 4)],
        ),
    ],
    [
        FormulaMutant(
            "A_2 S_b for parents that differ",
            lambda: [
                enumerated(lambda atoms: [row_moment(DATA, atoms, "independent", 2)] * len(PAIRINGS))(),
                *[None] * 6,
            ],
        ),
        FormulaMutant(
            "A_3 m_3 for parents that differ",
            lambda: [
                None,
                enumerated(lambda atoms: [row_moment(DATA, atoms, "independent", 3)] * len(PAIRINGS))(),
                *[None] * 5,
            ],
        ),
    ],
)


def _kept(atoms: Atoms, pairing: str) -> float:
    """Return the factor of the expected variance of a batch from a row and from the mean of the batch."""
    return (row_moment(DATA, atoms, pairing, 2) - mean_spread(DATA, atoms, pairing)) / SPREAD


BATCHES = identity(
    "mixing.zeta.finite.batch",
    "Variance of the mean of a batch given the data, and the expected variance of a batch, for any law and pairing.",
    r"\mathbb{E}S_b'=\mathrm{Var}(\hat x)-\mathrm{Var}(\bar x'\mid x),\ "
    r"T\,\mathrm{Var}(\bar x'\mid x)=c_B,\ c_W,\ \textstyle\sum_t\mathrm{Var}w_t,\ldots",
    WHERE,
    from_note("C8"),
    [
        (
            "mean",
            _schemes(lambda law, pairing: finite.mean_variance_factor(law, N, pairing)),
            _enumerated_schemes(lambda atoms, pairing: mean_spread(DATA, atoms, pairing) / SPREAD),
        ),
        (
            "mean of three rows",
            theory(lambda law: [finite.mean_variance_factor(law, N, p, 3) for p in PAIRINGS[:2]]),
            enumerated(lambda atoms: [mean_spread(DATA, atoms, p, 3) / SPREAD for p in PAIRINGS[:2]]),
        ),
        (
            "batch factor",
            _schemes(lambda law, pairing: finite.batch_variance_factor(law, N, pairing)),
            _enumerated_schemes(_kept),
        ),
        (
            "batch variance",
            _schemes(lambda law, pairing: finite.batch_variance(law, DATA, pairing)),
            _enumerated_schemes(lambda atoms, pairing: _kept(atoms, pairing) * float(np.var(DATA, ddof=1))),
        ),
        (
            "rho",
            theory(lambda law: points.own_row_slope(law, N)),
            enumerated(lambda atoms: member_weights.row_slope(DATA, atoms)),
        ),
        (
            "c_W",
            theory(lambda law: points.within_row_factor(law, N)),
            enumerated(lambda atoms: member_weights.spread_within(DATA, atoms) / SPREAD),
        ),
        (
            "c_B = rho^2 + c_W",
            theory(lambda law: points.point_variance_factor(law, N, "anchored") - points.own_row_slope(law, N) ** 2),
            enumerated(lambda atoms: member_weights.spread_within(DATA, atoms) / SPREAD),
        ),
        (
            "default pairing",
            theory(
                lambda law: (
                    [
                        f(law, N)
                        for f in (
                            finite.mean_variance_factor,
                            finite.batch_variance_factor,
                            points.point_variance_factor,
                        )
                    ]
                    + [finite.batch_variance(law, DATA)]
                )
            ),
            enumerated(
                lambda atoms: [
                    mean_spread(DATA, atoms, "independent") / SPREAD,
                    _kept(atoms, "independent"),
                    row_moment(DATA, atoms, "independent", 2) / SPREAD,
                    _kept(atoms, "independent") * float(np.var(DATA, ddof=1)),
                ]
            ),
        ),
    ],
    [
        FormulaMutant(
            "the mean moves as under uniform orders",
            lambda: [
                enumerated(lambda atoms: [mean_spread(DATA, atoms, "distinct") / SPREAD] * len(PAIRINGS))(),
                *[None] * 7,
            ],
        ),
        FormulaMutant(
            "w_1 for rho",
            lambda: [*[None] * 4, enumerated(lambda atoms: float(atoms.mass @ atoms.vectors[:, 0]))(), *[None] * 3],
        ),
    ],
)

ROUNDS = 3


def _neutral(atoms: Atoms, pairing: str) -> float:
    """Return the squared norm of the weights at which an anchored or uniform batch keeps its expected variance."""
    first = float(atoms.mass @ atoms.vectors[:, 0])
    # enumerate two squared norms; the factor is linear in it where the first weight stays
    pair = [_kept(Atoms(np.array([[first, *rest]]), np.ones(1)), pairing) for rest in _splits(1 - first)]
    norms = [first**2 + float(np.sum(np.square(rest))) for rest in _splits(1 - first)]
    return norms[0] + (1 - pair[0]) * (norms[1] - norms[0]) / (pair[1] - pair[0])


def _splits(total: float) -> tuple[tuple[float, float], tuple[float, float]]:
    return (total / 2, total / 2), (1.5 * total, -0.5 * total)


def _variance_after(atoms: Atoms, anchored: bool) -> float:
    return member_weights.after_rounds(DATA, atoms, anchored=anchored, rounds=ROUNDS)[0] / SPREAD


def _mean_after(atoms: Atoms, anchored: bool) -> float:
    """Return the variance of the mean after three rounds, for iid rows of variance 1.7 at the start."""
    moved = member_weights.after_rounds(DATA, atoms, anchored=anchored, rounds=ROUNDS)[1]
    # a table of iid rows has the plug-in variance 1.7 (1 - 1/n) and its mean the variance 1.7 / n
    return 1.7 / N + moved / SPREAD * 1.7 * (1 - 1 / N)


def _covered(atoms: Atoms, pairing: str) -> float:
    """Return the coverage of the usual interval at level 0.9 from what moves the mean in a large table."""
    squares, means = atoms.mass @ atoms.vectors**2, atoms.mass @ atoms.vectors
    variances = squares - means**2
    moved = {
        "anchored": variances[0] + np.sum(squares[1:]),
        "permutation": np.sum(variances),
        "derangement": np.sum(variances),
        "shared": 0.0,
    }.get(pairing, np.sum(squares))
    return float(special.erf(special.erfinv(0.9) * np.sqrt(np.sum(squares) / (1 + moved))))


REPEATED = identity(
    "mixing.zeta.finite.repeated",
    "Mixing one batch again and again: variance and mean after three rounds, what keeps the variance, and the coverage "
    "of the usual interval.",
    r"\mathbb{E}S_b^{(r)}=f^rS_b,\ \mathrm{Var}(\bar x^{(r)})=\frac{\sigma^2}{T}"
    r"\Bigl[1+(T-1)c\sum_{s<r}f^s\Bigr]",
    f"{WHERE}, then the second moments of the batch are propagated exactly over three rounds",
    from_note("C11"),
    [
        (
            "variance",
            theory(
                lambda law: [finite.generation_variance_factor(law, N, p, ROUNDS) for p in ("distinct", "anchored")]
            ),
            enumerated(lambda atoms: [_variance_after(atoms, anchored) for anchored in (False, True)]),
        ),
        (
            "mean",
            theory(
                lambda law: [finite.generation_mean_variance(law, N, p, ROUNDS, 1.7) for p in ("distinct", "anchored")]
            ),
            enumerated(lambda atoms: [_mean_after(atoms, anchored) for anchored in (False, True)]),
        ),
        (
            "mean of rows of variance 1",
            theory(lambda law: finite.generation_mean_variance(law, N, "anchored", ROUNDS)),
            enumerated(lambda atoms: _mean_after(atoms, True) / 1.7),
        ),
        (
            "neutral r",
            theory(lambda law: [finite.neutral_r(N, p, float(law.weight_means[0])) for p in PAIRINGS[:3]]),
            enumerated(lambda atoms: [(1 - _neutral(atoms, p)) / 2 for p in PAIRINGS[:3]]),
        ),
        (
            "coverage",
            _schemes(lambda law, pairing: finite.naive_coverage(law, pairing, 0.9)),
            _enumerated_schemes(_covered),
        ),
    ],
    [
        FormulaMutant(
            "A_2^r of fresh parents",
            lambda: [
                enumerated(lambda atoms: [float(atoms.mass @ np.sum(atoms.vectors**2, axis=1)) ** ROUNDS] * 2)(),
                *[None] * 4,
            ],
        ),
    ],
)

CLAIMS: tuple[Claim, ...] = (POINTS, BATCHES, REPEATED)
