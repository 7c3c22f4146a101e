"""Draw figures from stored results: vector PDF and PNG, byte for byte the same each time."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pandas as pd

from mixtheory._validation import near_matches
from mixtheory.montecarlo.command import table_path
from mixtheory.scripts import load_script

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DrawnFigure", "MissingResults", "Results", "draw_figure", "figures_main"]

PNG_DPI = 200


class MissingResults(FileNotFoundError):
    """A figure, a table or the paper asks for results that are not stored; the message names the command to run."""

    def __init__(self, message: str, studies: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.studies = studies


class Results:
    """The stored tables of a results folder.

    Parameters
    ----------
    folder : path
        The folder that ``mixtheory run`` writes; the tidy frame of study NAME is ``folder/tables/NAME.csv``.

    Examples
    --------
    >>> Results("nowhere").available()
    ()
    """

    def __init__(self, folder: str | Path = "results") -> None:
        self.folder = Path(folder)

    def __repr__(self) -> str:
        return f"Results({str(self.folder)!r})"

    def path(self, study: str) -> Path:
        """Return where the tidy frame of `study` is stored."""
        return table_path(self.folder, study)

    def available(self) -> tuple[str, ...]:
        """Return the names of the studies that have a stored table, sorted."""
        return tuple(sorted(path.stem for path in (self.folder / "tables").glob("*.csv")))

    def missing(self, studies: tuple[str, ...] | list[str]) -> tuple[str, ...]:
        """Return those of `studies` that have no stored table."""
        return tuple(name for name in studies if not self.path(name).is_file())

    def require(self, studies: tuple[str, ...] | list[str]) -> None:
        """Raise `MissingResults` that names the commands to run unless every one of `studies` is stored."""
        missing = self.missing(studies)
        if missing:
            commands = f"`mixtheory run {' '.join(missing)}`"
            hint = near_matches(missing[0], self.available())
            raise MissingResults(f"no results in {self.path(missing[0])}: {commands} makes them{hint}", missing)

    def frame(self, study: str) -> pd.DataFrame:
        """Return the tidy frame of `study`: a row for each cell and metric.

        Raises
        ------
        MissingResults
            If the study was not run; the message says which command makes it.
        ValueError
            If the file is no table of results.
        """
        self.require((study,))
        try:
            frame = pd.read_csv(self.path(study), engine="python")
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise ValueError(
                f"{self.path(study)} is no table ({error}); `mixtheory run {study}` writes it anew"
            ) from error
        absent = {"metric", "estimate", "mcse"} - set(frame.columns)
        if absent:
            raise ValueError(
                f"{self.path(study)} lacks the columns {sorted(absent)}; `mixtheory run {study}` makes them"
            )
        return frame


@dataclass(frozen=True)
class DrawnFigure:
    """A figure that was drawn: its name, title, caption (plain text), the studies it read, and its two files."""

    name: str
    title: str
    caption: str
    studies: tuple[str, ...]
    pdf: Path
    png: Path


@contextmanager
def _quiet_canvas() -> Iterator[None]:
    """Draw on Agg with matplotlib's defaults; close what was opened and put the user's backend and settings back."""
    import matplotlib
    from matplotlib import pyplot as plt

    # A plain look-up would resolve an undecided backend, which may open a window system.
    backend = dict.get(matplotlib.rcParams, "backend")
    already_open = set(plt.get_fignums())
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # Salted ids and subset fonts are the random parts of vector files.
        matplotlib.rcParams.update({"svg.hashsalt": "mixtheory", "pdf.fonttype": 42, "interactive": False})
        plt.switch_backend("agg")
        try:
            yield
        finally:
            for number in set(plt.get_fignums()) - already_open:
                plt.close(number)
            if backend is not None and backend != "agg":
                plt.switch_backend(backend)


def _save(figure: Figure, pdf: Path, png: Path) -> None:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with warnings.catch_warnings():
        # fontTools announces tables that it drops; they do not matter to a reader of the figure.
        warnings.filterwarnings("ignore", module="fontTools")
        figure.savefig(pdf, backend="pdf", metadata={"CreationDate": None, "ModDate": None})
    FigureCanvasAgg(figure)
    figure.savefig(png, dpi=PNG_DPI, metadata={"Software": f"matplotlib {matplotlib.__version__}"})


def draw_figure(
    script: str | Path,
    results: Results | str | Path = "results",
    out_dir: str | Path | None = None,
    *,
    figures_dir: str | Path = "figures",
) -> DrawnFigure:
    """Draw one figure script and save it as vector PDF and as PNG.

    Parameters
    ----------
    script : path or name
        The script, or the name of a script in `figures_dir`.
    results : Results or path
        The stored results.
    out_dir : path, optional
        Where the two files go; ``results/figures`` by default.
    figures_dir : path
        The folder that holds the scripts, used when `script` is a bare name.

    Returns
    -------
    DrawnFigure
        The files are the same byte for byte each time the same script draws the same results with the same libraries.

    Raises
    ------
    FileNotFoundError
        If there is no such script.
    MissingResults
        If a study that the figure reads is not stored; nothing is written then.
    """
    path = Path(script)
    if path.suffix != ".py":
        path = Path(figures_dir) / f"{script}.py"
    store = results if isinstance(results, Results) else Results(results)
    folder = Path(out_dir) if out_dir is not None else store.folder / "figures"
    with _quiet_canvas():
        module = load_script(path)
        title, caption, studies = _declared(module)
        store.require(studies)
        try:
            figure = module.draw(store)
        except KeyError as error:
            commands = " and ".join(f"`mixtheory run {name}`" for name in studies)
            raise MissingResults(
                f"figure {path.stem} finds no {error} in the results: {commands} adds it", studies
            ) from error
        folder.mkdir(parents=True, exist_ok=True)
        pdf, png = folder / f"{path.stem}.pdf", folder / f"{path.stem}.png"
        _save(figure, pdf, png)
    return DrawnFigure(name=path.stem, title=title, caption=caption, studies=studies, pdf=pdf, png=png)


def _declared(module: ModuleType) -> tuple[str, str, tuple[str, ...]]:
    if not callable(getattr(module, "draw", None)):
        raise ValueError(f"{module.__file__} defines no function draw(results)")
    title = (module.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    studies: Any = getattr(module, "STUDIES", ())
    names = (studies,) if isinstance(studies, str) else tuple(str(name) for name in studies)
    return title, " ".join(str(getattr(module, "CAPTION", "")).split()), names


def figures_main(script: str | Path, argv: list[str] | None = None) -> int:
    """Run a figure script by itself: ``raise SystemExit(figures_main(__file__))``.

    Returns the exit status: 0, or 1 with a message on stderr when results are missing.
    """
    parser = argparse.ArgumentParser(description=f"Draw {Path(script).stem} from stored results (PDF and PNG).")
    parser.add_argument("--results", default="results", help="folder with stored results (default: results)")
    parser.add_argument("--out", default=None, help="folder for the files (default: RESULTS/figures)")
    options = parser.parse_args(argv)
    try:
        drawn = draw_figure(Path(script), Results(options.results), options.out)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{drawn.pdf}\n{drawn.png}")
    return 0
