"""The generators of this topic in the contract of imbalanced-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtheory._validation import shown
from mixtheory.imbalance.generators import check_minority_generator, check_sample, fit_copy
from mixtheory.imbalance.generators.adapters import ImblearnSampler
from mixtheory.resampling import Draw, OverSampler, Table, Target

__all__ = ["GeneratorSampler"]


class GeneratorSampler(OverSampler):
    r"""Over-sample with any generator of rows, class by class.

    For each class that gets new rows a copy of the generator is fitted to its rows, with all other rows as the
    majority, and draws them: ``generator.fit(X_class, X_others).sample(n, rng)``. One stream of random numbers serves
    all classes.

    Parameters
    ----------
    generator : object
        With ``fit(X_minority, X_majority)`` and ``sample(n, rng)``, such as those of `mixtheory.imbalance.generators`.
        A sampler of imbalanced-learn needs no such wrapper.
    sampling_strategy : float, str, dict or callable, default "auto"
        How far the classes are filled up, as in imbalanced-learn; used where `amount` is None.
    amount : None, int, float or "auto", default None
        How many synthetic rows to make: an integer is their number, a float a multiple of the rows of the table, both
        shared out over the classes in proportion to their rows; ``"auto"`` asks `SyntheticSizeSearchCV`.
    integer_features : "auto", None or sequence, default "auto"
        Columns that must stay whole, by names, places or as a mask; ``"auto"``: those of an integer type. They are
        rounded at random so that their mean is kept, and stay in the range of their type.
    bounds : None, "observed", "nonnegative" or mapping, default None
        Bounds to which columns are clipped: their observed range, 0 for columns without a negative value, or pairs
        ``(low, high)`` by name or place, with None for an open end.
    append : bool, default True
        Whether the real rows come first; otherwise synthetic rows alone are returned.
    random_state : None, int, RandomState, SeedSequence or Generator
        Source of randomness.

    Attributes
    ----------
    generators_ : dict
        From the label of each class that gets new rows to its fitted copy of the generator.
    sampling_strategy_ : dict
        Number of new rows of each class.
    n_new_ : int
        Number of new rows.
    classes_, class_counts_ : ndarray
        Labels in order and their real rows.
    column_costs_ : DataFrame
        What the rules of the columns change in their means and variances, see `resampling.OverSampler`.
    search_ : SyntheticSizeSearchCV
        Only with ``amount="auto"``.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError, ValueError
        In `fit` and `fit_resample`: if the table is sparse (a DataFrame may have sparse columns), has columns that are
        no numbers or values that are not finite, a parameter is not as stated, or the generator cannot be fitted to a
        class, which the message names. In `fit_resample` also if it returns anything but finite rows in the number that
        is asked for.

    See Also
    --------
    mixtheory.Mixup : Mixes rows, and takes nominal columns and sparse tables as well.
    mixtheory.imbalance.generators.ImblearnSampler : The other way round: a sampler of imbalanced-learn as a generator.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory import GeneratorSampler
    >>> from mixtheory.imbalance.generators import GaussianFit
    >>> X = np.random.default_rng(0).normal(size=(110, 3))
    >>> y = np.repeat(["common", "rare"], [90, 20])
    >>> X_new, y_new = GeneratorSampler(GaussianFit(), random_state=0).fit_resample(X, y)
    >>> X_new.shape, int((y_new == "rare").sum())
    ((180, 3), 90)
    """

    _mixes = False
    _sparse = False

    def __init__(
        self,
        generator: Any,
        *,
        sampling_strategy: Any = "auto",
        amount: Any = None,
        integer_features: Any = "auto",
        bounds: Any = None,
        append: bool = True,
        random_state: Any = None,
    ) -> None:
        self.generator = generator
        self.sampling_strategy = sampling_strategy
        self.amount = amount
        self.integer_features = integer_features
        self.bounds = bounds
        self.append = append
        self.random_state = random_state

    def _prepare(self, table: Table, target: Target) -> None:
        check_minority_generator("generator", self.generator)
        if isinstance(self.generator, ImblearnSampler):
            raise TypeError(
                "generator must not be an ImblearnSampler: use its sampler of imbalanced-learn itself, which has the "
                "same methods as a GeneratorSampler"
            )
        # a generator learns in double precision from any table
        numbers = table.numbers.astype(np.float64, copy=False)
        self.generators_ = {}
        for code, (label, count) in enumerate(self.sampling_strategy_.items()):
            if count:
                own = target.codes == code
                try:
                    self.generators_[label] = fit_copy(
                        self.generator, numbers[own], None if own.all() else numbers[~own]
                    )
                except ValueError as error:
                    raise ValueError(f"generator cannot be fitted to class {shown(label)}: {error}") from error

    def _draw(self, table: Table, target: Target, counts: dict[int, int], rng: np.random.Generator) -> Draw:
        rows = table.blank(sum(counts.values()))
        start = 0
        for code, count in counts.items():
            if count:
                made = self.generators_[target.classes[code]].sample(count, rng)
                made = check_sample(made, count, rows.shape[1], name="what generator samples")
                with np.errstate(over="ignore"):  # beyond single precision: infinite, and refused as such
                    rows[start : start + count] = made
                start += count
        return Draw(rows)
