r"""What the study of zeta-mixup shares: laws of a cell, batches mixed over rounds, and their closed forms.

A batch of T iid rows is mixed with itself, once or over several rounds; a synthetic row has all T rows as parents, or
two of them under mixup. What is kept describes the last round against the rows at the start. Data are drawn before
weights, so that cells of the same data and different laws share their random numbers.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from mixtheory._validation import check_choice, check_integer
from mixtheory.mixing import moments
from mixtheory.mixing.finite import batch_variance_factor, mean_variance_factor
from mixtheory.mixing.kernels.orderings import ordered_weights
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.locality import displacement_factor, dominant_label_mass
from mixtheory.mixing.points import own_row_slope
from mixtheory.mixing.rescaling import batch_scale
from mixtheory.mixing.studies.scenarios import named_population, standardised, three_classes
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.mixing.zeta import Zeta

__all__ = ["LAWS", "label_entropy", "mixed_batches", "mixing_law", "predicted"]

Array = NDArray[np.float64]

LAWS = ("zeta", "rescaled", "mixup", "preserving")

CORRELATION = 0.6
"""Correlation of the two columns of a row."""

ROWS = 256
"""Rows of one replicate, in as many batches as they make."""

# the expected entropy of a label is a sum over all sets of parents of a class
_LARGEST_ENUMERATION = 16


def mixing_law(law: str, batch: int, *, gamma: float | None = None, alpha: float | None = None) -> MixingLaw:
    """Return the law of a cell.

    Parameters
    ----------
    law : {"zeta", "rescaled", "mixup", "preserving"}
        ``"zeta"``: fixed weights of the whole batch; ``"rescaled"``: the same, for rows that are stretched about the
        batch mean; ``"mixup"``: Beta(alpha, alpha) of two parents; ``"preserving"``: the same weights stretched to
        keep the covariance.
    batch : int
        Rows of the batch.
    gamma : float, optional
        Exponent of the zeta laws. Without it they have the covariance factor of mixup with Beta(alpha, alpha).
    alpha : float, optional
        Parameter of the other two laws.

    Raises
    ------
    ValueError
        If there is no such law, or a parameter that it needs is missing.

    Examples
    --------
    >>> law = mixing_law("zeta", 32, alpha=1.0)
    >>> round(law.gamma, 4), round(law.covariance_factor, 6)
    (2.8311, 0.666667)
    """
    check_choice("law", law, LAWS)
    if law in ("zeta", "rescaled") and gamma is not None:
        return Zeta(gamma, batch)
    if alpha is None:
        raise ValueError(f"law {law!r} needs alpha{' or gamma' if law in ('zeta', 'rescaled') else ''}")
    if law == "preserving":
        return EpBeta.preserving_symmetric(alpha)
    mixup = Beta(alpha, alpha)
    return mixup if law == "mixup" else Zeta.matching(float(mixup.covariance_factor), batch)


def rescaled_weights(law: MixingLaw, batch: int, scale: float) -> Array:
    r"""Return the weights over a batch of rows that are stretched about its mean by `scale`.

    .. math:: v_t = 1/T + (w_t - 1/T)/\sqrt{c_B}

    for fixed weights of the whole batch; at the scale :math:`1/\sqrt{c_B}` their squares sum to 1. From note 02, C12
    [derived]: derived in this project.
    """
    return 1 / batch + scale * (law.weight_means - 1 / batch)


def _start(rng: np.random.Generator, batches: int, batch: int, population: str) -> Array:
    """Draw batches of rows: two correlated columns of mean 0 and variance 1, and a class as a unit vector."""
    x = standardised(named_population(population), (2, batches, batch), rng)
    x[1] = CORRELATION * x[0] + np.sqrt(1 - CORRELATION**2) * x[1]
    edges = np.cumsum(three_classes().probabilities)[:-1]
    classes = np.searchsorted(edges, rng.random((batches, batch)), side="right")
    return np.concatenate([x.transpose(1, 2, 0), np.eye(edges.size + 1)[classes]], axis=2)


def _weights(law: MixingLaw, rng: np.random.Generator, batches: int, batch: int, pairing: str) -> tuple[Array, Array]:
    """Draw the weights of all rows over the members of their batch; return what the entropy needs beside them."""
    rows = batches * batch
    drawn = law.weights[np.newaxis] if isinstance(law, Zeta) else law.weight_vectors(rows, rng)
    vectors = np.zeros((len(drawn), batch))
    vectors[:, : law.n_parents] = drawn
    matrix = ordered_weights(rng, vectors, rows, anchored=pairing == "anchored")
    return matrix.reshape(batches, batch, batch), drawn


def _stretch(law: str, weights: MixingLaw, batch: int, pairing: str) -> float:
    return float(batch_scale(weights, batch, pairing)) if law == "rescaled" else 1.0


def mixed_batches(
    rng: np.random.Generator,
    n: int,
    *,
    law: str,
    gamma: float | None,
    alpha: float | None,
    batch: int,
    population: str,
    pairing: str,
    rounds: int,
) -> dict[str, Array]:
    """Draw `n` times `ROWS` rows in batches of `batch`, and mix every batch with itself over `rounds` rounds.

    Parameters
    ----------
    law, gamma, alpha
        See `mixing_law`.
    batch : int
        Rows T of a batch, a divisor of `ROWS`.
    population : str
        See `named_population`.
    pairing : {"distinct", "anchored"}
        Parents in any order, or row i the first parent of synthetic row i.
    rounds : int
        How often, at least 1.

    Returns
    -------
    dict
        Means over the rows of a replicate, arrays (n,). Of the last synthetic rows: ``second``, ``third``, ``fourth``:
        powers of the first column; ``product``: of both columns over their covariance; ``label_entropy``: of the soft
        label of three classes, in nats. Of the rows at the start: ``parents_second``, ``parents_fourth``. Against the
        start: ``batch_variance``: trace of the batch covariance over that at the start; ``mean_shift``: square distance
        of the batch means times T over that trace; ``own_row_slope``: of row i on row i at the start. Of the last
        round: ``displacement``: square distance to the parent of the largest weight over the variance of the
        population; ``dominant_mass``: product of the soft labels of the row and of that parent, after one round the
        part of the label on the parent's class; ``weight_entropy``, in nats. Entropies are NaN where weights leave
        [0, 1].

    Raises
    ------
    ValueError
        If a name is unknown or a number out of range.
    """
    check_choice("pairing", pairing, ("distinct", "anchored"))
    size = check_integer("batch", batch, low=2)
    if ROWS % size:
        raise ValueError(f"batch must divide the {ROWS} rows of a replicate, got {size}")
    weights = mixing_law(law, size, gamma=gamma, alpha=alpha)
    batches = n * (ROWS // size)
    start = now = _start(rng, batches, size, population)
    for _ in range(check_integer("rounds", rounds, low=1)):
        before = now
        matrix, vectors = _weights(weights, rng, batches, size, pairing)
        now = matrix @ before
        centre = before[..., :2].mean(axis=1, keepdims=True)
        now[..., :2] = centre + _stretch(law, weights, size, pairing) * (now[..., :2] - centre)
    parents = np.take_along_axis(before, matrix.argmax(axis=2)[..., np.newaxis], axis=1)
    return _described(start, now, parents, vectors, n)


def _described(start: Array, now: Array, parents: Array, vectors: Array, n: int) -> dict[str, Array]:
    """Average what `mixed_batches` returns over the batches of each replicate; columns 0 and 1 are the data."""
    first, last = start[..., :2].mean(axis=1, keepdims=True), now[..., :2].mean(axis=1, keepdims=True)
    d_first, d_last = start[..., :2] - first, now[..., :2] - last

    def mean(values: Array) -> Array:
        return np.asarray(values.reshape(n, -1).mean(axis=1))

    spread = mean(np.sum(d_first**2, axis=2))
    x, y = now[..., 0], now[..., 1]
    inside = bool(vectors.min() >= 0)
    entropies = np.broadcast_to(entr(vectors).sum(axis=1), x.size) if inside else np.full(x.size, np.nan)
    labels = entr(np.maximum(now[..., 2:], 0.0)).sum(axis=2) if inside else np.full(x.shape, np.nan)
    square = x**2
    return {
        "second": mean(square),
        "third": mean(square * x),
        "fourth": mean(square**2),
        "parents_second": mean(start[..., 0] ** 2),
        "parents_fourth": mean(start[..., 0] ** 4),
        "product": mean(x * y) / CORRELATION,
        "batch_variance": mean(np.sum(d_last**2, axis=2)) / spread,
        "mean_shift": start.shape[1] * mean(np.sum((last - first) ** 2, axis=2)) / spread,
        "own_row_slope": mean(np.sum((now[..., :2] - first) * d_first, axis=2)) / spread,
        "displacement": mean(np.mean((now[..., :2] - parents[..., :2]) ** 2, axis=2)),
        "weight_entropy": mean(entropies),
        "label_entropy": mean(labels),
        "dominant_mass": mean(np.sum(now[..., 2:] * parents[..., 2:], axis=2)),
    }


def label_entropy(law: MixingLaw, probabilities: Array) -> float | None:
    r"""Return the expected entropy (nats) of the label of parents with independent classes, None if it has no sum.

    .. math:: \sum_c \sum_{A \subseteq \{1..k\}} p_c^{|A|} (1-p_c)^{k-|A|} \, \eta\Big(\sum_{t \in A} w_t\Big),
              \quad \eta(u) = -u\ln u,

    over the sets A of parents in class c, for fixed weights of at most 16 parents. Two parents with random weights have
    the entropy of their weights if their classes differ and none if not.

    Source: derived in this project; it is at most the entropy of the weights (note 02, C5 [derived]).

    Examples
    --------
    >>> law = Zeta(1.0, 2)
    >>> round(label_entropy(law, np.array([0.5, 0.5])) / law.entropy, 12)
    0.5
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if law.n_parents == 2:
        return float(law.entropy) * (1 - float(np.sum(p**2)))
    if law.n_parents > _LARGEST_ENUMERATION or not isinstance(law, Zeta):
        return None
    inside = np.array(list(product((0.0, 1.0), repeat=law.n_parents)))
    chance = np.prod(np.where(inside[..., np.newaxis] > 0, p, 1 - p), axis=1)
    return float(np.sum(chance.T @ entr(inside @ law.weights)))


def _shapes(law: str, weights: MixingLaw, stretch: float, batch: int, population: str) -> dict[str, float]:
    """Return what one round does to the shape of a row, and how far from its dominant parent the row is."""
    shape = named_population(population)
    if law != "rescaled":
        skewness = float(moments.skewness_factor(weights)) * shape.skewness
        kurtosis = float(moments.excess_kurtosis(weights, shape.excess_kurtosis))
        displacement = float(displacement_factor(weights))
    else:
        v = rescaled_weights(weights, batch, stretch)
        skewness, kurtosis = float(np.sum(v**3)) * shape.skewness, float(np.sum(v**4)) * shape.excess_kurtosis
        displacement = 2 * (1 - float(v[0]))
    out = {"skewness": skewness, "kurtosis": kurtosis, "displacement": displacement}
    if shape.excess_kurtosis:
        out["kurtosis_factor"] = kurtosis / shape.excess_kurtosis
    return out


def predicted(
    *,
    law: str,
    gamma: float | None,
    alpha: float | None,
    batch: int,
    population: str,
    pairing: str,
    rounds: int,
) -> dict[str, float]:
    r"""Return the closed forms of `mixed_batches`, exact for every batch size.

    With f the `batch_variance_factor` and c the `mean_variance_factor` of one round, both divided by c_B where rows are
    rescaled, the batch variance is f^r and the scaled shift of its mean T c (1 + f + ... + f^{r-1}). Rescaling turns
    the weights w_t of a row into :math:`v_t = 1/T + (w_t - 1/T)/\sqrt{c_B}`, whose squares sum to 1: its cumulants
    of order k are multiplied by :math:`\sum_t v_t^k`, and its displacement is :math:`2(1 - v_1)`. Skewness,
    kurtosis and labels are given for one round.

    Source: note 02, C5 to C12 [derived]: derived in this project.

    Examples
    --------
    >>> closed = predicted(
    ...     law="zeta", gamma=2.8, alpha=None, batch=32, population="normal", pairing="anchored", rounds=1
    ... )
    >>> round(closed["batch_variance"], 5), round(closed["mean_shift"], 6)
    (0.64776, 0.014245)
    """
    weights = mixing_law(law, batch, gamma=gamma, alpha=alpha)
    stretch = _stretch(law, weights, batch, pairing)
    f = float(batch_variance_factor(weights, batch, pairing)) * stretch**2
    c = float(mean_variance_factor(weights, batch, pairing)) * stretch**2
    slope = float(own_row_slope(weights, batch)) * stretch if pairing == "anchored" else 0.0
    shift = batch * c * sum(f**s for s in range(rounds))
    # at the start the batch mean has variance 1/T, and the rows have 1 - 1/T about it
    variance = (1 + (batch - 1) * (shift / batch + f**rounds)) / batch
    shapes = _shapes(law, weights, stretch, batch, population)
    out = {
        "variance_factor": variance,
        "covariance_factor": variance,
        "batch_variance": f**rounds,
        "mean_shift": shift,
        "own_row_slope": slope**rounds,
        "displacement": shapes.pop("displacement") * f ** (rounds - 1),
    }
    if law != "preserving":
        out["weight_entropy"] = float(weights.entropy)
    if rounds > 1:
        return out
    p = np.asarray(three_classes().probabilities)
    labels = label_entropy(weights, p) if law != "preserving" else None
    if labels is not None:
        out["label_entropy"] = labels
    return {**out, **shapes, "dominant_mass": float(dominant_label_mass(weights, p))}
