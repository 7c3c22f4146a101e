r"""Simulators of mixed records with class labels.

A record of class k is mean_k + sd_k Z with Z from a centred population of unit variance (standard normal unless
another is given); classes are drawn with their proportions. `labelled_pairs` returns everything that a label can be
made of, and `hard_labels` and `soft_labels` make it, so a label rule never touches the mixing.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_choice, check_integer, check_reals
from mixtheory.mixing.kernels.draws import (
    CHUNK,
    Draw,
    Floats,
    check_call,
    chunks,
    normal,
    raw_weights,
    take_two,
    width_of,
)

__all__ = [
    "LABEL_RULES",
    "HardLabels",
    "LabelledPairs",
    "hard_labels",
    "labelled_pairs",
    "records_of_class",
    "soft_labels",
]

LABEL_RULES = ("first_parent", "bernoulli", "larger_weight")
Codes: TypeAlias = NDArray[np.int64]


class LabelledPairs(NamedTuple):
    """Mixed values with the classes of both parents and the weight of the first; each of shape (n,)."""

    x: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weight: NDArray[np.float64]


class HardLabels(NamedTuple):
    """A label a record and the weight of the parent that it is copied from; each of shape (n,)."""

    label: NDArray[np.int64]
    owner_weight: NDArray[np.float64]


@jit
def _classes(u: Floats, cumulative: Floats, out: Codes) -> None:
    last = cumulative.size - 1
    for i in range(u.size):
        k = 0
        # the last class needs no test, so a sum of proportions that rounds below 1 loses nobody
        while k < last and u[i] >= cumulative[k]:
            k += 1
        out[i] = k


@jit
def _mix_labelled(
    first: Codes, second: Codes, weight: Floats, z1: Floats, z2: Floats, means: Floats, sds: Floats, out: Floats
) -> None:
    for i in range(out.size):
        x1 = means[first[i]] + sds[first[i]] * z1[i]
        x2 = means[second[i]] + sds[second[i]] * z2[i]
        out[i] = x2 + weight[i] * (x1 - x2)


class _Classes(NamedTuple):
    cumulative: Floats
    means: Floats
    sds: Floats
    law: Floats  # (4, number of classes)


def _check_classes(
    proportions: ArrayLike, means: ArrayLike, sds: ArrayLike, law: tuple[ArrayLike, ...], same_class: bool
) -> _Classes:
    shares = check_reals("proportions", proportions, low=0, high=1, closed="right")
    if shares.ndim != 1 or shares.size == 0 or abs(shares.sum() - 1.0) > 1e-12:
        raise ValueError(f"proportions must be a vector of positive numbers that sum to 1, got {proportions!r}")
    centres = check_reals("means", means)
    spreads = check_reals("sds", sds, low=0, closed="left")
    for name, values in (("means", centres), ("sds", spreads)):
        if values.shape != shares.shape:
            raise ValueError(f"{name} must have one entry a class, shape {shares.shape}, got {values.shape}")
    numbers = []
    for name, value, closed in zip(
        ("alpha", "beta", "eps0", "eps1"), law, ("neither",) * 2 + ("left",) * 2, strict=True
    ):
        array = check_reals(name, value, low=0, closed=closed)
        if array.ndim and (array.shape != shares.shape or not same_class):
            raise ValueError(f"{name} must be a number, or with same_class=True one a class, got shape {array.shape}")
        numbers.append(np.broadcast_to(array, shares.shape))
    return _Classes(np.cumsum(shares), centres, spreads, np.array(numbers))


def _weights_by_class(rng: Generator, classes: Codes, law: Floats) -> Floats:
    alpha, beta, eps0, eps1 = law
    if np.ptp(law, axis=1).any():
        share = rng.beta(alpha[classes], beta[classes])
        weights: Floats = share * (1.0 + eps0 + eps1)[classes] - eps0[classes]
        return weights
    return raw_weights(rng, classes.size, float(alpha[0]), float(beta[0]), float(eps0[0]), float(eps1[0]))


def _labelled(rng: Generator, size: int, classes: _Classes, same_class: bool, draw: Draw) -> LabelledPairs:
    first = np.empty(size, dtype=np.int64)
    _classes(rng.random(size), classes.cumulative, first)
    second = first
    if not same_class:
        second = np.empty(size, dtype=np.int64)
        _classes(rng.random(size), classes.cumulative, second)
    weight = _weights_by_class(rng, first, classes.law)
    x = np.empty(size)
    _mix_labelled(first, second, weight, *take_two(draw, rng, size), classes.means, classes.sds, x)
    return LabelledPairs(x, first, second, weight)


def labelled_pairs(
    rng: Generator,
    n: int,
    proportions: ArrayLike,
    means: ArrayLike,
    sds: ArrayLike,
    alpha: ArrayLike,
    beta: ArrayLike,
    eps0: ArrayLike = 0.0,
    eps1: ArrayLike = 0.0,
    *,
    same_class: bool = False,
    draw: Draw = normal,
) -> LabelledPairs:
    r"""Draw `n` independent mixed records with the classes of their parents.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of records.
    proportions, means, sds : array_like, shape (K,)
        Probability, mean and standard deviation of each class.
    alpha, beta, eps0, eps1 : float, or with ``same_class=True`` array_like, shape (K,)
        The weight law, or one law a class.
    same_class : bool, default False
        Whether the second parent is drawn from the class of the first, or from the whole population.
    draw : callable, default `normal`
        The shape of every class: ``draw(rng, size)`` with mean 0 and variance 1.

    Returns
    -------
    LabelledPairs
        ``x, first, second, weight``, each (n,); `weight` belongs to the first parent.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range, or the proportions do not sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = labelled_pairs(np.random.default_rng(1), 100, [0.5, 0.3, 0.2], [0, 2, 5], [1, 0.5, 2], 1.0, 1.0)
    >>> pairs.x.shape
    (100,)
    """
    n = check_call(rng, n)
    classes = _check_classes(proportions, means, sds, (alpha, beta, eps0, eps1), same_class)
    parts = [_labelled(rng, width_of(slot), classes, same_class, draw) for slot in chunks(n)]
    return LabelledPairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def soft_labels(pairs: LabelledPairs, n_classes: int) -> NDArray[np.float64]:
    r"""Return the soft labels :math:`\lambda e_i + (1 - \lambda) e_j`.

    Parameters
    ----------
    pairs : LabelledPairs
    n_classes : int
        Number of classes K.

    Returns
    -------
    ndarray, shape (n, K)
        Rows sum to one; entries leave [0, 1] where the weight does and the classes differ.

    Raises
    ------
    ValueError
        If a class of `pairs` is not below `n_classes`.
    """
    n_classes = check_integer("n_classes", n_classes, low=1)
    if max(pairs.first.max(), pairs.second.max()) >= n_classes:
        raise ValueError(f"n_classes must exceed every class of the pairs, got {n_classes}")
    rows = np.arange(pairs.x.size)
    labels = np.zeros((pairs.x.size, n_classes))
    labels[rows, pairs.first] += pairs.weight
    labels[rows, pairs.second] += 1.0 - pairs.weight
    # w + (1 - w) may miss 1 by a rounding
    labels[pairs.first == pairs.second] = np.eye(n_classes)[pairs.first[pairs.first == pairs.second]]
    return labels


def hard_labels(rng: Generator, pairs: LabelledPairs, rule: str) -> HardLabels:
    """Copy each record's label from one of its parents.

    Parameters
    ----------
    rng : numpy.random.Generator
        Used by the rule "bernoulli" alone.
    pairs : LabelledPairs
    rule : {"first_parent", "bernoulli", "larger_weight"}
        The first parent; the first with probability weight; the parent of larger weight (a tie goes to the first).

    Returns
    -------
    HardLabels
        ``label`` and ``owner_weight`` (the weight of the parent that gave the label), each (n,).

    Raises
    ------
    TypeError, ValueError
        If the rule is unknown, or is "bernoulli" and a weight lies outside [0, 1].
    """
    check_call(rng, pairs.x.size)
    check_choice("rule", rule, LABEL_RULES)
    if rule == "first_parent":
        of_first = np.ones(pairs.x.size, dtype=bool)
    elif rule == "larger_weight":
        of_first = pairs.weight >= 0.5
    else:
        if pairs.weight.min() < 0 or pairs.weight.max() > 1:
            raise ValueError("rule 'bernoulli' needs weights in [0, 1], got weights outside")
        of_first = rng.random(pairs.x.size) < pairs.weight
    return HardLabels(
        np.where(of_first, pairs.first, pairs.second), np.where(of_first, pairs.weight, 1.0 - pairs.weight)
    )


def records_of_class(
    rng: Generator,
    n: int,
    label: int,
    proportions: ArrayLike,
    means: ArrayLike,
    sds: ArrayLike,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    rule: str,
    draw: Draw = normal,
) -> NDArray[np.float64]:
    r"""Draw `n` independent values of :math:`\tilde x` given that the hard label is `label`.

    Records are drawn until `n` carry the label; an independent record that carries it is one of the conditional law.

    Parameters
    ----------
    rng, n, proportions, means, sds, alpha, beta, eps0, eps1, draw
        As in `labelled_pairs`, with parents from the whole population.
    label : int
        The class, from 0 to K - 1.
    rule : {"first_parent", "bernoulli", "larger_weight"}
        See `hard_labels`.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        As in `labelled_pairs` and `hard_labels`, or if `label` is no class.
    """
    n = check_call(rng, n)
    classes = _check_classes(proportions, means, sds, (alpha, beta, eps0, eps1), False)
    label = check_integer("label", label, low=0, high=classes.means.size - 1)
    check_choice("rule", rule, LABEL_RULES)
    out = np.empty(n)
    found = 0
    while found < n:
        pairs = _labelled(rng, CHUNK, classes, False, draw)
        values = pairs.x[hard_labels(rng, pairs, rule).label == label][: n - found]
        out[found : found + values.size] = values
        found += values.size
    return out
