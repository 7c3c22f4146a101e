"""The command line: augment, select, size and fidelity for tables; studies and claims; figures, paper and templates.

Exit status 0 is success, 1 a failure of the work, 2 a usage error, 130 an interruption.
"""

from __future__ import annotations

import inspect
import os
import string
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mixtheory import table_commands
from mixtheory._exit_status import clear_errors, drop_output

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The statistics of synthetic data: add synthetic rows to a table, select them, size them and judge them; "
    "verify the theorems, run the studies, make the figures and the paper.",
)

Results = Annotated[Path, typer.Option(help="Folder of stored results.")]
Workers = Annotated[int | None, typer.Option(help="Threads or processes; by default all cores.")]
Seed = Annotated[int, typer.Option(help="Root seed.")]

_DEFAULT_RESULTS = Path("results")

# what part of the changes to the theory's source some claim must notice
REQUIRED_SHARE = 0.95


def _worker_count(workers: int | None) -> int:
    from mixtheory._validation import check_integer

    return os.cpu_count() or 1 if workers is None else check_integer("workers", workers, low=1)


def _print_version(wanted: bool) -> None:
    if wanted:
        from mixtheory import __version__

        print(f"mixtheory {__version__}")
        raise typer.Exit(0)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command(name="list")
def list_() -> None:
    """List all studies, figures and claims."""
    from mixtheory import catalog

    with clear_errors():
        print("studies (mixtheory run NAME)")
        for name in catalog.studies():
            try:
                study = catalog.load_study(name)
            except ValueError as error:
                print(f"  {name:28} {error}")
            else:
                print(f"  {name:28} {study.title} [{', '.join(study.profiles)}]")
        print("figures (mixtheory figures NAME)")
        for name, path in catalog.figures().items():
            print(f"  {name:28} {_first_line(path)}")
        print("claims (mixtheory verify NAME)")
        for claim in catalog.claims():
            print(f"  {claim.name:44} {claim.statement}")


def _first_line(path: Path) -> str:
    import ast

    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return text.splitlines()[0] if text else ""


@app.command()
def run(
    names: Annotated[list[str], typer.Argument(help="Names of studies.")],
    profile: Annotated[str | None, typer.Option(help="quick or paper; by default the study's first.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Replicates a cell, rounded up to whole blocks.")] = None,
    workers: Workers = None,
    seed: Seed = 0,
    results: Results = _DEFAULT_RESULTS,
    backend: Annotated[str | None, typer.Option(help="threads, loky or dask; by default the study's.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
    allow_mixed: Annotated[bool, typer.Option(help="Merge blocks of other machines or versions.")] = False,
    salvage: Annotated[bool, typer.Option(help="First copy what can be read of a damaged store.")] = False,
) -> None:
    """Run studies; a second run computes only what is missing."""
    from mixtheory import catalog
    from mixtheory.montecarlo.command import RunOptions, run_to_end

    with clear_errors():
        options = RunOptions(
            profile=profile,
            replicates=replicates,
            workers=_worker_count(workers),
            seed=seed,
            results=results,
            backend=backend,
            scheduler=scheduler,
            allow_mixed=allow_mixed,
            salvage=salvage,
        )
        # every name is looked up before the first study starts
        chosen = [catalog.load_study(name) for name in names]
    for study in chosen:
        status = run_to_end(study, options)
        if status:
            raise typer.Exit(status)


@app.command()
def replay(
    block: Annotated[str, typer.Argument(help="Name of a block, as a failed run prints it: STUDY/KEY/INDEX.")],
    seed: Annotated[int | None, typer.Option(help="Root seed of that run; by default the store's.")] = None,
    results: Results = _DEFAULT_RESULTS,
) -> None:
    """Compute one block again, with its seed, in this process, and show its replicates or its error."""
    import traceback

    import numpy as np

    from mixtheory import catalog
    from mixtheory.montecarlo import Store
    from mixtheory.montecarlo.command import store_path

    with clear_errors():
        study = catalog.load_study(block.partition("/")[0])
        if seed is None:
            key = block.partition("/")[2].partition("/")[0]
            with Store(store_path(results, study.name), readonly=True) as store:
                seed = store.root_of(key)
        parameters, index = study.find_block(block, seed)
    print(f"study {study.name}, block {index}, seed {seed}, parameters {parameters}")
    try:
        outputs = study.replay(block, seed=seed)
    except Exception:
        traceback.print_exc()
        raise typer.Exit(1) from None
    for name, values in outputs.items():
        numbers = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
        finite = np.isfinite(numbers).all(axis=1)
        print(
            f"{name}: {len(numbers)} replicates, {int((~finite).sum())} not finite, "
            f"mean {numbers[finite].mean():.10g}, first {numbers[0].tolist()[:5]}"
        )


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names or globs of claims; all without.")] = None,
    mutants: Annotated[bool, typer.Option("--mutants", help="Try each claim's mutants too; each must fail.")] = False,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Change the source of the theory and see who notices.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write everything to this file.")] = None,
    seed: Seed = 0,
    alpha: Annotated[float | None, typer.Option(help="Level of a suite of 1,000 claims (1e-6).")] = None,
    workers: Workers = None,
) -> None:
    """Decide claims: exit status 0 only if every claim is verified and every mutant refuted."""
    from mixtheory import catalog
    from mixtheory._files import check_writable
    from mixtheory.verification.command import run_verification
    from mixtheory.verification.decide import SUITE_ALPHA, check_options
    from mixtheory.verification.report import exit_status

    with clear_errors():
        # before the claims are loaded, which takes seconds
        check_options(seed=seed, alpha=SUITE_ALPHA if alpha is None else alpha, workers=_worker_count(workers))
        if mutate and names:
            raise ValueError(f"--mutate is for all claims together, got the names {names}")
        if json_file is not None:
            check_writable("--json", json_file)
        chosen = catalog.claims(names or ())
        status = _mutate(chosen) if mutate else 0
        if not mutate or mutants or json_file:
            results = run_verification(
                chosen, seed=seed, alpha=alpha, workers=_worker_count(workers), mutants=mutants, json_file=json_file
            )
            status |= exit_status(results)
    raise typer.Exit(status)


def _mutate(chosen: list[Any]) -> int:
    import importlib

    from mixtheory import catalog
    from mixtheory.verification.mutate import mutate

    outcome = mutate(chosen, [importlib.import_module(name) for name in catalog.theory_modules()])
    print(outcome.summary())
    if outcome.fraction < REQUIRED_SHARE or outcome.shared:
        print(f"error: at least {REQUIRED_SHARE:.0%} of the changes must be noticed", file=sys.stderr)
        return 1
    return 0


@app.command()
def figures(
    names: Annotated[list[str] | None, typer.Argument(help="Names of figures; all without.")] = None,
    results: Results = _DEFAULT_RESULTS,
    out: Annotated[Path | None, typer.Option(help="Folder for the files, by default RESULTS/figures.")] = None,
) -> None:
    """Draw figures from stored results."""
    from mixtheory import catalog
    from mixtheory.publishing.figures import draw_figure

    with clear_errors():
        paths = [catalog.figure(name) for name in names] if names else list(catalog.figures().values())
        for path in paths:
            drawn = draw_figure(path, results, out)
            print(f"{drawn.pdf}\n{drawn.png}")


@app.command()
def paper(results: Results = _DEFAULT_RESULTS) -> None:
    """Build the PDF of the paper from stored results."""
    from mixtheory import catalog
    from mixtheory.publishing.paper import build_paper

    with clear_errors():
        print(build_paper(catalog.project_root(), results))


@app.command()
def reproduce(
    profile: Annotated[str, typer.Option(help="quick or paper.")] = "quick",
    workers: Workers = None,
    seed: Seed = 0,
    results: Results = _DEFAULT_RESULTS,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
) -> None:
    """Do everything: studies, claims with their mutants, figures, tables, report.html and, with LaTeX, the paper."""
    from mixtheory import reproduction

    with clear_errors():
        status = reproduction.reproduce(
            profile=profile, workers=_worker_count(workers), seed=seed, results=results, scheduler=scheduler
        )
    raise typer.Exit(status)


new = typer.Typer(no_args_is_help=True, help="Write a working template of a study or a claim.")
app.add_typer(new, name="new")


def _write_template(kind: str, folder: str, name: str) -> None:
    import importlib.util
    import keyword
    from importlib.resources import files

    from mixtheory import catalog

    with clear_errors():
        if not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name):
            raise ValueError(f"name must be letters, digits and _ and start with a letter, got {name!r}")
        if importlib.util.find_spec(name) is not None:
            raise ValueError(f"name must not be that of an importable module, which the file would hide, got {name!r}")
        if kind == "study" and name in catalog.studies() and not (Path(folder) / f"{name}.py").exists():
            raise ValueError(f"name must not be that of a study of the project, got {name!r}")
        path = Path(folder) / f"{name}.py"
        template = files("mixtheory").joinpath("templates", f"{kind}.py.txt").read_text("utf-8")
        text = string.Template(template).substitute(name=name, title=name.replace("_", " ").capitalize())
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # never over a file that is there
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise ValueError(f"name must be new: {path} exists already") from None
        print(path)


@new.command("study")
def new_study(name: Annotated[str, typer.Argument(help="Name of the study and its file.")]) -> None:
    """Write simulations/NAME.py in the current folder."""
    _write_template("study", "simulations", name)


@new.command("claim")
def new_claim(name: Annotated[str, typer.Argument(help="Name of the claim and its file.")]) -> None:
    """Write claims/NAME.py in the current folder."""
    _write_template("claim", "claims", name)


for command in table_commands.COMMANDS:
    # a paragraph of a docstring is one line of help, which the terminal breaks
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    words = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    app.command(rich_help_panel="Tables of your own", help=words)(command)


def main() -> None:
    """Run the command line."""
    try:
        app()
    finally:
        # what is still buffered meets a closed pipe only here
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            drop_output()
