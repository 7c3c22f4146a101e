import re
import shutil
import subprocess

import pandas as pd
import pytest

from mixtheory.fidelity.latex import _ROWS
from tests.fidelity.examples import AWKWARD, example

DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{amssymb,booktabs,graphicx}
\begin{document}
%s
\end{document}
"""


def test_tables_and_escapes():
    report = example(AWKWARD)
    text = report.to_latex()
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == len(report.tables)
    assert [f"tab:fidelity_{name}" for name in report.tables] == re.findall(r"\\label\{(.*)\}", text)
    assert r"\textless{}b\textgreater{}a\&b\textless{}/b\textgreater{}" in text
    assert r"a\_b\$\%" in text and r"back\textbackslash{}slash \{brace\}" in text
    assert "\t" not in text and "\x00" not in text
    # every row of a table has as many cells as its heading
    for table in text.split(r"\begin{table}")[1:]:
        body = table[table.index(r"\toprule") : table.index(r"\bottomrule")]
        cells = {len(re.findall(r"(?<!\\)&", line)) for line in body.splitlines() if line.endswith(r"\\")}
        assert len(cells) == 1


def test_long_tables_are_cut_and_say_so():
    text = example([f"column_{k}" for k in range(60)]).to_latex()
    table = text.split(r"\label{tab:fidelity_variances}")[1].split(r"\end{table}")[0]
    assert table.count(r"column\_") == _ROWS
    assert f"{_ROWS} of 60 rows, those farthest from their null bands first." in text


def test_numbers():
    report = example(["a", "b"])
    table = report.tables["variances"]
    table.loc["a", ["value", "low", "high", "null_low", "null_high"]] = [-1e-9, -2e-9, 3e-9, 1.0, float("inf")]
    table.loc["a", ["std_error", "expected"]] = [1e-9, float("nan")]
    table.loc["a", "within_null"] = pd.NA
    text = report.to_latex()
    assert r"$-1\times 10^{-9}$ & [$-2\times 10^{-9}$, $3\times 10^{-9}$] & [$1$, $\infty$] & -- & -- &" in text


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("names", [AWKWARD, ["only"], [f"column_{k}" for k in range(60)]])
def test_compiles(names, tmp_path):
    (tmp_path / "report.tex").write_text(DOCUMENT % example(names).to_latex(), encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"],
        cwd=tmp_path, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    log = run.stdout.decode("utf-8", "replace")
    assert run.returncode == 0, log[-2000:]
    assert "Overfull" not in log
