r"""Claims about the moments that the expansion is made of (C1): scores, Hessians, minimisers of pooled risks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtheory.imbalance import losses
from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.parts import Array, Normals, derived, identity
from mixtheory.imbalance.models import expansion, moments
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS", "COUNTS", "LOGISTIC", "SIZES", "SQUARED", "TEXT", "minimisers"]

# three coefficients, no symmetry between the laws
SQUARED = Normals(
    (np.array([0.9, 0.2, -0.4]), np.array([1.4, 1.1, 0.3]), np.array([0.8, 1.3, 0.1])),
    (
        np.diag([1.0, 0.6, 1.3]),
        np.array([[1.5, 0.4, 0.1], [0.4, 0.8, -0.2], [0.1, -0.2, 0.9]]),
        np.array([[0.7, -0.2, 0.0], [-0.2, 1.2, 0.3], [0.0, 0.3, 1.1]]),
    ),
)
LOGISTIC = Normals(
    (np.array([0.6, -0.3]), np.array([1.1, 0.8]), np.array([0.8, 1.0])),
    (np.eye(2), np.array([[1.5, 0.4], [0.4, 0.8]]), np.array([[0.7, -0.2], [-0.2, 1.2]])),
    "logistic",
    60,
)
COUNTS = (2000, 100)
SIZES = (0.0, 400.0, 1900.0, 7000.0)
TEXT = "normal classes and generator of three different covariances, n0 = 2000, n1 = 100, four sizes up to 7000"


def minimisers(setting: Normals) -> list[Array]:
    """Return the oracle's population minimisers at all sizes."""
    return [oracles.minimiser(setting.loss, setting.laws(), (*COUNTS, size)) for size in SIZES]


def _public_moments(values: Callable[[moments.ClassMoments], Array], setting: Normals) -> list[Array]:
    return [values(law) for law in setting.public()[1]]


def _moments(setting: Normals) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    def at() -> oracles.Point:
        return oracles.point(setting.loss, setting.laws())

    name = setting.loss
    return [
        (
            f"mean scores, {name}",
            lambda: _public_moments(lambda law: law.mean_score, setting),
            lambda: at().scores,
        ),
        (f"Hessians, {name}", lambda: _public_moments(lambda law: law.hessian, setting), lambda: at().hessians),
        (
            f"score covariances, {name}",
            lambda: _public_moments(lambda law: law.score_covariance, setting),
            lambda: at().covariances,
        ),
        (
            f"class gap and mismatch, {name}",
            lambda: _gap_and_mismatch(setting),
            lambda: [at().scores[0] - at().scores[1], at().scores[2] - at().scores[1]],
        ),
        (f"pooled minimisers, {name}", lambda: _public_minimisers(setting), lambda: minimisers(setting)),
        (f"losses, {name}", lambda: _values(setting), lambda: _excesses(setting)),
    ]


def _gap_and_mismatch(setting: Normals) -> list[Array]:
    majority, minority, generator = setting.public()[1]
    return [expansion.class_gap(majority, minority), expansion.mismatch(minority, generator)]


def _public_minimisers(setting: Normals) -> list[Array]:
    laws = setting.public()[0]
    return [moments.pooled_minimiser(setting.loss, laws, (*COUNTS, size)) for size in SIZES]


def _values(setting: Normals) -> list[float]:
    """Return balanced risks above the minimum from the public losses, where the pooled minimisers are."""
    loss, laws = losses.as_loss(setting.loss), setting.public()[0]

    def risk(theta: Array) -> float:
        return sum(
            0.5 * float(masses @ loss.value(theta, points, np.full(len(points), label)))
            for (points, masses), label in zip(laws[:2], (0.0, 1.0), strict=True)
        )

    best = risk(moments.balanced_minimiser(setting.loss, *laws[:2]))
    return [risk(theta) - best for theta in _public_minimisers(setting)]


def _excesses(setting: Normals) -> list[float]:
    return [oracles.excess(setting.loss, theta, setting.laws()) for theta in minimisers(setting)]


SAMPLE = np.array([[1.0, 0.3], [0.4, -1.2], [2.0, 0.8], [-0.5, 1.1], [0.9, 0.1]])
LABELS = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
THETA = np.array([0.7, -0.4])
# they need not add up to 1
MASSES = np.array([2.0, 1.0, 4.0, 0.5, 3.0])


def _sample_moments(masses: Array | None) -> Array:
    law = moments.ClassMoments.of_points("logistic", THETA, SAMPLE, LABELS, masses)
    return np.concatenate([law.mean_score, law.hessian.ravel(), law.score_covariance.ravel()])


def _sample_oracle(masses: Array) -> Array:
    """Return the moments of points with labels of their own from those of one law a label."""
    parts = [
        (masses[LABELS == label].sum() / masses.sum(), (SAMPLE[LABELS == label], _shares(masses, label), label))
        for label in (0.0, 1.0)
    ]
    scores = [oracles.mean_score("logistic", THETA, law) for _, law in parts]
    mean = np.asarray(sum(w * s for (w, _), s in zip(parts, scores, strict=True)))
    second = sum(
        w * (oracles.score_covariance("logistic", THETA, law) + np.outer(s, s))
        for (w, law), s in zip(parts, scores, strict=True)
    )
    curvature = np.asarray(sum(w * oracles.hessian("logistic", THETA, law) for w, law in parts))
    return np.concatenate([mean, curvature.ravel(), np.ravel(second - np.outer(mean, mean))])


def _shares(masses: Array, label: float) -> Array:
    chosen = masses[LABELS == label]
    return np.asarray(chosen / chosen.sum())


MOMENTS = identity(
    "imbalance.expansion.moments",
    "Scores, Hessians and score covariances of class and generator laws at the balanced minimiser, and the minimisers "
    "of pooled risks, for squared and logistic loss.",
    r"g=m_0-m_1,\quad b=m_s-m_1,\quad m_0+m_1=0\text{ at }\theta^*=\arg\min\tfrac12E_{P_0}\ell+\tfrac12E_{P_1}\ell",
    f"{TEXT}; Gauss-Hermite nodes as laws",
    derived("C1", "1"),
    [
        *_moments(SQUARED),
        *_moments(LOGISTIC),
        ("sample", lambda: _sample_moments(None), lambda: _sample_oracle(np.ones(5))),
        ("weighted points", lambda: _sample_moments(MASSES), lambda: _sample_oracle(MASSES)),
    ],
    [
        FormulaMutant(
            "score covariance about 0",
            lambda: [
                None,
                None,
                [
                    c + np.outer(m, m)
                    for at in [oracles.point("squared", SQUARED.laws())]
                    for c, m in zip(at.covariances, at.scores, strict=True)
                ],
                *[None] * 11,
            ],
        ),
        FormulaMutant(
            "mismatch to the majority",
            lambda: [
                *[None] * 9,
                [
                    v
                    for at in [oracles.point("logistic", LOGISTIC.laws())]
                    for v in (at.scores[0] - at.scores[1], at.scores[2] - at.scores[0])
                ],
                *[None] * 4,
            ],
        ),
    ],
)

CLAIMS: tuple[Claim, ...] = (MOMENTS,)
