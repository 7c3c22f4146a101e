r"""Training on mixed batches: a model sees mixed rows and their soft labels, and is judged on real held-out rows.

All methods share everything but the weights: the split, the order of the rows, the batches, the number of passes over
the training rows, the first coefficients of a network. In a pass the training rows are shuffled and cut into batches
of `BATCH`, and every row of a batch becomes the first parent of one mixed row (pairing ``"anchored"``); without mixing
(empirical risk minimisation) the rows stay as they are. A new pass has new batches and new weights.

Soft labels enter the cross entropy :math:`-\sum_c \tilde y_c \ln p_c(\tilde x)` exactly: a mixed row is given once for
each class, with the weight :math:`\tilde y_c`. Laws that leave [0, 1], and rows that are rescaled about the mean of
their batch, give labels outside the simplex, for which the cross entropy has no lower bound: negative entries become
zero and the rest is divided by its sum. How often this happens is counted.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier

from mixtheory._validation import check_choice, check_generator, check_integer, check_real
from mixtheory.datasets import load
from mixtheory.downstream import held_out, standardise
from mixtheory.mixing.batches import mix_batch
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.studies import zeta_scenarios

__all__ = [
    "BATCH",
    "COPIES",
    "DATASETS",
    "EPOCHS",
    "METHODS",
    "MODELS",
    "NEIGHBOURS",
    "OUTPUTS",
    "TEST_SHARE",
    "MixedPasses",
    "by_class",
    "fit",
    "mixing_law",
    "predict",
    "split",
    "train_and_test",
    "within_simplex",
]

Array = NDArray[np.float64]
Model: TypeAlias = LogisticRegression | KNeighborsRegressor | MLPClassifier

METHODS = ("erm", "mixup", "epbeta", "zeta", "rescaled_zeta")
MODELS = ("logistic", "neighbours", "network")

BATCH = 32
"""Rows of a batch, and parents of a row that zeta-mixup makes."""
COPIES = 4
"""Mixed copies of the training rows that logistic regression and the nearest neighbours get."""
EPOCHS = 60
"""Passes over the training rows of the network, an update a batch."""
NEIGHBOURS = 5
"""Nearest neighbours in one copy of the training rows; of R copies R times as many are used."""

DATASETS: dict[str, int] = {"wine": 178, "breast_cancer": 534, "digits": 447}
"""Rows of each data set that a split uses, chosen so that the training rows fill whole batches."""
TEST_SHARE = 0.28
"""Share of the rows in use that is held out, in every class."""

_RIVALS = {"erm": ("erm", 0.0), "mixup": ("mixup", 1.0)}
OUTPUTS: tuple[str, ...] = (
    "accuracy",
    "log_loss",
    *(f"{measure}_difference_{rival}" for measure in ("accuracy", "log_loss") for rival in _RIVALS),
    "clipped",
)
"""Outputs of `train_and_test` whose means over splits are reported."""

# fewer calls of scikit-learn, whose checks of the input take longer than an update; the updates are the same
_PASSES_A_CALL = 10

# a probability that rounds to zero still has a logarithm
_SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)


def mixing_law(method: str, parameter: float) -> MixingLaw | None:
    r"""Return the law of weights of a method; None for training without mixing.

    Parameters
    ----------
    method : {"erm", "mixup", "epbeta", "zeta", "rescaled_zeta"}
        No mixing; Beta(alpha, alpha); the law EpBeta(alpha, alpha; eps, eps) that preserves the covariance; weights of
        the p-series with exponent gamma over a batch, as they are or with rows and labels rescaled about the mean of
        the batch by :math:`1/\sqrt{c_B}`, so that the batch keeps its covariance.
    parameter : float
        alpha > 0, or gamma >= 0; 0 without mixing.

    Raises
    ------
    TypeError, ValueError
        If the method is unknown or the parameter outside its range.

    Examples
    --------
    >>> mixing_law("mixup", 1.0)
    Beta(alpha=1.0, beta=1.0)
    """
    check_choice("method", method, METHODS)
    if method == "erm":
        check_real("parameter", parameter, low=0.0, high=0.0, closed="both")
        return None
    if method in ("zeta", "rescaled_zeta"):
        return zeta_scenarios.mixing_law("zeta", BATCH, gamma=parameter)
    return zeta_scenarios.mixing_law("preserving" if method == "epbeta" else "mixup", BATCH, alpha=parameter)


def within_simplex(labels: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return soft labels with negative entries set to zero and rows that sum to one, and which rows that changed.

    Parameters
    ----------
    labels : ndarray, shape (n, k)
        Rows that sum to one.

    Examples
    --------
    >>> labels, changed = within_simplex(np.array([[0.25, 0.75], [1.5, -0.5]]))
    >>> labels.tolist(), changed.tolist()
    ([[0.25, 0.75], [1.0, 0.0]], [False, True])
    """
    positive = np.maximum(labels, 0.0)
    return positive / positive.sum(axis=1, keepdims=True), np.any(labels < 0, axis=1)


def by_class(rows: Array, labels: Array) -> tuple[Array, NDArray[np.int64], Array]:
    r"""Give each row once for every class: the weighted log loss of the result is the cross entropy of soft labels.

    .. math:: \sum_i \sum_c \tilde y_{ic} \ell(\tilde x_i, c).

    Parameters
    ----------
    rows : ndarray, shape (n, d)
    labels : ndarray, shape (n, k)

    Returns
    -------
    rows : ndarray, shape (n k, d)
    classes : ndarray of int64, shape (n k,)
    weights : ndarray, shape (n k,)

    Examples
    --------
    >>> rows, classes, weights = by_class(np.array([[7.0]]), np.array([[0.25, 0.75]]))
    >>> rows.tolist(), classes.tolist(), weights.tolist()
    ([[7.0], [7.0]], [0, 1], [0.25, 0.75])
    """
    n, k = labels.shape
    return np.repeat(rows, k, axis=0), np.tile(np.arange(k), n), labels.ravel()


class MixedPasses:
    """Passes over training rows in mixed batches; every pass is new.

    Parameters
    ----------
    X : ndarray, shape (n, d)
        Training rows; n is a multiple of `BATCH`.
    labels : ndarray, shape (n, k)
        Their labels, one-hot.
    method, parameter
        See `mixing_law`.
    rng : numpy.random.Generator
        The order of the rows and the weights come from two streams of it, so that methods share the batches.

    Raises
    ------
    ValueError
        If the rows do not fill whole batches, or as `mixing_law`.

    Attributes
    ----------
    n_classes : int
    clipped : float
        Share of the mixed rows so far whose labels were outside the simplex.
    """

    def __init__(self, X: Array, labels: Array, method: str, parameter: float, rng: np.random.Generator) -> None:
        if X.shape[0] % BATCH or not X.shape[0]:
            raise ValueError(f"X must have a multiple of {BATCH} rows, got {X.shape[0]}")
        self._law = mixing_law(method, parameter)
        # one matrix, so that a label gets the weights and the scale of its row
        self._table = np.hstack([X, labels])
        self._columns = X.shape[1]
        self.n_classes = labels.shape[1]
        self._rescale = "batch" if method == "rescaled_zeta" else None
        self._order, self._mixing = check_generator(rng).spawn(2)
        self._seen = self._outside = 0

    @property
    def clipped(self) -> float:
        """Share of the mixed rows so far whose labels were outside the simplex."""
        return self._outside / max(self._seen, 1)

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        return self

    def __next__(self) -> tuple[Array, Array]:
        """Return the rows and the soft labels of a new pass, batch after batch."""
        mixed = self._table[self._order.permutation(self._table.shape[0])]
        if self._law is not None:
            for start in range(0, mixed.shape[0], BATCH):
                batch = mixed[start : start + BATCH]
                batch[:] = mix_batch(batch, self._law, self._mixing, pairing="anchored", rescale=self._rescale)
        labels, outside = within_simplex(mixed[:, self._columns :])
        self._seen += outside.size
        self._outside += int(outside.sum())
        return mixed[:, : self._columns], labels


def _several(passes: MixedPasses, count: int) -> tuple[Array, Array]:
    rows, labels = zip(*itertools.islice(passes, count), strict=True)
    return np.concatenate(rows), np.concatenate(labels)


def _logistic(passes: MixedPasses) -> LogisticRegression:
    rows, classes, weights = by_class(*_several(passes, COPIES))
    model = LogisticRegression(C=1.0, max_iter=500)
    with warnings.catch_warnings():
        # a fit that stops early is a result of the data, and its held-out score is what is reported
        warnings.simplefilter("ignore", ConvergenceWarning)
        # the penalty is that of one copy of the training rows
        return model.fit(rows, classes, sample_weight=weights / COPIES)


def _neighbours(passes: MixedPasses) -> KNeighborsRegressor:
    return KNeighborsRegressor(n_neighbors=NEIGHBOURS * COPIES).fit(*_several(passes, COPIES))


def _network(passes: MixedPasses, k: int, seed: int) -> MLPClassifier:
    # the rows are in batches already: a slice of k entries a row is a batch, and a call makes an update for each
    model = MLPClassifier((32,), learning_rate_init=0.01, batch_size=BATCH * k, shuffle=False, random_state=seed)
    for done in range(0, EPOCHS, _PASSES_A_CALL):
        rows, classes, weights = by_class(*_several(passes, min(_PASSES_A_CALL, EPOCHS - done)))
        model.partial_fit(rows, classes, sample_weight=weights, classes=np.arange(k))
    return model


def fit(model: str, passes: MixedPasses, *, seed: int = 0) -> Model:
    """Train a model on mixed passes.

    Parameters
    ----------
    model : {"logistic", "neighbours", "network"}
        ``"logistic"``: the penalised cross entropy of `COPIES` mixed copies of the training rows, averaged over the
        copies, with the penalty of `mixtheory.downstream.fit_and_score`. ``"neighbours"``: the mean soft label of the
        nearest mixed rows in as many copies, `NEIGHBOURS` a copy. ``"network"``: one hidden layer of 32 rectified
        units, `EPOCHS` passes, one update of Adam (step 0.01) a batch. Without mixing the first two are the fits to
        the training rows themselves.
    passes : MixedPasses
    seed : int
        Of the first coefficients of the network.

    Returns
    -------
    LogisticRegression, KNeighborsRegressor or MLPClassifier
        The fitted model.

    Raises
    ------
    TypeError, ValueError
        If the model is unknown or the seed negative.
    """
    check_choice("model", model, MODELS)
    if model == "network":
        return _network(passes, passes.n_classes, check_integer("seed", seed, low=0))
    return _logistic(passes) if model == "logistic" else _neighbours(passes)


def predict(model: Model, X: Array) -> Array:
    r"""Return the class probabilities of a fitted model, shape (n, k).

    The mean label of m neighbours counts as m observations, to which one is added that belongs to all classes alike:
    :math:`(m \bar y_c + 1/k)/(m + 1)` with m = `NEIGHBOURS`; it changes no prediction and keeps the log loss finite.
    """
    if isinstance(model, KNeighborsRegressor):
        mean = np.asarray(model.predict(X))
        return np.asarray((NEIGHBOURS * mean + 1 / mean.shape[1]) / (NEIGHBOURS + 1))
    return np.asarray(model.predict_proba(X))


def split(strata: NDArray[np.int64], rows: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], ...]:
    """Draw training and test rows: of every class the same rounded share of the rows in use, at random.

    Parameters
    ----------
    strata : ndarray of int64, shape (n,)
        Class of each row.
    rows : int
        How many rows are in use, at most n, up to the rounding of shares.
    rng : numpy.random.Generator

    Returns
    -------
    train, test : ndarray of int64
        Row numbers.

    Examples
    --------
    >>> train, test = split(np.repeat([0, 1, 2], [59, 71, 48]), 178, np.random.default_rng(0))
    >>> len(train), len(test)
    (128, 50)
    """
    check_integer("rows", rows, low=1, high=strata.size)
    used = np.arange(strata.size)
    if rows < strata.size:
        used = np.flatnonzero(held_out(strata, rows / strata.size, rng))
    test = held_out(strata[used], TEST_SHARE, rng)
    return used[~test], used[test]


@lru_cache(maxsize=2**14)
def _scores(dataset: str, model: str, method: str, parameter: float, seed: int) -> tuple[float, float, float]:
    """Return accuracy, log loss and share of clipped labels; remembered, as every method is compared with the same."""
    data = load(dataset)
    y = np.asarray(data.y, dtype=np.int64)
    splitting, passing = np.random.default_rng(seed).spawn(2)
    train, test = split(y, DATASETS[dataset], splitting)
    X = standardise(data.X.to_numpy(), np.isin(np.arange(y.size), train))
    passes = MixedPasses(X[train], np.eye(int(y.max()) + 1)[y[train]], method, parameter, passing)
    probabilities = predict(fit(model, passes, seed=seed % 2**32), X[test])
    accuracy = np.mean(probabilities.argmax(axis=1) == y[test])
    likelihood = np.maximum(probabilities[np.arange(test.size), y[test]], _SMALLEST_PROBABILITY)
    return float(accuracy), float(-np.mean(np.log(likelihood))), passes.clipped


def train_and_test(
    rng: np.random.Generator, n: int, *, dataset: str, model: str, method: str, parameter: float
) -> dict[str, Array]:
    """Split a real data set `n` times, train on mixed batches of the training rows and test on the held-out rows.

    Columns are standardised by the training rows. Rivals, trained on the same splits from the same seeds, are training
    without mixing and mixup with Beta(1, 1).

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws one seed a split: methods and models that are given equal generators share splits and batches.
    n : int
        Number of splits.
    dataset : {"wine", "breast_cancer", "digits"}
    model : {"logistic", "neighbours", "network"}
        See `fit`.
    method, parameter
        See `mixing_law`.

    Returns
    -------
    dict
        Arrays (n,): ``accuracy`` and ``log_loss`` (mean negative log probability, nats) on held-out rows;
        ``accuracy_difference_erm``, ``accuracy_difference_mixup`` and the same for the log loss: the method minus the
        rival; ``clipped``: share of the mixed rows whose label left the simplex.

    Raises
    ------
    TypeError, ValueError
        If a name is unknown or the parameter outside its range.
    """
    check_choice("dataset", dataset, DATASETS)
    check_choice("model", model, MODELS)
    mixing_law(method, parameter)
    rows: list[dict[str, float]] = []
    for seed in check_generator(rng).integers(2**63, size=check_integer("n", n, low=1)).tolist():
        accuracy, loss, clipped = _scores(dataset, model, method, float(parameter), seed)
        row = {"accuracy": accuracy, "log_loss": loss, "clipped": clipped}
        for rival, (name, value) in _RIVALS.items():
            other = _scores(dataset, model, name, value, seed)
            row[f"accuracy_difference_{rival}"] = accuracy - other[0]
            row[f"log_loss_difference_{rival}"] = loss - other[1]
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in OUTPUTS}
