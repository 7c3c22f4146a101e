"""Base of the over-samplers: any table and target in, the same with synthetic rows out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from mixtheory._validation import check_choice, check_flag, check_random_state, is_frame, shown
from mixtheory.resampling.amounts import allocate, row_count
from mixtheory.resampling.columns import CATEGORICAL_RULES, donor_rows
from mixtheory.resampling.reading import as_floats, read_table
from mixtheory.resampling.restoring import restore_table
from mixtheory.resampling.rules import Rules, apply_rules, learn_rules
from mixtheory.resampling.size_search import search_size
from mixtheory.resampling.tables import Table, is_sparse
from mixtheory.resampling.targets import Draw, Target, read_target, restore_target

__all__ = ["OverSampler"]

# what one fit sets and the next may not
_STRATEGIES = ("auto", "minority", "not minority", "not majority", "all")
_FITTED = ("classes_", "class_counts_", "search_", "sample_indices_", "sample_weights_", "column_costs_")


class OverSampler(BaseOverSampler, ABC):  # type: ignore[misc]
    r"""Base of the over-samplers, in the contract of imbalanced-learn.

    It reads tables and targets of any kind, settles how many rows each class gets, and brings what a subclass draws
    back into the container, columns and types of the table. A subclass learns in `_prepare` and draws in `_draw`; it
    may ask for other targets than labels in `_kind`. One stream of random numbers serves the whole call.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default "auto"
        How far the classes are filled up, as in imbalanced-learn; used where `amount` is None.
    amount : None, int, float or "auto", default None
        How many synthetic rows to make: an integer is their number, a float r a multiple of the rows of the table,
        rounded; both are shared out over the classes in proportion to their rows (`allocate`), so that class shares
        stay. ``"auto"``: of the smaller of two classes, as many as `SyntheticSizeSearchCV` finds best for a logistic
        regression on standardised columns, with this sampler as its generator.
    categorical_features : "auto", None or sequence, default "auto"
        Nominal columns, by names, places or as a mask; None for none. ``"auto"``: columns of objects, text, categories
        and booleans of a DataFrame, and the columns of other arrays that hold anything but numbers. A missing value in
        them is a value like others.
    categorical_rule : {"heavier", "vote"}
        A nominal column takes the value of the parent with the largest weight, or the value whose parents' weights have
        the largest sum (ties: the earlier parent).
    integer_features : "auto", None or sequence, default "auto"
        Numeric columns that must stay whole, ``"auto"``: those of an integer type. They are rounded at random so that
        their mean is kept, see `apply_rules`, and kept in the range of their type. A column of an integer type that is
        not among them becomes float64.
    bounds : None, "observed", "nonnegative" or mapping, default None
        Bounds to which numeric columns are clipped: their observed range; 0 for columns without a negative value; or
        pairs ``(low, high)`` by name or place, with None for an open end. Real rows are left alone.
    append : bool, default True
        Whether the real rows come first; otherwise synthetic rows alone are returned.
    random_state : None, int, RandomState, SeedSequence or Generator
        Source of randomness.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new rows of each class, 0 for a class that gets none; without classes it is empty.
    n_new_ : int
        Number of new rows.
    classes_, class_counts_ : ndarray
        Labels in order and their real rows; only with labels.
    sample_indices_ : ndarray of int64, shape (n_new, k)
        Places of the parents of each synthetic row in the table, the first one gives the label; only if rows are mixed.
    sample_weights_ : ndarray of float64, shape (n_new, k)
        Their weights.
    column_costs_ : DataFrame
        A row for each numeric column under a rule: ``rule``; ``share_changed``, the share of its synthetic values that
        the rule changed; ``mean_change``, also in standard deviations (``mean_change_sd``); ``variance_change``, also
        as a share of the variance (``variance_change_relative``), all measured on the batch against its values before
        the rule; ``rounding_variance``, the mean of f (1 - f), which rounding adds to the variance on average.
    search_ : SyntheticSizeSearchCV
        Only with ``amount="auto"``.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError, ValueError
        In `fit` and `fit_resample`: if a number is missing, infinite or complex, an integer is beyond 2**53, a column
        holds dates or times and is not nominal, labels are missing or numbers without classes, `amount` and
        `sampling_strategy` are both given, or a parameter is not as stated. In `fit_resample` also if a mixture
        overflows.
    """

    # whether rows have parents, from which nominal columns are taken
    _mixes = True
    # whether the subclass knows what to do with sparse numbers
    _sparse = True

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        amount: Any = None,
        categorical_features: Any = "auto",
        categorical_rule: str = "heavier",
        integer_features: Any = "auto",
        bounds: Any = None,
        append: bool = True,
        random_state: Any = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.amount = amount
        self.categorical_features = categorical_features
        self.categorical_rule = categorical_rule
        self.integer_features = integer_features
        self.bounds = bounds
        self.append = append
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Check table and target, and learn what can be said before a draw.

        Parameters
        ----------
        X : array_like, DataFrame, csr or csc, shape (n, d)
            The table.
        y : array_like, Series or DataFrame, shape (n,) or (n, q)
            Labels, also one-hot; numbers if the sampler mixes them.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            As listed for the class.
        """
        self._learn(X, y, check_random_state(self.random_state))
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return the table and its target with synthetic rows.

        Parameters
        ----------
        X, y
            As for `fit`.

        Returns
        -------
        X_resampled : like `X`, shape (n + n_new, d)
            Real rows first, unless ``append=False``; a DataFrame has numbered rows.
        y_resampled : like `y`, shape (n + n_new,) or (n + n_new, q)
            Their targets.

        Raises
        ------
        TypeError, ValueError
            As listed for the class.
        """
        return self._fit_resample(X, y)

    def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        rng = check_random_state(self.random_state)
        table, target, rules, counts = self._learn(X, y, rng)
        draw = self._draw(table, target, counts, rng)
        _check_overflow(table, draw.rows)
        rows, self.column_costs_ = apply_rules(rules, table, draw.rows, rng)
        donors = np.empty((rows.shape[0], 0), dtype=np.int64)
        if draw.parents is not None:
            equal = np.full(draw.parents.shape[1], 1 / draw.parents.shape[1])
            weights = np.broadcast_to(equal if draw.weights is None else draw.weights, draw.parents.shape)
            self.sample_indices_, self.sample_weights_ = draw.parents, weights
            if table.nominal_places.size:
                donors = donor_rows(
                    self.categorical_rule, draw.parents, weights, lambda: table.nominal, table.nominal_places.size
                )
        new = draw.target
        if new is None:
            codes = np.repeat(list(counts), list(counts.values()))
            new = codes if draw.parents is None else target.codes[draw.parents[:, 0]]
        return restore_table(table, rows, donors, self.append), restore_target(target, new, self.append)

    def _learn(self, X: Any, y: Any, rng: np.random.Generator) -> tuple[Table, Target, Rules, dict[int, int]]:
        """Check everything, set what is known before a draw, and return what `_draw` needs."""
        for attribute in _FITTED:
            self.__dict__.pop(attribute, None)
        check_flag("append", self.append)
        if self._mixes:
            check_choice("categorical_rule", self.categorical_rule, CATEGORICAL_RULES)
        if self.amount is not None and not (
            isinstance(self.sampling_strategy, str) and self.sampling_strategy == "auto"
        ):
            raise ValueError(
                "amount and sampling_strategy must not be given together, got "
                f"{shown(self.amount)} and {shown(self.sampling_strategy)}"
            )
        table = read_table(X, self.categorical_features if self._mixes else None, dense=not self._sparse)
        validate_data(self, table.source, skip_check_array=True)
        target = read_target(y, self._kind(), table.n_rows, type(self).__name__)
        rules = learn_rules(table, self.integer_features, self.bounds, is_frame(X))
        table = as_floats(table, np.array([dtype.kind in "iub" for dtype in table.dtypes], dtype=bool) & ~rules.whole)
        if target.kind != "numbers":
            self.classes_, self.class_counts_ = target.classes, np.bincount(target.codes)
        counts = self._counts(table, target, rules, rng)
        self.n_new_ = sum(counts.values())
        self._prepare(table, target)
        return table, target, rules, counts

    def _counts(self, table: Table, target: Target, rules: Rules, rng: np.random.Generator) -> dict[int, int]:
        """Return how many rows to draw of each class code, and set `sampling_strategy_`."""
        if target.kind == "numbers":
            if self.amount is None:
                raise ValueError("amount must be given for a target of numbers: there are no classes to fill up")
            self.sampling_strategy_: dict[Any, int] = {}
            if not isinstance(self.amount, str):
                return {0: row_count(self.amount, table.n_rows)}
        counts = np.zeros(len(target.classes), dtype=np.int64)
        if isinstance(self.amount, str) and self.amount == "auto":
            self.search_ = search_size(self, table, target, rules, rng)
            counts[target.classes == self.search_.minority_label_] = self.search_.best_size_
        elif self.amount is not None:
            counts = allocate(row_count(self.amount, table.n_rows), self.class_counts_)
        else:
            if isinstance(self.sampling_strategy, str):
                check_choice("sampling_strategy", self.sampling_strategy, _STRATEGIES)
            # labels are counted only where the user speaks of them
            named = isinstance(self.sampling_strategy, Mapping) or callable(self.sampling_strategy)
            wanted = check_sampling_strategy(
                self.sampling_strategy, target.labels if named else target.codes, "over-sampling"
            )
            keys = target.classes if named else range(len(target.classes))
            counts = np.array([int(wanted.get(key, 0)) for key in keys])
        self.sampling_strategy_ = dict(zip(target.classes, counts.tolist(), strict=True))
        return dict(enumerate(counts.tolist()))

    def _kind(self) -> str:
        """Return the kind of target: "classes", "soft" or "numbers"."""
        return "classes"

    @abstractmethod
    def _prepare(self, table: Table, target: Target) -> None:
        """Check the parameters of the subclass, and learn what can be said before a draw."""

    @abstractmethod
    def _draw(self, table: Table, target: Target, counts: dict[int, int], rng: np.random.Generator) -> Draw:
        """Draw ``counts[code]`` rows of each class code, in the order of the codes; code 0 stands for numbers."""

    def __sklearn_tags__(self) -> Any:
        """Any table; parents are known where rows are mixed, and then columns may be nominal."""
        tags = super().__sklearn_tags__()
        tags.sampler_tags.sample_indices = self._mixes
        tags.input_tags.sparse = self._sparse
        tags.input_tags.string = tags.input_tags.categorical = self._mixes
        return tags


def _check_overflow(table: Table, rows: Any) -> None:
    """Check that all numbers are finite in the types of their columns."""
    data: NDArray[Any] = rows.data if is_sparse(rows) else rows
    narrow = [k for k, dtype in enumerate(table.dtypes) if dtype.kind == "f" and dtype.itemsize < data.itemsize]
    with np.errstate(over="ignore", invalid="ignore"):
        if not narrow and np.isfinite(data.sum()):
            return
    for column, (name, dtype) in enumerate(zip(table.names, table.dtypes, strict=True)):
        values = rows[:, [column]].data if is_sparse(rows) else rows[:, column]
        with np.errstate(over="ignore"):
            kept = values.astype(dtype) if column in narrow else values
        if not np.isfinite(kept).all():
            raise ValueError(
                f"X must have numbers whose mixtures stay in the range of their type, got an overflow in column "
                f"{name!r} ({dtype}); scale it"
            )
