r"""Dense reference implementation of the second-moment rule in which a mean takes up a share of a row.

The plain rule C4 is C1 and C2 with second moments. The rule of `mixtheory.highdim.meanrule` gives covariance and mean
of a population weights of their own. Here it is written with one augmented matrix, in whose last row and column an
intercept stands, and plain iterations; nothing is eliminated or updated.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory.highdim.claims import oracles

__all__ = ["rule_with_shares"]

Array = NDArray[np.float64]


def _weights(base: Array, sigmas: Sequence[Array], rest: int, numbers: Array, linear: float) -> Array:
    """Solve w_k (linear + Tr[Sigma_k (base + sum_j w_j Sigma_j)^{-1}]) = n_k by repetition."""
    w = numbers / (linear + len(base) + rest)
    for _ in range(100_000):
        inverse = np.linalg.inv(base + sum(x * s for x, s in zip(w, sigmas, strict=True)))
        others = rest / (base[0, 0] + w.sum())
        following = numbers / (linear + np.array([np.sum(s * inverse) for s in sigmas]) + others)
        moved = np.max(np.abs(following - w) / np.abs(following))
        w = following
        if moved < 4e-16:
            break
    return np.asarray(w)


def rule_with_shares(
    covariances: Sequence[ArrayLike],
    counts: Sequence[int],
    means: Sequence[ArrayLike],
    beta: ArrayLike | None = None,
    *,
    intercept: bool = False,
    rest: int = 0,
) -> tuple[float, float]:
    """Return variance (for unit noise) and bias (0 for n > p) of the rule, the test point from the first population.

    Every population has rows. In `rest` further directions, off the means, all covariances are 1.
    """
    sigmas = [oracles.dense(c) for c in covariances]
    p, n = len(sigmas[0]), float(sum(counts))
    under = n > p + rest + intercept
    base, linear = (np.zeros((p, p)), n) if under else (np.eye(p), 0.0)
    numbers = np.asarray(counts, dtype=np.float64)
    tall = [np.append(np.asarray(m, dtype=np.float64), 1.0)[: p + intercept] for m in means]
    wide = [np.pad(s, (0, int(intercept))) for s in sigmas]

    def bare(w: Array) -> Array:
        return np.asarray(base + sum(x * s for x, s in zip(w, sigmas, strict=True)))

    def whole(w: Array, v: Array) -> Array:
        """Return the inverse with means and intercept, shape (p + intercept,) * 2."""
        added = sum(x * np.outer(m, m) for x, m in zip(v, tall, strict=True))
        return np.asarray(np.linalg.inv(np.pad(bare(w), (0, int(intercept))) + added))

    def traces(inverse: Array, w: Array) -> Array:
        return np.asarray([np.sum(s * inverse[:p, :p]) + rest / (base[0, 0] + w.sum()) for s in sigmas])

    first = _weights(base, sigmas, rest, numbers * (1.0 - intercept / n), linear)
    free = traces(np.asarray(np.linalg.inv(bare(first))), first)
    v = numbers / (linear + free)
    found = whole(first, v)
    lost = free - traces(found, first)
    share = v * np.array([m @ found @ m for m in tall])
    left = np.maximum(numbers - share + first * lost, 1e-9)
    w = _weights(base, sigmas, rest, left, linear)
    other = 1.0 / (base[0, 0] + w.sum())
    v = numbers / (linear + traces(whole(w, v), w))
    found = whole(w, v)
    moments = [s + np.outer(m, m) for s, m in zip(wide, tall, strict=True)]
    if under:
        return float(np.sum(moments[0] * found) + rest * other) / n, 0.0
    inverse = np.linalg.inv(bare(w))
    gram = np.array([[np.trace(x @ inverse @ y @ inverse) for y in sigmas] for x in sigmas]) + rest * other**2
    system = np.diag(left / w**2) - gram
    ahead = found @ tall[0]
    change = np.linalg.solve(system, gram[:, 0] + np.array([ahead @ x @ ahead for x in wide]))
    omega = np.linalg.solve(system, np.ones(numbers.size))
    means_move = [r * np.outer(m, m) for r, m in zip(v / w, tall, strict=True)]
    moved = [x + y for x, y in zip(wide, means_move, strict=True)]
    variance = sum(
        x * (np.trace(moments[0] @ found @ y @ found) + rest * other**2) for x, y in zip(omega, moved, strict=True)
    )
    along = found[:, :p] @ np.asarray(beta, dtype=np.float64)
    metric = moments[0] + sum(x * y for x, y in zip(change, moved, strict=True))
    bias = along @ metric @ along
    # the means of the rows miss those of the populations
    forms = np.array([along @ x @ along for x in wide])
    for k, m in enumerate(tall):
        own = np.linalg.solve(system, gram[:, k]) @ forms + forms[k]
        bias += (v[k] * (m @ ahead)) ** 2 / numbers[k] * own
    return float(variance), float(bias)
