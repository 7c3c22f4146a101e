import os
import subprocess
import sys

import matplotlib
import pytest

from mixtheory.publishing.figures import MissingResults, Results, draw_figure, figures_main

SCRIPT = '''"""A title, with a full stop.

More.
"""
from matplotlib import pyplot as plt
from mixtheory.publishing.figures import figures_main

STUDIES = ("study",)
CAPTION = """A caption
on two lines."""


def draw(results):
    frame = results.frame("study")
    plt.rcParams["lines.linewidth"] = 7
    figure, axes = plt.subplots()
    axes.plot(frame["n"], frame["estimate"], label=r"$\\rho_t$")
    axes.set_title("größe λ")
    axes.legend()
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
'''


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "figures" / "one.py"
    path.parent.mkdir()
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_same_bytes_each_time(script, results, tmp_path):
    first = draw_figure(script, results, tmp_path / "a")
    second = draw_figure("one", results.folder, tmp_path / "b", figures_dir=script.parent)
    assert (first.title, first.caption, first.studies) == (
        "A title, with a full stop",
        "A caption on two lines.",
        ("study",),
    )
    assert first.pdf.read_bytes() == second.pdf.read_bytes()
    assert first.png.read_bytes() == second.png.read_bytes()
    assert b"CreationDate" not in first.pdf.read_bytes()


def test_same_bytes_in_another_process(script, results, tmp_path):
    here = draw_figure(script, results, tmp_path / "a")
    environment = {**os.environ, "PYTHONHASHSEED": "123", "MPLBACKEND": "svg"}
    command = [sys.executable, str(script), "--results", str(results.folder), "--out", str(tmp_path / "b")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == [str(tmp_path / "b" / "one.pdf"), str(tmp_path / "b" / "one.png")]
    assert (tmp_path / "b" / "one.pdf").read_bytes() == here.pdf.read_bytes()
    assert (tmp_path / "b" / "one.png").read_bytes() == here.png.read_bytes()


def test_the_users_settings_stay(script, results, tmp_path):
    from matplotlib import pyplot as plt

    plt.switch_backend("svg")
    mine = plt.figure()
    width = plt.rcParams["lines.linewidth"]
    draw_figure(script, results, tmp_path)
    assert matplotlib.get_backend() == "svg"
    assert plt.rcParams["lines.linewidth"] == width
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)
    plt.switch_backend("agg")


def test_missing_results_name_the_command(script, tmp_path, capsys):
    with pytest.raises(MissingResults, match="`mixtheory run study`") as caught:
        draw_figure(script, Results(tmp_path / "empty"), tmp_path / "out")
    assert caught.value.studies == ("study",)
    assert not (tmp_path / "out").exists()
    assert figures_main(script, ["--results", str(tmp_path / "empty")]) == 1
    assert "`mixtheory run study`" in capsys.readouterr().err


def test_results_of_another_version_are_named(script, results, tmp_path):
    script.write_text(SCRIPT.replace('frame["n"]', 'frame["size"]'), encoding="utf-8")
    with pytest.raises(MissingResults, match="figure one finds no 'size'.*`mixtheory run study`"):
        draw_figure(script, results, tmp_path / "out")


def test_unknown_figure_suggests(script, results):
    with pytest.raises(FileNotFoundError, match="no script on.py.*did you mean 'one'"):
        draw_figure("on", results, figures_dir=script.parent)


def test_script_without_draw(results, tmp_path):
    (tmp_path / "bad.py").write_text('"""Title."""\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"defines no function draw\(results\)"):
        draw_figure(tmp_path / "bad.py", results)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is no table"), (b"a,b\n1,2\n", "lacks the columns"), (b"\xff\xfe\x00", "")]
)
def test_damaged_tables(results, content, message):
    results.path("study").write_bytes(content)
    with pytest.raises(ValueError, match=f"(?s){message}.*`mixtheory run study`"):
        results.frame("study")
