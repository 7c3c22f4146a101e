"""Making everything again: studies, verdicts, figures, tables, the report and the paper, from one command."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mixtheory import __version__, catalog
from mixtheory._validation import check_choice
from mixtheory.montecarlo.command import RunOptions, run_study, table_path
from mixtheory.montecarlo.execute import fingerprint_text
from mixtheory.montecarlo.seeds import check_root
from mixtheory.publishing.figures import Results, draw_figure
from mixtheory.publishing.html import write_report
from mixtheory.publishing.macros import load_contents
from mixtheory.publishing.paper import LatexFailed, LatexMissing, build_paper
from mixtheory.publishing.tables import write_tables
from mixtheory.verification.command import run_verification
from mixtheory.verification.report import exit_status

__all__ = ["reproduce"]

PROFILES = ("quick", "paper")


@contextmanager
def _stage(title: str, times: dict[str, str]) -> Iterator[None]:
    print(f"== {title}", file=sys.stderr, flush=True)
    start = time.monotonic()
    yield
    times[title] = f"{time.monotonic() - start:.1f} s"
    print(f"== {title}: {times[title]}", file=sys.stderr, flush=True)


def reproduce(*, profile: str, workers: int, seed: int, results: Path, scheduler: str | None = None) -> int:
    """Run every study, decide every claim with its mutants, and make every figure, table, the report and the PDF.

    Parameters
    ----------
    profile : {"quick", "paper"}
    workers, seed : int
    results : Path
        Folder of the results; what is stored there is not computed again.
    scheduler : str, optional
        Address of a Dask scheduler for the studies.

    Returns
    -------
    int
        0 if every claim is verified, every mutant refuted and the paper compiles; 1 otherwise. A missing LaTeX is no
        failure.
    """
    check_choice("profile", profile, PROFILES)
    check_root(seed)
    root = catalog.project_root()
    stored = Results(results)
    times: dict[str, str] = {}
    for name in catalog.studies():
        study = catalog.load_study(name)
        known = profile if profile in study.profiles or not study.profiles else study.profiles[0]
        with _stage(f"study {name}", times):
            options = RunOptions(profile=known, workers=workers, seed=seed, results=results, scheduler=scheduler)
            run_study(study, options)
            print(f"table: {table_path(results, name)}", file=sys.stderr)
    with _stage("claims and mutants", times):
        verdicts = run_verification(
            catalog.claims(), seed=seed, workers=workers, mutants=True, json_file=results / "claims.json"
        )
    with _stage("figures", times):
        drawn = [draw_figure(path, stored) for path in catalog.figures().values()]
    contents = load_contents(root / "paper")
    with _stage("tables", times):
        write_tables(contents.tables, stored)
    notes: list[str] = []
    status = exit_status(verdicts)
    with _stage("paper", times):
        try:
            print(f"paper: {build_paper(root, stored, drawn=drawn)}")
        except LatexMissing as error:
            notes.append(str(error))
            print(f"no PDF: {error}", file=sys.stderr)
        except LatexFailed as error:
            # the report is still written, and says so
            notes.append(str(error))
            print(f"error: {error}", file=sys.stderr)
            status = 1
    info: dict[str, Mapping[str, object]] = {
        "Run": {"mixtheory": __version__, "profile": profile, "seed": seed, "workers": workers},
        "Times": times,
        "Fingerprint": {"bits depend on": fingerprint_text()},
    }
    page = write_report(stored, figures=drawn, tables=contents.tables, info=info, notes=notes)
    print(f"report: {page}")
    return status
