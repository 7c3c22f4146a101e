"""Mixing a batch of arrays, for training: images, sequences or rows, in the precision in which they come.

`synthesis.synthesize` makes tables of any size in double precision; this is the transform of one batch into another
of its size, at about the cost of one matrix product.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from mixtheory._validation import (
    check_array,
    check_choice,
    check_generator,
    check_labels,
    check_matrix,
    check_reals,
    check_sequence,
    frame_like,
    is_frame,
    shown,
)
from mixtheory.mixing.kernels.orderings import shuffled_weights
from mixtheory.mixing.laws import MixingLaw, check_single_law
from mixtheory.mixing.pairing import draw_parents, weight_matrix
from mixtheory.mixing.points import DIFFERENT_PARENTS, PAIRINGS, check_parents
from mixtheory.mixing.rescaling import batch_scale, known_mean_scale
from mixtheory.mixing.zeta import Zeta

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["mix_batch"]

Array = NDArray[Any]
Weights: TypeAlias = Array | sparse.csr_array


_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def _float_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype in (_SINGLE, _DOUBLE):
        return _SINGLE if dtype == _SINGLE else _DOUBLE
    return _SINGLE if np.result_type(dtype, _SINGLE) == _SINGLE else _DOUBLE


def _rows(name: str, value: Any, *, finite: bool = True) -> Array:
    """Return `value` as an array of float32 or float64 with two rows or more; a float array itself, not a copy.

    Without `finite`, a plain array is not searched for NaN and infinite values.
    """
    if type(value) is np.ndarray and value.dtype.kind in "biuf" and value.ndim and len(value) > 1 and value.size:
        if not finite and value.dtype in (_SINGLE, _DOUBLE):
            return value
        floats = value.astype(_float_dtype(value.dtype), copy=False)
        if not finite or np.all(np.isfinite(floats)):
            return floats
    shape = getattr(value, "shape", (len(value),) if isinstance(value, (list, tuple)) else ())
    if shape and shape[0] < 2:
        raise ValueError(f"{name} must have at least 2 records, got {shape[0]}")
    checked = check_array(name, value, ndims=tuple(range(1, 65)), what="an array of rows, one a record")
    given = np.asarray(value).dtype
    return checked.astype(_DOUBLE if given.kind == "O" else _float_dtype(given), copy=False)


def _check_length(target: Any, rows: int) -> None:
    try:
        shape = np.shape(target)
    except ValueError:
        raise ValueError(f"y must be an array, got a {type(target).__name__} of entries of different shapes") from None
    if not shape or shape[0] != rows:
        raise ValueError(f"y must have {rows} row(s) as X has, got shape {shape}")


def _one_hot(y: Any, classes: Any, dtype: np.dtype[Any]) -> Array:
    """Return a row a label: 1 at its place in `classes`, 0 elsewhere."""
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(f"labels y must have 1 dimension, got shape {labels.shape}")
    check_labels(y, labels)
    check_sequence("classes", classes)
    names = classes.tolist() if hasattr(classes, "tolist") else list(classes)
    try:
        places = {name: place for place, name in enumerate(names)}
        codes = [places.get(label, -1) for label in labels.tolist()]
    except TypeError:
        raise TypeError(f"classes and labels y must be hashable, got {shown(classes)} and {shown(labels)}") from None
    if len(places) < len(names):
        raise ValueError(f"classes must be different, got {shown(names)}")
    if -1 in codes:
        raise ValueError(f"labels y must be among classes {shown(names)}, got {shown(labels[codes.index(-1)])}")
    hot = np.zeros((labels.size, len(names)), dtype=dtype)
    hot[np.arange(labels.size), codes] = 1
    return hot


def _targets(y: Any, classes: Any, rows: int, dtype: np.dtype[Any]) -> Array | None:
    if y is None:
        if classes is not None:
            raise ValueError("classes needs the labels y")
        return None
    _check_length(y, rows)
    if classes is not None:
        return _one_hot(y, classes, dtype)
    try:
        return _rows("y", y)
    except TypeError as error:
        raise TypeError(f"{error}; labels need classes") from None


def _weights(law: MixingLaw, n: int, rng: np.random.Generator, pairing: str, dtype: np.dtype[Any]) -> Weights:
    """Draw the weights of all records (a row each) over all members of the batch."""
    whole = law.n_parents == n and pairing in ("distinct", "anchored")
    parents = None if whole else draw_parents(n, law.n_parents, rng, pairing=pairing)
    if isinstance(law, Zeta):
        vectors = law.weights[np.newaxis]
    else:
        vectors = law.weight_vectors(1 if pairing == "shared" else n, rng)
    vectors = vectors.astype(dtype, copy=False)
    if parents is None:
        return shuffled_weights(rng, vectors, n, pairing == "anchored")
    return weight_matrix(parents, vectors, n)


def _mixed(weights: Weights, rows: Array) -> Array:
    flat = rows if rows.ndim == 2 else rows.reshape(len(rows), -1)
    if not flat.flags.forc:  # for other strides NumPy leaves BLAS
        flat = np.ascontiguousarray(flat)
    return np.asarray(weights @ flat).reshape(rows.shape)


def _check_finite(weights: Weights, rows: Array, mixed: Array) -> None:
    """Raise ValueError if `rows` have NaN or infinite values; to look at all of them takes a tenth of the product."""
    if isinstance(weights, np.ndarray) and np.count_nonzero(weights[0]) == len(rows):
        # no weight is 0, so each such value has left its mark on the first record
        first = mixed[0].ravel()
        if math.isfinite(np.dot(first, first)):
            return
    check_matrix("X", rows, ndim=rows.ndim)


@lru_cache(maxsize=256, typed=True)
def _scale(law: MixingLaw, n: int, pairing: str, known_mean: bool) -> float:
    return float(known_mean_scale(law) if known_mean else batch_scale(law, n, pairing))


def _known_mean(rescale: Any, X: Any, rows: Array) -> Array:
    """Return the known mean of a record, shape (...); labels of a Series or one-row frame are those of the columns."""
    given = rescale
    if is_frame(given) and len(given) == 1:
        given = given.iloc[0]
    if is_frame(X) and hasattr(given, "reindex") and not is_frame(given) and not given.index.equals(X.columns):
        labels, columns = list(given.index), list(X.columns)
        if len(labels) != len(columns) or len(set(labels)) < len(labels) or set(labels) != set(columns):
            raise ValueError(f"rescale must have the columns of X {shown(columns)} as its labels, got {shown(labels)}")
        given = given.reindex(columns)
    mean = check_reals("rescale", given)
    if np.asarray(given).dtype.kind == "b":
        raise TypeError(f"rescale must be None, 'batch' or an array of means, got {shown(given)}")
    try:
        return np.broadcast_to(mean, rows.shape[1:])
    except ValueError:
        raise ValueError(f"rescale must broadcast to shape {rows.shape[1:]} of a record, got {mean.shape}") from None


def _rescaling(rescale: Any, law: MixingLaw, X: Any, rows: Array, pairing: str) -> tuple[float, Array]:
    """Return the factor of the rescaling and its centre in double precision."""
    if isinstance(rescale, str):
        check_choice("rescale", rescale, ("batch",))
        return _scale(law, len(rows), pairing, False), rows.mean(axis=0, dtype=np.float64)
    centre = _known_mean(rescale, X, rows)
    if pairing not in DIFFERENT_PARENTS:  # a record that meets itself keeps a part of its covariance
        raise ValueError(f"rescale by a known mean needs a pairing of {list(DIFFERENT_PARENTS)}, got {pairing!r}")
    return _scale(law, len(rows), pairing, True), centre


@overload
def mix_batch(
    X: pd.DataFrame,
    law: MixingLaw,
    rng: np.random.Generator,
    *,
    y: None = ...,
    classes: None = ...,
    pairing: str = ...,
    rescale: ArrayLike | str | None = ...,
) -> pd.DataFrame: ...


@overload
def mix_batch(
    X: ArrayLike,
    law: MixingLaw,
    rng: np.random.Generator,
    *,
    y: None = ...,
    classes: None = ...,
    pairing: str = ...,
    rescale: ArrayLike | str | None = ...,
) -> Array: ...


@overload
def mix_batch(
    X: pd.DataFrame,
    law: MixingLaw,
    rng: np.random.Generator,
    *,
    y: ArrayLike,
    classes: ArrayLike | None = ...,
    pairing: str = ...,
    rescale: ArrayLike | str | None = ...,
) -> tuple[pd.DataFrame, Array]: ...


@overload
def mix_batch(
    X: ArrayLike,
    law: MixingLaw,
    rng: np.random.Generator,
    *,
    y: ArrayLike,
    classes: ArrayLike | None = ...,
    pairing: str = ...,
    rescale: ArrayLike | str | None = ...,
) -> tuple[Array, Array]: ...


def mix_batch(
    X: ArrayLike,
    law: MixingLaw,
    rng: np.random.Generator,
    *,
    y: ArrayLike | None = None,
    classes: ArrayLike | None = None,
    pairing: str = "anchored",
    rescale: ArrayLike | str | None = None,
) -> Array | pd.DataFrame | tuple[Array | pd.DataFrame, Array]:
    r"""Return a mixed batch: every record is a weighted sum of members of the batch, and so is its label.

    .. math:: \tilde x_i = \sum_t w_{it} x_{p_t(i)}, \qquad \tilde y_i = \sum_t w_{it} y_{p_t(i)}, \qquad
              \sum_t w_{it} = 1.

    Parameters
    ----------
    X : array_like or DataFrame, shape (n, ...)
        The batch: at least two records of any shape, real and finite. It is not changed.
    law : MixingLaw
        The law of the weights, with single numbers as parameters. ``Zeta(gamma, n)`` is zeta-mixup with the whole batch
        as parents, as published; a law of k < n parents mixes k members.
    rng : numpy.random.Generator
        Source of randomness: the result is a function of its state and of the input alone.
    y : array_like, shape (n,) or (n, ...), optional
        Numbers (a regression target, soft labels), or one label a record if `classes` is given.
    classes : sequence of K labels, optional
        Labels y are written as rows of K zeros and ones in this order before they are mixed.
    pairing : {"anchored", "independent", "distinct", "permutation", "derangement", "shared"}
        Who the parents are, see `pairing.draw_parents`. ``"anchored"``: record i has member i as its first parent (the
        dominant one of `Zeta`) and other members in random order. ``"distinct"``: all parents in random order.
    rescale : None, "batch" or array_like that broadcasts to the shape of a record
        ``"batch"`` undoes the loss of covariance about the mean of the batch: there the deviations are multiplied by
        `rescaling.batch_scale`, :math:`1/\sqrt{c_B}`, and given the batch the covariance of a record at a random place
        is that of the batch. An array is taken for the known mean of the population, about which the factor is
        :math:`1/\sqrt{A_2}`; then the parents must differ. A Series (or DataFrame of one row) goes by its labels to the
        columns of a DataFrame `X`. Rescaled records may leave the convex hull of the batch. Labels are never rescaled,
        since they would leave the simplex.

    Returns
    -------
    X_new : ndarray or DataFrame, shape (n, ...)
        The mixed records; a DataFrame with the same columns and numbered rows if `X` is one. float32 and float64 are
        kept; other types become ``np.result_type(dtype, np.float32)``: float32 for bool, float16 and integers of 8 or
        16 bits, float64 for longer integers, and longdouble becomes float64, too. Nothing is rounded back to integers.
    y_new : ndarray, shape (n, ...) or (n, K)
        The mixed labels, of the dtype of `X_new` with `classes` and by the same rule without; only if `y` is given.

    Raises
    ------
    TypeError
        If `law` is no mixing law, `rng` no generator, `X` or `y` do not hold real numbers (labels need `classes`), or
        `rescale` is True or False.
    ValueError
        If `law` has arrays as parameters or more parents than a pairing of different parents can have, `X` has fewer
        than two records, no entries, or NaN or infinite ones, `y` is of another length or has labels that are missing
        or not in `classes`, `pairing` or `rescale` is none of those above, or the labels of a Series `rescale` are not
        the columns of `X`.

    Notes
    -----
    Zeta-mixup: K. Abhishek, C.J. Brown and G. Hamarneh, J. Big Data 11:43 (2024); their public code anchors the rows.
    Rescaling: note 02, C12 [derived]: derived in this project. Weights are rounded to the precision of `X_new` and
    rescaled records computed in float64, so float32 and float64 give the same records up to rounding. Labels that are
    integers are numbers without `classes` and are averaged.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory import Zeta, mix_batch
    >>> images = np.random.default_rng(0).integers(256, size=(32, 3, 8, 8), dtype=np.uint8)
    >>> labels = ["cat", "dog"] * 16
    >>> new, soft = mix_batch(images, Zeta(2.8, 32), np.random.default_rng(1), y=labels, classes=["cat", "dog"])
    >>> new.shape, new.dtype, soft.shape, bool((soft[::2, 0] > 0.8).all())
    ((32, 3, 8, 8), dtype('float32'), (32, 2), True)
    """
    check_generator(rng)
    check_choice("pairing", pairing, PAIRINGS)
    if not isinstance(law, Zeta):  # of single numbers by construction
        check_single_law(law)
    rows = _rows("X", X, finite=rescale is not None)
    n = len(rows)
    targets = None if y is None and classes is None else _targets(y, classes, n, rows.dtype)
    check_parents(law, n, pairing)
    if rescale is None:
        weights = _weights(law, n, rng, pairing, rows.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            mixed = _mixed(weights, rows)
            _check_finite(weights, rows, mixed)
    else:
        factor, centre = _rescaling(rescale, law, X, rows, pairing)
        weights = _weights(law, n, rng, pairing, _DOUBLE)
        # the factor would multiply the rounding errors of single precision, and of records far from the centre
        mixed = _mixed(weights, rows - centre)
        mixed *= factor
        mixed += centre
        mixed = mixed.astype(rows.dtype, copy=False)
    new = frame_like(X, mixed)
    return new if targets is None else (new, _mixed(weights.astype(rows.dtype, copy=False), targets))
