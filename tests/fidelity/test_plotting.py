import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from mixtheory.fidelity.drawing import COMPONENTS, ROWS, readings
from mixtheory.fidelity.panels import PANELS, panels_of
from mixtheory.fidelity.plotting import panel_svg
from mixtheory.fidelity.report import FidelityReport
from tests.fidelity.examples import AWKWARD, example, judged


@pytest.fixture(autouse=True)
def closed():
    backend = mpl.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(backend)


def cut(figure):
    """Return the titles, names and keys that reach over the edge of the figure."""
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    parts = []
    for ax in figure.axes:
        shown = [ax.xaxis.label, ax.yaxis.label, ax._left_title, *ax.texts, *ax.get_legend().get_texts()]
        low, high = sorted(ax.get_ylim())
        places = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
        shown += [text for place, text in places if low <= place <= high]
        for text in shown:
            box = text.get_window_extent()
            if text.get_text() and (box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1):
                parts.append(text.get_text())
    return parts


def drawn(ax, label):
    """Return the places of the marks with a label in the key."""
    handles, labels = ax.get_legend_handles_labels()
    handle = handles[labels.index(label)]
    line = handle.lines[0] if hasattr(handle, "lines") else handle
    return line.get_xdata(), line.get_ydata(), line.get_marker()


@pytest.mark.parametrize("names", [AWKWARD, pytest.param([f"column_{k}" for k in range(60)], marks=pytest.mark.slow)])
def test_every_picture_fits(names):
    report = example(names)
    figure = report.plot()
    assert len(figure.axes) == len(PANELS)
    assert not cut(figure)
    for ax in figure.axes:
        assert ax.get_xlabel() and ax.get_title(loc="left")
        boxes = sorted((text.get_window_extent() for text in ax.get_yticklabels()), key=lambda box: box.y0)
        assert all(low.y1 <= high.y0 + 2 for low, high in zip(boxes, boxes[1:], strict=False))


def test_names_are_shown_as_they_are():
    _, ax = plt.subplots()
    PANELS[1].draw(ax, example(AWKWARD))
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels[:2] == ["<b>a&b</b>", "a_b$%"]
    assert labels[2] == "größe μ U+540DU+524D"
    assert labels[3] == "x" * 11 + "…" + "x" * 10
    assert labels[5].startswith(r"tab\tnew")


def test_marks_are_where_the_table_says():
    report = example(factor=0.5)
    axes = report.plot().axes
    ax = axes[2]
    table = report.tables["variances"]
    outside = ~table["within_null"].to_numpy(dtype=bool)
    assert outside.any()
    x, y, marker = drawn(ax, "outside")
    np.testing.assert_allclose(x, table["value"][outside])
    np.testing.assert_array_equal(y, 1 + np.flatnonzero(outside))
    assert marker == "D"
    x, _, tick = drawn(ax, "expected")
    np.testing.assert_allclose(x, table["expected"])
    assert tick == "|"
    # a change is told by the mark too, not by its colour alone
    assert drawn(axes[1], "inside")[2] == "o"


def test_the_farthest_of_many_columns_are_shown():
    table = judged(pd.Index([f"c{k}" for k in range(90)], name="column"), np.linspace(0, 0.1, 90), 0.01, 0.2)
    table.loc["c7", "value"] = -3.0
    table.loc["c7", "within_null"] = False
    _, ax = plt.subplots()
    readings(ax, table, "Means", "value", noun="columns")
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == ["c7", *[f"c{k}" for k in range(89, 90 - ROWS, -1)]]
    assert [text.get_text() for text in ax.texts] == [f"{ROWS} of 90 columns, the farthest first"]
    _, upright = plt.subplots()
    readings(upright, pd.concat([table] * 2), "Components", "value", noun="components", upright=True)
    assert [text.get_text() for text in upright.texts] == [f"the first {COMPONENTS} of 180 components"]


def test_own_axes():
    report = example()
    wanted = len(panels_of(report))
    figure, axes = plt.subplots(2, wanted // 2, figsize=(24, 10))
    assert report.plot(axes) is figure
    assert all(ax.get_title(loc="left") for ax in axes.ravel())
    with pytest.raises(ValueError, match=f"axes must be {wanted} Axes, one a picture.*got 1"):
        report.plot(axes[0, 0])


def test_what_is_not_there_is_not_drawn():
    one = example(["only"], expected=False)
    assert [panel.name for panel in panels_of(one)] == ["means", "variances", "marginals", "regression"]
    assert len(one.plot().axes) == 4
    empty = FidelityReport({}, {})
    assert "nothing to draw" in empty.plot().texts[0].get_text()


@pytest.mark.parametrize(
    "value", [1e300, *[pytest.param(value, marks=pytest.mark.slow) for value in (0.0, np.inf, np.nan, 5e-324)]]
)
def test_numbers_out_of_all_proportion(value):
    report = example()
    tables = {name: table.copy() for name, table in report.tables.items()}
    for table in tables.values():
        numbers = [name for name in table.columns if table[name].dtype == np.float64]
        table.loc[table.index[0], numbers] = value
    arrays = {name: np.append(array.ravel(), value) for name, array in report.arrays.items() if "nearest" in name}
    strange = FidelityReport(tables, report.titles, (), {**report.arrays, **arrays}, report.meta)
    assert not cut(strange.plot())


@pytest.mark.parametrize("dark", [False, True])
def test_vector_pictures(dark):
    report = example(AWKWARD)
    mpl.rcParams["font.size"] = 30
    try:
        first, second = (panel_svg(report, PANELS[2], dark=dark) for _ in range(2))
        assert mpl.rcParams["font.size"] == 30
    finally:
        mpl.rcParams["font.size"] = mpl.rcParamsDefault["font.size"]
    assert first == second
    assert ElementTree.fromstring(first).tag.endswith("svg")
    assert (b"#e4e2dc" in first) == dark and (b"#1d2329" in first) != dark


def test_copies_are_named_in_the_picture():
    report = example()
    _, ax = plt.subplots()
    share = 100 * np.mean(report.arrays["nearest_synthetic"] == 0)
    assert share > 0
    PANELS[0].draw(ax, report)
    _, labels = ax.get_legend_handles_labels()
    assert labels == [f"synthetic ({share:.3g}% copies)", "real", "near-copy"]
    for line, name in zip(ax.get_lines(), ("nearest_synthetic", "nearest_real"), strict=False):
        x, height = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        assert height[0] == 0 and height[-1] == 1 and np.all(np.diff(height) >= 0)
        distances = report.arrays[name]
        for at in np.quantile(distances[distances > 0], [0.3, 0.6, 0.9]):
            shown = height[np.searchsorted(x, at, side="right") - 1]
            assert abs(shown - np.mean(distances <= at)) <= 2 / 400 + 1e-12
