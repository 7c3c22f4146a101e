import re
import shutil

import pytest

from mixtheory import catalog
from mixtheory.publishing.figures import MissingResults
from mixtheory.publishing.paper import LatexFailed, LatexMissing, build_paper
from mixtheory.publishing.verdicts import claims_latex, read_verdicts

needs_latex = pytest.mark.skipif(
    not (shutil.which("latexmk") and shutil.which("pdflatex")), reason="latexmk or pdflatex is not installed"
)

MAIN = r"""\documentclass{article}
\usepackage{amsmath,array,booktabs,longtable,graphicx,xcolor}
\definecolor{quiet}{HTML}{5B6570}
\input{generated/macros}
\makeatletter\newcommand{\claims}[1]{\csname claims@#1\endcsname}
\newcommand{\figurecaption}[1]{\csname figurecaption@#1\endcsname}\makeatother
\begin{document}
\valTwoThirds, \valClaimsVerified\ of \valClaims; \claims{mixing}, \claims{mixing.variance.uniform}, Table~\ref{tab:t}.
\begin{figure}\includegraphics[width=3cm]{generated/figures/one.pdf}\caption{\figurecaption{one}}\end{figure}
\input{generated/tables/t}
\input{generated/claims}
\end{document}
"""
CONTENTS = '''"""Contents."""
from mixtheory.publishing.macros import closed_form
from mixtheory.publishing.tables import TableSpec

FIGURES = ("one",)
TABLES = (TableSpec(name="t", study="study", caption="Caption.", rows=("law", "n"), reference=True),)
MACROS = (closed_form("two thirds", lambda: 2 / 3),)
'''
FIGURE = '''"""Title."""
from matplotlib.figure import Figure

STUDIES = ("study",)
CAPTION = "About rho_t, 5% & λ."


def draw(results):
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot([0, 1])
    return figure
'''


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "a project"
    for name, text in (("paper/main.tex", MAIN), ("paper/contents.py", CONTENTS), ("figures/one.py", FIGURE)):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def listing(folder):
    return sorted(
        (path.relative_to(folder), path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )


def test_missing_latex_says_how_to_get_it(project, results, claims, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        LatexMissing, match="apt-get install latexmk texlive-latex-recommended texlive-fonts-recommended"
    ):
        build_paper(project, results, claims=claims)
    assert not (results.folder / "paper").exists()


@needs_latex
def test_builds_and_leaves_the_sources_alone(project, results, claims):
    before = listing(project)
    pdf = build_paper(project, results, claims=claims)
    assert pdf == (results.folder / "paper" / "mixtheory.pdf").resolve()
    first = pdf.read_bytes()
    assert first.startswith(b"%PDF")
    assert listing(project) == before
    shutil.rmtree(pdf.parent)
    assert build_paper(project, results, claims=claims).read_bytes() == first


@needs_latex
def test_errors_show_the_lines(project, results, claims):
    main = project / "paper" / "main.tex"
    main.write_text(MAIN.replace(r"\valTwoThirds", r"\valTwoThird"), encoding="utf-8")
    with pytest.raises(LatexFailed, match=r"(?s)main.tex:8: Undefined control sequence.*\\valTwoThird"):
        build_paper(project, results, claims=claims)
    main.write_text(MAIN.replace("tab:t", "tab:unknown"), encoding="utf-8")
    with pytest.raises(LatexFailed, match="Reference `tab:unknown'"):
        build_paper(project, results, claims=claims)


@needs_latex
def test_missing_inputs_are_named(project, results, claims, tmp_path):
    with pytest.raises(MissingResults, match="`mixtheory verify --mutants --json"):
        build_paper(project, results)
    results.path("study").unlink()
    with pytest.raises(MissingResults, match="`mixtheory run study`"):
        build_paper(project, results, claims=claims)
    with pytest.raises(FileNotFoundError, match="holds paper/"):
        build_paper(tmp_path, results, claims=claims)


def test_every_claim_that_the_paper_names_exists(pytestconfig):
    paper = "".join(path.read_text("utf-8") for path in (pytestconfig.rootpath / "paper" / "sections").glob("*.tex"))
    named = {
        name for group in re.findall(r"\\(?:checked|claims)\{([a-z][\w.,]*)\}", paper) for name in group.split(",")
    }
    assert len(named) > 10
    names = [claim.name for claim in catalog.claims()]
    assert not {name for name in named if not any(f"{other}.".startswith(f"{name}.") for other in names)}


def test_table_of_claims(claims):
    verdicts = read_verdicts(claims)
    text = claims_latex(verdicts)
    assert r"\quad E q & $0.25$ & $1\times 10^{-16}$ & $0.2501(2)$ & $0.0025$ & $2^{20}$ & verified \\" in text
    assert r"\quad E q & $0.25$ & $1\times 10^{-16}$ & -- & $1\times 10^{-9}$ & -- & verified \\" in text
    assert r"mutants refuted 1/1" in text and r"\& 5\% of" in text
    numbers = dict(verdicts.numbers())
    assert numbers["claims"] == "2" and numbers["claims verified"] == "1" and numbers["seed"] == "7"
    assert numbers["alpha"] == "1e-09"
    assert r"claims@mixing\endcsname{\mbox{\texttt{mixing} (1 verified, 1 undecided)}}" in verdicts.commands()
