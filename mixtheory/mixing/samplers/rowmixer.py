"""Base of the samplers that mix rows: from parameters to groups, and from groups to synthetic rows."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mixtheory._validation import check_choice, check_integer, check_real, shown
from mixtheory.mixing.kernels.mixed_rows import mixed_rows
from mixtheory.mixing.labels import HARD_LABEL_RULES
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.points import point_variance_factor
from mixtheory.mixing.rescaling import batch_scale
from mixtheory.mixing.samplers.groups import (
    Group,
    class_name,
    group_parents,
    group_weights,
    owner_first,
    unit_scale,
)
from mixtheory.mixing.samplers.neighbours import rule_of_thumb
from mixtheory.resampling import Draw, OverSampler, Table, Target

__all__ = ["RowMixer"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

PAIRINGS = ("same_class", "any", "knn", "label")
TARGETS = {"hard": "classes", "soft": "soft", "continuous": "numbers"}
PRESERVED = ("none", "covariance")

# Rows whose deviations are held at once.
_BLOCK = 8192


class RowMixer(OverSampler):
    r"""Base of samplers whose rows are :math:`\tilde x = \sum_t w_t x_{p_t}` with weights that sum to one.

    A subclass gives the law of the weights (`_law`). Given the data, under pairing ``"same_class"`` (x the n rows of
    the class) and, unless labels are hard, ``"any"`` (x all n rows of the table),

    .. math:: E\tilde x = \bar x, \qquad Cov(\tilde x) = c\,S, \qquad c = \frac{nA_2 - 1}{n - 1}, \quad
              A_2 = E\sum_t w_t^2,

    with S the covariance of the rows, divisor n: c is `variance_factor_` (`mixing.points.point_variance_factor` for
    parents that differ). With ``preserve="covariance"`` deviations from the mean are multiplied by
    :math:`c^{-1/2}` (`mixing.rescaling.batch_scale`), so the covariance is S. Numeric targets are stretched with their
    row: then the covariance of rows and targets together is kept, and regressions with it. Soft labels are not, so that
    they remain the weights of the classes among the parents (in the simplex where the law has weights in [0, 1], beyond
    it otherwise): their covariance with the columns is :math:`\sqrt c` times that of the data.

    Hard labels under ``"any"`` mix classes. Given the label k the mean is :math:`\bar x + m'(\bar x_k - \bar x)` with
    :math:`m' = (nE\omega - 1)/(n - 1)` and :math:`\omega` the weight of the owner of the label (note 01, T10(c), for a
    population): no multiple of S_k is the covariance, and no factor exists. Neither does one under ``"knn"`` and
    ``"label"``, where parents are alike: the factor depends on how far neighbours are from each other. There
    `variance_factor_` is NaN and ``preserve="covariance"`` is refused.

    Attributes
    ----------
    law_ : MixingLaw, or dict from class to MixingLaw
        The law of the weights; a law for each class if the number of parents is capped by the rows of a class.
    n_parents_ : int, or dict from class to int
        Number of parents of a synthetic row, as in `law_`.
    variance_factor_ : float, or dict from class to float
        The factor c, 1 with ``preserve="covariance"``, before columns are made valid by their rules: for each class
        where labels decide who can be a parent, otherwise one. NaN where there is none, or too few rows.
    bandwidth_ : float
        The bandwidth in units of the target; with ``pairing="label"`` only.
    """

    def __init__(
        self,
        *,
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
            sampling_strategy=sampling_strategy,
            amount=amount,
            categorical_features=categorical_features,
            categorical_rule=categorical_rule,
            integer_features=integer_features,
            bounds=bounds,
            append=append,
            random_state=random_state,
        )
        self.pairing = pairing
        self.target = target
        self.label_rule = label_rule
        self.preserve = preserve
        self.n_neighbors = n_neighbors
        self.bandwidth = bandwidth

    @abstractmethod
    def _law(self, available: int) -> MixingLaw:
        """Return the law for `available` rows to choose different parents from, at least 2."""

    def _kind(self) -> str:
        return TARGETS[check_choice("target", self.target, TARGETS)]

    @property
    def _by_class(self) -> bool:
        """Whether the class that is asked for decides about the first parent."""
        return self.pairing == "same_class" or self.target == "hard"

    def _check_options(self, target: Target) -> None:
        check_choice("pairing", self.pairing, PAIRINGS)
        check_choice("label_rule", self.label_rule, HARD_LABEL_RULES)
        check_choice("preserve", self.preserve, PRESERVED)
        check_integer("n_neighbors", self.n_neighbors, low=1)
        if self.pairing == "same_class" and target.kind == "numbers":
            raise ValueError("pairing must be 'any', 'knn' or 'label' with target='continuous', got 'same_class'")
        if self.pairing == "label":
            if target.values is None:
                raise ValueError(f"pairing 'label' needs target='continuous', got target={self.target!r}")
            if target.values.shape[1] != 1:
                raise ValueError(f"pairing 'label' needs one column of targets, got {target.values.shape[1]}")
        mixed_classes = self.pairing == "any" and self.target == "hard"
        if self.preserve == "covariance" and (self.pairing in ("knn", "label") or mixed_classes):
            which = "'any' with hard labels" if mixed_classes else repr(self.pairing)
            raise ValueError(
                "preserve='covariance' needs rows whose covariance is a multiple of that of the data, which it is not "
                f"under pairing {which}"
            )

    def _prepare(self, table: Table, target: Target) -> None:
        self._check_options(target)
        if self.pairing == "knn" and not table.numbers.shape[1]:
            raise ValueError("pairing 'knn' needs numeric columns, got none")
        self.__dict__.pop("bandwidth_", None)
        if self.pairing == "label":
            assert target.values is not None
            self.bandwidth_ = self._bandwidth(target.values[:, 0])
        if self._by_class:
            labels = target.classes.tolist()
            members = np.split(np.argsort(target.codes, kind="stable"), np.cumsum(np.bincount(target.codes))[:-1])
            groups = [self._group(table, class_name(k), rows) for k, rows in zip(labels, members, strict=True)]
        else:
            labels, groups = [None], [self._group(table, "the table", np.arange(table.n_rows))]
        laws = {group.law for group in groups}
        factors = {label: group.factor for label, group in zip(labels, groups, strict=True)}
        self.variance_factor_ = factors if self._by_class else groups[0].factor
        self.law_: Any = groups[0].law
        self.n_parents_: Any = groups[0].law.n_parents
        if len(laws) > 1:
            self.law_ = {label: group.law for label, group in zip(labels, groups, strict=True)}
            self.n_parents_ = {label: law.n_parents for label, law in self.law_.items()}
        self._groups = groups

    def _bandwidth(self, labels: Array) -> float:
        if isinstance(self.bandwidth, str):
            check_choice("bandwidth", self.bandwidth, ("silverman",))
            return rule_of_thumb(labels)
        return check_real("bandwidth", self.bandwidth, low=0.0)

    def _group(self, table: Table, name: str, owners: Indices) -> Group:
        rows = owners.size if self.pairing == "same_class" else table.n_rows
        available = self.n_neighbors + 1 if self.pairing == "knn" else rows
        law = self._law(max(available, 2))
        if self.pairing == "knn" and law.n_parents > available:
            raise ValueError(
                f"n_neighbors must be at least {law.n_parents - 1}, the other parents of a row under {law!r}, got "
                f"{self.n_neighbors}"
            )
        if self.pairing == "any" and self.target == "hard" and self.label_rule == "bernoulli":
            _check_probabilities(law)
        multiple = self.pairing == "same_class" or (self.pairing == "any" and self.target != "hard")
        if not multiple or rows < max(law.n_parents, 2):
            return Group(name, owners, available, law, math.nan, 1.0)
        if self.preserve == "none":
            return Group(name, owners, available, law, float(point_variance_factor(law, rows, "distinct")), 1.0)
        scale = unit_scale(float(batch_scale(law, rows, "distinct")))
        if sparse.issparse(table.numbers) and scale != 1.0:
            raise ValueError(
                "preserve='covariance' of a sparse table needs a law that keeps the covariance by itself, such as "
                f"law='preserving': moving rows away from their mean would fill it, got {law!r}"
            )
        return Group(name, owners, available, law, 1.0, scale)

    def _draw(self, table: Table, target: Target, counts: dict[int, int], rng: np.random.Generator) -> Draw:
        sizes = list(counts.values()) if self._by_class else [sum(counts.values())]
        asked = [(group, size) for group, size in zip(self._groups, sizes, strict=True) if size]
        members = max((group.law.n_parents for group, _ in asked), default=2)
        total = sum(sizes)
        single = len(asked) == 1
        parents = np.empty((0 if single else total, members), dtype=np.int64)
        weights = np.zeros(parents.shape)
        values = target.values
        dense = not sparse.issparse(table.numbers)
        rows = table.blank(total) if dense else None
        mixed = None if values is None else np.empty((total, values.shape[1]))
        start = 0
        for group, size in asked:
            part, start = slice(start, start + size), start + size
            chosen, vectors = self._group_draw(group, size, rng, table, target)
            k = chosen.shape[1]
            if single:
                parents, weights = chosen, np.broadcast_to(vectors, chosen.shape)
            else:
                parents[part, :k], weights[part, :k] = chosen, vectors
                # a group of fewer parents than others have is filled up with the first one, of no weight
                parents[part, k:] = chosen[:, :1]
            for source, out in ((table.numbers, rows), (values, mixed)):
                if source is not None and out is not None:
                    centre = None if group.scale == 1.0 else _mean(source, group.owners)
                    mixed_rows(source, chosen, vectors, centre=centre, scale=group.scale, out=out[part])
        if rows is None:
            rows = _sparse_rows(table.numbers, parents, weights)
        if target.kind == "soft":
            mixed = _shares(target, parents, weights)
        return Draw(rows, parents, weights, mixed)

    def _group_draw(
        self, group: Group, size: int, rng: np.random.Generator, table: Table, target: Target
    ) -> tuple[Indices, Array]:
        group.check_rows(self.pairing, self.n_neighbors)
        parents = group_parents(
            group,
            self.pairing,
            size,
            rng,
            table=table,
            target=target,
            n_neighbors=self.n_neighbors,
            bandwidth=getattr(self, "bandwidth_", math.nan),
        )
        weights = group_weights(group.law, size, rng)
        if self.pairing == "any" and self.target == "hard":
            weights = owner_first(weights, size, self.label_rule, rng)
        return parents, weights


def _check_probabilities(law: MixingLaw) -> None:
    try:
        law.entropy  # noqa: B018
    except ValueError:
        raise ValueError(
            f"label_rule 'bernoulli' takes weights as probabilities and needs them in [0, 1], got {shown(law)}"
        ) from None


def _mean(rows: NDArray[Any], places: Indices) -> Array:
    """Return the means of columns over some rows; that of a constant column is its value to the last bit."""
    first = rows[places[0]].astype(np.float64)
    total = np.zeros(first.shape)
    # what overflows shows in the synthetic rows
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, places.size, _BLOCK):
            total += np.sum(rows[places[start : start + _BLOCK]] - first, axis=0)
        return np.asarray(first + total / places.size)


def _sparse_rows(table: Any, parents: Indices, weights: Array) -> Any:
    starts = np.arange(0, parents.size + 1, parents.shape[1])
    shape = (len(parents), table.shape[0])
    entries = weights.ravel().astype(table.dtype)
    return sparse.csr_matrix((entries, parents.ravel(), starts), shape=shape) @ table


def _shares(target: Target, parents: Indices, weights: Array) -> Array:
    """Return the soft labels: the weight of each class among the parents."""
    shares = np.zeros((len(parents), len(target.classes)))
    rows = np.arange(len(parents))
    for t in range(parents.shape[1]):
        shares[rows, target.codes[parents[:, t]]] += weights[:, t]
    return shares
