"""The pictures of a fidelity report, each drawn into axes that are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mixtheory.fidelity.cells import HEADINGS, farthest_first
from mixtheory.fidelity.drawing import LARGEST, ROWS, column, legend, name_rows, outside, readings, theme

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from mixtheory.fidelity.report import FidelityReport

__all__ = ["PANELS", "Panel", "panels_of"]

Array = NDArray[np.float64]

# more points than this are drawn as pixels in vector files
_POINTS = 2_000


def _means(ax: Axes, report: FidelityReport) -> None:
    axis = "synthetic − real mean (real sd)"
    readings(ax, report.tables["means"], HEADINGS["means"], axis, noun="columns")


def _variances(ax: Axes, report: FidelityReport) -> None:
    axis = "synthetic / real variance"
    readings(ax, report.tables["variances"], HEADINGS["variances"], axis, centre=1.0, ratio=True, noun="columns")


def _ks(report: FidelityReport) -> pd.DataFrame:
    frame = report.tables["marginals"]
    return frame.loc[frame.index.get_level_values("statistic") == "KS"].droplevel("statistic")


def _marginals(ax: Axes, report: FidelityReport) -> None:
    axis = "Kolmogorov–Smirnov distance"
    readings(ax, _ks(report), HEADINGS["marginals"], axis, noun="columns")


def _eigenvalues(ax: Axes, report: FidelityReport) -> None:
    axis, frame = "synthetic / real variance", report.tables["eigenvalues"]
    readings(ax, frame, HEADINGS["eigenvalues"], axis, centre=1.0, ratio=True, noun="components", upright=True)
    ax.set_xlabel("real principal component, largest first")


def _correlations(ax: Axes, report: FidelityReport) -> None:
    colours, frame = theme(), report.tables["correlations"]
    real, synthetic, far = column(frame, "real"), column(frame, "synthetic"), outside(frame)
    ax.axline((0, 0), slope=1, color=colours.ink, linewidth=0.8, alpha=0.6)
    for chosen, colour, marker, name in (
        (~far, colours.synthetic, "o", "inside"),
        (far, colours.outside, "D", "outside"),
    ):
        if chosen.any():
            ax.plot(
                real[chosen], synthetic[chosen], linestyle="none", marker=marker, color=colour, markersize=4.5,
                alpha=0.8 if len(frame) < 300 else 0.4, markeredgewidth=0, label=name,
                rasterized=bool(chosen.sum() > _POINTS),
            )  # fmt: skip
    reach = min(1.05, 1.15 * float(np.nanmax(np.abs([real, synthetic]), initial=0.05)))
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="correlation, real", ylabel="correlation, synthetic")
    ax.spines[["top", "right"]].set_visible(False)
    legend(ax, HEADINGS["correlations"])


def _projection(ax: Axes, report: FidelityReport) -> None:
    colours = theme()
    for name, colour, marker, order in (("real", colours.ink, "o", 2), ("synthetic", colours.synthetic, "x", 3)):
        points = np.clip(report.arrays[f"projection_{name}"][:_POINTS], -LARGEST, LARGEST)
        style: Any = {"markerfacecolor": "none"} if marker == "o" else {}
        ax.plot(
            points[:, 0], points[:, 1], linestyle="none", marker=marker, color=colour, markersize=3.5, alpha=0.5,
            markeredgewidth=0.8, zorder=order, label=name, rasterized=True, **style,
        )  # fmt: skip
    ax.set(xlabel="first real component (real sd)", ylabel="second real component")
    ax.set_aspect("equal", adjustable="datalim")
    ax.spines[["top", "right"]].set_visible(False)
    legend(ax, "Rows on the two leading components")


def _steps(distances: Array, points: int = 400) -> tuple[Array, Array]:
    """Return the distribution function of distances at no more than `points` of them."""
    ordered = np.sort(distances[np.isfinite(distances)])
    places = np.unique(np.linspace(0, ordered.size - 1, min(points, ordered.size)).round().astype(np.int64))
    return np.clip(ordered[places], 0.0, LARGEST), (places + 1) / ordered.size


def _nearest(ax: Axes, report: FidelityReport) -> None:
    colours = theme()
    found = [report.arrays[name] for name in ("nearest_synthetic", "nearest_real")]
    labels = ("synthetic", "real")
    positive = np.concatenate([part[np.isfinite(part) & (part > 0)] for part in found])
    if positive.size and positive.max() > 10 * positive.min():
        ax.set_xscale("log")
    # a step at zero has no place on a logarithmic axis: curves start at the left edge with the share of copies
    edge = min(float(positive.min()), LARGEST) / 1.5 if positive.size else -0.1
    end = min(float(positive.max()), LARGEST) if positive.size else 1.0
    for distances, label, colour, line in zip(
        found, labels, (colours.synthetic, colours.ink), ("-", "--"), strict=True
    ):
        if not np.isfinite(distances).any():
            continue
        x, share = _steps(distances)
        zero = float(np.mean(distances == 0))
        keep = x > 0
        copies = f" ({100 * zero:.3g}% copies)" if zero else ""
        ax.step(
            np.concatenate([[edge, edge], x[keep], [end]]), np.concatenate([[0.0, zero], share[keep], [1.0]]),
            where="post", color=colour, linestyle=line, linewidth=1.8, label=label + copies,
        )  # fmt: skip
    threshold = report.arrays.get("near_threshold", np.full(1, np.nan)).ravel()[:1]
    if threshold.size and np.isfinite(threshold).all() and threshold[0] > edge:
        ax.axvline(threshold[0], color=colours.outside, linestyle=":", linewidth=1.6, label="near-copy")
    ax.set(ylim=(0, 1.03), xlabel="distance to nearest real row (real sd)", ylabel="share of rows")
    ax.spines[["top", "right"]].set_visible(False)
    legend(ax, "Nearest real rows")


def _regression(ax: Axes, report: FidelityReport) -> None:
    colours, whole = theme(), report.tables["regression"]
    frame = farthest_first(whole, ROWS)
    level = float(report.meta.get("level", 0.95))
    reach = float(stats.norm.isf((1 - level) / 2))
    unit = column(frame, "real_se")
    far = outside(frame)
    y = np.arange(1, len(frame) + 1, dtype=np.float64)
    ax.axvline(0.0, color=colours.ink, linewidth=0.8, alpha=0.6)
    with np.errstate(all="ignore"):
        parts = {
            name: (column(frame, name) / unit, reach * column(frame, f"{name}_se") / unit)
            for name in ("real", "synthetic")
        }
    for name, chosen, shift, colour, marker, label in (
        ("real", np.ones(len(frame), bool), -0.17, colours.ink, "s", "real"),
        ("synthetic", ~far, 0.17, colours.synthetic, "o", "synthetic"),
        ("synthetic", far, 0.17, colours.outside, "D", "synthetic, outside null"),
    ):
        value, error = parts[name]
        usable = chosen & np.isfinite(value)
        if usable.any():
            ax.errorbar(
                value[usable], y[usable] + shift, xerr=np.nan_to_num(error[usable]), fmt=marker, color=colour,
                markersize=4.5, elinewidth=1.4, markerfacecolor="none" if name == "real" else colour, label=label,
            )  # fmt: skip
    name_rows(ax, frame)
    ax.set_xlabel("coefficient / its real standard error")
    note = f"{len(frame)} of {len(whole):,} terms, the farthest first"
    legend(ax, HEADINGS["regression"], note if len(frame) < len(whole) else "")


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes
    ----------
    name : str
    table : str
        The table that it belongs to; it is drawn only if the report has it.
    alternative : str
        What is to be seen, for those who cannot see it.
    draw : callable
        Takes axes and the report.
    arrays : tuple of str
        Arrays that it needs.
    rows : callable or None
        Takes the report and returns how many rows of names the picture has.
    """

    name: str
    table: str
    alternative: str
    draw: Callable[[Any, Any], None]
    arrays: tuple[str, ...] = ()
    rows: Callable[[Any], int] | None = None

    def height(self, report: FidelityReport) -> float:
        """Return a fitting height in inches."""
        if self.rows is None:
            return 4.0
        return 1.5 + 0.27 * min(max(self.rows(report), 3), ROWS)


def _rows_of(table: str) -> Callable[[Any], int]:
    return lambda report: len(_ks(report) if table == "marginals" else report.tables[table])


PANELS = (
    Panel(
        "nearest", "privacy", "Distribution functions of the distances to the nearest real row, of synthetic rows and "
        "of real rows to other real rows", _nearest, ("nearest_synthetic", "nearest_real"),
    ),
    Panel("means", "means", "Difference of means for each column with interval and null band", _means,
          rows=_rows_of("means")),
    Panel("variances", "variances", "Ratio of variances for each column with interval and null band", _variances,
          rows=_rows_of("variances")),
    Panel("eigenvalues", "eigenvalues", "Ratio of variances along each real principal component with interval and "
          "null band", _eigenvalues),
    Panel("projection", "eigenvalues", "Real and synthetic rows as points on the two leading real principal components",
          _projection, ("projection_real", "projection_synthetic")),
    Panel("correlations", "correlations", "Correlations of synthetic rows against those of real rows, one point a pair "
          "of columns", _correlations),
    Panel("marginals", "marginals", "Kolmogorov-Smirnov distance for each column with interval and null band",
          _marginals, rows=_rows_of("marginals")),
    Panel("regression", "regression", "Coefficients refitted on real and on synthetic rows side by side with intervals",
          _regression, rows=_rows_of("regression")),
)  # fmt: skip
"""The pictures, copies first."""


def panels_of(report: FidelityReport) -> list[Panel]:
    """Return the pictures that a report has the numbers for."""
    return [
        panel
        for panel in PANELS
        if len(report.tables.get(panel.table, ())) and all(report.arrays.get(name, _NONE).size for name in panel.arrays)
    ]


_NONE = np.empty(0)
