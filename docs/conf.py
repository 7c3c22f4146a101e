"""Configuration of the documentation: ``python -m sphinx -W --keep-going -n docs docs/_build``."""

import importlib.util
import os
import sys
from pathlib import Path

import matplotlib

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
matplotlib.use("Agg")

project = "mixtheory"
author = "The mixtheory developers"
project_copyright = "the mixtheory developers"

# verdicts and pictures of one run of `mixtheory reproduce`
mixtheory_results = os.environ.get("MIXTHEORY_RESULTS", str(HERE.parent / "results"))

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "api",
    "changelog",
    "claims",
    "gallery",
    "names",
    "run",
]
exclude_patterns = ["_build", "_ext"]
templates_path: list[str] = []
nitpicky = True
default_role = "name"

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False
numpydoc_show_inherited_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "mixtheory"
html_show_sourcelink = False
html_copy_source = False
# files that code blocks of the pages wrote
KEPT = HERE / "generated" / "kept"
KEPT.mkdir(parents=True, exist_ok=True)
html_extra_path = [str(KEPT)]
html_static_path = ["_static"]
html_css_files = ["mixtheory.css"]
html_context = {"default_mode": "auto"}
html_theme_options = {
    "show_prev_next": False,
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "navigation_with_keys": False,
    "collapse_navigation": True,
    "show_nav_level": 1,
    "show_toc_level": 2,
}
html_sidebars = {
    name: [] for name in ("index", "install", "tutorial", "architecture", "references", "generated/changelog")
}

# MathJax comes from a Python package and is copied into the site: no page needs the network, and TeX is drawn as SVG,
# which needs no font files, so that the pages also work when they are opened as files.
_mathjax = importlib.util.find_spec("sphinx-mathjax-offline")
if _mathjax is None or _mathjax.origin is None:
    raise ImportError("the documentation needs sphinx-mathjax-offline: pip install 'mixtheory[docs]'")
html_static_path.append(str(Path(_mathjax.origin).parent / "static" / "mathjax" / "tex-svg.js"))
mathjax_path = "tex-svg.js"
mathjax3_config = {
    "options": {"enableMenu": False},
    "svg": {"fontCache": "global"},
    "tex": {
        "macros": {
            "E": r"\operatorname{E}",
            "Var": r"\operatorname{Var}",
            "Cov": r"\operatorname{Cov}",
            "Cor": r"\operatorname{Cor}",
            "tr": r"\operatorname{tr}",
            "Prob": r"\operatorname{P}",
            "R": r"\mathbb{R}",
            "tX": r"\tilde X",
            "ty": r"\tilde y",
            "T": r"^{\mathsf T}",
            "one": r"\mathbf{1}",
        }
    },
}
