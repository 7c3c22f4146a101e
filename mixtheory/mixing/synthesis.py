"""Synthetic copies of a data matrix: rows are mixed by a law of weights, with a stated pairing of parents.

The plain vectorised implementation for real tables, of any number of columns and parents. Every row has ONE vector of
weights, shared by all columns: weights drawn separately for each column would scale the covariances by other factors
than the variances.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import (
    check_choice,
    check_generator,
    check_integer,
    check_labels,
    check_matrix,
    frame_like,
    shown,
)
from mixtheory.mixing.laws import MixingLaw, check_single_law
from mixtheory.mixing.pairing import WHOLE_BATCH, draw_parents, weight_matrix
from mixtheory.mixing.points import PAIRINGS, check_parents

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PAIRINGS", "draw_parents", "generations", "synthesize"]

Array = NDArray[np.float64]


def _mix(X: Array, law: MixingLaw, rng: np.random.Generator, pairing: str, size: int) -> Array:
    check_parents(law, len(X), pairing)
    if pairing in WHOLE_BATCH and size != len(X):
        raise ValueError(
            f"n must be left out for pairing {pairing!r}, which makes as many rows as the data have ({len(X)}), got "
            f"{size} rows to make"
        )
    parents = draw_parents(X.shape[0], law.n_parents, rng, pairing=pairing, size=size)
    vectors = law.weight_vectors(1 if pairing == "shared" else size, rng)
    return np.asarray(weight_matrix(parents, vectors, X.shape[0]) @ X)


def _law_of(law: MixingLaw | Mapping[Any, MixingLaw], label: Any) -> MixingLaw:
    if not isinstance(law, Mapping):
        return law
    if label not in law:
        raise ValueError(f"law has no entry for class {shown(label)}; it has {shown(list(law))}")
    return law[label]


def _classes(target: NDArray[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the labels that occur, in order, as Python objects, and the place of each row's label among them."""
    if target.dtype.kind != "O":
        values, codes = np.unique(target, return_inverse=True)
        return values.tolist(), codes
    labels = target.tolist()
    try:
        classes = sorted(set(labels))
    except TypeError:
        kinds = ", ".join(sorted({type(label).__name__ for label in labels}))
        raise TypeError(f"labels y must be of one kind, hashable and ordered, got {kinds}") from None
    places = {label: place for place, label in enumerate(classes)}
    return classes, np.array([places[label] for label in labels], dtype=np.int64)


def _mix_within_classes(
    X: Array,
    classes: list[Any],
    codes: NDArray[np.int64],
    out_codes: NDArray[np.int64],
    law: MixingLaw | Mapping[Any, MixingLaw],
    rng: np.random.Generator,
    pairing: str,
) -> Array:
    out = np.empty((out_codes.shape[0], X.shape[1]))
    for code in np.unique(out_codes):
        label, target = classes[code], np.flatnonzero(out_codes == code)
        try:
            out[target] = _mix(X[codes == code], _law_of(law, label), rng, pairing, target.size)
        except ValueError as error:
            raise ValueError(f"class {shown(label)}: {error}") from None
    return out


@overload
def synthesize(
    X: pd.DataFrame,
    law: MixingLaw,
    rng: np.random.Generator,
    *,
    pairing: str = ...,
    y: None = ...,
    same_class: Literal[False] = ...,
    n: int | None = ...,
) -> pd.DataFrame: ...


@overload
def synthesize(
    X: pd.DataFrame,
    law: MixingLaw | Mapping[Any, MixingLaw],
    rng: np.random.Generator,
    *,
    pairing: str = ...,
    y: ArrayLike,
    same_class: bool = ...,
    n: int | None = ...,
) -> tuple[pd.DataFrame, NDArray[Any]]: ...


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
) -> Array | pd.DataFrame | tuple[Array | pd.DataFrame, NDArray[Any]]:
    r"""Return a synthetic copy of a data matrix: each row is a weighted sum of rows of the data.

    .. math:: \tilde x_a = \sum_t w_{at} x_{p_t(a)}, \qquad \sum_t w_{at} = 1,

    with one vector of weights a row, shared by all columns (and one for the whole batch if ``pairing="shared"``). With
    parents that are iid draws of a population, :math:`E\tilde x=\mu` and :math:`Cov(\tilde x)=E\|w\|^2\,\Sigma`
    (derived in this project).

    Parameters
    ----------
    X : array_like or DataFrame, shape (n_rows, d)
        The data, real numbers, finite, at least two rows.
    law : MixingLaw, or mapping from class to MixingLaw
        The law of the weights, with single numbers as parameters (of a `Choice`, its `law`); a mapping gives each
        class its own and needs `same_class`.
    rng : numpy.random.Generator
        Source of randomness.
    pairing : {"independent", "distinct", "anchored", "permutation", "derangement", "shared"}
        How parents meet, see `draw_parents`; ``"shared"`` is ``"permutation"`` with one vector of weights a batch.
    y : array_like, shape (n_rows,) or (n_rows, k), optional
        Without `same_class`, numbers that are mixed with the weights of their row (a regression target, soft labels).
        With `same_class`, one label a row, none missing: numbers, text or other objects of one kind, in a list, array,
        Series or Categorical.
    same_class : bool
        Mix rows of the same class only, each class as a data set of its own; labels are kept. A class of one row can
        only be copied: its new rows equal that row. Pairings that need different parents refuse it.
    n : int, optional
        Number of synthetic rows, as many as the data by default (each class then keeps its size). With `same_class` the
        class of each new row is that of a row drawn at random.

    Returns
    -------
    X_new : ndarray or DataFrame, shape (n, d)
        The synthetic rows; a DataFrame with the same columns, numbered rows and floats if `X` is a DataFrame.
    y_new : ndarray, shape (n,) or (n, k)
        Their targets or labels; only if `y` is given.

    Raises
    ------
    TypeError
        If `law` is no mixing law, `rng` no generator, or the data are not real numbers.
    ValueError
        If `law` has arrays as parameters, labels are missing, the data are not finite or have masked entries, the
        wrong shape or too few rows (in a class), or the arguments do not go together.

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
        check_single_law(item)
    if same_class and y is None:
        raise ValueError("same_class needs the labels y")
    if isinstance(law, Mapping) and not same_class:
        raise ValueError("a law for each class needs same_class=True")
    data = check_matrix("X", X, min_rows=2)
    rows = data.shape[0]
    size = rows if n is None else check_integer("n", n, low=1)
    if y is None:
        assert not isinstance(law, Mapping)
        return frame_like(X, _mix(data, law, rng, pairing, size))
    try:
        target = np.asarray(y)
    except ValueError:
        raise ValueError(f"y must be an array, got a {type(y).__name__} of entries of different shapes") from None
    if target.ndim == 0 or target.shape[0] != rows:
        raise ValueError(f"y must have {rows} row(s) as X has, got shape {target.shape}")
    if same_class:
        if target.ndim != 1:
            raise ValueError(f"labels y must have 1 dimension, got shape {target.shape}")
        check_labels(y, target)
        classes, codes = _classes(target)
        chosen = np.arange(rows) if n is None else rng.integers(rows, size=size)
        mixed = _mix_within_classes(data, classes, codes, codes[chosen], law, rng, pairing)
        return frame_like(X, mixed), target[chosen]
    assert not isinstance(law, Mapping)
    try:
        numbers = check_matrix("y", y, ndim=target.ndim).reshape(rows, -1)
    except TypeError as error:
        raise TypeError(f"{error}; labels need same_class=True") from None
    joint = _mix(np.hstack([data, numbers]), law, rng, pairing, size)
    return frame_like(X, joint[:, : data.shape[1]]), joint[:, data.shape[1] :].reshape(size, *target.shape[1:])


def generations(
    X: ArrayLike,
    law: MixingLaw | Mapping[Any, MixingLaw],
    rng: np.random.Generator,
    n_generations: int,
    *,
    y: ArrayLike | None = None,
    pairing: str = "independent",
    same_class: bool = False,
) -> Iterator[tuple[Any, NDArray[Any] | None]]:
    """Yield generation 1, 2, ..., `n_generations` of synthetic data, each made from the one before, of the same size.

    Parameters
    ----------
    X, law, rng, y, pairing, same_class
        As for `synthesize`.
    n_generations : int
        How many; 0 yields nothing.

    Yields
    ------
    X_t : ndarray or DataFrame, shape (n_rows, d)
        The rows of the generation, of the kind of `X`.
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
