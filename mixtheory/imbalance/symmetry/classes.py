"""What a test of two classes is given: checked, split by class, and brought into convenient coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mixtheory._validation import check_matrix, is_frame, shown

__all__ = ["INTERCEPT", "TwoClasses", "check_classes"]

Array = NDArray[np.float64]

INTERCEPT = "intercept"
# smallest singular value of a class's design, relative to the largest, in units in which columns have length 1
_DEPENDENT = 1e-10


@dataclass(frozen=True, eq=False)
class TwoClasses:
    r"""Designs (n_k, p) of majority and minority, weights that sum to 1 in each class, and what they are called.

    `transform` T leads back from the coordinates of the designs: a row given is T times a row of the design, so mean
    scores are multiplied by T, coefficients by its inverse transpose.
    """

    designs: tuple[Array, Array]
    weights: tuple[Array, Array]
    labels: tuple[Any, Any]
    names: tuple[str, ...]
    transform: Array

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.names)

    def coded(self, codes: tuple[float, float]) -> list[Array]:
        """Return the labels of the rows of each class as numbers."""
        return [np.full(len(design), code) for design, code in zip(self.designs, codes, strict=True)]


def check_classes(
    X: Any, y: Any, sample_weight: Any, minority: Any, *, fit_intercept: bool, rescale: bool
) -> TwoClasses:
    """Check a table, its labels and weights; rows of weight 0 are left out.

    Raises
    ------
    TypeError, ValueError
        If the input is not as `symmetry_test` asks for.
    """
    if sparse.issparse(X):
        raise TypeError(f"X must be dense, got a sparse {type(X).__name__}; pass X.toarray()")
    rows = check_matrix("X", X)
    names = [str(column) for column in X.columns] if is_frame(X) else [f"x{j + 1}" for j in range(rows.shape[1])]
    labels = _labels(y, len(rows))
    weights = _weights(sample_weight, len(rows))
    majority, rarer = _two_labels(labels[weights > 0], minority)
    parts, shares = [], []
    for role, label in (("majority", majority), ("minority", rarer)):
        chosen = (labels == label) & (weights > 0)
        part = rows[chosen]
        design = np.column_stack([part, np.ones(len(part))]) if fit_intercept else part
        _check_design(role, label, design, [*names, INTERCEPT] if fit_intercept else names)
        parts.append(design)
        shares.append(weights[chosen] / weights[chosen].sum())
    if fit_intercept:
        names = [*names, INTERCEPT]
    transform = _transform(parts, fit_intercept) if rescale else np.eye(len(names))
    designs = [np.linalg.solve(transform, design.T).T if rescale else design for design in parts]
    return TwoClasses((designs[0], designs[1]), (shares[0], shares[1]), (majority, rarer), tuple(names), transform)


def _labels(y: Any, n: int) -> NDArray[Any]:
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(f"y must have 1 dimension, got shape {labels.shape}")
    if len(labels) != n:
        raise ValueError(f"y must have one label for each of the {n} rows of X, got {len(labels)}")
    if labels.dtype.kind == "c":
        raise TypeError("y must be labels, got complex numbers")
    from pandas import isna

    if np.ma.is_masked(y) or np.any(isna(labels)):
        raise ValueError("y must have no missing labels, got some")
    return labels


def _two_labels(labels: NDArray[Any], minority: Any) -> tuple[Any, Any]:
    """Return the labels of majority and minority; at equal counts the later label is the minority."""
    try:
        found, counts = np.unique(labels, return_counts=True)
    except TypeError:
        raise TypeError("y must have labels of one kind, that can be sorted, got a mixture") from None
    if len(found) != 2:
        hint = "; test one class against the rest with y == label" if len(found) > 2 else ""
        raise ValueError(f"y must hold two classes, got {len(found)}: {shown(found)}{hint}")
    rarer = int(counts[1] <= counts[0])
    if minority is not None:
        places = np.flatnonzero(found == minority)
        if len(places) != 1:
            raise ValueError(f"minority must be one of the labels {shown(found)}, got {shown(minority)}")
        rarer = int(places[0])
    return _plain(found[1 - rarer]), _plain(found[rarer])


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def _weights(sample_weight: Any, n: int) -> Array:
    if sample_weight is None:
        return np.ones(n)
    weights = check_matrix("sample_weight", sample_weight, ndim=1)
    if len(weights) != n:
        raise ValueError(f"sample_weight must have one entry for each of the {n} rows of X, got {len(weights)}")
    if np.any(weights < 0):
        raise ValueError(f"sample_weight must be >= 0, got {shown(float(weights.min()))}")
    return weights


def _check_design(role: str, label: Any, design: Array, names: list[str]) -> None:
    n, p = design.shape
    if n <= p:
        raise ValueError(
            f"X must have more rows in each class than coefficients, got {n} rows of the {role} {shown(label)} "
            f"for {p} coefficients"
        )
    lengths = np.linalg.norm(design, axis=0)
    zero = [name for name, length in zip(names, lengths, strict=True) if length == 0]
    constant = [
        name for name, low, high in zip(names, design.min(axis=0), design.max(axis=0), strict=True) if low == high
    ]
    if INTERCEPT in names and len(constant) > 1:
        constant.remove(INTERCEPT)
        zero = constant
    if zero:
        raise ValueError(
            f"X must have no feature that is constant in the {role} {shown(label)} (its Hessian is singular there), "
            f"got {', '.join(map(repr, zero))}"
        )
    centred = design / lengths
    if INTERCEPT in names:
        spread = design - np.append(design[:, :-1].mean(axis=0), 0.0)
        centred = spread / np.linalg.norm(spread, axis=0)
    values = np.linalg.svd(centred, compute_uv=False)
    if values[-1] <= _DEPENDENT * values[0]:
        raise ValueError(
            f"X must have linearly independent columns in each class, got dependent ones in the {role} {shown(label)}"
        )


def _transform(designs: list[Array], fit_intercept: bool) -> Array:
    """Centre (if there is an intercept) and scale: the statistic is the same, its digits are not."""
    half = [design.mean(axis=0) / 2 for design in designs]
    centre = half[0] + half[1] if fit_intercept else np.zeros(designs[0].shape[1])
    if fit_intercept:
        centre[-1] = 0.0
    scale = np.sqrt(sum(((design - centre) ** 2).mean(axis=0) for design in designs) / 2)
    transform = np.diag(scale)
    if fit_intercept:
        transform[:-1, -1] = centre[:-1]
    return np.asarray(transform)
