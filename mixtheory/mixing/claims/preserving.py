r"""Claims about laws that preserve the variance: all solutions of r = 0 (T5) and their price q2."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, derived, identity
from mixtheory.mixing.kernels import draw_weights
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    OfSd,
    Relative,
    SimulatorMutant,
)

__all__ = ["CLAIMS"]

GRID_MEAN, GRID_LOW, GRID_HIGH = (
    np.array(axis)
    for axis in zip(
        *(
            (m, e0, e1)
            for m, e0, e1 in itertools.product(
                np.linspace(0.05, 0.95, 19), (0.0, 0.05, 0.1, 0.3, 0.7, 1.5), (0.0, 0.02, 0.15, 0.4, 0.9, 1.2)
            )
            if e0 + e1 > 0
        ),
        strict=True,
    )
)
SHAPES = ((4.34, 1.33), (0.3, 2.2), (1.0, 1.0), (7.0, 0.4))
SYMMETRIC = (0.5, 1.0, 3.0)
CENTRES = ((0.8, 0.1, 0.3), (0.3, 0.0, 0.5), (0.5, 0.2, 0.2))
PUBLISHED: oracles.Law = (4.34, 1.33, 0.3, 0.3)


def _grid() -> weights.EpBeta:
    return weights.EpBeta.preserving(GRID_MEAN, eps0=GRID_LOW, eps1=GRID_HIGH)


def _equal(alpha: float, beta: float) -> oracles.Law:
    eps = oracles.preserving_eps(alpha, beta)
    return alpha, beta, eps, eps


def _centred(mean: float, eps0: float, eps1: float) -> oracles.Law:
    alpha, beta = oracles.preserving_shapes(mean, eps0, eps1)
    return float(alpha), float(beta), eps0, eps1


def _residual(alpha: Array, beta: Array, eps0: Array, eps1: Array) -> Array:
    """Left side of the preservation equation, over its largest term."""
    s, width = alpha + beta, 1 + eps0 + eps1
    terms = width**2 * alpha * beta, width * (s + 1) * (alpha * eps1 + beta * eps0), s * (s + 1) * eps0 * eps1
    return np.asarray((terms[0] - terms[1] + terms[2]) / np.max(terms, axis=0))


def _uniform_eps() -> float:
    return (math.sqrt(3) - 1) / 2


SOLUTIONS = identity(
    "mixing.preserving.solutions",
    "For every mean in (0, 1) and extensions not both 0 there is exactly one EpBeta law with r = 0, in closed form.",
    r"s=\frac{\epsilon_0}{m}+\frac{\epsilon_1}{1-m}+\frac{\epsilon_0\epsilon_1}{m(1-m)},\quad"
    r"\alpha=s\frac{m+\epsilon_0}{L},\quad\beta=s\frac{1+\epsilon_1-m}{L}",
    "665 laws: 19 means, 6 x 6 extensions with eps0 + eps1 > 0, one-sided ones included",
    derived("T5(a), T5(d)"),
    [
        ("alpha", lambda: _grid().alpha, lambda: oracles.preserving_shapes(GRID_MEAN, GRID_LOW, GRID_HIGH)[0]),
        ("beta", lambda: _grid().beta, lambda: oracles.preserving_shapes(GRID_MEAN, GRID_LOW, GRID_HIGH)[1]),
        ("r", lambda: _grid().r, lambda: np.zeros(GRID_MEAN.size)),
        ("mean", lambda: _grid().mean, lambda: GRID_MEAN),
        ("variance", lambda: _grid().var, lambda: GRID_MEAN * (1 - GRID_MEAN)),
        (
            "equation",
            lambda: _residual(*(np.asarray(getattr(_grid(), n)) for n in ("alpha", "beta", "eps0", "eps1"))),
            lambda: np.zeros(GRID_MEAN.size),
        ),
        (
            "positive shapes",
            lambda: np.minimum(np.sign(_grid().alpha), np.sign(_grid().beta)),
            lambda: np.ones(GRID_MEAN.size),
        ),
    ],
    [
        FormulaMutant(
            "s off by one",
            lambda: [
                oracles.preserving_shapes(GRID_MEAN, GRID_LOW, GRID_HIGH)[0]
                + (GRID_MEAN + GRID_LOW) / (1 + GRID_LOW + GRID_HIGH),
                *[None] * 6,
            ],
        ),
        FormulaMutant(
            "eps swapped", lambda: [oracles.preserving_shapes(GRID_MEAN, GRID_HIGH, GRID_LOW)[0], *[None] * 6]
        ),
    ],
    atol=1e-11,
)


def _ratio(eps: float) -> float:
    """Shape of the symmetric law with these extensions: a = 2 eps (1 + eps)."""
    return 2 * eps * (1 + eps)


SPECIAL = identity(
    "mixing.preserving.special",
    "Equal, symmetric and uniform preserving laws, and the published example, in closed form.",
    r"\epsilon=\tfrac12\Bigl(\sqrt{s(s+1)/((\alpha-\beta)^2+s)}-1\Bigr),\quad"
    r"\alpha=\beta:\ \epsilon=\tfrac12(\sqrt{2\alpha+1}-1),\ q_2=\frac{\alpha}{4(2\alpha+3)}",
    "equal extensions; shapes (4.34, 1.33), (0.3, 2.2), (1, 1), (7, 0.4)",
    derived("T5(b), T5(c), T7"),
    [
        (
            "equal extensions",
            lambda: weights.EpBeta.preserving_equal(*np.transpose(SHAPES)).eps0,
            lambda: [oracles.preserving_eps(*shape) for shape in SHAPES],
        ),
        (
            "upper extension",
            lambda: weights.EpBeta.preserving_equal(0.3, 2.2).eps1,
            lambda: oracles.preserving_eps(0.3, 2.2),
        ),
        (
            "shapes are kept",
            lambda: [weights.EpBeta.preserving_equal(0.3, 2.2).alpha, weights.EpBeta.preserving_equal(0.3, 2.2).beta],
            lambda: [0.3, 2.2],
        ),
        (
            "symmetric shape from eps",
            lambda: [_ratio(weights.EpBeta.preserving_symmetric(a).eps0) for a in SYMMETRIC],  # type: ignore[arg-type]
            lambda: SYMMETRIC,
        ),
        ("uniform", lambda: weights.EpBeta.preserving_uniform().support, lambda: [-_uniform_eps(), 1 + _uniform_eps()]),
        (
            "q2 of symmetric laws",
            lambda: [weights.EpBeta.preserving_symmetric(a).q2 for a in (0.5, 1.0, 4.0, 50.0)],
            lambda: [a / (4 * (2 * a + 3)) for a in (0.5, 1.0, 4.0, 50.0)],
        ),
        (
            "published example",
            lambda: [getattr(weights.EpBeta(*PUBLISHED), name) for name in ("mean", "r", "variance_factor", "q2")],
            lambda: [
                oracles.mixed_moment(1, 0, PUBLISHED),
                oracles.mixed_moment(1, 1, PUBLISHED),
                oracles.power_sum(2, PUBLISHED),
                oracles.mixed_moment(2, 2, PUBLISHED),
            ],
        ),
    ],
    [
        FormulaMutant(
            "1 - 2 kappa",
            lambda: [
                [((1 - 2 * oracles.mixed_moment(1, 1, (*shape, 0.0, 0.0))) ** -0.5 - 1) / 2 for shape in SHAPES],
                *[None] * 6,
            ],
        ),
        FormulaMutant("q2 halved", lambda: [*[None] * 5, [a / (8 * (2 * a + 3)) for a in (0.5, 1.0, 4.0, 50.0)], None]),
    ],
)


def _products(rng: Generator, n: int, chosen: Sequence[oracles.Law]) -> Array:
    """Draw lambda (1 - lambda) of several laws, one column each."""
    drawn = np.stack([draw_weights(rng, n, *law) for law in chosen], axis=1)
    return drawn * (1 - drawn)


def _squares(rng: Generator, n: int, chosen: Sequence[oracles.Law]) -> Array:
    return np.square(_products(rng, n, chosen))


def _range(law: oracles.Law) -> EmpiricalBernstein:
    far = max(law[2:])
    return EmpiricalBernstein(-far * (1 + far) * (1 + 1e-12), 0.25)


def _zero(label: str, public: Callable[[], weights.EpBeta], law: oracles.Law) -> Component:
    """Return the claim that r is 0, within 1 % of the standard deviation of lambda (1 - lambda)."""
    return Component(
        label=label,
        closed=lambda: public().r,
        oracle=lambda: oracles.expectation(lambda w: w * (1 - w), law),
        margin=OfSd(0.01, lambda: math.sqrt(oracles.mixed_moment(2, 2, law))),
        interval=_range(law),
    )


def _narrow(alpha: float) -> oracles.Law:
    eps = (math.sqrt(alpha + 1) - 1) / 2
    return alpha, alpha, eps, eps


def _products_at(laws: Callable[[], Sequence[oracles.Law]]) -> Callable[[Generator, int], Array]:
    return lambda rng, n: _products(rng, n, laws())


SYMMETRIC_CLAIM = Claim(
    name="mixing.preserving.symmetric",
    statement="Symmetric laws with eps = (sqrt(2 alpha + 1) - 1) / 2 have r = 0.",
    latex=r"\alpha=\beta,\ \epsilon=\tfrac12(\sqrt{2\alpha+1}-1)\ \Rightarrow\ \mathbb{E}\lambda(1-\lambda)=0",
    assumptions="alpha = 0.5, 1 and 3; bounded statistic",
    source=derived("T5(c)", "C4"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        _zero(f"alpha = {a:g}", lambda a=a: weights.EpBeta.preserving_symmetric(a), oracles.symmetric(a))  # type: ignore[misc]
        for a in SYMMETRIC
    ),
    simulate=_products_at(lambda: [oracles.symmetric(a) for a in SYMMETRIC]),
    mutants=(
        FormulaMutant("sqrt(alpha + 1)", lambda: [oracles.mixed_moment(1, 1, _narrow(a)) for a in SYMMETRIC]),
        SimulatorMutant("eps of sqrt(alpha + 1)", _products_at(lambda: [_narrow(a) for a in SYMMETRIC])),
        SimulatorMutant(
            "extended on one side", _products_at(lambda: [(a, a, 0.0, oracles.symmetric(a)[3]) for a in SYMMETRIC])
        ),
    ),
)


def _half_kappa() -> oracles.Law:
    eps = ((1 - 2 * oracles.mixed_moment(1, 1, (4.34, 1.33, 0.0, 0.0))) ** -0.5 - 1) / 2
    return 4.34, 1.33, eps, eps


EQUAL = Claim(
    name="mixing.preserving.equal",
    statement="For any shapes one pair of equal extensions gives r = 0: eps = 0.3012 for the published shapes.",
    latex=r"\epsilon=\tfrac12\bigl((1-4\kappa)^{-1/2}-1\bigr),\ \kappa=\frac{\alpha\beta}{s(s+1)}",
    assumptions="alpha = 4.34, beta = 1.33; bounded statistic",
    source=derived("T5(b)", "C4b"),
    kind="equality",
    margin_class="exact",
    components=(_zero("r", lambda: weights.EpBeta.preserving_equal(4.34, 1.33), _equal(4.34, 1.33)),),
    simulate=_products_at(lambda: [_equal(4.34, 1.33)]),
    mutants=(
        FormulaMutant("1 - 2 kappa", lambda: oracles.mixed_moment(1, 1, _half_kappa())),
        SimulatorMutant("eps of 1 - 2 kappa", _products_at(lambda: [_half_kappa()])),
        SimulatorMutant("plain Beta", _products_at(lambda: [(4.34, 1.33, 0.0, 0.0)])),
    ),
)


def _one_more(mean: float, eps0: float, eps1: float) -> oracles.Law:
    """Return the law with s + 1 mistaken for s."""
    alpha, beta = oracles.preserving_shapes(mean, eps0, eps1)
    more = float((alpha + beta + 1) / (alpha + beta))
    return float(alpha) * more, float(beta) * more, eps0, eps1


FULL = Claim(
    name="mixing.preserving.full",
    statement="The law with given mean and extensions in closed form has r = 0, one-sided extensions included.",
    latex=r"s+1=\frac{(m+\epsilon_0)(1+\epsilon_1-m)}{m(1-m)}",
    assumptions="(m, eps0, eps1) = (0.8, 0.1, 0.3), (0.3, 0, 0.5), (0.5, 0.2, 0.2)",
    source=derived("T5(a)", "C5"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        _zero(
            f"m = {m:g}",
            lambda m=m, a=a, b=b: weights.EpBeta.preserving(m, eps0=a, eps1=b),  # type: ignore[misc]
            _centred(m, a, b),
        )
        for m, a, b in CENTRES
    ),
    simulate=_products_at(lambda: [_centred(*centre) for centre in CENTRES]),
    mutants=(
        FormulaMutant("s + 1 for s", lambda: [oracles.mixed_moment(1, 1, _one_more(*centre)) for centre in CENTRES]),
        SimulatorMutant("s off by one", _products_at(lambda: [_one_more(*centre) for centre in CENTRES])),
        SimulatorMutant("eps swapped", _products_at(lambda: [(*_centred(m, a, b)[:2], b, a) for m, a, b in CENTRES])),
    ),
)


PRICE = (0.5, 1.0, 4.0)
PRICE_CLAIM = Claim(
    name="mixing.preserving.q2",
    statement="The symmetric preserving law has q2 = alpha / (4 (2 alpha + 3)): its price in kurtosis.",
    latex=r"q_2=\frac{\alpha}{4(2\alpha+3)}",
    assumptions="alpha = 0.5, 1 and 4; bounded statistic",
    source=derived("T5(c)", "D4"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"alpha = {a:g}",
            closed=lambda a=a: weights.EpBeta.preserving_symmetric(a).q2,  # type: ignore[misc]
            oracle=lambda a=a: oracles.expectation(lambda w: (w * (1 - w)) ** 2, oracles.symmetric(a)),  # type: ignore[misc]
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, max(0.0625, _range(oracles.symmetric(a)).low ** 2)),
        )
        for a in PRICE
    ),
    simulate=lambda rng, n: _squares(rng, n, [oracles.symmetric(a) for a in PRICE]),
    mutants=(
        FormulaMutant("half of it", lambda: [a / (8 * (2 * a + 3)) for a in PRICE]),
        SimulatorMutant("plain Beta", lambda rng, n: _squares(rng, n, [(a, a, 0.0, 0.0) for a in PRICE])),
    ),
)

CLAIMS: tuple[Claim, ...] = (SYMMETRIC_CLAIM, EQUAL, FULL, SOLUTIONS, SPECIAL, PRICE_CLAIM)
