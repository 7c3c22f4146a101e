"""The two populations on which the public code of Ma and Zhang (2026) shows how many synthetic rows to add.

Linear: a Gaussian majority, a minority of two Gaussians, SMOTE, logistic regression almost without penalty. There the
generator is good and the loss is flat around balancing. Non-linear: a majority of two correlated Gaussians, a minority
on a ring, rows repeated with wide Gaussian noise, logistic regression on random Fourier features. There the generator
is biased and about half of balancing is best. Laws, generators, estimators and splits are those of the code; the
random numbers are not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mixtheory._validation import check_choice, check_generator, check_integer
from mixtheory.imbalance.generators import SMOTE, Jitter, MinorityGenerator
from mixtheory.imbalance.studies.methods import WorkingRegression

__all__ = ["CONFIGURATIONS", "DIMENSION", "Configuration", "configuration"]

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]

DIMENSION = 5
"""Number of covariates of both configurations."""


@dataclass(frozen=True)
class Configuration:
    """A population with a rare class, and what is fitted to it.

    Attributes
    ----------
    name : str
    majority, minority : callable
        ``majority(rng, n)`` returns n independent rows, shape (n, `DIMENSION`).
    generator : MinorityGenerator
        What makes synthetic minority rows, unfitted.
    validation : float or int
        Share of the rows of one validation split, or the number of folds of a cross-validation.
    most : int or None
        Largest number of sizes that a search compares, None for all: random features make every fit slower.
    """

    name: str
    majority: Draw
    minority: Draw
    generator: MinorityGenerator
    validation: float | int
    most: int | None

    def sample(self, rng: np.random.Generator, n_majority: int, n_minority: int) -> tuple[Array, NDArray[np.int64]]:
        """Draw rows of both classes.

        Parameters
        ----------
        rng : numpy.random.Generator
        n_majority, n_minority : int
            Rows of each class, at least 1.

        Returns
        -------
        X : ndarray, shape (n_majority + n_minority, DIMENSION)
            Majority first.
        y : ndarray of int, shape (n_majority + n_minority,)
            1 for the minority.

        Raises
        ------
        TypeError, ValueError
            If `rng` is no generator or a number of rows is no integer >= 1.
        """
        check_generator(rng)
        n0 = check_integer("n_majority", n_majority, low=1)
        n1 = check_integer("n_minority", n_minority, low=1)
        return np.concatenate([self.majority(rng, n0), self.minority(rng, n1)]), np.repeat([0, 1], [n0, n1])

    def estimator(self, seed: int) -> Any:
        """Return the unfitted classifier; `seed` fixes its random features, if it has any."""
        if self.name == "linear":
            return LogisticRegression(C=1e6, max_iter=3000)
        return make_pipeline(_features(seed), LogisticRegression(C=2.0, max_iter=500))

    def working(self, seed: int) -> Any:
        """Return the unfitted model for the diagnosis: the same, with its penalty in the loss."""
        return (
            self.estimator(seed) if self.name == "linear" else make_pipeline(_features(seed), WorkingRegression(C=2.0))
        )


def _features(seed: int) -> RBFSampler:
    return RBFSampler(gamma="scale", n_components=100, random_state=seed)


def _standard(rng: np.random.Generator, n: int) -> Array:
    return rng.standard_normal((n, DIMENSION))


def _two_gaussians(rng: np.random.Generator, n: int) -> Array:
    """Means (2, 1.75, 0, 0, 0) and (2, -1.75, 0, 0, 0), each with probability 1/2."""
    rows = _standard(rng, n)
    rows[:, 0] += 2.0
    rows[:, 1] += 1.75 * (1 - 2 * rng.integers(2, size=n))
    return rows


def _correlated_pair(rng: np.random.Generator, n: int) -> Array:
    """Correlation 1/2 of the first two columns; three rows in ten are shifted by 1.5 along the first."""
    rows = _standard(rng, n)
    rows[:, 1] = 0.5 * rows[:, 0] + np.sqrt(0.75) * rows[:, 1]
    rows[:, 0] += 1.5 * (rng.random(n) < 0.3)
    return rows


def _ring(rng: np.random.Generator, n: int) -> Array:
    """Ring of radius 2.2 around 4.8 on the first axis: the radius has deviation 0.12, each column noise of 0.08."""
    rows = 0.08 * _standard(rng, n)
    angle = rng.uniform(0, 2 * np.pi, size=n)
    radius = 2.2 + 0.12 * rng.standard_normal(n)
    rows[:, 0] += 4.8 + radius * np.cos(angle)
    rows[:, 1] += radius * np.sin(angle)
    return rows


_ALL = (
    Configuration("linear", _standard, _two_gaussians, SMOTE(), 0.2, None),
    Configuration("nonlinear", _correlated_pair, _ring, Jitter(1.0, units="absolute"), 5, 21),
)

CONFIGURATIONS: tuple[str, ...] = tuple(one.name for one in _ALL)
"""Names of the configurations."""


def configuration(name: str) -> Configuration:
    """Return the configuration `name`.

    Parameters
    ----------
    name : {"linear", "nonlinear"}

    Returns
    -------
    Configuration

    Raises
    ------
    TypeError, ValueError
        If there is no configuration of that name.

    Notes
    -----
    Settings of the public code of Ma and Zhang (2026). Two things differ for the non-linear one. The bandwidth of the
    Fourier features is that of the rows that the model is fitted to, synthetic ones included; the code takes that of
    the real rows. And the same features serve all folds.

    Examples
    --------
    >>> X, y = configuration("linear").sample(np.random.default_rng(0), 4000, 200)
    >>> X.shape, int(y.sum())
    ((4200, 5), 200)
    """
    chosen = check_choice("name", name, CONFIGURATIONS)
    return next(one for one in _ALL if one.name == chosen)
