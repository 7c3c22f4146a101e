r"""Claims about one synthetic batch of a finite table (section 4 of the note): moments of rows, of batches, of means.

Everything is conditional on the data, which are therefore fixed, so each statistic is bounded and gets an empirical
Bernstein interval, which needs no assumption on the tails.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import finite, kernels, points
from mixtheory.mixing.claims import coverage, enumeration
from mixtheory.mixing.claims.enumeration import ASYMMETRIC, SCHEMES, UNIFORM, Law, largest_variance, moment
from mixtheory.mixing.claims.parts import Array, derived, identity
from mixtheory.mixing.laws import Real
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Relative,
    SimulatorMutant,
)

__all__ = ["CLAIMS"]

TILTED: Law = (1.0, 1.0, 0.15, 0.4)

# The table of the checks C11: five rows, skewed.
DATA = np.array([0.0, 1.0, 2.0, 4.0, 9.0])
N = DATA.size
CENTRED = DATA - DATA.mean()
# A second table, for the identities that need no simulation.
TABLE = np.array([-2.5, 0.0, 1.0, 4.0])


# One row: C11 ----------------------------------------------------------------------------------------------------


def _rows(scheme: str, power: int) -> Callable[[Generator, int], Array]:
    def simulate(rng: Generator, n: int) -> Array:
        return np.asarray((kernels.sample_pairs(rng, n, DATA, *UNIFORM, scheme=scheme) - DATA.mean()) ** power)

    return simulate


def _row_claim(
    check: str, scheme: str, power: int, closed: Callable[[str], float], latex: str, *mutants: FormulaMutant
) -> Claim:
    order = {2: "variance", 3: "third central moment", 4: "fourth central moment"}[power]
    other = "distinct" if scheme == "independent" else "independent"
    pairs = "drawn with replacement" if scheme == "independent" else "of two different rows"
    low, high = ((DATA[k] - DATA.mean()) ** power for k in (0, -1))
    return Claim(
        name=f"mixing.finite.{scheme}.{order.split()[0]}",
        statement=f"The {order} of a synthetic row given the data, for pairs {pairs}.",
        latex=latex,
        assumptions="data 0, 1, 2, 4, 9; lambda uniform on (0, 1), independent of the pair",
        source=derived("section 4", check),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label=order,
                closed=lambda: closed(scheme),
                oracle=lambda: enumeration.point_moment(DATA, scheme, UNIFORM, power),
                margin=Relative(0.01),
                interval=EmpiricalBernstein(min(0.0, float(low)), float(high)),
            ),
        ),
        simulate=_rows(scheme, power),
        mutants=(
            FormulaMutant(f"formula of {other} pairs", lambda: closed(other)),
            *mutants,
            SimulatorMutant(f"{other} pairs", _rows(other, power)),
        ),
    )


VARIANCE_INDEPENDENT = _row_claim(
    "C11a", "independent", 2, lambda s: float(points.point_variance(Beta(1.0, 1.0), DATA, s)), r"(1-2r)S^2"
)
VARIANCE_DISTINCT = _row_claim(
    "C11b",
    "distinct",
    2,
    lambda s: float(points.point_variance(Beta(1.0, 1.0), DATA, s)),
    r"\Bigl(1-2r\frac n{n-1}\Bigr)S^2=S^2-2rs^2",
    FormulaMutant("(n - 1)/n in place of n/(n - 1)", lambda: moment(DATA, 2) * (1 - (N - 1) / N / 3)),
)
THIRD_DISTINCT = _row_claim(
    "C11c",
    "distinct",
    3,
    lambda s: float(points.point_third_moment(Beta(1.0, 1.0), DATA, s)),
    r"\Bigl(1-3r\frac n{n-1}\Bigr)m_3",
)
FOURTH_DISTINCT = _row_claim(
    "C11d",
    "distinct",
    4,
    lambda s: float(points.point_fourth_moment(Beta(1.0, 1.0), DATA, s)),
    r"m_4+\frac n{n-1}\bigl[(2q_2-4r)m_4+6q_2m_2^2\bigr]",
    # q2 = 1/30 for the uniform law: the coefficient 3 loses half of the last term
    FormulaMutant(
        "3 q2 in place of 6 q2",
        lambda: (
            float(points.point_fourth_moment(Beta(1.0, 1.0), DATA, "distinct"))
            - 3 / 30 * moment(DATA, 2) ** 2 * N / (N - 1)
        ),
    ),
)


# One batch, every scheme -----------------------------------------------------------------------------------------


def _batches(
    schemes: tuple[str, ...], law: Law, ddof: int = 1, *, of_mean: bool = False
) -> Callable[[Generator, int], Array]:
    """Return a simulator of batches of the table: squared shift of the mean over S^2, or variance over s^2."""

    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for scheme in schemes:
            paths = kernels.generation_paths(rng, n, DATA, *law, generations=1, scheme=scheme, ddof=ddof)
            shift = (paths.mean[:, 1] - DATA.mean()) ** 2 / moment(DATA, 2)
            columns.append(shift if of_mean else paths.variance[:, 1] / np.var(DATA, ddof=1))
        return np.stack(columns, axis=1)

    return simulate


BATCH_VARIANCE = Claim(
    name="mixing.finite.batch_variance.schemes",
    statement="The expected sample variance of a batch is that of the data times a factor of its own for each scheme.",
    latex=(
        r"(1-2r)\bigl(1-\tfrac1n\bigr),\ \tfrac{n-1}n-2r,\ 1-2r-\tfrac{2v}n,\ "
        r"1-2r\tfrac n{n-1}-\tfrac{2v}{n-1},\ 1-2r"
    ),
    assumptions="data 0, 1, 2, 4, 9; EpBeta(2, 3; 0.15, 0.4); batches of n rows",
    source=derived("section 4"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=scheme,
            closed=lambda scheme=scheme: finite.batch_variance_factor(EpBeta(*ASYMMETRIC), N, scheme),  # type: ignore[misc]
            oracle=lambda scheme=scheme: (  # type: ignore[misc]
                enumeration.sample_variance(DATA, scheme, ASYMMETRIC) / np.var(DATA, ddof=1)
            ),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, largest_variance(DATA, ASYMMETRIC) / float(np.var(DATA, ddof=1))),
        )
        for scheme in SCHEMES
    ),
    simulate=_batches(SCHEMES, ASYMMETRIC),
    block_size=2**14,
    mutants=(
        FormulaMutant("population factor 1 - 2 r", lambda: [EpBeta(*ASYMMETRIC).variance_factor] * 4 + [None]),
        SimulatorMutant("every scheme replaced by the next", _batches((*SCHEMES[1:], SCHEMES[0]), ASYMMETRIC)),
        SimulatorMutant("divisor n", _batches(SCHEMES, ASYMMETRIC, ddof=0)),
        SimulatorMutant("one lambda for the batch", _batches(("shared",) * 5, ASYMMETRIC)),
    ),
)

MEAN_SCHEMES = SCHEMES[:4]

MEAN_VARIANCE = Claim(
    name="mixing.finite.batch_mean.schemes",
    statement="Given the data, the mean of a batch varies by a share of S^2 that is far smaller under a permutation.",
    latex=r"\rho/n,\ \bigl(1-2r\tfrac n{n-1}\bigr)/n,\ 2v/n,\ 2v/(n-1)",
    assumptions="data 0, 1, 2, 4, 9; EpBeta(1, 1; 0.15, 0.4); batches of n rows",
    source=derived("section 4"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=scheme,
            closed=lambda scheme=scheme: finite.mean_variance_factor(EpBeta(*TILTED), N, scheme),  # type: ignore[misc]
            oracle=lambda scheme=scheme: (  # type: ignore[misc]
                enumeration.mean_variance(np.outer(CENTRED, CENTRED), scheme, TILTED) / moment(DATA, 2)
            ),
            margin=Relative(0.01),
            # a mean stays where the rows may go: up to 0.4 ranges beyond the data
            interval=EmpiricalBernstein(0.0, (9.0 + 0.4 * 9.0 - DATA.mean()) ** 2 / moment(DATA, 2)),
        )
        for scheme in MEAN_SCHEMES
    ),
    simulate=_batches(MEAN_SCHEMES, TILTED, of_mean=True),
    mutants=(
        FormulaMutant("pairs for all schemes", lambda: [None, None, EpBeta(*TILTED).variance_factor / N, None]),
        SimulatorMutant(
            "permutation in place of pairs", _batches((*MEAN_SCHEMES[2:], *MEAN_SCHEMES[:2]), TILTED, of_mean=True)
        ),
        SimulatorMutant("one lambda for the batch", _batches(("shared",) * 4, TILTED, of_mean=True)),
    ),
)


# The cycle of D2: ten rows of sample variance 1.
TEN = np.repeat([-1.0, 1.0], 5) * math.sqrt(0.9)


def _plug_in(scheme: str, ddof: int = 0) -> Callable[[Generator, int], Array]:
    def simulate(rng: Generator, n: int) -> Array:
        return kernels.generation_paths(rng, n, TEN, *UNIFORM, generations=1, scheme=scheme, ddof=ddof).variance[:, 1]

    return simulate


CYCLE = Claim(
    name="mixing.finite.batch_variance.derangement",
    statement="A permutation without fixed points loses more variance than a uniform permutation.",
    latex=r"\mathbb{E}\tilde S^2=S^2\Bigl(1-2r\frac n{n-1}-\frac{2v}{n-1}\Bigr)",
    assumptions="ten rows of sample variance 1, shuffled, then shifted by a random step; lambda uniform on (0, 1)",
    source=derived("section 4", "D2"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="plug-in variance of a batch",
            closed=lambda: finite.batch_variance(Beta(1.0, 1.0), TEN, "derangement") * 9 / 10,
            oracle=lambda: enumeration.sample_variance(TEN, "derangement", UNIFORM, ddof=0),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, largest_variance(TEN, UNIFORM)),
        ),
    ),
    simulate=_plug_in("derangement"),
    mutants=(
        FormulaMutant(
            "formula of a uniform permutation",
            lambda: finite.batch_variance(Beta(1.0, 1.0), TEN, "permutation") * 9 / 10,
        ),
        SimulatorMutant("uniform permutation", _plug_in("permutation")),
        SimulatorMutant("divisor n - 1", _plug_in("derangement", ddof=1)),
    ),
)


# Identities --------------------------------------------------------------------------------------------------------


def _law() -> EpBeta:
    return EpBeta(*ASYMMETRIC)


def _by_scheme(function: Callable[[str], Real]) -> Callable[[], list[float]]:
    return lambda: [float(function(scheme)) for scheme in SCHEMES]


POINT = identity(
    "mixing.finite.row_moments",
    "Central moments of one synthetic row given the data, for every way to pair the rows.",
    r"m_k+c\,(\tilde m_k-m_k),\quad c=\tfrac n{n-1}\text{ for distinct pairs, else }1",
    "four rows, EpBeta(2, 3; 0.15, 0.4); complete enumeration of the pairs",
    derived("section 4"),
    [
        (
            name,
            _by_scheme(lambda s, f=function: f(_law(), TABLE, s)),  # type: ignore[misc]
            _by_scheme(lambda s, k=k: enumeration.point_moment(TABLE, s, ASYMMETRIC, k)),  # type: ignore[misc]
        )
        for name, k, function in (
            ("variance", 2, points.point_variance),
            ("third moment", 3, points.point_third_moment),
            ("fourth moment", 4, points.point_fourth_moment),
        )
    ],
    [
        FormulaMutant(
            "no correction for distinct pairs",
            lambda: [[enumeration.point_moment(TABLE, "independent", ASYMMETRIC, k)] * 5 for k in (2, 3, 4)],
        )
    ],
)

BATCH = identity(
    "mixing.finite.batch",
    "Expected variance of a batch of n rows and variance of its mean, given the data; with one lambda the mean stays.",
    r"\mathbb{E}\tilde S^2=\mathrm{Var}(\tilde x)-\mathrm{Var}(\bar{\tilde x})",
    "four rows, EpBeta(2, 3; 0.15, 0.4); complete enumeration of two rows of a batch",
    derived("section 4"),
    [
        (
            "sample variance",
            _by_scheme(lambda s: finite.batch_variance(_law(), TABLE, s)),
            _by_scheme(lambda s: enumeration.sample_variance(TABLE, s, ASYMMETRIC)),
        ),
        (
            "factor",
            _by_scheme(lambda s: finite.batch_variance_factor(_law(), 5, s)),
            _by_scheme(lambda s: enumeration.sample_variance(DATA, s, ASYMMETRIC) / float(np.var(DATA, ddof=1))),
        ),
        (
            "mean",
            _by_scheme(lambda s: finite.mean_variance_factor(_law(), N, s)),
            _by_scheme(
                lambda s: enumeration.mean_variance(np.outer(CENTRED, CENTRED), s, ASYMMETRIC) / moment(DATA, 2)
            ),
        ),
        (
            "mean of three rows",
            lambda: [finite.mean_variance_factor(_law(), N, s, 3) for s in SCHEMES[:2]],
            lambda: [
                enumeration.mean_variance(np.outer(CENTRED, CENTRED), s, ASYMMETRIC, rows=3) / moment(DATA, 2)
                for s in SCHEMES[:2]
            ],
        ),
    ],
    [
        FormulaMutant(
            "one lambda moves the mean like pairs",
            lambda: [None, None, [finite.mean_variance_factor(_law(), N, "independent")] * 5, None],
        )
    ],
)


def _replaced(power: int, sample: Array) -> float:
    """Return the moment of a pair with replacement from those of a row of the data and of two different rows."""
    share = 1 / sample.size
    return share * moment(sample, power) + (1 - share) * enumeration.point_moment(sample, "distinct", ASYMMETRIC, power)


MIXTURE = identity(
    "mixing.finite.replacement_rule",
    "A pair with replacement is a row of the data with probability 1/n and a pair of different rows otherwise.",
    r"\mathcal L(\text{with replacement})=\tfrac1nP_n+\bigl(1-\tfrac1n\bigr)\mathcal L(\text{distinct})",
    "tables of four and five rows, EpBeta(2, 3; 0.15, 0.4); moments of order 2 to 4, which are linear in the law",
    derived("section 4"),
    [
        (
            f"{sample.size} rows",
            lambda x=sample: [  # type: ignore[misc]
                f(_law(), x) for f in (points.point_variance, points.point_third_moment, points.point_fourth_moment)
            ],
            lambda x=sample: [_replaced(k, x) for k in (2, 3, 4)],  # type: ignore[misc]
        )
        for sample in (TABLE, DATA)
    ],
    [
        FormulaMutant(
            "distinct pairs alone",
            lambda: [
                [enumeration.point_moment(x, "distinct", ASYMMETRIC, k) for k in (2, 3, 4)] for x in (TABLE, DATA)
            ],
        )
    ],
)


CLAIMS: tuple[Claim, ...] = (
    VARIANCE_INDEPENDENT,
    VARIANCE_DISTINCT,
    THIRD_DISTINCT,
    FOURTH_DISTINCT,
    BATCH_VARIANCE,
    MEAN_VARIANCE,
    CYCLE,
    POINT,
    BATCH,
    MIXTURE,
    *coverage.CLAIMS,
)
