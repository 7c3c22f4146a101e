"""Mixup, zeta-mixup and mixup for regression in the contract of imbalanced-learn."""

from __future__ import annotations

from functools import cache
from typing import Any

from mixtheory._validation import check_choice, check_integer
from mixtheory.mixing.choose import choose_law
from mixtheory.mixing.laws import MixingLaw, check_single_law
from mixtheory.mixing.samplers.rowmixer import RowMixer
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.mixing.zeta import Zeta

__all__ = ["NAMED_LAWS", "Mixup", "RegressionMixup", "ZetaMixup", "named_law"]

NAMED_LAWS = ("preserving", "within", "beta")
"""Names of laws of pairs."""


def named_law(name: str, *, alpha: float = 1.0, delta: float = 0.05) -> MixingLaw:
    r"""Law of pairs by its name, as `Mixup` takes it.

    Parameters
    ----------
    name : {"preserving", "within", "beta"}
        ``"preserving"``: uniform on :math:`1/2 \mp \sqrt3/2`; ``"within"``: on [0, 1] with the covariance factor
        1 - `delta` for a population (`choose_law`); ``"beta"``: Beta(`alpha`, `alpha`).
    alpha : float
        For ``"beta"``, > 0; not looked at otherwise.
    delta : float
        For ``"within"``, in (0, 1/2); not looked at otherwise.

    Raises
    ------
    TypeError, ValueError
        If the name is none of these or the parameter is outside its range.

    Examples
    --------
    >>> round(named_law("within", delta=0.1).variance_factor, 12)
    0.9
    """
    check_choice("law", name, NAMED_LAWS)
    if name == "beta":
        return Beta(alpha, alpha)
    if name == "within":
        return choose_law(delta, eps0=0.0, eps1=0.0).law
    return _preserving()


@cache
def _preserving() -> EpBeta:
    """Return the law that is asked for most, made once."""
    return EpBeta.preserving_uniform()


class Mixup(RowMixer):
    r"""Over-sampling by weighted sums of rows: :math:`\tilde x = \sum_t w_t x_{p_t}`, :math:`\sum_t w_t = 1`.

    With the law ``"preserving"`` synthetic rows have, given the data, exactly the mean and the covariance of the rows
    that they are made of: those of their class under pairing ``"same_class"``, those of the table under ``"any"`` with
    soft labels or numbers. With other laws the covariance is multiplied by `variance_factor_`, which is known before a
    row is drawn; since a row has one vector of weights for all its columns, correlations are kept by every law. Other
    pairings keep neither, see `RowMixer`.

    Parameters
    ----------
    law : MixingLaw or {"preserving", "within", "beta"}
        Law of the weights, with single numbers as parameters. ``"preserving"``: the uniform law on
        :math:`1/2 \mp \sqrt3/2`, which keeps the covariance and may leave the convex hull of the data. ``"within"``:
        a law on [0, 1] whose covariance is 1 - `delta` of that of a population; rows stay in the hull. ``"beta"``:
        Beta(`alpha`, `alpha`), ordinary mixup, which shrinks the covariance.
    pairing : {"same_class", "any", "knn", "label"}
        Who the parents are. ``"same_class"``: different rows of a class; ``"any"``: different rows of the table;
        ``"knn"``: a row, the first parent, and different ones of its `n_neighbors` nearest rows, of its class under
        hard labels and of the table otherwise, in numeric columns scaled to unit standard deviation over these;
        ``"label"``: a row and partners whose numeric target is near, partner j of row i with probability
        :math:`\propto\exp(-(y_i-y_j)^2/(2h^2))`, :math:`j \ne i`, independent of each other, so that they may meet.
    target : {"hard", "soft", "continuous"}
        ``"hard"``: labels, one for each synthetic row; ``"soft"``: labels, of which synthetic rows have the weight of
        each class (columns in the order of the classes), below 0 or above 1 where the law has such weights, as
        ``"preserving"`` has; ``"continuous"``: numbers, in one column or several, mixed
        with the weights of their row. Where neither a class nor a number of rows for each is asked for, as under
        ``"soft"`` with pairing ``"any"``, only the sum of the counts matters.
    label_rule : {"first_parent", "bernoulli", "larger_weight"}
        Which parent gives the hard label under pairing ``"any"``: the first; one drawn with the weights as
        probabilities, which must be in [0, 1]; the one of the largest weight. A row that is asked for in a class has
        the law of a mixed row given that label.
    preserve : {"none", "covariance"}
        ``"covariance"``: stretch deviations from the mean so that the covariance given the data is that of the data.
    alpha : float
        For ``law="beta"``, > 0.
    delta : float
        For ``law="within"``, in (0, 1/2).
    n_neighbors : int
        For ``pairing="knn"``, at least 1.
    bandwidth : float or "silverman"
        For ``pairing="label"``: h > 0 in units of the target, or Silverman's rule of thumb
        :math:`0.9\min(s, IQR/1.34)\,n^{-1/5}`.
    sampling_strategy, amount, categorical_features, categorical_rule, integer_features, bounds, append, random_state
        As for `mixtheory.resampling.OverSampler`.

    Attributes
    ----------
    law_, n_parents_, variance_factor_, bandwidth_
        As for `RowMixer`: what is known before a draw.
    sample_indices_, sample_weights_ : ndarray, shape (n_new, k)
        Places of the parents of every synthetic row, and their weights before any stretching.

    Raises
    ------
    TypeError, ValueError
        In `fit` and `fit_resample`, if a parameter is outside its range, parameters do not go together, or the rows are
        too few for the parents of the law.

    Notes
    -----
    Mixup is due to H. Zhang, M. Cisse, Y.N. Dauphin and D. Lopez-Paz (2018). The factors are note 01, section 4, and
    note 02, C7 and C12: derived in this project, see `RowMixer`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.mixing.samplers import Mixup
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 3)), np.repeat(["common", "rare"], [50, 10])
    >>> sampler = Mixup("beta", random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> X_new.shape, int((y_new == "rare").sum()), round(sampler.variance_factor_["rare"], 4)
    ((100, 3), 50, 0.6296)
    """

    def __init__(
        self,
        law: MixingLaw | str = "preserving",
        *,
        pairing: str = "same_class",
        target: str = "hard",
        label_rule: str = "first_parent",
        preserve: str = "none",
        alpha: float = 1.0,
        delta: float = 0.05,
        n_neighbors: int = 5,
        bandwidth: float | str = "silverman",
        sampling_strategy: Any = "auto",
        amount: Any = None,
        categorical_features: Any = "auto",
        categorical_rule: str = "heavier",
        integer_features: Any = "auto",
        bounds: Any = None,
        append: bool = True,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            pairing=pairing,
            target=target,
            label_rule=label_rule,
            preserve=preserve,
            n_neighbors=n_neighbors,
            bandwidth=bandwidth,
            sampling_strategy=sampling_strategy,
            amount=amount,
            categorical_features=categorical_features,
            categorical_rule=categorical_rule,
            integer_features=integer_features,
            bounds=bounds,
            append=append,
            random_state=random_state,
        )
        self.law = law
        self.alpha = alpha
        self.delta = delta

    def _law(self, available: int) -> MixingLaw:
        if isinstance(self.law, str):
            return named_law(self.law, alpha=self.alpha, delta=self.delta)
        check_single_law(self.law)
        return self.law


class ZetaMixup(RowMixer):
    r"""Over-sampling by mixtures of many rows with the fixed weights of a p-series, near the first parent.

    The weights are :math:`k^{-\gamma} / \sum_{j\le T} j^{-\gamma}` of T = min(`n_parents`, rows to choose from) parents
    in random order (`mixtheory.Zeta`). They shrink the covariance; with ``preserve="covariance"`` it is restored.

    Parameters
    ----------
    gamma : float
        Exponent, >= 0; the larger, the nearer synthetic rows are to their first parent.
    n_parents : int
        Largest number T of parents, at least 2. Under pairing ``"knn"`` there are at most `n_neighbors` + 1.
    pairing, target, label_rule, preserve, n_neighbors, bandwidth
        As for `Mixup`.
    sampling_strategy, amount, categorical_features, categorical_rule, integer_features, bounds, append, random_state
        As for `mixtheory.resampling.OverSampler`.

    Attributes
    ----------
    law_, n_parents_, variance_factor_, bandwidth_, sample_indices_, sample_weights_
        As for `Mixup`. A row of a class with fewer parents than others has its first one again, with weight 0.

    Raises
    ------
    TypeError, ValueError
        As for `Mixup`.

    Notes
    -----
    Weights and method: K. Abhishek, C.J. Brown and G. Hamarneh, J. Big Data 11:43 (2024) [paper], which mixes whole
    batches. The factors are note 02, C7 and C12: derived in this project, see `RowMixer`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.mixing.samplers import ZetaMixup
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 3)), np.repeat(["common", "rare"], [50, 10])
    >>> sampler = ZetaMixup(random_state=0).fit(X, y)
    >>> sampler.n_parents_["rare"], round(sampler.variance_factor_["rare"], 4)
    (10, 0.6296)
    """

    def __init__(
        self,
        gamma: float = 2.8,
        *,
        n_parents: int = 32,
        pairing: str = "same_class",
        target: str = "hard",
        label_rule: str = "first_parent",
        preserve: str = "none",
        n_neighbors: int = 5,
        bandwidth: float | str = "silverman",
        sampling_strategy: Any = "auto",
        amount: Any = None,
        categorical_features: Any = "auto",
        categorical_rule: str = "heavier",
        integer_features: Any = "auto",
        bounds: Any = None,
        append: bool = True,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            pairing=pairing,
            target=target,
            label_rule=label_rule,
            preserve=preserve,
            n_neighbors=n_neighbors,
            bandwidth=bandwidth,
            sampling_strategy=sampling_strategy,
            amount=amount,
            categorical_features=categorical_features,
            categorical_rule=categorical_rule,
            integer_features=integer_features,
            bounds=bounds,
            append=append,
            random_state=random_state,
        )
        self.gamma = gamma
        self.n_parents = n_parents

    def _law(self, available: int) -> MixingLaw:
        return Zeta(self.gamma, min(check_integer("n_parents", self.n_parents, low=2), available))


class RegressionMixup(Mixup):
    r"""Mixup of rows together with their numeric targets, in one column or several: as many new rows as there are rows.

    Mixing rows and targets with the same weights multiplies all their covariances by one factor, so the least-squares
    regression of the law of a synthetic row given the data is that of the data, under every law (``pairing="any"``,
    columns without rules). `Mixup` with ``target="continuous"`` and other defaults.

    Parameters
    ----------
    law, pairing, preserve, alpha, delta, n_neighbors, bandwidth
        As for `Mixup`; a pairing by class needs classes and is refused.
    amount : int, float or None
        How many rows to add, by default as many as the table has.
    categorical_features, categorical_rule, integer_features, bounds, append, random_state
        As for `mixtheory.resampling.OverSampler`.

    Attributes
    ----------
    law_, n_parents_, variance_factor_, bandwidth_, sample_indices_, sample_weights_
        As for `Mixup`.

    Raises
    ------
    TypeError, ValueError
        As for `Mixup`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.mixing.samplers import RegressionMixup
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(50, 2))
    >>> X_new, y_new = RegressionMixup(random_state=0).fit_resample(X, 1 + X @ [2.0, -1.0])
    >>> X_new.shape, bool(np.allclose(y_new, 1 + X_new @ [2.0, -1.0]))
    ((100, 2), True)
    """

    def __init__(
        self,
        law: MixingLaw | str = "preserving",
        *,
        pairing: str = "any",
        preserve: str = "none",
        alpha: float = 1.0,
        delta: float = 0.05,
        n_neighbors: int = 5,
        bandwidth: float | str = "silverman",
        amount: Any = 1.0,
        categorical_features: Any = "auto",
        categorical_rule: str = "heavier",
        integer_features: Any = "auto",
        bounds: Any = None,
        append: bool = True,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            law,
            pairing=pairing,
            target="continuous",
            preserve=preserve,
            alpha=alpha,
            delta=delta,
            n_neighbors=n_neighbors,
            bandwidth=bandwidth,
            amount=amount,
            categorical_features=categorical_features,
            categorical_rule=categorical_rule,
            integer_features=integer_features,
            bounds=bounds,
            append=append,
            random_state=random_state,
        )
