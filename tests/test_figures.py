"""The figures: drawn without warnings from a small set of results, nothing clipped, the same bytes each time."""

import ast
import io
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from mixtheory.publishing.figures import MissingResults, Results, draw_figure, load_script

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path for path in (ROOT / "figures").glob("*.py") if path.stem != "style")
STUDIES = {path.stem for path in (ROOT / "simulations").glob("*.py")}
REPLICATES = {
    "class_conditional": 500,
    "covariance_preservation": 4,
    "covariance_vs_mean_shift": 4,
    "finite_size_risk": 64,
    "local_asymmetry": 2,
    "local_symmetry": 2,
    "matching_optimality": 4,
    "mixup_as_generator": 4,
    "published_example": 2,
    "repeated_synthesis": 4,
    "symmetry_test": 16,
    "variance_distortion": 500,
    "zeta_mixup": 4,
    "zeta_panels": 2,
}


def small_frame(study, n):
    """Return the tidy frame of a small run of every quick cell."""
    rows = []
    for cell in study.cells("quick"):
        outputs = study.simulate(np.random.default_rng(0), n, **cell)
        closed = study.reference(**cell) if study.reference is not None else {}
        for metric in study.metrics:
            value, mcse, count = metric.estimate([metric.collect(outputs, cell)])
            row = {"metric": metric.name, "estimate": value, "mcse": mcse, "replicates": count}
            rows.append({**cell, **row, "reference": closed.get(metric.name, np.nan)})
    return pd.DataFrame(rows)


def invented_frame(study):
    """Return a frame of the right form: models are too slow to be fitted here for every cell."""
    rng = np.random.default_rng(0)
    rows = []
    for cell in study.cells("quick"):
        for metric in study.metrics:
            low, high = (-0.2, 0.0) if "gain" in metric.name or "difference" in metric.name else (0.2, 1.0)
            value = rng.uniform(low, high) if cell.get("generation", 1) else 0.0
            value += {"q25": -0.5, "q75": 0.5}.get(metric.name[-3:], 0.0)
            rows.append({**cell, "metric": metric.name, "estimate": value, "mcse": 0.02, "replicates": 8})
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    (folder / "tables").mkdir()
    for name in STUDIES:
        study = load_script(ROOT / "simulations" / f"{name}.py").STUDY
        frame = small_frame(study, REPLICATES[name]) if name in REPLICATES else invented_frame(study)
        frame.to_csv(folder / "tables" / f"{name}.csv", index=False)
    return Results(folder)


def test_the_figures_that_the_paper_needs_are_here():
    needed = {
        "chosen_sizes",
        "class_conditional",
        "contours_published_example",
        "covariance_vs_mean_shift",
        "distortion_against_weight_law",
        "downstream_accuracy",
        "finite_size_risk",
        "intrinsic_dimension",
        "kurtosis_price",
        "local_asymmetry",
        "local_symmetry",
        "matching_optimality",
        "mixup_as_generator",
        "preserving_surface",
        "size_map",
        "symmetry_test",
        "synthetic_selection",
        "synthetic_size",
        "synthetic_size_ranks",
        "synthetic_size_real",
        "variance_survival",
        "when_the_mean_matters",
        "zeta_accuracy",
        "zeta_factors",
        "zeta_locality",
        "zeta_panels",
    }
    assert needed <= {path.stem for path in SCRIPTS}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_reads_results_and_never_simulates(path):
    module, text = load_script(path), path.read_text()
    assert set(module.STUDIES) <= STUDIES
    assert module.CAPTION.endswith(".") and "  " not in module.CAPTION
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    assert not names & {"default_rng", "random", "rng", "rvs", "simulate", "synthesize", "Study"}
    assert text.rstrip().endswith("raise SystemExit(figures_main(__file__))")


def overhang(figure):
    """Return by how many inches the drawn artists leave the page."""
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return max(-box.x0, -box.y0, box.x1 - width, box.y1 - height)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_drawing(path, results):
    with matplotlib.rc_context():
        figure = load_script(path).draw(results)
        FigureCanvasAgg(figure).print_png(io.BytesIO())
        axes, size = [ax for ax in figure.axes if ax.axison], figure.get_size_inches()
        assert overhang(figure) < 0.02
    plt.close(figure)
    assert axes and all(ax.lines or ax.collections or ax.patches for ax in axes)
    assert size[0] <= 10 and size[1] <= 9
    # every row of panels says what its vertical axis shows, and every panel has a name
    if path.stem not in ("primary_comparison", "readme_hero", "synthetic_selection"):
        assert all(ax.get_ylabel() for ax in axes if ax.get_subplotspec().is_first_col())
    assert any(ax.get_title(loc="left") for ax in axes)


def test_same_results_same_bytes(results, tmp_path):
    first = draw_figure(ROOT / "figures" / "contours_published_example.py", results, tmp_path / "a")
    second = draw_figure(ROOT / "figures" / "contours_published_example.py", results, tmp_path / "b")
    assert first.pdf.read_bytes() == second.pdf.read_bytes()
    assert first.png.read_bytes() == second.png.read_bytes()


def test_missing_results_name_the_command(tmp_path):
    with pytest.raises(MissingResults, match="mixtheory run variance_distortion"):
        draw_figure(ROOT / "figures" / "kurtosis_price.py", Results(tmp_path), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_primary_comparison_is_that_of_the_study():
    figure = load_script(ROOT / "figures" / "primary_comparison.py")
    study = load_script(ROOT / "simulations" / "repeated_synthesis_real.py")
    assert (figure.METRIC, figure.LAW, figure.GENERATION) == (
        study.PRIMARY_METRIC,
        study.PRIMARY_LAW,
        study.PRIMARY_GENERATION,
    )


def test_the_primary_comparison_of_selection_is_in_the_figure():
    figure = load_script(ROOT / "figures" / "synthetic_selection.py")
    study = load_script(ROOT / "simulations" / "synthetic_selection.py")
    style = load_script(ROOT / "figures" / "style.py")
    assert study.PRIMARY_METRIC in figure.METRICS and study.PRIMARY_RULE in style.RULES
    assert len({look.label for look in style.RULES.values()}) == len({look.marker for look in style.RULES.values()})


def test_colours_and_shapes_differ():
    style = load_script(ROOT / "figures" / "style.py")
    tables = (
        style.LAWS,
        style.POPULATIONS,
        style.PAIRINGS,
        style.SPECTRA,
        style.SPLITS,
        style.DESIGN_LAWS,
        style.BATCH_LAWS,
    )
    for table in (*tables, style.SEARCHES, style.SYMMETRIC, style.COVARIANCES, style.MINORITIES, style.BATCHES):
        for what in ("colour", "marker", "label"):
            values = [getattr(look, what) for look in table.values()]
            assert len(set(values)) == len(values)
        lines = [str(look.line) for look in table.values()]
        assert len(set(lines)) == len(lines)
