r"""Search for the number of synthetic rows with squared loss: the Gaussian example with a generator that learns.

A least-squares fit needs :math:`X'X` and :math:`X'y` alone, and those of nested sizes are sums of those of the rows
between them, so that a search over any number of sizes goes once over the largest sample. Labels are 0 (majority) and 1
(minority and synthetic rows); there is no intercept.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_generator, check_matrix, seed_sequence
from mixtheory.imbalance.generators import MinorityGenerator
from mixtheory.imbalance.models.gaussian import realistic_mean
from mixtheory.imbalance.size.candidates import synthetic_sizes
from mixtheory.imbalance.size.diagnosis import diagnose
from mixtheory.imbalance.size.folds import Table, draw, make_splits

__all__ = [
    "RULES",
    "AlignedGenerator",
    "Chosen",
    "augmented_fits",
    "choose_multiplier",
    "nested_fits",
    "validation_losses",
]

Array = NDArray[np.float64]

RULES = ("auto", "bias_aware")
"""TG-VTSS as published, whose grid for a biased generator ends at twice the deficit, and one that goes beyond."""

_THRESHOLD = 10.0
_FOLDS = 5
# what the diagnosis asks an estimator for
_WORKING_MODEL = SimpleNamespace(working_loss="squared", fit_intercept=False)


class AlignedGenerator(MinorityGenerator):
    r"""Draw from :math:`N(m e_1, I)` with :math:`m = 1 - 1/\sqrt{\log n_1}` for the :math:`n_1` rows of `fit`.

    A generator that comes nearer to the minority's law :math:`N(e_1, I)` the more rows it has seen, along the line from
    the majority's mean: its mismatch is aligned with the class gap. It looks at the number of rows only.

    Raises
    ------
    TypeError, ValueError
        In `fit`, also for fewer than two rows.

    Notes
    -----
    The realistic generator of the public code of Ma and Zhang (2026).

    Examples
    --------
    >>> rows = AlignedGenerator().fit(np.zeros((100, 2))).sample(4000, np.random.default_rng(0))
    >>> bool(abs(rows[:, 0].mean() - 0.534) < 0.08)
    True
    """

    def _fit(self, minority: Array, majority: Array | None) -> None:
        self._check_rows(minority, 2, "the logarithm of one is 0")
        self._mean = realistic_mean(len(minority))

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        rows = rng.standard_normal((size, self.n_features_in_))
        rows[:, 0] += self._mean
        return rows


class Chosen(NamedTuple):
    """A multiplier of the deficit, and whether the diagnosis called the generator biased."""

    multiplier: float
    biased: bool


def nested_fits(majority: ArrayLike, minority: ArrayLike, synthetic: ArrayLike, sizes: ArrayLike) -> Array:
    r"""Return least-squares coefficients for nested numbers of synthetic rows.

    .. math:: \hat\theta = \Big( \sum x x' \Big)^{-1} \sum x y

    Parameters
    ----------
    majority, minority, synthetic : array_like, shape (n, d)
        Rows with labels 0, 1 and 1.
    sizes : array_like of int, shape (k,)
        Numbers of synthetic rows, ascending; the first ones are taken.

    Returns
    -------
    ndarray, shape (k, d)

    Raises
    ------
    ValueError
        If rows are not tables of one width, or sizes are not ascending numbers of synthetic rows.
    numpy.linalg.LinAlgError
        If columns are linearly dependent.

    Examples
    --------
    >>> nested_fits([[1.0]], [[1.0]], [[1.0], [2.0]], [0, 1, 2]).round(4).ravel().tolist()
    [0.5, 0.6667, 0.5714]
    """
    zeros, ones = check_matrix("majority", majority), check_matrix("minority", minority)
    made = np.asarray(synthetic, dtype=np.float64)
    cuts = np.asarray(sizes, dtype=np.int64)
    if np.any(np.diff(cuts, prepend=0) < 0) or cuts[-1] > len(made):
        raise ValueError(f"sizes must ascend from 0 or more to at most {len(made)}, got {cuts.tolist()}")
    gram, cross = zeros.T @ zeros + ones.T @ ones, ones.sum(axis=0)
    grams, crosses = [], []
    for start, stop in zip((0, *cuts[:-1]), cuts, strict=True):
        part = made[start:stop]
        gram, cross = gram + part.T @ part, cross + part.sum(axis=0)
        grams.append(gram)
        crosses.append(cross)
    return np.asarray(np.linalg.solve(np.array(grams), np.array(crosses)[..., None])[..., 0])


def validation_losses(
    table: Table, generator: MinorityGenerator, multipliers: ArrayLike, seed: np.random.SeedSequence
) -> Array:
    r"""Return cross-validated balanced squared losses :math:`\tfrac12 (L_0 + L_1)` at some multipliers.

    Folds are stratified, the generator is fitted inside each, and a multiplier counts in units of the fold's deficit.

    Parameters
    ----------
    table : Table
        Real rows.
    generator : MinorityGenerator
    multipliers : array_like, shape (k,)
        Ascending.
    seed : SeedSequence
        Source of folds and synthetic rows.

    Returns
    -------
    ndarray, shape (k,)
    """
    fold_seed, *seeds = seed.spawn(1 + _FOLDS)
    losses = []
    for (train, test), one in zip(make_splits(table, _FOLDS, 1, fold_seed), seeds, strict=True):
        training, held_out = table.take(train), table.take(test)
        sizes = synthetic_sizes(multipliers, training.deficit)
        made = draw(generator, training, int(sizes.max()), one)
        theta = nested_fits(training.rows[~training.minority], training.rows[training.minority], made, sizes)
        errors = (held_out.rows @ theta.T - held_out.minority[:, None]) ** 2
        losses.append((errors[held_out.minority].mean(axis=0) + errors[~held_out.minority].mean(axis=0)) / 2)
    return np.asarray(np.mean(losses, axis=0))


def choose_multiplier(
    majority: ArrayLike, minority: ArrayLike, generator: MinorityGenerator, rng: np.random.Generator, *, rule: str
) -> Chosen:
    """Diagnose, and compare the candidates that follow by cross-validation.

    Parameters
    ----------
    majority, minority : array_like, shape (n, d)
        Real rows.
    generator : MinorityGenerator
    rng : numpy.random.Generator
        Source of folds and synthetic rows.
    rule : {"auto", "bias_aware"}
        Which candidates, see `RULES`.

    Returns
    -------
    Chosen

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The diagnosis is that of `mixtheory.imbalance.size.SyntheticSizeSearchCV`, with squared loss in place of the
    logistic one, as in the example of the public code of Ma and Zhang (2026).
    """
    check_choice("rule", rule, RULES)
    table = _table(majority, minority)
    first, second = seed_sequence(check_generator(rng)).spawn(2)
    diagnosis = diagnose(
        _WORKING_MODEL,
        generator,
        table,
        rule=rule,
        grid=None,
        test_symmetry=True,
        threshold=_THRESHOLD,
        seed=first,
    )
    multipliers = diagnosis.candidates.multipliers
    losses = validation_losses(table, generator, multipliers, second)
    return Chosen(multipliers[int(np.argmin(losses))], diagnosis.candidates.regime == "biased generator")


def augmented_fits(
    majority: ArrayLike,
    minority: ArrayLike,
    generator: MinorityGenerator,
    multipliers: ArrayLike,
    rng: np.random.Generator,
) -> Array:
    """Return the coefficients of all rows and nested synthetic ones at some multipliers, in any order.

    Returns
    -------
    ndarray, shape (k, d)

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    table = _table(majority, minority)
    sizes, places = np.unique(synthetic_sizes(multipliers, table.deficit), return_inverse=True)
    made = draw(generator, table, int(sizes[-1]), seed_sequence(check_generator(rng)))
    return nested_fits(table.rows[~table.minority], table.rows[table.minority], made, sizes)[places]


def _table(majority: ArrayLike, minority: ArrayLike) -> Table:
    zeros, ones = check_matrix("majority", majority), check_matrix("minority", minority)
    labels = np.repeat([0, 1], [len(zeros), len(ones)])
    rows = np.concatenate([zeros, ones])
    return Table(rows, rows, labels, labels == 1, 1)
