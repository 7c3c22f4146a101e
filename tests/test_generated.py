"""Generated files that are committed are what the code makes now."""

import matplotlib
import numpy as np
from PIL import Image

from mixtheory.publishing.figures import Results, draw_figure


def test_the_figure_of_the_readme(pytestconfig, tmp_path):
    root = pytestconfig.rootpath
    committed = Image.open(root / "docs" / "readme_hero.png")
    drawn = draw_figure(root / "figures" / "readme_hero.py", Results(tmp_path / "no results"), tmp_path)
    fresh = Image.open(drawn.png)
    assert fresh.size == committed.size
    difference = np.abs(np.asarray(fresh, dtype=int) - np.asarray(committed, dtype=int)).max(axis=2)
    if committed.info["Software"] == f"matplotlib {matplotlib.__version__}":
        limit = 1e-4  # edges of letters may differ between processors
    else:
        limit = 0.02  # another version may place text a little differently
    hint = "python figures/readme_hero.py --out docs && rm docs/readme_hero.pdf"
    assert np.mean(difference > 48) <= limit, f"docs/readme_hero.png is out of date: {hint}"


def test_the_readme_shows_it(pytestconfig):
    text = (pytestconfig.rootpath / "README.md").read_text("utf-8")
    assert "(docs/readme_hero.png)" in text
