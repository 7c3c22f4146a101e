"""Real data sets that come inside installed packages: nothing is downloaded.

Columns keep their units: standardisation, splits and models belong to the studies. What was done to a set (target, rows
kept) is fixed here, before any result, and is written in the record that `load` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mixtheory._validation import check_choice, check_integer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NAMES", "Dataset", "load"]

Task = Literal["classification", "regression"]

# A person of the health insurance experiment has a few consecutive rows, one a year: every tenth row keeps (almost
# always) one year of a person, so that rows are closer to independent, and the set is of a size like the others.
_RANDHIE_STEP = 10


@dataclass(frozen=True, eq=False)
class Dataset:
    """A real data set, ready for a study.

    Attributes
    ----------
    name : str
        The name that `load` takes.
    X : pandas.DataFrame, shape (n, d)
        The covariates as floats, in the units of the source, without missing values.
    y : pandas.Series, shape (n,)
        The target: integers 0, 1, ... for a classification, floats for a regression.
    task : {"classification", "regression"}
        What `y` is.
    source : str
        The package and function that hold the data, and who collected them.
    processing : str
        What was done between the source and this record.
    """

    name: str
    X: pd.DataFrame
    y: pd.Series
    task: Task
    source: str
    processing: str

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def n_columns(self) -> int:
        """Number of covariates."""
        return int(self.X.shape[1])

    def of_class(self, label: int) -> pd.DataFrame:
        """Return the covariates of the rows of one class, a table of its own.

        Raises
        ------
        ValueError
            If the target is no class, or no row has this one.

        Examples
        --------
        >>> load("digits").of_class(8).shape
        (174, 61)
        """
        if self.task != "classification":
            raise ValueError(f"label must be a class, and {self.name!r} is a {self.task}")
        number = check_integer("label", label)
        rows = self.X[self.y == number]
        if not len(rows):
            raise ValueError(f"label must be one of {sorted(set(self.y))}, got {number}")
        return rows.copy()


def _scikit(loader: str, task: Task, source: str, **options: Any) -> Dataset:
    from sklearn import datasets

    bunch = getattr(datasets, loader)(as_frame=True, **options)
    target = bunch.target.astype(np.int64 if task == "classification" else np.float64)
    return Dataset(
        name=loader.removeprefix("load_"),
        X=bunch.data.astype(np.float64),
        y=target.rename("target"),
        task=task,
        source=f"scikit-learn, sklearn.datasets.{loader}: {source}",
        processing="all rows and columns; units of the source",
    )


def _breast_cancer() -> Dataset:
    return _scikit(
        "load_breast_cancer", "classification", "Wisconsin diagnostic breast cancer (Street, Wolberg, Mangasarian 1993)"
    )


def _wine() -> Dataset:
    return _scikit("load_wine", "classification", "wine recognition, three cultivars (Forina et al., UCI)")


def _digits() -> Dataset:
    data = _scikit("load_digits", "classification", "handwritten digits, 8 x 8 pixels (Alpaydin, Kaynak, UCI 1998)")
    varying = data.X.loc[:, data.X.nunique() > 1]
    return replace(data, X=varying, processing="all rows; the pixels that never vary are left out")


def _diabetes() -> Dataset:
    return _scikit(
        "load_diabetes", "regression", "diabetes progression (Efron, Hastie, Johnstone, Tibshirani 2004)", scaled=False
    )


def _fair() -> Dataset:
    from statsmodels.datasets import fair

    table = fair.load_pandas().data.astype(np.float64)
    return Dataset(
        name="fair",
        X=table.drop(columns="affairs"),
        y=(table["affairs"] > 0).astype(np.int64).rename("any_affair"),
        task="classification",
        source="statsmodels, statsmodels.datasets.fair: survey on extramarital affairs (Fair 1978)",
        processing="all rows; the target is 1 where the column affairs is positive",
    )


def _randhie() -> Dataset:
    from statsmodels.datasets import randhie

    table = randhie.load_pandas().data.astype(np.float64).iloc[::_RANDHIE_STEP].reset_index(drop=True)
    return Dataset(
        name="randhie",
        X=table.drop(columns="mdvis"),
        y=np.log1p(table["mdvis"]).rename("log1p_mdvis"),
        task="regression",
        source="statsmodels, statsmodels.datasets.randhie: RAND Health Insurance Experiment (Cameron, Trivedi 2005)",
        processing=(
            f"rows 0, {_RANDHIE_STEP}, {2 * _RANDHIE_STEP}, ... (the rows of a person follow each other); "
            "the target is log(1 + number of visits)"
        ),
    )


_LOADERS: dict[str, Callable[[], Dataset]] = {
    "breast_cancer": _breast_cancer,
    "wine": _wine,
    "digits": _digits,
    "diabetes": _diabetes,
    "fair": _fair,
    "randhie": _randhie,
}

NAMES: tuple[str, ...] = tuple(_LOADERS)


@cache
def _read(name: str) -> Dataset:
    return _LOADERS[name]()


def load(name: str) -> Dataset:
    """Return the real data set `name`.

    Parameters
    ----------
    name : {"breast_cancer", "wine", "digits", "diabetes", "fair", "randhie"}
        Which set; `NAMES` lists them.

    Returns
    -------
    Dataset
        A record of its own: changing its tables changes no later call.

    Raises
    ------
    TypeError
        If `name` is not a string.
    ValueError
        If there is no such set; near matches are suggested.

    Examples
    --------
    >>> from mixtheory.datasets import load
    >>> wine = load("wine")
    >>> wine.X.shape, wine.task
    ((178, 13), 'classification')
    """
    stored = _read(check_choice("name", name, NAMES))
    return replace(stored, X=stored.X.copy(), y=stored.y.copy())
