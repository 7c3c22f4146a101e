r"""Claims about what the studies of repeated synthesis show as theory: closed forms by names of laws and data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtheory.mixing.claims import enumeration
from mixtheory.mixing.claims.enumeration import PRESERVING, UNIFORM, Law
from mixtheory.mixing.claims.labelled import PUBLISHED
from mixtheory.mixing.claims.parts import derived, identity
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

ROWS, STEPS = 6, 3
NAMED: tuple[tuple[str, Law], ...] = (
    ("uniform", UNIFORM),
    ("beta", (0.1, 0.1, 0.0, 0.0)),
    ("preserving", PRESERVING),
    ("published", PUBLISHED),
)
SCHEMES = ("independent", "distinct", "permutation")


def _simulated() -> list[list[float]]:
    # imported when decided: the module reaches the data sets and their packages
    from mixtheory.mixing.studies.repeated import population_reference

    names = [(name, scheme) for scheme in SCHEMES for name, _ in NAMED]
    cells = [population_reference(name, scheme, ROWS, STEPS) for name, scheme in names]
    cells += [population_reference("compensated", scheme, ROWS, STEPS) for scheme in SCHEMES[:2]]
    return [[cell["variance"], cell["mean_variance"]] for cell in cells]


def _enumerated() -> list[list[float]]:
    laws = [(law, scheme) for scheme in SCHEMES for _, law in NAMED]
    laws += [((1.0, 1.0, _compensated(scheme), _compensated(scheme)), scheme) for scheme in SCHEMES[:2]]
    data = enumeration.unit_table(ROWS)
    return [
        [
            enumeration.sample_variance(data, scheme, law, STEPS),
            ROWS * enumeration.mean_variance(np.eye(ROWS), scheme, law, STEPS),
        ]
        for law, scheme in laws
    ]


def _compensated(scheme: str) -> float:
    return enumeration.neutral_extension(enumeration.unit_table(ROWS), scheme)


def _copies() -> list[float]:
    from mixtheory.mixing.studies.repeated import population_reference

    return [population_reference("copying", "independent", ROWS, t)["variance"] for t in range(4)]


def _real(generation: int) -> Callable[[], list[float]]:
    def compute() -> list[float]:
        from mixtheory.mixing.studies.repeated import real_reference

        return [
            float(real_reference(data, name, scheme, generation)["variance"])
            for data in ("wine", "diabetes")
            for scheme in SCHEMES
            for name, _ in NAMED
        ]

    return compute


def _training_sizes(data: str) -> list[int]:
    """Return the rows of each class that are left after three tenths of it, rounded, are held out."""
    from sklearn import datasets

    target = datasets.load_wine().target if data == "wine" else np.zeros(len(datasets.load_diabetes().target), int)
    return [int(count) - round(3 * int(count) / 10) for count in np.bincount(target)]


def _factor(n: int, scheme: str, law: Law) -> float:
    """Return the factor of n rows: n times it is affine in n, and enumerated at 4 and 5 rows."""
    four, five = (m * enumeration.sample_variance(enumeration.unit_table(m), scheme, law) for m in (4, 5))
    return (four + (n - 4) * (five - four)) / n


def _classwise(generation: int) -> Callable[[], list[float]]:
    return lambda: [
        float(np.mean([_factor(n, scheme, law) ** generation for n in _training_sizes(data)]))
        for data in ("wine", "diabetes")
        for scheme in SCHEMES
        for _, law in NAMED
    ]


REFERENCES = identity(
    "mixing.generations.references",
    "What the studies of repeated synthesis show as theory, by the names of laws, pairings and data sets.",
    r"\mathbb{E}s_t^2/s_0^2=f^t,\quad n\,\mathrm{Var}(\bar x_t);\quad\text{real data: the mean of }f_k^t",
    "six rows and t = 3 by enumeration; copying; training parts of two real data sets, t = 2",
    derived("section 4"),
    [
        ("simulated populations", _simulated, _enumerated),
        # copies of rows drawn with replacement: the bootstrap
        ("copying", _copies, lambda: [(1 - 1 / ROWS) ** t for t in range(4)]),
        ("real data", _real(2), _classwise(2)),
    ],
    [FormulaMutant("one generation", lambda: [None, None, _classwise(1)()])],
)

CLAIMS: tuple[Claim, ...] = (REFERENCES,)
