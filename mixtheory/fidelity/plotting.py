"""All pictures of a fidelity report in one figure, or each as a vector picture of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtheory.fidelity.panels import Panel, panels_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mixtheory.fidelity.report import FidelityReport

__all__ = ["panel_svg", "plot_report"]

_WIDTH, _PICTURE = 12.0, 4.8
_DARK, _LIGHT = "#e4e2dc", "#1d2329"


def plot_report(report: FidelityReport, axes: Any = None) -> Figure:
    """Draw the pictures of a fidelity report.

    Parameters
    ----------
    report : FidelityReport
    axes : array_like of matplotlib.axes.Axes, optional
        Where to draw, one for each picture; by default axes of a new figure, two pictures beside each other. A report
        has up to eight: distances to the nearest real rows, means, variances, principal components, rows on the two
        leading ones, correlations, distributions of columns, refitted coefficients. Those without numbers are left out.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are not as many axes as pictures.
    """
    from matplotlib import pyplot as plt

    panels = panels_of(report)
    if axes is not None:
        given = list(np.asarray(axes, dtype=object).ravel())
        if len(given) != len(panels) or not given:
            names = ", ".join(panel.name for panel in panels)
            raise ValueError(f"axes must be {len(panels)} Axes, one a picture ({names}), got {len(given)}")
        for ax, panel in zip(given, panels, strict=True):
            panel.draw(ax, report)
        figure: Figure = given[0].get_figure(root=True)
        return figure
    rows = [panels[place : place + 2] for place in range(0, len(panels), 2)]
    heights = [max(panel.height(report) for panel in row) for row in rows]
    figure = plt.figure(figsize=(_WIDTH, max(sum(heights), 1.0)))
    if not panels:
        figure.text(0.5, 0.5, "nothing to draw: see the notes of the report", ha="center", va="center")
        return figure
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    grid = figure.add_gridspec(len(rows), 2, height_ratios=heights)
    for place, panel in enumerate(panels):
        # a last picture without a neighbour has the row for itself; the names of one do not narrow the others
        alone = place == len(panels) - 1 and place % 2 == 0
        part = figure.add_subfigure(grid[place // 2, :] if alone else grid[place // 2, place % 2])
        panel.draw(part.add_subplot(), report)
    return figure


def panel_svg(report: FidelityReport, panel: Panel, *, dark: bool) -> bytes:
    """Return one picture as SVG on a transparent ground, for a light or a dark page; the same bytes each time."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    ink = _DARK if dark else _LIGHT
    names = ("text.color", "axes.labelcolor", "axes.edgecolor", "axes.titlecolor", "xtick.color", "ytick.color")
    settings: Any = {"svg.hashsalt": "mixtheory", "font.size": 11.0, **dict.fromkeys(names, ink)}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        figure = Figure(figsize=(_PICTURE, panel.height(report)), layout="constrained")
        ax = figure.add_subplot()
        panel.draw(ax, report)
        # the page names its pictures itself
        ax.set_title("", loc="left")
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, dpi=150, metadata={"Date": None})
    return file.getvalue()
