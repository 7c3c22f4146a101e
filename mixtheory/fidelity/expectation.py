r"""What is expected of synthetic rows given the real ones, from a mixing law, a fitted sampler or a covariance factor.

Synthetic rows of one group (a class whose rows are mixed among themselves, or the whole table) have the mean of the
real rows of the group, their plug-in covariance (divisor n) times a factor c, and for a law of weights the third and
fourth central moments of `mixtheory.mixing.points` for parents that are different rows. A table is a mixture of its
groups with the shares :math:`p_g` that they have among the synthetic rows: with :math:`\delta_g = \bar x_g - \bar x`,

.. math:: \bar x = \sum_g p_g \bar x_g, \qquad
          \Sigma = \sum_g p_g (c_g S_g + \delta_g \delta_g^T), \qquad
          m_3 = \sum_g p_g (m_{3g} + 3 \delta_g c_g s_g^2 + \delta_g^3),

.. math:: m_4 = \sum_g p_g (m_{4g} + 4 \delta_g m_{3g} + 6 \delta_g^2 c_g s_g^2 + \delta_g^4).

Where no factor exists there is no expectation: hard labels of parents from different classes, and parents that are
neighbours in columns or labels. Neither is there one of columns that a sampler changed after mixing (whole numbers,
bounds), nor, under a law alone, of columns that hold only whole numbers in both tables: mixtures of whole numbers are
not whole, so that they were rounded.

A sampler that stretches its rows about the mean of the group by s multiplies c, m_3 and m_4 by s^2, s^3 and s^4.
Derived in this project.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_real, shown
from mixtheory.fidelity.inputs import Tables
from mixtheory.mixing.laws import MixingLaw, check_single_law
from mixtheory.mixing.points import point_fourth_moment, point_third_moment, point_variance_factor
from mixtheory.mixing.synthesis import synthesize

__all__ = ["Expectation", "expect"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Expectation:
    """Moments of one synthetic row given the real rows, in standardised units.

    Attributes
    ----------
    text : str
        What was expected, in words.
    factors : mapping of int to float
        Covariance factor of each class (code); of the whole table under -1 where classes are not mixed apart.
    mean, third, fourth : ndarray, shape (d,)
        NaN where nothing is known.
    covariance : ndarray, shape (d, d)
    shares : ndarray, shape (groups,)
        Shares of the groups among the synthetic rows.
    slopes : bool
        Whether regression slopes of the numeric target are kept: one group, one factor.
    categories : bool
        Whether the shares of categories are kept in each group: a category is that of one parent.
    sample : callable or None
        Draws rows from the law (size, rng, only=None), of each group its share or of one group; None where there is
        no law of weights.
    """

    text: str
    factors: Mapping[int, float]
    mean: Array
    covariance: Array
    third: Array
    fourth: Array
    slopes: bool
    categories: bool
    sample: Callable[..., Array] | None


_WHOLE = (
    "No expectation for columns that hold only whole numbers in both tables: {} (they were rounded after mixing, which "
    "adds to their variances; a fitted sampler knows by how much, a law does not)."
)


@dataclass(frozen=True)
class _Plan:
    """Factor, law and stretch of each group."""

    text: str
    factors: dict[int, float]
    laws: dict[int, MixingLaw | None]
    scales: dict[int, float]
    categories: bool
    ruled: frozenset[str] = frozenset()
    reason: str = "No expectation for columns that the sampler rounds or clips: {} (their costs are in column_costs_)."


def _group_rows(tables: Tables, group: int) -> NDArray[np.bool_]:
    if group < 0:
        return np.ones(len(tables.real), dtype=bool)
    return np.asarray(tables.real_labels == group)


def _of_law(law: MixingLaw, tables: Tables) -> _Plan:
    check_single_law(law)
    groups = [int(code) for code in np.unique(tables.synthetic_labels)] if tables.kind == "classes" else [-1]
    factors, where = {}, "of the same class" if tables.kind == "classes" else "of the table"
    for group in groups:
        n = int(_group_rows(tables, group).sum())
        if n < max(2, law.n_parents):
            raise ValueError(
                f"expected law {law!r} mixes {law.n_parents} different rows {where}, got {n} real rows"
                + (f" of class {shown(tables.classes[group])}" if group >= 0 else "")
            )
        factors[group] = float(point_variance_factor(law, n, "distinct"))
    same: dict[int, MixingLaw | None] = dict.fromkeys(groups, law)
    whole = frozenset(name for name, some in zip(tables.numeric, tables.whole, strict=True) if some)
    text = f"{law!r}, parents are different rows {where}"
    return _Plan(text, factors, same, dict.fromkeys(groups, 1.0), True, whole, _WHOLE)


def _of_number(value: Any, tables: Tables) -> _Plan:
    factor = check_real("expected", value, low=0.0, closed="left")
    return _Plan(f"means kept, covariance times {factor:g}", {-1: factor}, {-1: None}, {-1: 1.0}, False)


def _of_sampler(sampler: Any, tables: Tables) -> _Plan | None:
    name, given = type(sampler).__name__, sampler.variance_factor_
    laws = getattr(sampler, "law_", None)
    if isinstance(given, Mapping):
        if all(np.isnan(value) for value in given.values()):
            return None
        if tables.kind != "classes":
            raise ValueError(f"expected {name} mixes each class apart: give y_real and y_synthetic")
        present = {tables.classes[code]: int(code) for code in np.unique(tables.synthetic_labels)}
        lacking = [label for label in present if label not in given]
        if lacking:
            raise ValueError(f"expected {name} must know the classes of y_synthetic, got {shown(lacking)}")
        named = {code: (label, float(given[label])) for label, code in present.items()}
    else:
        named = {-1: (None, float(given))}
    factors = {group: value for group, (_, value) in named.items()}
    if not all(np.isfinite(value) for value in factors.values()):
        return None
    chosen: dict[int, MixingLaw | None] = {}
    scales: dict[int, float] = {}
    for group, (label, factor) in named.items():
        law = laws.get(label) if isinstance(laws, Mapping) else laws
        n = int(_group_rows(tables, group).sum())
        chosen[group], scales[group] = None, 1.0
        if isinstance(law, MixingLaw) and n >= max(2, law.n_parents):
            plain = float(point_variance_factor(law, n, "distinct"))
            chosen[group], scales[group] = law, float(np.sqrt(factor / plain)) if plain > 0 else 1.0
    ruled: frozenset[str] = frozenset()
    costs = getattr(sampler, "column_costs_", None)
    if costs is not None:
        changed = [entry for entry, share in zip(costs.index, costs["share_changed"], strict=True) if share > 0]
        # samplers name the columns of arrays by their places
        ruled = frozenset({str(entry) for entry in changed} | {f"x{e}" for e in changed if isinstance(e, int)})
    kept = getattr(sampler, "categorical_rule", None) == "heavier"
    return _Plan(f"{sampler!r}".replace("\n", " "), factors, chosen, scales, kept, ruled)


def _plan(expected: Any, tables: Tables) -> _Plan | None:
    if isinstance(expected, MixingLaw):
        return _of_law(expected, tables)
    if hasattr(expected, "variance_factor_"):
        return _of_sampler(expected, tables)
    if hasattr(expected, "sampling_strategy_"):
        return None
    if hasattr(expected, "fit_resample") or hasattr(expected, "fit"):
        raise ValueError(f"expected must be fitted, got {type(expected).__name__}, which is not")
    if isinstance(expected, type) or not isinstance(expected, (int, float, np.number)) or isinstance(expected, bool):
        law = getattr(expected, "law", None)
        hint = "; give its law: choice.law" if isinstance(law, MixingLaw) else ""
        raise TypeError(
            f"expected must be a mixing law, a fitted sampler or a covariance factor, got {expected!r}{hint}"
        )
    return _of_number(expected, tables)


def expect(expected: Any, tables: Tables, notes: list[str]) -> Expectation | None:
    """Return what is expected of the synthetic rows, or None; see `fidelity_report` for `expected` and the errors."""
    if expected is None:
        return None
    plan = _plan(expected, tables)
    if plan is None:
        notes.append(
            f"{type(expected).__name__} has no covariance factor under its options, or for a class of the synthetic "
            "rows: nothing is compared with an expectation."
        )
        return None
    d = tables.real.shape[1]
    shares = {-1: 1.0}
    if -1 not in plan.factors:
        counts = np.bincount(tables.synthetic_labels, minlength=len(tables.classes))
        shares = {group: counts[group] / counts.sum() for group in plan.factors if counts[group]}
    rows = {group: tables.real[_group_rows(tables, group)] for group in shares}
    means = {group: part.mean(axis=0) for group, part in rows.items()}
    mean = sum((shares[group] * means[group] for group in shares), np.zeros(d))
    covariance, third, fourth = np.zeros((d, d)), np.zeros(d), np.zeros(d)
    for group, share in shares.items():
        centred, away, c = rows[group] - means[group], means[group] - mean, plan.factors[group]
        covariance += share * (c * (centred.T @ centred) / len(centred) + np.outer(away, away))
        law, scale = plan.laws[group], plan.scales[group]
        if law is None:
            third, fourth = np.full(d, np.nan), np.full(d, np.nan)
            continue
        variance = c * np.mean(centred**2, axis=0)
        cubes = np.array([float(point_third_moment(law, column, "distinct")) for column in centred.T]) * scale**3
        powers = np.array([float(point_fourth_moment(law, column, "distinct")) for column in centred.T]) * scale**4
        third = third + share * (cubes + 3 * away * variance + away**3)
        fourth = fourth + share * (powers + 4 * away * cubes + 6 * away**2 * variance + away**4)
    touched = np.array([name in plan.ruled for name in tables.numeric], dtype=bool)
    if touched.any():
        # rounding and clipping come after mixing: what they do to moments is known to the sampler alone
        mean[touched] = third[touched] = fourth[touched] = np.nan
        covariance[touched] = covariance[:, touched] = np.nan
        names = ", ".join(name for name, some in zip(tables.numeric, touched, strict=True) if some)
        notes.append(plan.reason.format(names))

    def sample(size: int, rng: np.random.Generator, only: int | None = None) -> Array:
        parts = []
        for group, share in shares.items() if only is None else [(only, 1.0)]:
            law, number = plan.laws[group], max(1, round(share * size))
            assert law is not None
            mixed = synthesize(rows[group], law, rng, pairing="distinct", n=number)
            parts.append(means[group] + plan.scales[group] * (mixed - means[group]))
        return np.concatenate(parts)

    slopes = -1 in plan.factors and tables.kind == "numbers" and not tables.nominal and not touched.any()
    known = d > 0 and all(plan.laws[group] is not None for group in shares)
    draw = sample if known else None
    return Expectation(plan.text, plan.factors, mean, covariance, third, fourth, slopes, plan.categories, draw)
