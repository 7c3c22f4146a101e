r"""Pools of synthetic rows of graded distortion, from which a selector chooses.

Every generator is fitted on the rows of one class. A pool holds the same number of rows of each generator, so that a
rule that looks at covariances can tell good rows from bad ones, and a rule that looks at means cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory import Beta, EpBeta, synthesize
from mixtheory._validation import check_choice, check_generator, check_integer, check_matrix, shown

__all__ = ["GENERATORS", "generate", "pool"]

Array = NDArray[np.float64]

# the distortions: share of the variances that is left, exponent of the eigenvalues, length of the shift of the mean
# in units of the root of the trace
SHRINKAGE = 0.25
TILT = 0.5
SHIFT = 0.5


def _normal_fit(rows: Array) -> tuple[Array, Array]:
    """Return mean and covariance, shrunk as Ledoit and Wolf (2004) do, so that few rows give a positive matrix."""
    from sklearn.covariance import ledoit_wolf

    return rows.mean(axis=0), np.asarray(ledoit_wolf(rows)[0])


def _normal_rows(mean: Array, covariance: Array, n: int, rng: np.random.Generator) -> Array:
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(mean + rng.standard_normal((n, mean.size)) @ root.T)


def _gaussian(rows: Array, n: int, rng: np.random.Generator) -> Array:
    return _normal_rows(*_normal_fit(rows), n, rng)


def _shrunk(rows: Array, n: int, rng: np.random.Generator) -> Array:
    mean, covariance = _normal_fit(rows)
    return _normal_rows(mean, SHRINKAGE * covariance, n, rng)


def _tilted(rows: Array, n: int, rng: np.random.Generator) -> Array:
    mean, covariance = _normal_fit(rows)
    values, vectors = np.linalg.eigh(covariance)
    tilted = np.maximum(values, 0.0) ** TILT
    tilted *= values.sum() / tilted.sum()
    return _normal_rows(mean, (vectors * tilted) @ vectors.T, n, rng)


def _shifted(rows: Array, n: int, rng: np.random.Generator) -> Array:
    mean, covariance = _normal_fit(rows)
    direction = rng.standard_normal(mean.size)
    length = SHIFT * np.sqrt(np.trace(covariance))
    return _normal_rows(mean + length * direction / np.linalg.norm(direction), covariance, n, rng)


def _mixup(law: Callable[[], EpBeta]) -> Callable[[Array, int, np.random.Generator], Array]:
    def rows_of(rows: Array, n: int, rng: np.random.Generator) -> Array:
        return np.asarray(synthesize(rows, law(), rng, n=n))

    return rows_of


_GENERATORS: dict[str, Callable[[Array, int, np.random.Generator], Array]] = {
    "gaussian": _gaussian,
    "mixup_preserving": _mixup(lambda: EpBeta.preserving_uniform()),
    "mixup_uniform": _mixup(lambda: Beta.uniform()),
    "mixup_concentrated": _mixup(lambda: Beta(8.0, 8.0)),
    "shrunk": _shrunk,
    "tilted": _tilted,
    "shifted": _shifted,
}

GENERATORS: tuple[str, ...] = tuple(_GENERATORS)
"""Names of the generators, the undistorted one first."""


def generate(name: str, rows: ArrayLike, n: int, rng: np.random.Generator) -> Array:
    r"""Return `n` synthetic rows of one generator.

    Parameters
    ----------
    name : str
        ``"gaussian"``: normal rows with mean and (Ledoit-Wolf) covariance :math:`\hat\Sigma` of the real ones;
        ``"shrunk"``: the same with :math:`\hat\Sigma/4`; ``"tilted"``: with the square roots of the eigenvalues, at
        the same trace; ``"shifted"``: with :math:`\hat\Sigma`, and the mean moved in a random direction by half of
        :math:`\sqrt{\mathrm{tr}\hat\Sigma}`; ``"mixup_preserving"``, ``"mixup_uniform"`` and
        ``"mixup_concentrated"``: mixtures of pairs of rows, whose covariance is 1, 2/3 and 9/17 of that of the real
        ones.
    rows : array_like, shape (m, d), m >= 2
        Real rows.
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n, d)

    Raises
    ------
    TypeError, ValueError
        If `name` is unknown, `rows` is not a finite matrix of two rows or more, or `n` is negative.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real = rng.normal(size=(200, 3))
    >>> share = generate("shrunk", real, 4000, rng).var(axis=0).sum() / real.var(axis=0).sum()
    >>> bool(abs(share - 0.25) < 0.03)
    True
    """
    check_choice("name", name, _GENERATORS)
    real = check_matrix("rows", rows, min_rows=2)
    check_generator(rng)
    if check_integer("n", n, low=0) == 0:
        return np.empty((0, real.shape[1]))
    return _GENERATORS[name](real, n, rng)


def pool(
    rows: ArrayLike,
    labels: ArrayLike,
    size: int,
    rng: np.random.Generator,
    *,
    generators: Sequence[str] = GENERATORS,
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return a pool of at least `size` synthetic rows with the classes and class shares of the real ones.

    Parameters
    ----------
    rows, labels : array_like, shape (m, d) and (m,)
        Real rows on which the generators are fitted, class by class, and their classes.
    size : int
        Rows of the pool; each class has the same number from each generator, rounded up.
    rng : numpy.random.Generator
    generators : sequence of str
        Names from `GENERATORS`.

    Returns
    -------
    X : ndarray, shape (N, d)
    y : ndarray of int64, shape (N,)
    origin : ndarray of int64, shape (N,)
        Place of each row's generator in `generators`.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y, origin = pool(rng.normal(size=(30, 2)), np.repeat([0, 1], 15), 70, rng)
    >>> X.shape, np.bincount(y).tolist(), np.bincount(origin).tolist()
    ((70, 2), [35, 35], [10, 10, 10, 10, 10, 10, 10])
    """
    real = check_matrix("rows", rows, min_rows=2)
    classes = np.asarray(labels)
    if classes.dtype.kind not in "biu" and np.any(check_matrix("labels", classes, ndim=1) % 1):
        raise ValueError(f"labels must be integers, got {shown(classes)}")
    if classes.shape != (real.shape[0],):
        raise ValueError(f"labels must have one entry a row ({real.shape[0]}), got shape {classes.shape}")
    check_integer("size", size, low=1)
    if not generators:
        raise ValueError("generators must hold at least one name, got none")
    parts: list[tuple[Array, int, int]] = []
    for label in np.unique(classes):
        members = check_matrix(f"the rows of class {shown(label)}", real[classes == label], min_rows=2)
        count = -(-size * len(members) // (len(real) * len(generators)))
        for place, name in enumerate(generators):
            parts.append((generate(name, members, count, rng), int(label), place))
    return (
        np.concatenate([part for part, _, _ in parts]),
        np.concatenate([np.full(len(part), label, dtype=np.int64) for part, label, _ in parts]),
        np.concatenate([np.full(len(part), place, dtype=np.int64) for part, _, place in parts]),
    )
