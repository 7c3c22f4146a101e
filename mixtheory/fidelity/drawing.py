"""What the pictures of a fidelity report share: colours, names on axes, legends, values with intervals and nulls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.fidelity.cells import farthest_first, row_name, shorten
from mixtheory.publishing import palette

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "COMPONENTS",
    "LARGEST",
    "ROWS",
    "Theme",
    "column",
    "label",
    "legend",
    "name_rows",
    "outside",
    "readings",
    "theme",
]

Array = NDArray[np.float64]

ROWS = 20
"""Most names that can be told apart on one axis."""

COMPONENTS = 100
"""Most numbered places on one axis."""

LARGEST = 1e200
"""Beyond this an axis has no room for its own margins."""

_LABEL = 22
# keys that follow the others
_AFTER = ("null band", "expected")
_BAND = 0.16
# ratios that differ by less than this factor are read on a linear axis
_LINEAR_RATIO = 3.0


@dataclass(frozen=True)
class Theme:
    """Colours that stand out from a light or a dark ground."""

    ink: str
    synthetic: str
    outside: str
    expected: str


def theme() -> Theme:
    """Return the colours that suit the colour of text in matplotlib's settings."""
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    ink = mpl.rcParams["text.color"]
    if sum(to_rgb(ink)) > 1.5:
        return Theme(ink, palette.SKY, palette.ORANGE, palette.YELLOW)
    return Theme(ink, palette.BLUE, palette.VERMILION, palette.GREEN)


def label(key: object) -> str:
    """Return the name of a row for an axis: short, and characters without a glyph as their codes, as in LaTeX."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    name = shorten(row_name(key), _LABEL)
    return "".join(c if font.get_char_index(ord(c)) else f"U+{ord(c):04X}" for c in name)


def column(frame: pd.DataFrame, name: str) -> Array:
    """Return a column as numbers that can be drawn, NaN if there is none."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    numbers: Array = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = np.where(np.abs(numbers) < 1 / LARGEST, 0.0, numbers)
    return np.asarray(np.clip(numbers, -LARGEST, LARGEST))


def outside(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows lie outside their null bands."""
    if "within_null" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(~frame["within_null"].fillna(True).to_numpy(dtype=bool))


def legend(ax: Axes, title: str, note: str = "") -> None:
    """Put the title above the legend above the axes, and what is left out below the title."""
    from matplotlib.figure import Figure
    from matplotlib.transforms import blended_transform_factory

    handles, labels = ax.get_legend_handles_labels()
    found = dict(zip(labels, handles, strict=True))
    keys = {name: found[name] for name in sorted(found, key=lambda name: name in _AFTER)}
    # a picture of its own has room for keys above the names of its rows
    alone = isinstance(ax.figure, Figure) and ax.figure.axes == [ax]
    where = blended_transform_factory(ax.figure.transFigure, ax.transAxes) if alone else ax.transAxes
    left = 0.01 if alone else 0.0
    if keys:
        ax.legend(
            keys.values(), keys.keys(), loc="lower left", bbox_to_anchor=(left, 1), bbox_transform=where, ncols=4,
            frameon=False, borderaxespad=0.2, borderpad=0.1, handlelength=1.4, columnspacing=1.0, handletextpad=0.5,
            fontsize="small",
        )  # fmt: skip
    pad = 22 if keys else 8
    if note:
        ax.annotate(
            note, (left, 1), (0, pad), xycoords=where, textcoords="offset points", fontsize="small", va="bottom"
        )
        pad += 14
    ax.set_title(title, loc="left", pad=pad, parse_math=False)


def _limits(parts: Sequence[Array], centre: float, log: bool) -> tuple[float, float]:
    """Return limits that hold all finite numbers, positive ones on a logarithmic axis, with a margin."""
    numbers = np.concatenate([*parts, [centre]])
    numbers = numbers[np.isfinite(numbers) & ((numbers > 0) | (not log))]
    low, high = float(numbers.min()), float(numbers.max())
    if log:
        margin = 0.06 * np.log(high / low)
        return float(low * np.exp(-margin)), float(high * np.exp(margin))
    # a value may be all there is, and equal the centre
    margin = 0.06 * (high - low) or 0.1 * max(abs(centre), 1.0)
    return low - margin, high + margin


def _logarithmic(ax: Axes, name: str, limits: tuple[float, float]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    options: Any = {f"{name}scale": "log"}
    ax.set(**options)
    axis = ax.xaxis if name == "x" else ax.yaxis
    decades = np.log10(limits[1] / limits[0])
    if decades < 4:
        axis.set_major_locator(
            LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if decades < 1 else (1, 2, 5) if decades < 2 else (1,))
        )
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def readings(
    ax: Axes, frame: pd.DataFrame, title: str, axis: str, *, noun: str, centre: float = 0.0, ratio: bool = False,
    upright: bool = False,
) -> None:  # fmt: skip
    """Draw the values of a table with their intervals, null bands, and ticks where the law expects them.

    Parameters
    ----------
    ax : Axes
    frame : DataFrame
    title, axis, noun : str
        Title of the picture, name of the values' axis, and what a row is.
    centre : float
        Where nothing differs.
    ratio : bool
        Whether the axis may be logarithmic.
    upright : bool
        Values upwards and the first rows in order along the axis, by number, instead of names down the side.
    """
    colours, total = theme(), len(frame)
    frame = frame.iloc[:COMPONENTS] if upright else farthest_first(frame, ROWS)
    names = ("value", "low", "high", "null_low", "null_high", "expected")
    parts = [column(frame, name) for name in names]
    usable = np.concatenate([part[np.isfinite(part) & (part > 0)] for part in parts])
    log = ratio and bool(usable.size) and usable.max() > _LINEAR_RATIO * usable.min()
    limits = _limits(parts, centre, log)
    if log:
        _logarithmic(ax, "y" if upright else "x", limits)
    value, low, high, null_low, null_high, expected = (np.clip(part, *limits) for part in parts)
    place = np.arange(1, len(frame) + 1, dtype=np.float64)
    size = 5.0 if len(frame) <= 30 else 3.0
    band = ~np.isnan(null_low) & ~np.isnan(null_high)
    if band.any():
        start: Any = {"bottom" if upright else "left": null_low[band]}
        (ax.bar if upright else ax.barh)(
            place[band], (null_high - null_low)[band], 1.0 if upright else 0.86, **start, color=colours.ink,
            alpha=_BAND, linewidth=0, label="null band",
        )  # fmt: skip
    (ax.axhline if upright else ax.axvline)(centre, color=colours.ink, linewidth=0.8, alpha=0.6)
    far = outside(frame)
    for chosen, colour, marker, name in (
        (~far, colours.synthetic, "o", "inside"),
        (far, colours.outside, "D", "outside"),
    ):
        chosen = chosen & ~np.isnan(value)
        if chosen.any():
            error = np.maximum([np.nan_to_num(value - low)[chosen], np.nan_to_num(high - value)[chosen]], 0.0)
            points = (place[chosen], value[chosen]) if upright else (value[chosen], place[chosen])
            bars: Any = {"yerr" if upright else "xerr": error}
            ax.errorbar(
                *points, **bars, fmt=marker, color=colour, markersize=size,
                elinewidth=1.4, capsize=0, label=name,
            )  # fmt: skip
    if np.isfinite(expected).any():
        points = (place, expected) if upright else (expected, place)
        ax.plot(
            *points, linestyle="none", marker="_" if upright else "|", markersize=2.6 * size, markeredgewidth=2.2,
            color=colours.expected, label="expected",
        )  # fmt: skip
    _axes(ax, frame, axis, limits, upright)
    if len(frame) == total:
        note = ""
    elif upright:
        note = f"the first {len(frame)} of {total:,} {noun}"
    else:
        note = f"{len(frame)} of {total:,} {noun}, the farthest first"
    legend(ax, title, note)


def _axes(ax: Axes, frame: pd.DataFrame, axis: str, limits: tuple[float, float], upright: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    ends = (0.4, len(frame) + 0.6)
    if upright:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(xlim=ends, ylim=limits, ylabel=axis)
        ax.spines[["top", "right"]].set_visible(False)
    else:
        name_rows(ax, frame)
        ax.set(xlim=limits, xlabel=axis)
        if ax.get_xscale() == "linear":
            ax.xaxis.set_major_locator(MaxNLocator(5))


def name_rows(ax: Axes, frame: pd.DataFrame) -> None:
    """Put the rows of a table, from the top, on the vertical axis; their places are 1, 2, ..."""
    ax.set_yticks(np.arange(1, len(frame) + 1), [label(key) for key in frame.index], parse_math=False)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(frame) + 0.6, 0.4)
    ax.spines[["top", "right", "left"]].set_visible(False)
