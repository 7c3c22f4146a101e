r"""Claims about one record of zeta-mixup given the batch (C7), and about the orders that the public sampler draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import points
from mixtheory.mixing.claims import zeta_oracles
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import from_note
from mixtheory.mixing.claims.zeta_oracles import series
from mixtheory.mixing.kernels.zeta_batches import batch_weights
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

ORDERS = (2, 3, 4)

# All orders, in fractions ----------------------------------------------------------------------------------------

SIX = (0, 1, 2, 4, 9, 11)
GIVEN = {2: points.point_variance, 3: points.point_third_moment, 4: points.point_fourth_moment}
# three parents are six with three weights 0
BATCH_LAWS = ((1, 6), (2, 6), (3, 6), (2, 3))


def _given(pairing: str, k: int) -> Callable[[], list[float]]:
    return lambda: [float(GIVEN[k](Zeta(float(g), n), SIX, pairing)) for g, n in BATCH_LAWS]


def _enumerated(k: int, *, anchored: bool = False) -> Callable[[], list[float]]:
    return lambda: [
        zeta_oracles.row_moment(SIX, zeta_oracles.fractions(*law), k, anchored=anchored) for law in BATCH_LAWS
    ]


def _plug_in(data: Array, k: int) -> float:
    return float(np.mean((data - data.mean()) ** k))


def _independent(k: int) -> list[float]:
    """Return the moment of a record of independent members: the power sum times that of the batch, for k = 2, 3."""
    return [zeta_oracles.power_sum(k, *law) * _plug_in(np.array(SIX, dtype=float), k) for law in BATCH_LAWS]


BATCH = identity(
    "mixing.zeta.batch",
    "Central moments of order 2 to 4 of one record given the batch, with independent orders or with a row at random "
    "of those dominated by their own member.",
    r"\mathrm{Var}=\frac{TA_2-1}{T-1}S_b,\ \tilde m_3=\frac{Tp_3q_3}{(T-1)(T-2)},\ \tilde m_4=\frac{p_4q_4}T+\cdots",
    "batch 0, 1, 2, 4, 9, 11; gamma 1, 2, 3 and T = 6, and three parents of the six; all orders, in fractions",
    from_note("C7"),
    [
        *((f"independent orders, order {k}", _given("distinct", k), _enumerated(k)) for k in ORDERS),
        *((f"own members, order {k}", _given("anchored", k), _enumerated(k, anchored=True)) for k in ORDERS),
        (
            "with the variance of the mean",
            # S_b (1 + 1/(T - 1)) is the unbiased covariance, whose T-th part is the variance of the mean
            lambda: [float(points.point_variance_factor(Zeta(1.0, 6), 6, "distinct")) * 5 / 6 + 1 / 6],
            lambda: [zeta_oracles.power_sum(2, 1, 6)],
        ),
    ],
    [
        FormulaMutant("A_2 S_b", lambda: [_independent(2), *[None] * 6]),
        FormulaMutant("A_3 q_3 / T", lambda: [None, _independent(3), *[None] * 5]),
    ],
    rtol=1e-13,
)

# Both row laws, simulated ----------------------------------------------------------------------------------------

GAMMA, SIZE = 1.0, 8
WEIGHTS = series(GAMMA, SIZE)
TABLE = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 5.0, 12.0])
DEVIATIONS = TABLE - TABLE.mean()


# deviations of the records with the largest members first and last
LOWEST, HIGHEST = (float(np.sort(DEVIATIONS)[::step] @ WEIGHTS) for step in (1, -1))


def _rows(mixed: Array) -> Array:
    """Return the powers of the rows (n * T,) of each batch, averaged over the batch.

    Rounding, and members that a mutant draws twice, are kept within the range of the records.
    """
    values = np.clip(mixed, LOWEST, HIGHEST).reshape(-1, SIZE)
    squares = values * values
    return np.stack([np.mean(powers, axis=1) for powers in (squares, squares * values, squares * squares)], axis=1)


def _mixed(*, anchored: bool) -> Simulate:
    return lambda rng, n: _rows(batch_weights(rng, n, WEIGHTS, anchored=anchored).reshape(-1, SIZE) @ DEVIATIONS)


def _first_row(rng: Generator, n: int) -> Array:
    """Return batches in which every row is dominated by the first member."""
    drawn = batch_weights(rng, n, WEIGHTS, anchored=True)[:, 0]
    return _rows(np.repeat(drawn @ DEVIATIONS, SIZE))


def _with_replacement(rng: Generator, n: int) -> Array:
    return _rows(DEVIATIONS[rng.integers(0, SIZE, (n * SIZE, SIZE))] @ WEIGHTS)


def _range(power: int) -> EmpiricalBernstein:
    """Return the interval for the average of a power of the rows."""
    low, high = min(LOWEST**power, 0.0), HIGHEST**power
    room = 1e-9 * (high - low)
    return EmpiricalBernstein(low - room, high + room)


def _rational(k: int, anchored: bool) -> float:
    """Return the moment of the table by all orders; a member that occurs twice is two members."""
    return zeta_oracles.row_moment([int(x) for x in TABLE], zeta_oracles.fractions(1, SIZE), k, anchored=anchored)


def _of_independent(k: int) -> float:
    return zeta_oracles.power_sum(k, GAMMA, SIZE) * _plug_in(TABLE, k)


def _row_claim(pairing: str, statement: str, *mutants: SimulatorMutant) -> Claim:
    anchored = pairing == "anchored"
    return Claim(
        name=f"mixing.zeta.batch.{pairing}",
        statement=statement,
        latex=r"c_BS_b,\ \frac{Tp_3q_3}{(T-1)(T-2)},\ \frac{p_4q_4}T+\frac{4p_4q_4}{(T)_2}+\cdots",
        assumptions="batch 0, 0, 1, 1, 2, 3, 5, 12 with gamma = 1; a unit averages the eight rows of one batch",
        source=from_note("C7"),
        kind="equality",
        margin_class="exact",
        components=tuple(
            Component(
                label=f"order {k}",
                closed=lambda k=k: float(GIVEN[k](Zeta(GAMMA, SIZE), TABLE, pairing)),  # type: ignore[misc]
                oracle=lambda k=k: _rational(k, anchored),  # type: ignore[misc]
                margin=Relative(0.01),
                interval=_range(k),
            )
            for k in ORDERS
        ),
        simulate=_mixed(anchored=anchored),
        block_size=2**12,
        mutants=(
            FormulaMutant("A_2 S_b", lambda: [_of_independent(2), None, None]),
            FormulaMutant("A_3 q_3 / T", lambda: [None, _of_independent(3), None]),
            SimulatorMutant("parents drawn with replacement", _with_replacement),
            *mutants,
        ),
    )


UNIFORM = _row_claim("distinct", "Moments of a record given the batch, for independent uniform orders.")
ANCHORED = _row_claim(
    "anchored",
    "A row at random of a batch whose rows are dominated by their own members has the moments of a uniform order.",
    SimulatorMutant("the first row alone", _first_row),
)

# The public sampler ----------------------------------------------------------------------------------------------

ROWS = 4
CORNER = np.array([1.0, 0.0, 0.0, 0.0])


def _corner_shift(first: str, second: str) -> Simulate:
    """Return the squared shift of the mean of a batch whose first member is 1 and whose others are 0."""

    def simulate(rng: Generator, n: int) -> Array:
        law = Zeta(1.5, ROWS)
        drawn = [law.rvs((n, ROWS), rng, rows=rows)[..., 0] for rows in (first, second)]
        shifts = np.stack([(np.mean(shares, axis=1) - 1 / ROWS) ** 2 for shares in drawn], axis=1)
        return np.asarray(np.minimum(shifts, FARTHEST))

    return simulate


def _farthest_shift(*, anchored: bool) -> float:
    """Return the largest squared shift: the member is first, or second behind the other anchors, in all rows."""
    weights = series(1.5, ROWS)
    mean = (weights[0] + (ROWS - 1) * weights[1]) / ROWS if anchored else weights[0]
    return float((mean - 1 / ROWS) ** 2) * (1 + 1e-9)


# cuts the mutant alone, whose rows are of the other law
FARTHEST = np.array([_farthest_shift(anchored=anchored) for anchored in (False, True)])


def _shift_of_places(*, anchored: bool) -> float:
    """Return the variance of the mean of a batch at the corner, from the places of one member in independent rows."""
    weights = series(1.5, ROWS)
    if anchored:
        return float((ROWS - 1) * np.var(weights[1:])) / ROWS**2
    return float(np.var(weights)) / ROWS


SAMPLER = Claim(
    name="mixing.zeta.sampler",
    statement="Orders of the public sampler: independent rows move the mean of a batch more than anchored ones.",
    latex=r"\mathrm{Var}(\bar x'\mid x)=c_BS_b/T\ \text{(independent)},\quad c_WS_b/T\ \text{(anchored)}",
    assumptions="draws by Zeta(1.5, 4).rvs under both row laws; a batch whose first member is 1 and whose others are 0",
    source=from_note("C8"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="uniform",
            closed=lambda: float(points.point_variance(Zeta(1.5, ROWS), CORNER, "distinct")) / ROWS,
            oracle=lambda: _shift_of_places(anchored=False),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, float(FARTHEST[0])),
        ),
        Component(
            label="anchored",
            closed=lambda: float(points.within_row_factor(Zeta(1.5, ROWS), ROWS)) * _plug_in(CORNER, 2) / ROWS,
            oracle=lambda: _shift_of_places(anchored=True),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, float(FARTHEST[1])),
        ),
    ),
    simulate=_corner_shift("uniform", "anchored"),
    block_size=2**13,
    mutants=(
        FormulaMutant("uniform for anchored", lambda: [None, _shift_of_places(anchored=False)]),
        SimulatorMutant("row laws swapped", _corner_shift("anchored", "uniform")),
    ),
)

CLAIMS: tuple[Claim, ...] = (BATCH, UNIFORM, ANCHORED, SAMPLER)
