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

from mixtheory._validation import check_choice, check_generator, check_integer, check_matrix, is_frame, shown
from mixtheory.mixing.finite import PAIRINGS
from mixtheory.mixing.laws import MixingLaw

if TYPE_CHECKING:
    import pandas as pd

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


def _check_law(law: Any) -> None:
    if not isinstance(law, MixingLaw):
        hint = "; give its law: choice.law" if isinstance(getattr(law, "law", None), MixingLaw) else ""
        raise TypeError(f"law must be a mixing law, got {type(law).__name__}{hint}")
    shape = np.shape(law.r)
    if shape:
        raise ValueError(f"law must be a single law, got one with parameters of shape {shape}")


def _law_of(law: MixingLaw | Mapping[Any, MixingLaw], label: Any) -> MixingLaw:
    if not isinstance(law, Mapping):
        return law
    if label not in law:
        raise ValueError(f"law has no entry for class {shown(label)}; it has {shown(list(law))}")
    return law[label]


def _check_no_gaps(y: Any, target: NDArray[Any]) -> None:
    """Raise ValueError if a label is missing; numpy writes a missing label in a list of strings as text."""
    import pandas as pd

    text = target.dtype.kind in "US"
    given = np.asarray(y, dtype=object) if text and isinstance(y, (list, tuple)) else target
    if np.ma.is_masked(y) or np.any(pd.isna(given)):
        raise ValueError("labels y must not be missing, got None, NaN or masked entries")
    if text and given is not target and not all(isinstance(label, (str, bytes)) for label in given):
        raise TypeError("labels y must be of one kind, got text and other labels")
    if target.dtype.kind == "f" and not np.all(np.isfinite(target)):
        raise ValueError("labels y must be finite, got infinite values")


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
    pairing : {"independent", "distinct", "permutation", "derangement", "shared"}
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
        _check_law(item)
    if same_class and y is None:
        raise ValueError("same_class needs the labels y")
    if isinstance(law, Mapping) and not same_class:
        raise ValueError("a law for each class needs same_class=True")
    data = check_matrix("X", X, min_rows=2)
    rows = data.shape[0]
    size = rows if n is None else check_integer("n", n, low=1)
    if y is None:
        assert not isinstance(law, Mapping)
        return _like(X, _mix(data, law, rng, pairing, size))
    try:
        target = np.asarray(y)
    except ValueError:
        raise ValueError(f"y must be an array, got a {type(y).__name__} of entries of different shapes") from None
    if target.ndim == 0 or target.shape[0] != rows:
        raise ValueError(f"y must have {rows} row(s) as X has, got shape {target.shape}")
    if same_class:
        if target.ndim != 1:
            raise ValueError(f"labels y must have 1 dimension, got shape {target.shape}")
        _check_no_gaps(y, target)
        classes, codes = _classes(target)
        chosen = np.arange(rows) if n is None else rng.integers(rows, size=size)
        mixed = _mix_within_classes(data, classes, codes, codes[chosen], law, rng, pairing)
        return _like(X, mixed), target[chosen]
    assert not isinstance(law, Mapping)
    try:
        numbers = check_matrix("y", y, ndim=target.ndim).reshape(rows, -1)
    except TypeError as error:
        raise TypeError(f"{error}; labels need same_class=True") from None
    joint = _mix(np.hstack([data, numbers]), law, rng, pairing, size)
    return _like(X, joint[:, : data.shape[1]]), joint[:, data.shape[1] :].reshape(size, *target.shape[1:])


def _like(X: Any, rows: Array) -> Array | pd.DataFrame:
    """Return `rows` as a DataFrame with the columns of `X` if that is one."""
    return type(X)(rows, columns=X.columns) if is_frame(X) else rows


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
