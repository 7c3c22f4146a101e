"""What is known of rows beside their columns: labels or numbers; and what a sampler hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from imblearn.utils import check_target_type
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets

from mixtheory._validation import check_labels, check_matrix, is_frame

__all__ = ["Draw", "Target", "read_target", "restore_target"]

Array = NDArray[Any]
Indices = NDArray[np.int64]

# of labels that a sampler may give back
_SOFT = "soft"


@dataclass(frozen=True, eq=False)
class Target:
    """Targets of n rows as a sampler sees them.

    Attributes
    ----------
    kind : {"classes", "soft", "numbers"}
        Labels; labels whose synthetic rows have a weight for every class; numbers.
    codes : ndarray of int64, shape (n,)
        Place of each row's label in `classes`; all 0 for numbers.
    classes : ndarray, shape (K,)
        Different labels in order; of length 0 for numbers.
    values : ndarray of float64, shape (n, q), or None
        The numbers; None for labels.
    labels : ndarray, shape (n,)
        The labels, the places of the ones of one-hot rows; of length 0 for numbers.
    source : object
        The targets as they came; a column is one-dimensional.
    """

    kind: str
    codes: Indices
    classes: Array
    values: NDArray[np.float64] | None
    labels: Array
    source: Any


@dataclass(frozen=True, eq=False)
class Draw:
    """Synthetic rows, in the order of the class codes that were asked for.

    Attributes
    ----------
    rows : ndarray or csr, shape (m, d_numeric)
        Numeric columns; they are taken over and may be changed in place. See `Table.blank`.
    parents : ndarray of int64, shape (m, k), or None
        Places of the parents in the table.
    weights : ndarray of float64, shape (m, k) or (k,), or None
        Their weights; a vector is the same for all rows. None with parents: all equal.
    target : ndarray, shape (m,), (m, K) or (m, q), or None
        Class codes, a weight for each class, or numbers; None: the label of the first parent, or without parents the
        classes as they were asked for.
    """

    rows: Any
    parents: Indices | None = None
    weights: NDArray[np.float64] | None = None
    target: Array | None = None


def read_target(y: Any, kind: str, rows: int, owner: str) -> Target:
    """Return the targets of `rows` rows for the sampler `owner`.

    Raises
    ------
    TypeError, ValueError
        If they are missing, sparse, of another length, or not of the `kind`: labels of classes, or finite numbers.
    """
    if y is None:
        # scikit-learn's words
        raise ValueError(f"{owner} requires y to be passed, but the target y is None")
    if issparse(y):
        raise TypeError(f"y must be dense, got a sparse {type(y).__name__}")
    length = len(y) if hasattr(y, "__len__") else 0
    if length != rows:
        raise ValueError(f"y must have a target for each of the {rows} rows of X, got {length}: inconsistent numbers")
    if kind == "numbers":
        return _numbers(y, rows)
    return _labels(y, kind)


def _numbers(y: Any, rows: int) -> Target:
    one = np.ndim(y) == 1
    values = check_matrix("y", y, ndim=1 if one else 2)
    values = np.ascontiguousarray(values[:, np.newaxis] if one else values)
    nothing = np.empty(0)
    return Target("numbers", np.zeros(rows, dtype=np.int64), nothing, values, nothing, y)


def _labels(y: Any, kind: str) -> Target:
    import pandas as pd

    array = np.asarray(y)
    if array.dtype.kind == "c":
        # scikit-learn's words
        raise ValueError("Complex data not supported: y must be labels, got complex numbers")
    check_labels(y, array)
    text = array.dtype.kind == "U"
    if array.dtype.kind == "O":
        held = pd.api.types.infer_dtype(array.ravel(), skipna=False)
        if held.startswith("mixed") and any(isinstance(label, (str, bytes)) for label in array.flat):
            raise TypeError("y must have labels of one kind, got text and other labels")
        text = held == "string"
        # numbers and booleans among objects have a type of their own
        array = array if text else np.array(array.tolist())
    if text and array.ndim == 1:
        # by hashing: to sort a million texts takes longer than to mix as many rows
        codes, found = pd.factorize(array, sort=True)
        return Target(kind, codes.astype(np.int64), np.asarray(found, dtype=array.dtype), None, array, y)
    if array.dtype.kind in "biu" and array.ndim == 1:
        # classes of whatever number; scikit-learn's questions take longer than mixing a small table
        classes, codes = np.unique(array, return_inverse=True)
        return Target(kind, codes.astype(np.int64, copy=False), classes, None, array, y)
    try:
        check_classification_targets(array)
    except ValueError as error:
        raise ValueError(f"{error} Numbers that are mixed need target='continuous' (RegressionMixup).") from None
    labels, one_hot = check_target_type(array, indicate_one_vs_all=True)
    if one_hot and not np.all((array != 0).sum(axis=1) == 1):
        raise ValueError(
            "y as one-hot rows must have one 1 in each row. Multilabel and multioutput targets are not supported."
        )
    labels = np.asarray(labels)
    classes, codes = np.unique(labels, return_inverse=True)
    source = y.ravel() if isinstance(y, np.ndarray) and not one_hot else y
    return Target(kind, codes.astype(np.int64, copy=False), classes, None, labels, source)


def restore_target(target: Target, new: Array, append: bool) -> Any:
    """Return targets of synthetic rows in the container and type of the real ones, below these if `append`.

    Parameters
    ----------
    target : Target
        Of the real rows.
    new : ndarray, shape (m,), (m, K) or (m, q)
        Class codes, weights of the classes, or numbers.
    append : bool
        Whether the real ones come first.
    """
    if target.kind == "classes":
        # a row of each class, so that any container gives back what it holds
        known = np.empty(len(target.classes), dtype=np.int64)
        known[target.codes] = np.arange(len(target.codes))
        places = known[new]
        return _take(target.source, np.concatenate([np.arange(len(target.codes)), places]) if append else places)
    old: Any = np.eye(len(target.classes))[target.codes] if target.kind == _SOFT else target.values
    whole = np.concatenate([old, new]) if append else np.asarray(new, dtype=np.float64)
    return _soft(target, whole) if target.kind == _SOFT else _regression(target, whole)


def _take(source: Any, places: Indices) -> Any:
    if hasattr(source, "iloc"):
        return source.iloc[places].reset_index(drop=True)
    if isinstance(source, (list, tuple)):
        return [source[place] for place in places]
    return source.take(places) if hasattr(source, "take") and np.ndim(source) == 1 else np.asarray(source)[places]


def _soft(target: Target, whole: Array) -> Any:
    import pandas as pd

    if not hasattr(target.source, "iloc"):
        return whole.tolist() if isinstance(target.source, (list, tuple)) else whole
    return pd.DataFrame(whole, columns=target.classes)


def _regression(target: Target, whole: Array) -> Any:
    import pandas as pd

    source = target.source
    given = source if hasattr(source, "dtype") else np.asarray(source)
    if is_frame(source):
        kinds = {name: kind for name, kind in enumerate(source.dtypes) if kind.kind == "f"}
        made = pd.DataFrame(whole).astype(kinds)
        made.columns = source.columns
        return made
    # a mixture of integers is none
    dtype = given.dtype if given.dtype.kind == "f" else np.dtype(np.float64)
    flat = whole[:, 0] if np.ndim(source) == 1 else whole
    if isinstance(source, pd.Series):
        return pd.Series(flat, name=source.name, dtype=dtype)
    return flat.tolist() if isinstance(source, (list, tuple)) else flat.astype(dtype, copy=False)
