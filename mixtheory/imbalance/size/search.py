"""Choose by cross-validation how many synthetic minority rows to add: VTSS, TG-VTSS and a bias-aware search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from mixtheory._validation import (
    check_choice,
    check_flag,
    check_integer,
    check_matrix,
    check_real,
    is_frame,
    seed_sequence,
    shown,
)
from mixtheory.imbalance.generators import check_minority_generator
from mixtheory.imbalance.size.calibration import PriorCorrectedClassifier
from mixtheory.imbalance.size.candidates import synthetic_sizes
from mixtheory.imbalance.size.diagnosis import Diagnosis, diagnose
from mixtheory.imbalance.size.folds import Table, augment, check_labels, draw, evaluate_split, make_splits
from mixtheory.imbalance.size.plotting import plot_sizes
from mixtheory.imbalance.size.results import CalibrationComparison, choose, compare_with_balancing, cv_table, held_out
from mixtheory.imbalance.size.scoring import as_scoring, class_probability
from mixtheory.imbalance.size.summary import summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SyntheticSizeSearchCV"]

Array = NDArray[np.float64]

Method = TypeVar("Method", bound=Callable[..., Any])

_RULES = ("auto", "bias_aware")


def _inner_has(name: str) -> Callable[[Method], Method]:
    """Make a method exist where the estimator has it."""

    def check(self: SyntheticSizeSearchCV) -> bool:
        getattr(getattr(self, "best_estimator_", self.estimator), name)
        return True

    return cast("Callable[[Method], Method]", available_if(check))


class SyntheticSizeSearchCV(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    r"""Add as many synthetic minority rows as validates best on real rows.

    For each of a set of multipliers :math:`\gamma`, the estimator is fitted to the training rows of a split and
    :math:`\gamma D` synthetic minority rows, where D is the number of rows that the minority lacks there, and judged on
    the held-out rows, which are real. The best multiplier, rescaled to all rows, is fitted to them once more. It may be
    0. With a plain grid this is validation-tuned synthetic size (VTSS) and with ``multipliers="auto"`` its
    theory-guided form (TG-VTSS), both of the public code of Ma and Zhang (2026).

    Parameters
    ----------
    estimator : estimator
        Classifier or pipeline. Preprocessing belongs into the pipeline, so that it is fitted to training rows.
    generator : object
        Generator of minority rows with ``fit(X_minority, X_majority)`` and ``sample(n, rng)``, as
        `mixtheory.imbalance.generators.MinorityGenerator`. It sees the raw columns of the training rows as numbers.
    multipliers : {"auto", "bias_aware"} or array_like, default "auto"
        Multiples of the deficit to compare. ``"auto"`` asks the diagnosis, see `tg_candidates`; ``"bias_aware"``
        follows the theory's target, less its noise, beyond 2 and up to 8, see `bias_aware_candidates` (derived in this
        project). An array is taken as it is.
    cv : int, splitter or iterable, default 5
        Folds, stratified and shuffled by `random_state`, or what scikit-learn takes as ``cv``: a splitter that
        shuffles has a ``random_state`` of its own, and with groups give ``list(splitter.split(X, y, groups))``. Both
        classes must occur in both parts of each split.
    scoring : str, callable or None, default "balanced_log_loss"
        ``"balanced_log_loss"``, :math:`\frac12(L_0 + L_1)` with probabilities clipped to
        :math:`[10^{-12}, 1 - 10^{-12}]`; ``"balanced_squared_error"``; a scorer of scikit-learn by name or a callable
        ``scorer(estimator, X, y)``; None for the estimator's own ``score``. Scores are larger for better models, so
        that the score of a loss is minus the loss.
    test_symmetry : bool, default True
        Whether local symmetry is tested, at the level 0.05. Otherwise the classes count as asymmetric. With an array
        the test does not change what is compared, and `symmetry_` reports it.
    gqs_threshold : float, default 10
        Largest generator-quality score of a generator that counts as realistic.
    repeats : int, default 1
        How often the splits are drawn, and the synthetic rows in them.
    one_se_rule : bool, default False
        Whether to choose the smallest size whose mean score is within one standard error of the best one's.
    random_state : None, int, RandomState, SeedSequence or Generator
        Source of the splits and the synthetic rows. Random estimators keep their own ``random_state``.
    n_jobs : int, optional
        Number of joblib's workers; None is 1. Results are the same for any number.

    Attributes
    ----------
    best_multiplier_, best_size_ : float, int
        The choice as a multiple of the deficit of all rows, and as a number of rows.
    best_score_, best_index_ : float, int
        Its mean score and its place in `cv_results_`.
    best_estimator_ : estimator
        Fitted to all rows and `best_size_` synthetic ones.
    cv_results_ : dict
        ``params``, ``param_multiplier``, ``size`` (in rows of all data), ``is_candidate``, ``mean_test_score``,
        ``std_test_score`` (divisor n_splits), ``sem_test_score`` (standard error of the mean), ``rank_test_score``,
        ``split<k>_test_score`` for every split, and ``mean_test_loss`` and ``split<k>_test_loss``, minus the scores.
        The multipliers 0 and 1 are always evaluated, but chosen only if they are candidates.
    candidates_ : Candidates
        What was compared, why, and the theory's target.
    symmetry_ : SymmetryTestResult or None
        Test of local symmetry on all rows, None where it was not made.
    gqs_ : float or None
        Generator-quality score, cross-fitted on 3 folds; None where it was not needed: under symmetry, and with an
        array.
    quality_ : QualityScore or None
        The score with its parts.
    balance_comparison_ : BalanceComparison
        Mean loss at the choice less that at balancing, with its standard error over the splits.
    differs_from_balancing_ : bool
        Whether that difference exceeds its standard error.
    calibration_ : CalibrationComparison or None
        Calibration on the held-out rows of the first repeat without synthetic rows, at the choice, and at the choice
        with the prior corrected; None for estimators without ``predict_proba``.
    classes_, class_counts_ : ndarray, shape (2,)
        Labels in order, and their real rows.
    minority_label_, deficit_ : object, int
        Label of the minority (the second of `classes_` if none is rarer), and the number of rows that it lacks.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError, ValueError
        In `fit`: if `X` is sparse, not numeric or not finite; there are not exactly two classes; the minority has
        fewer rows than folds; a parameter is not as stated; the generator returns anything but the rows that were
        asked for; or a score is not finite.

    Warns
    -----
    UserWarning
        In `fit`, if the diagnosis fails, as it does where a hyperplane separates the classes: the working model's
        minimiser lies at infinity. The search goes on with the multipliers 0, 0.05, ..., 2.

    Notes
    -----
    No generator, transformer or model sees a held-out row of the split for which it is judged. The diagnosis, which
    settles only what is compared, uses all rows that are given to `fit`, as does the final fit. For estimators other
    than linear ones it is made with logistic regression in their place, on the features that the last step of a
    pipeline sees, see `working_model`.

    Synthetic rows are nested: in a split all sizes are prefixes of one sample. Logistic regression (also behind a
    ``StandardScaler``) is fitted along them by one Newton path, see `logistic_path`.

    Synthetic rows move the class frequencies that a model learns, and with them its log-odds; `prior_corrected` takes
    that back.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from mixtheory.imbalance.generators import GaussianFit
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(size=(400, 2)), rng.normal(size=(40, 2)) + [2.0, 0.0]])
    >>> y = np.repeat(["common", "rare"], [400, 40])
    >>> search = SyntheticSizeSearchCV(LogisticRegression(), GaussianFit(), multipliers=[0, 0.5, 1, 2], random_state=0)
    >>> search.fit(X, y).deficit_
    360
    >>> bool(search.best_multiplier_ > 0)
    True
    """

    def __init__(
        self,
        estimator: Any,
        generator: Any,
        *,
        multipliers: Any = "auto",
        cv: Any = 5,
        scoring: Any = "balanced_log_loss",
        test_symmetry: bool = True,
        gqs_threshold: float = 10.0,
        repeats: int = 1,
        one_se_rule: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.generator = generator
        self.multipliers = multipliers
        self.cv = cv
        self.scoring = scoring
        self.test_symmetry = test_symmetry
        self.gqs_threshold = gqs_threshold
        self.repeats = repeats
        self.one_se_rule = one_se_rule
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Choose the size and fit the model with it.

        Parameters
        ----------
        X : array_like or DataFrame, shape (n, d)
            Real rows, dense, numeric and finite. The estimator gets a DataFrame if one is given.
        y : array_like, shape (n,)
            Labels of two classes: numbers, text or booleans.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            As listed for the class.
        """
        self._check_parameters()
        scoring = as_scoring(self.scoring, self.estimator)
        table = self._table(X, y)
        split_seed, diagnosis_seed, sample_seed, refit_seed = seed_sequence(self.random_state).spawn(4)
        splits = make_splits(table, self.cv, self.repeats, split_seed)
        diagnosis = self._diagnose(table, diagnosis_seed)
        multipliers = np.array(diagnosis.candidates.multipliers)
        candidates = np.ones(multipliers.size, dtype=bool)
        if table.deficit:
            every = np.unique(np.concatenate([multipliers, [0.0, 1.0]]))
            candidates, multipliers = np.isin(every, multipliers), every
        # every row is held out once in the splits of one repeat, whose probabilities are kept for the calibration
        first = len(splits) // self.repeats
        jobs = zip(splits, sample_seed.spawn(len(splits)), np.arange(len(splits)) < first, strict=True)
        results = Parallel(n_jobs=self.n_jobs)(
            delayed(evaluate_split)(self.estimator, self.generator, table, *split, multipliers, scoring, seed, keep)
            for split, seed, keep in jobs
        )
        scores = np.array([result.scores for result in results])
        sizes = synthetic_sizes(multipliers, table.deficit)
        self.cv_results_ = cv_table(scores, multipliers, sizes, candidates)
        best = choose(self.cv_results_, self.one_se_rule)
        balanced = int(np.flatnonzero(multipliers == 1.0)[0]) if table.deficit else best
        self.best_index_, self.best_multiplier_, self.best_size_ = best, float(multipliers[best]), int(sizes[best])
        self.best_score_ = float(self.cv_results_["mean_test_score"][best])
        self.balance_comparison_ = compare_with_balancing(scores, best, balanced)
        self.differs_from_balancing_ = self.balance_comparison_.differs
        self.candidates_, self.symmetry_, self.quality_ = diagnosis.candidates, diagnosis.symmetry, diagnosis.quality
        self._held_out = held_out(table, splits[:first], results[:first], multipliers, best)
        self.gqs_ = None if diagnosis.quality is None else float(diagnosis.quality.score)
        self.classes_, self.class_counts_ = np.unique(table.y, return_counts=True)
        self.minority_label_, self.deficit_ = table.label, table.deficit
        synthetic = draw(self.generator, table, self.best_size_, refit_seed)
        self.best_estimator_ = clone(self.estimator).fit(*augment(table, synthetic))
        return self

    @property
    def calibration_(self) -> CalibrationComparison | None:
        """Calibration on held-out rows before and after, None for models without probabilities."""
        check_is_fitted(self, "best_estimator_")
        return None if self._held_out is None else self._held_out.calibration()

    @_inner_has("predict")
    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict labels with the best estimator, shape (n,)."""
        rows = self._rows(X)
        return np.asarray(self.best_estimator_.predict(rows))

    @_inner_has("predict_proba")
    def predict_proba(self, X: ArrayLike) -> Array:
        """Probabilities of `classes_` by the best estimator, shape (n, 2); see `prior_corrected` for their prior."""
        rows = self._rows(X)
        return np.asarray(self.best_estimator_.predict_proba(rows))

    @_inner_has("predict_log_proba")
    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Logarithms of `predict_proba`, shape (n, 2)."""
        rows = self._rows(X)
        return np.asarray(self.best_estimator_.predict_log_proba(rows))

    @_inner_has("decision_function")
    def decision_function(self, X: ArrayLike) -> Array:
        """Decision function of the best estimator, shape (n,)."""
        rows = self._rows(X)
        return np.asarray(self.best_estimator_.decision_function(rows))

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Score the best estimator by `scoring` on other rows; larger is better."""
        rows = self._rows(X)
        labels = check_labels(y)
        if labels.shape != (len(rows),):
            raise ValueError(f"y must have one label for each of the {len(rows)} rows of X, got shape {labels.shape}")
        unknown = np.setdiff1d(labels, self.classes_)
        if unknown.size:
            raise ValueError(f"y must hold labels of fit, {shown(self.classes_)}, got {shown(unknown[:10])}")
        probability = class_probability(self.best_estimator_, rows, self.minority_label_)
        scoring = as_scoring(self.scoring, self.best_estimator_)
        return scoring.score(self.best_estimator_, rows, labels, labels == self.minority_label_, probability)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the validation loss against the synthetic size, see `plot_sizes`."""
        return plot_sizes(self, ax)

    def summary(self) -> Any:
        """Return a statsmodels ``Summary``: choice and diagnosis, losses beside balancing, calibration."""
        check_is_fitted(self, "best_estimator_")
        return summarise(self)

    def prior_corrected(self, population_share: float | None = None) -> PriorCorrectedClassifier:
        """Return the best estimator with the log-odds that it would have without synthetic rows.

        Parameters
        ----------
        population_share : float, optional
            Share of the second of `classes_` where predictions are made, in (0, 1); by default its share of the real
            rows of `fit`.

        Returns
        -------
        PriorCorrectedClassifier
            Fitted; its ``predict_proba`` is that of the best estimator with one number, ``shift_``, added to the
            log-odds.
        """
        check_is_fitted(self, "best_estimator_")
        counts = self.class_counts_.astype(np.float64)
        real = counts[1] / counts.sum()
        counts[int(self.minority_label_ == self.classes_[1])] += self.best_size_
        corrected = PriorCorrectedClassifier(
            FrozenEstimator(self.best_estimator_),
            trained_share=float(counts[1] / counts.sum()),
            population_share=float(real) if population_share is None else population_share,
        )
        return corrected.fit(None, self.classes_)

    def _check_parameters(self) -> None:
        check_minority_generator("generator", self.generator)
        if isinstance(self.multipliers, str):
            check_choice("multipliers", self.multipliers, _RULES)
        check_flag("test_symmetry", self.test_symmetry)
        check_flag("one_se_rule", self.one_se_rule)
        check_real("gqs_threshold", self.gqs_threshold)
        check_integer("repeats", self.repeats, low=1)

    def _table(self, X: Any, y: Any) -> Table:
        if np.ma.is_masked(X) or (is_frame(X) and X.size):
            # what validate_data would let through, or refuse without the names of the columns
            check_matrix("X", X)
        rows, labels = validate_data(
            self, X, None if y is None else check_labels(y), dtype=np.float64, ensure_min_samples=2
        )
        check_classification_targets(labels)
        kind = type_of_target(labels, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}. y must hold two classes, "
                f"got {shown(np.unique(labels)[:10])}; set one against the rest with y == label"
            )
        classes, counts = np.unique(labels, return_counts=True)
        if classes.size < 2:
            raise ValueError(f"y must hold two classes, got one class: {shown(classes[0])}")
        label = classes[int(counts[0] >= counts[1])]
        return Table(X if is_frame(X) else rows, rows, labels, labels == label, label)

    def _diagnose(self, table: Table, seed: np.random.SeedSequence) -> Diagnosis:
        rule = self.multipliers if isinstance(self.multipliers, str) else None
        grid = None if rule else check_matrix("multipliers", self.multipliers, ndim=1)
        return diagnose(
            self.estimator,
            self.generator,
            table,
            rule=rule,
            grid=grid,
            test_symmetry=self.test_symmetry,
            threshold=self.gqs_threshold,
            seed=seed,
        )

    def _rows(self, X: ArrayLike) -> Any:
        check_is_fitted(self, "best_estimator_")
        if is_frame(X):
            validate_data(self, X, reset=False, skip_check_array=True)
            check_matrix("X", X)
            return X
        if np.ma.is_masked(X):
            check_matrix("X", X)
        return validate_data(self, X, reset=False, dtype=np.float64)

    def __sklearn_tags__(self) -> Any:
        """Binary classes only; dense rows without missing values."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
