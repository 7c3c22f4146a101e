r"""Select synthetic rows whose covariance matches that of real rows.

In the model of `mixtheory.highdim.equivalents` the risk of least squares on real and synthetic rows does not feel their
means to first order, only their covariances, and under a normalised trace equal covariances are optimal (Rezaei et al.
2026, Thm 4.1 and 4.3). The procedure [paper*]: project on 32 principal components of the real rows, take their
covariance C as the target, add rows of the pool one by one, each time the one that brings the covariance nearest to C
in Frobenius norm, for each class on its own. The unbiased covariance, the random first row, the projection that the
classes share and the normalisation of the trace are choices of this project, and so is the fast form of the search.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_integer
from mixtheory.highdim.selection.alpha import greedy_risk
from mixtheory.highdim.selection.greedy import Panels, greedy_frobenius
from mixtheory.highdim.selection.projection import NEGLIGIBLE, principal_axes, warn_of_constant_columns
from mixtheory.highdim.selection.selector import Selector

__all__ = ["CovarianceMatcher"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_OBJECTIVES = ("frobenius", "risk")
_SCALES = ("none", "trace")
# numbers in a batch of rows that is projected at once, 32 MiB
_BATCH_NUMBERS = 2**22
# rows from which the centre of the pool is taken
_CENTER_ROWS = 4096
# fourth powers of the distances enter the search
_FARTHEST = 1e70


class CovarianceMatcher(Selector):
    r"""Select rows of a pool so that their covariance matches that of the target rows.

    Rows are added greedily. With S the rows chosen so far, in the coordinates of the target's principal components, C
    the covariance of the target there and cov the unbiased covariance, the next row x minimises

    ``objective="frobenius"``
        :math:`\|cov(S + x) - C\|_F`, at O(d) a candidate, d the number of components; exact, see `greedy`.
    ``objective="risk"``
        the risk that Thm 4.1 predicts for n_t target rows and n_s rows with the covariance cov(S + x), over the noise
        variance; exact, at O(d^2) a candidate, see `alpha`. Here n_s is the number of rows to select (of the class),
        not of the rows chosen so far. Needs more target rows (of each class) than components.

    Parameters
    ----------
    n_select : int
        Number of rows to select, at least 1.
    n_components : int, default 32
        Number of principal components of the target rows in which covariances are compared. If the data have fewer
        columns, all are used; if the target varies in fewer directions, as many as it has, with a warning. All target
        rows determine them, also if there are classes.
    objective : {"frobenius", "risk"}, default "frobenius"
        What the next row minimises.
    scale : {"none", "trace"}, default "none"
        With ``"trace"`` every covariance is first scaled to the target's trace, tr C (with ``"risk"`` that of
        :math:`C^{-1}cov(S)` to d), so only its shape counts. The risk without it falls with every variance
        [paper*], so ``"risk"`` with ``"none"`` goes for long rows; ``"frobenius"`` with ``"none"`` matches shape and
        size. The selected rows themselves are never changed. ``"trace"`` leaves their size open and is meant for rows
        that are rescaled afterwards: their distances to their mean times `scale_` have the target's trace.
    candidate_batch : int, optional
        Rows of the pool that are projected at once, which bounds the memory needed beside the projected pool (8 d
        bytes a row); by default a batch of 32 MiB. The selection does not depend on it, up to rounding.
    random_state : None, int, SeedSequence or Generator
        Chooses the first row (of each class) uniformly: a single row has no covariance. All else is determined; among
        ties the row that comes first in the pool is taken.
    n_jobs : int, optional
        Number of threads, as in scikit-learn: None is 1. The selection is the same for any number.

    Attributes
    ----------
    sample_indices_ : ndarray of int64, shape (n_select,)
        Places of the selected rows in the pool, in order of selection (class by class).
    objective_path_ : ndarray, shape (n_select,)
        The objective after each of these rows, of the rows of its class so far; the covariance of one row counts as 0.
    projection_ : ndarray, shape (`n_components_`, n_features)
        Principal directions of the target rows, orthonormal rows.
    scale_ : float or ndarray, shape (n_classes,)
        Root of the trace of C over the trace of the covariance of the selected rows, in the space of the projection;
        NaN where fewer than two rows were selected. One number a class with labels.
    n_features_in_, feature_names_in_, classes_, class_counts_
        As in all selectors, see `Selector`.

    Raises
    ------
    TypeError, ValueError
        In `fit`, as all selectors; also if the target (of a class) has fewer than two rows or equal rows, or has a
        covariance that is singular (a standard deviation below 1e-8 of the largest in some direction) and the
        objective is ``"risk"``, or a row of the pool lies farther out than 1e70 standard deviations of the target.

    Warns
    -----
    UserWarning
        If the target varies in fewer directions than `n_components`, or a column is constant in the target and not
        in the pool.

    Notes
    -----
    Rows chosen to match are not independent draws, so Thm 4.1 does not apply to them literally; the risk given the
    design is exact all the same, since the selection does not look at the response.

    The target is an estimate. With few target rows a component its error is matched too: on `toy` (48 rows, 32 columns,
    every rule's rows brought to the target's trace) matching falls behind rows drawn at random, while with a well known
    covariance it is ahead of every rule and of as many real rows; without the normalisation long rows win.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> real = rng.normal(size=(200, 3)) * [1.0, 2.0, 3.0]
    >>> pool = rng.normal(size=(2000, 3)) * 4 + 5
    >>> matcher = CovarianceMatcher(100, random_state=0)
    >>> chosen = matcher.fit_resample(pool, real)
    >>> gap = np.linalg.norm(np.cov(chosen.T) - np.cov(real.T))
    >>> bool(gap < 0.01 * np.linalg.norm(np.cov(real.T)))
    True
    >>> bool(np.isclose(gap, matcher.objective_path_[-1]))
    True
    """

    def __init__(
        self,
        n_select: int,
        *,
        n_components: int = 32,
        objective: str = "frobenius",
        scale: str = "none",
        candidate_batch: int | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(n_select, random_state=random_state)
        self.n_components = n_components
        self.objective = objective
        self.scale = scale
        self.candidate_batch = candidate_batch
        self.n_jobs = n_jobs

    def fit(
        self, X_pool: ArrayLike, X_target: ArrayLike, y_pool: ArrayLike | None = None, y_target: ArrayLike | None = None
    ) -> CovarianceMatcher:
        """Select rows of the pool.

        Parameters
        ----------
        X_pool : array_like or DataFrame, shape (n_pool, n_features)
            Candidates, real and finite.
        X_target : array_like or DataFrame, shape (n_target, n_features)
            Real rows; projection and target covariance come from these alone.
        y_pool, y_target : array_like, optional
            Their labels, both or neither; then each class is matched on its own.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            As listed for the class.
        """
        check_integer("n_components", self.n_components, low=1)
        check_choice("objective", self.objective, _OBJECTIVES)
        check_choice("scale", self.scale, _SCALES)
        if self.candidate_batch is not None:
            check_integer("candidate_batch", self.candidate_batch, low=1)
        if self.n_jobs is not None:
            check_integer("n_jobs", self.n_jobs)
            if self.n_jobs == 0:
                raise ValueError("n_jobs must be None or an integer other than 0, got 0")
        self._paths: list[Array] = []
        self._scales: list[float] = []
        super().fit(X_pool, X_target, y_pool, y_target)
        self.objective_path_ = np.concatenate(self._paths)
        if self.objective == "frobenius":
            with np.errstate(over="ignore"):
                self.objective_path_ = np.ldexp(self.objective_path_, 2 * self._exponent)
        if y_target is None:
            self.scale_: float | Array = self._scales[0]
        else:
            self.scale_ = np.full(self.classes_.size, np.nan)
            self.scale_[self.class_counts_ > 0] = self._scales
        del self._paths, self._scales, self._exponent
        return self

    def _prepare(self, pool: Array, target: Array) -> None:
        self.projection_ = principal_axes(target, self.n_components)
        self.n_components_ = len(self.projection_)
        warn_of_constant_columns(pool, target)

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        if len(target) < 2:
            raise ValueError(f"{name}: the target must have at least 2 rows to have a covariance, got {len(target)}")
        # covariances do not feel the centre; rows near zero keep the sums of the search free of cancellation, and a
        # median keeps most of them there if a few rows lie far out
        center = np.median(pool[candidates[:: -(-candidates.size // _CENTER_ROWS)]], axis=0)
        axes = self.projection_
        covariance = np.atleast_2d(np.cov((target - target.mean(axis=0)) @ axes.T, rowvar=False))
        if self.objective == "risk":
            axes = _whitening(name, covariance, len(target)) @ axes
        panels = Panels(candidates.size, len(axes), self._project(pool, candidates, center, axes))
        unit = 1.0 if self.objective == "risk" else float(np.sqrt(np.trace(covariance))) or 1.0
        reach = max(float(panels.values.max()), -float(panels.values.min())) / unit
        if not reach <= _FARTHEST:
            raise ValueError(
                f"{name} must lie within {_FARTHEST:g} standard deviations of the target from its median, got a row at "
                f"{reach:.3g}: remove such rows, or bring X_pool and X_target to one unit"
            )
        first = int(rng.integers(candidates.size))
        jobs = effective_n_jobs(self.n_jobs)
        normalise = self.scale == "trace"
        if self.objective == "risk":
            picked, path = greedy_risk(panels, len(target), count, first, normalise=normalise, n_jobs=jobs)
        else:
            picked, path = greedy_frobenius(panels, covariance, count, first, normalise=normalise, n_jobs=jobs)
        self._paths.append(path)
        self._scales.append(self._ratio(pool[candidates[picked]], covariance))
        return picked

    def _project(self, pool: Array, candidates: Indices, center: Array, axes: Array) -> Iterator[Array]:
        for rows in _batches(pool, candidates, self._batch(pool)):
            yield (rows - center) @ axes.T

    def _batch(self, pool: Array) -> int:
        return self.candidate_batch or max(1, _BATCH_NUMBERS // pool.shape[1])

    def _ratio(self, chosen: Array, covariance: Array) -> float:
        if len(chosen) < 2:
            return float("nan")
        trace = float(((chosen - chosen.mean(axis=0)) @ self.projection_.T).var(axis=0, ddof=1).sum())
        return float(np.sqrt(np.trace(covariance)) / np.sqrt(trace)) if trace > 0 else float("inf")


def _batches(pool: Array, candidates: Indices, size: int) -> Iterator[Array]:
    for start in range(0, candidates.size, size):
        yield pool[candidates[start : start + size]]


def _whitening(name: str, covariance: Array, n_target: int) -> Array:
    """Return W with W C W' = I."""
    d = len(covariance)
    if n_target <= d:
        raise ValueError(
            f"{name}: objective='risk' needs more target rows than the {d} principal components, got {n_target}; "
            "choose a smaller n_components"
        )
    values, basis = np.linalg.eigh(covariance)
    if not values[0] > NEGLIGIBLE**2 * values[-1]:
        raise ValueError(
            f"{name}: objective='risk' needs a target covariance of full rank, got one that is singular in the {d} "
            "principal components; choose a smaller n_components"
        )
    return np.asarray(basis.T / np.sqrt(values)[:, np.newaxis])
