"""How many minority rows to add, by cross-validation with the sampler itself as the generator."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mixtheory.resampling.rules import Rules
from mixtheory.resampling.tables import Table, is_sparse
from mixtheory.resampling.targets import Target

__all__ = ["search_size"]

Array = NDArray[np.float64]


class _SamplerRows(BaseEstimator):  # type: ignore[misc]
    """Minority rows of an over-sampler, in the protocol of the generators."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def fit(self, X_minority: Array, X_majority: Array) -> Self:
        """Keep the rows; the minority has label 1."""
        self.rows_ = np.concatenate([X_majority, X_minority])
        self.labels_ = np.repeat([0, 1], [len(X_majority), len(X_minority)])
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` minority rows; none are nested, and the search asks once for its largest size."""
        wanted = {1: int(self.labels_.sum()) + n}
        sampler = clone(self.sampler).set_params(sampling_strategy=wanted, random_state=rng)
        with warnings.catch_warnings():
            # more rows than balance the classes are among the candidates
            warnings.filterwarnings("ignore", "After over-sampling, the number of samples", UserWarning)
            return np.asarray(sampler.fit_resample(self.rows_, self.labels_)[0])


def search_size(sampler: Any, table: Table, target: Target, rules: Rules, rng: np.random.Generator) -> Any:
    """Return a `SyntheticSizeSearchCV` that is fitted to the table with `sampler` as its generator.

    It is judged by a logistic regression on standardised numeric and one-hot nominal columns.

    Raises
    ------
    TypeError, ValueError
        If the table is sparse, there are not two classes, labels are soft (their mixed rows are of no class), or the
        search fails.
    """
    from mixtheory import SyntheticSizeSearchCV

    if is_sparse(table.numbers):
        raise TypeError("amount='auto' needs a dense table, got a sparse one; give a number or a ratio")
    if target.kind != "classes" or len(target.classes) != 2:
        found = {"numbers": "numbers", "soft": "soft labels"}.get(target.kind, f"{len(target.classes)} classes")
        raise ValueError(f"amount='auto' needs a target of two classes, got {found}; give a number or a ratio")
    numeric, nominal = np.split(np.arange(len(table.places) + len(table.nominal_places)), [len(table.places)])
    # the range that is observed is that of the rows in training, so it is learned anew from these
    observed = isinstance(sampler.bounds, str) and sampler.bounds == "observed"
    ends = [[None if np.isinf(end) else float(end) for end in pair] for pair in zip(rules.low, rules.high, strict=True)]
    options: dict[str, Any] = {
        "amount": None,
        "append": False,
        "bounds": "observed"
        if observed
        else {int(column): pair for column, pair in zip(numeric, ends, strict=True) if pair != [None, None]},
        "integer_features": np.flatnonzero(rules.whole).tolist(),
    }
    scaled = StandardScaler()
    if nominal.size:
        options["categorical_features"] = nominal.tolist()
        levels = [np.arange(count) for count in table.nominal.max(axis=0) + 1]
        hot = OneHotEncoder(categories=levels, drop="first", sparse_output=False)
        scaled = make_column_transformer((StandardScaler(), numeric), (hot, nominal))
    rows = np.column_stack([table.numbers, table.nominal]) if nominal.size else table.numbers
    search = SyntheticSizeSearchCV(
        make_pipeline(scaled, LogisticRegression()),
        _SamplerRows(clone(sampler).set_params(**options)),
        random_state=rng,
    )
    return search.fit(rows.astype(np.float64, copy=False), target.classes[target.codes])
