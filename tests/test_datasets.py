"""The data sets: shapes, types, rules, and that nothing is fetched."""

import subprocess
import sys

import numpy as np
import pytest

from mixtheory import datasets

SHAPES = {
    "breast_cancer": (569, 30),
    "wine": (178, 13),
    "digits": (1797, 61),
    "diabetes": (442, 10),
    "fair": (6366, 8),
    "randhie": (2019, 9),
}
CLASS_SIZES = {
    "breast_cancer": [212, 357],
    "wine": [59, 71, 48],
    "fair": [4313, 2053],
    "digits": [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
}


def test_every_set_is_described():
    assert set(datasets.NAMES) == set(SHAPES)


@pytest.mark.parametrize("name", datasets.NAMES)
def test_record(name, no_network):
    datasets._read.cache_clear()
    data = datasets.load(name)
    assert data.name == name
    assert data.X.shape == (data.n_rows, data.n_columns) == SHAPES[name]
    assert data.y.shape == (data.n_rows,)
    assert set(data.X.dtypes) == {np.dtype(np.float64)}
    assert np.isfinite(data.X.to_numpy()).all() and np.isfinite(data.y.to_numpy()).all()
    assert (data.X.nunique() > 1).all()
    assert data.X.columns.is_unique and data.y.name not in data.X.columns
    assert data.source and data.processing


@pytest.mark.parametrize("name", datasets.NAMES)
def test_targets(name):
    data = datasets.load(name)
    if name in CLASS_SIZES:
        assert data.task == "classification" and data.y.dtype == np.int64
        assert np.bincount(data.y).tolist() == CLASS_SIZES[name]
    else:
        assert data.task == "regression" and data.y.dtype == np.float64


def test_rules_against_the_sources():
    from statsmodels.datasets import fair, randhie

    visits = randhie.load_pandas().data
    mine = datasets.load("randhie")
    np.testing.assert_array_equal(np.expm1(mine.y).round(), visits["mdvis"].to_numpy()[::10])
    np.testing.assert_array_equal(mine.X.to_numpy(), visits.drop(columns="mdvis").to_numpy()[::10])
    affairs = fair.load_pandas().data["affairs"]
    np.testing.assert_array_equal(datasets.load("fair").y.astype(bool), affairs > 0)


def test_the_record_is_the_callers_own():
    first = datasets.load("wine")
    first.X.iloc[:] = 0.0
    first.y.iloc[:] = 7
    again = datasets.load("wine")
    assert (again.X.to_numpy() != 0).any() and set(again.y) == {0, 1, 2}
    with pytest.raises(AttributeError):
        again.task = "regression"


def test_rows_of_a_class():
    digits = datasets.load("digits")
    for label in range(10):
        rows = digits.of_class(label)
        assert len(rows) == CLASS_SIZES["digits"][label]
        np.testing.assert_array_equal(rows.to_numpy(), digits.X.to_numpy()[digits.y.to_numpy() == label])
    taken = digits.of_class(3)
    taken.iloc[:] = 0.0
    assert (digits.of_class(3).to_numpy() != 0).any()
    with pytest.raises(ValueError, match=r"label must be one of \[0, 1, 2\], got 3"):
        datasets.load("wine").of_class(3)
    with pytest.raises(ValueError, match="'diabetes' is a regression"):
        datasets.load("diabetes").of_class(0)
    with pytest.raises(TypeError, match="label"):
        datasets.load("wine").of_class("0")


def test_unknown_names():
    with pytest.raises(ValueError, match="did you mean 'wine'"):
        datasets.load("wines")
    with pytest.raises(ValueError, match="must be one of"):
        datasets.load("")
    with pytest.raises(TypeError, match="name"):
        datasets.load(3)


def test_import_is_light():
    heavy = {"sklearn", "statsmodels", "pandas", "scipy"}
    code = f"import sys, mixtheory.datasets; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
