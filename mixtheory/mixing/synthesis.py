"""Synthetic copies of a data matrix: rows are mixed by a law of weights, with a stated pairing of parents.

The plain vectorised implementation for real tables, of any number of columns and parents. Every row has ONE vector of
weights, shared by all columns: weights drawn separately for each column would scale the covariances by other factors
than the variances.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_generator, check_integer, check_matrix
from mixtheory.mixing.finite import PAIRINGS
from mixtheory.mixing.laws import MixingLaw

__all__ = ["PAIRINGS", "draw_parents", "generations", "synthesize"]

Array = NDArray[np.float64]

# These schemes use every row equally often, so that a batch has as many rows as the data.
_WHOLE_BATCH = ("permutation", "derangement", "shared")


def draw_parents(
    n: int,
    n_parents: int,
    rng: np.random.Generator,
    *,
    pairing: str = "independent",
    size: int | None = None,
) -> NDArray[np.int64]:
    """Draw the parents of a batch of synthetic rows.

    Parameters
    ----------
    n : int
        Number of rows of the data.
    n_parents : int
        Number of parents of a synthetic row.
    rng : numpy.random.Generator
        Source of randomness.
    pairing : {"independent", "distinct", "permutation", "derangement", "shared"}
        ``"independent"``: all parents of all rows are iid uniform, a row may meet itself (probability ``1/n``);
        ``"distinct"``: the parents of a row are different, rows are independent;
        ``"permutation"`` and ``"shared"``: row i has the parents ``i, p(i), ...`` with independent uniform
        permutations; ``"derangement"``: the data are shuffled, then parent number t of a row is t places further on,
        cyclically, so that no row meets itself.
    size : int, optional
        Number of synthetic rows, `n` by default. The last three schemes make exactly `n`.

    Returns
    -------
    ndarray of int64, shape (size, n_parents)
        Row numbers of the parents.

    Raises
    ------
    ValueError
        If the arguments are outside their range, `size` differs from `n` where the scheme fixes it, or different
        parents are asked for and there are fewer rows than parents.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.mixing.synthesis import draw_parents
    >>> parents = draw_parents(5, 2, np.random.default_rng(0), pairing="derangement")
    >>> parents.shape, bool((parents[:, 0] == parents[:, 1]).any())
    ((5, 2), False)
    """
    n = check_integer("n", n, low=1)
    n_parents = check_integer("n_parents", n_parents, low=1)
    check_generator(rng)
    check_choice("pairing", pairing, PAIRINGS)
    size = n if size is None else check_integer("size", size, low=1)
    if pairing in _WHOLE_BATCH and size != n:
        raise ValueError(f"pairing {pairing!r} makes as many rows as the data have ({n}), got size {size}")
    if pairing in ("distinct", "derangement") and n < n_parents:
        raise ValueError(f"pairing {pairing!r} needs at least {n_parents} row(s), got {n}")
    if pairing == "independent":
        return rng.integers(n, size=(size, n_parents))
    if pairing == "distinct":
        return _distinct(n, n_parents, size, rng)
    parents = np.empty((n, n_parents), dtype=np.int64)
    if pairing == "derangement":
        order = rng.permutation(n)
        for t in range(n_parents):
            parents[:, t] = np.roll(order, -t)
        return parents
    parents[:, 0] = np.arange(n)
    for t in range(1, n_parents):
        parents[:, t] = rng.permutation(n)
    return parents


def _distinct(n: int, n_parents: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Uniform ordered draws without replacement within each row: draw a rank among the rows left, skip those taken."""
    parents = np.empty((size, n_parents), dtype=np.int64)
    for t in range(n_parents):
        draw = rng.integers(n - t, size=size)
        for taken in np.sort(parents[:, :t], axis=1).T:
            draw += draw >= taken
        parents[:, t] = draw
    return parents


def _mix(X: Array, law: MixingLaw, rng: np.random.Generator, pairing: str, size: int) -> Array:
    parents = draw_parents(X.shape[0], law.n_parents, rng, pairing=pairing, size=size)
    weights = law.weights(1 if pairing == "shared" else size, rng)
    out = weights[:, :1] * X[parents[:, 0]]
    for t in range(1, law.n_parents):
        out += weights[:, t : t + 1] * X[parents[:, t]]
    return out


def _law_of(law: MixingLaw | Mapping[Any, MixingLaw], label: Any) -> MixingLaw:
    if not isinstance(law, Mapping):
        return law
    if label not in law:
        raise ValueError(f"law has no entry for class {label!r}; it has {list(law)}")
    return law[label]


def _mix_within_classes(
    X: Array,
    labels: NDArray[Any],
    out_labels: NDArray[Any],
    law: MixingLaw | Mapping[Any, MixingLaw],
    rng: np.random.Generator,
    pairing: str,
) -> Array:
    out = np.empty((out_labels.shape[0], X.shape[1]))
    for label in np.unique(out_labels):
        target = np.flatnonzero(out_labels == label)
        try:
            out[target] = _mix(X[labels == label], _law_of(law, label.item()), rng, pairing, target.size)
        except ValueError as error:
            raise ValueError(f"class {label.item()!r}: {error}") from None
    return out


@overload
def synthesize(
    X: ArrayLike,
    law: MixingLaw,
    rng: np.random.Generator,
    *,
    pairing: str = ...,
    y: None = ...,
    same_class: Literal[False] = ...,
    n: int | None = ...,
) -> Array: ...


@overload
def synthesize(
    X: ArrayLike,
    law: MixingLaw | Mapping[Any, MixingLaw],
    rng: np.random.Generator,
    *,
    pairing: str = ...,
    y: ArrayLike,
    same_class: bool = ...,
    n: int | None = ...,
) -> tuple[Array, NDArray[Any]]: ...


def synthesize(
    X: ArrayLike,
    law: MixingLaw | Mapping[Any, MixingLaw],
    rng: np.random.Generator,
    *,
    pairing: str = "independent",
    y: ArrayLike | None = None,
    same_class: bool = False,
    n: int | None = None,
) -> Array | tuple[Array, NDArray[Any]]:
    r"""Return a synthetic copy of a data matrix: each row is a weighted sum of rows of the data.

    .. math:: \tilde x_a = \sum_t w_{at} x_{p_t(a)}, \qquad \sum_t w_{at} = 1,

    with one vector of weights a row, shared by all columns (and one for the whole batch if ``pairing="shared"``). With
    parents that are iid draws of a population, :math:`E\tilde x=\mu` and :math:`Cov(\tilde x)=E\|w\|^2\,\Sigma`
    (derived in this project).

    Parameters
    ----------
    X : array_like, shape (n_rows, d)
        The data, finite, at least two rows.
    law : MixingLaw, or mapping from class to MixingLaw
        The law of the weights; a mapping gives each class its own and needs `same_class`.
    rng : numpy.random.Generator
        Source of randomness.
    pairing : {"independent", "distinct", "permutation", "derangement", "shared"}
        How parents meet, see `draw_parents`; ``"shared"`` is ``"permutation"`` with one vector of weights a batch.
    y : array_like, shape (n_rows,) or (n_rows, k), optional
        Without `same_class`, numbers that are mixed with the weights of their row (a regression target, soft labels).
        With `same_class`, one label a row.
    same_class : bool
        Mix rows of the same class only, each class as a data set of its own; labels are kept.
    n : int, optional
        Number of synthetic rows, as many as the data by default (each class then keeps its size). With `same_class` the
        class of each new row is that of a row drawn at random.

    Returns
    -------
    X_new : ndarray, shape (n, d)
        The synthetic rows.
    y_new : ndarray, shape (n,) or (n, k)
        Their targets or labels; only if `y` is given.

    Raises
    ------
    TypeError
        If `law` is no mixing law or `rng` no generator.
    ValueError
        If the data are not finite, have the wrong shape or too few rows (in a class), or the arguments do not go
        together.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.mixing.synthesis import synthesize
    >>> from mixtheory.mixing.weights import EpBeta
    >>> X = np.random.default_rng(0).normal(size=(1000, 3))
    >>> new = synthesize(X, EpBeta.preserving_uniform(), np.random.default_rng(1))
    >>> new.shape
    (1000, 3)
    """
    check_generator(rng)
    check_choice("pairing", pairing, PAIRINGS)
    for item in law.values() if isinstance(law, Mapping) else (law,):
        if not isinstance(item, MixingLaw):
            raise TypeError(f"law must be a mixing law, got {type(item).__name__}")
    if same_class and y is None:
        raise ValueError("same_class needs the labels y")
    if isinstance(law, Mapping) and not same_class:
        raise ValueError("a law for each class needs same_class=True")
    data = check_matrix("X", X, min_rows=2)
    rows = data.shape[0]
    size = rows if n is None else check_integer("n", n, low=1)
    if y is None:
        assert not isinstance(law, Mapping)
        return _mix(data, law, rng, pairing, size)
    target = np.asarray(y)
    if target.ndim == 0 or target.shape[0] != rows:
        raise ValueError(f"y must have {rows} row(s) as X has, got shape {target.shape}")
    if same_class:
        if target.ndim != 1:
            raise ValueError(f"labels y must have 1 dimension, got shape {target.shape}")
        if target.dtype.kind == "f" and not np.all(np.isfinite(target)):
            raise ValueError("labels y must be finite, got NaN or infinite values")
        labels = target.copy() if n is None else target[rng.integers(rows, size=size)]
        return _mix_within_classes(data, target, labels, law, rng, pairing), labels
    assert not isinstance(law, Mapping)
    numbers = check_matrix("y", target, ndim=target.ndim).reshape(rows, -1)
    joint = _mix(np.hstack([data, numbers]), law, rng, pairing, size)
    return joint[:, : data.shape[1]], joint[:, data.shape[1] :].reshape(size, *target.shape[1:])


def generations(
    X: ArrayLike,
    law: MixingLaw | Mapping[Any, MixingLaw],
    rng: np.random.Generator,
    n_generations: int,
    *,
    y: ArrayLike | None = None,
    pairing: str = "independent",
    same_class: bool = False,
) -> Iterator[tuple[Array, NDArray[Any] | None]]:
    """Yield generation 1, 2, ..., `n_generations` of synthetic data, each made from the one before, of the same size.

    Parameters
    ----------
    X, law, rng, y, pairing, same_class
        As for `synthesize`.
    n_generations : int
        How many; 0 yields nothing.

    Yields
    ------
    X_t : ndarray, shape (n_rows, d)
        The rows of the generation.
    y_t : ndarray or None
        Their targets or labels; None if `y` is None.

    Raises
    ------
    TypeError, ValueError
        As for `synthesize`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.mixing.synthesis import generations
    >>> from mixtheory.mixing.weights import Beta
    >>> X = np.random.default_rng(0).normal(size=(400, 1))
    >>> sizes = [len(batch) for batch, _ in generations(X, Beta.uniform(), np.random.default_rng(1), 3)]
    >>> sizes
    [400, 400, 400]
    """
    steps = check_integer("n_generations", n_generations, low=0)
    rows: ArrayLike = X
    target = y
    for _ in range(steps):
        if target is None:
            if isinstance(law, Mapping):
                raise ValueError("a law for each class needs the labels y")
            rows = synthesize(rows, law, rng, pairing=pairing, same_class=False)
            yield rows, None
        else:
            rows, labels = synthesize(rows, law, rng, pairing=pairing, y=target, same_class=same_class)
            target = labels
            yield rows, labels
