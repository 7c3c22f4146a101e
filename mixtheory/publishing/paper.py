"""Build the paper: generate its numbers, tables and figures from stored results, then run latexmk in a build folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mixtheory import __version__
from mixtheory.publishing.figures import DrawnFigure, Results, draw_figure
from mixtheory.publishing.latex import escape_latex
from mixtheory.publishing.macros import Contents, define, load_contents
from mixtheory.publishing.markup import caption_to_latex
from mixtheory.publishing.tables import write_tables
from mixtheory.publishing.verdicts import Verdicts, claims_latex, read_verdicts

__all__ = ["LatexFailed", "LatexMissing", "build_paper", "find_latexmk", "generate"]

JOB = "mixtheory"
HOW_TO_INSTALL = """the paper needs latexmk and pdflatex; missing here: {missing}. Install them with
  Debian, Ubuntu:  apt-get install latexmk texlive-latex-recommended texlive-fonts-recommended
  Fedora:          dnf install latexmk texlive-scheme-basic texlive-collection-latexrecommended \\
                       texlive-collection-fontsrecommended
  Arch:            pacman -S texlive-binextra texlive-latexrecommended texlive-fontsrecommended
  macOS:           brew install --cask mactex-no-gui
  Windows:         winget install MiKTeX.MiKTeX
and run `mixtheory paper` again; everything else works without LaTeX (see the report)"""


class LatexMissing(RuntimeError):
    """No latexmk on this computer; the message says how to install it."""


class LatexFailed(RuntimeError):
    """LaTeX stopped; the message shows the relevant lines of its log."""


def find_latexmk() -> str:
    """Return the path of latexmk.

    Raises
    ------
    LatexMissing
        If latexmk or pdflatex is not on the PATH; the message says how to install them.
    """
    missing = [tool for tool in ("latexmk", "pdflatex") if shutil.which(tool) is None]
    if missing:
        raise LatexMissing(HOW_TO_INSTALL.format(missing=" and ".join(missing)))
    latexmk = shutil.which("latexmk")
    assert latexmk is not None
    return latexmk


def _figures(contents: Contents, root: Path, results: Results, folder: Path, drawn: Sequence[DrawnFigure]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    known = {figure.name: figure for figure in drawn}
    lines = []
    for name in contents.figures:
        if name in known:
            figure = known[name]
            shutil.copyfile(figure.pdf, folder / f"{name}.pdf")
        else:
            figure = draw_figure(root / "figures" / f"{name}.py", results, folder)
        caption = caption_to_latex(figure.caption)
        lines.append(rf"\expandafter\newcommand\csname figurecaption@{name}\endcsname{{{caption}}}")
    return "\n".join([*lines, ""])


def generate(
    project_root: str | Path,
    results: Results,
    out_dir: str | Path,
    verdicts: Verdicts,
    drawn: Sequence[DrawnFigure] = (),
) -> Contents:
    """Write everything in the paper that is generated into `out_dir`.

    The folder receives ``macros.tex`` (numbers, verdicts and captions of figures), ``claims.tex`` (the table of
    claims), ``tables/*.tex`` and ``figures/*.pdf``.

    Raises
    ------
    MissingResults
        If a study is not stored that a table, a macro or a figure reads.
    """
    root, folder = Path(project_root), Path(out_dir)
    contents = load_contents(root / "paper")
    results.require(contents.studies)
    folder.mkdir(parents=True, exist_ok=True)
    captions = _figures(contents, root, results, folder / "figures", drawn)
    write_tables(contents.tables, results, folder / "tables")
    numbers = define([*((macro.name, macro.text(results)) for macro in contents.macros), *verdicts.numbers()])
    version = rf"\newcommand{{\mixtheoryversion}}{{{escape_latex(__version__)}}}" + "\n"
    (folder / "macros.tex").write_text(version + numbers + verdicts.commands() + captions, encoding="utf-8")
    (folder / "claims.tex").write_text(claims_latex(verdicts), encoding="utf-8")
    return contents


def build_paper(
    project_root: str | Path = ".",
    results: Results | str | Path = "results",
    out_dir: str | Path | None = None,
    *,
    claims: Verdicts | str | Path | Mapping[str, Any] | None = None,
    drawn: Sequence[DrawnFigure] = (),
    timeout: float = 300.0,
) -> Path:
    """Generate the paper's numbers, tables and figures and compile it; ``paper/`` itself is only read.

    Parameters
    ----------
    project_root : path
        The folder that holds ``paper/`` and ``figures/``.
    results : Results or path
        The stored results.
    out_dir : path, optional
        The build folder; ``results/paper`` by default. Generated files go to its ``generated/``.
    claims : path or mapping, optional
        What ``mixtheory verify --json`` wrote; ``results/claims.json`` by default.
    drawn : sequence of DrawnFigure
        Figures that are drawn already; the others are drawn from the stored results.
    timeout : float
        Seconds that latexmk may take.

    Returns
    -------
    Path
        The PDF.

    Raises
    ------
    LatexMissing
        If latexmk is not installed; checked before anything is written.
    LatexFailed
        If the paper does not compile, or refers to something that does not exist; with the lines of the log.
    MissingResults
        If results are not stored that the paper shows.
    """
    latexmk = find_latexmk()
    root = Path(project_root).resolve()
    store = results if isinstance(results, Results) else Results(results)
    build = (Path(out_dir) if out_dir is not None else store.folder / "paper").resolve()
    source = root / "paper" / "main.tex"
    if not source.is_file():
        raise FileNotFoundError(f"{source} does not exist: project_root must be the folder that holds paper/")
    verdicts = claims if isinstance(claims, Verdicts) else read_verdicts(claims or store.folder / "claims.json")
    generate(root, store, build / "generated", verdicts, drawn)
    environment = {
        **os.environ,
        "TEXINPUTS": os.pathsep.join([".", str(root / "paper"), ""]),
        # The same results give the same PDF: no time of day in it.
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
        "max_print_line": "1000",
    }
    command = [latexmk, "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]
    command += [f"-jobname={JOB}", str(source)]
    try:
        done = subprocess.run(command, cwd=build, env=environment, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise LatexFailed(f"latexmk did not finish within {timeout:g} s; see {build / (JOB + '.log')}") from error
    log = build / f"{JOB}.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    pdf = build / f"{JOB}.pdf"
    if done.returncode or not pdf.is_file():
        shown = relevant_lines(text) or done.stdout.decode(errors="replace")[-2000:]
        raise LatexFailed(f"the paper does not compile; from {log}:\n{shown}")
    undefined = sorted(set(re.findall(r"LaTeX Warning: ((?:Reference|Citation) .*? undefined)", text)))
    if undefined:
        raise LatexFailed("the paper refers to what it does not contain:\n" + "\n".join(undefined))
    return pdf


def relevant_lines(log: str, after: int = 6) -> str:
    r"""Return the errors of a LaTeX log, each with the lines that follow it.

    Examples
    --------
    >>> relevant_lines("(./main.tex\nmain.tex:3: Undefined control sequence.\nl.3 \\foo\n", after=1)
    'main.tex:3: Undefined control sequence.\nl.3 \\foo'
    """
    lines = log.splitlines()
    starts = [k for k, line in enumerate(lines) if line.startswith("! ") or re.match(r"\S.*?:\d+: ", line)]
    shown = dict.fromkeys(k for start in starts for k in range(start, min(start + after + 1, len(lines))))
    return "\n".join(lines[k] for k in shown)
