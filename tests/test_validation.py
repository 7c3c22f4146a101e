"""Checks of user input: what is refused rather than converted, and how values print in messages."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from mixtheory._validation import (
    check_choice,
    check_integer,
    check_matrix,
    check_random_state,
    check_real,
    check_reals,
    check_size,
    seed_sequence,
    shown,
)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.array([[1j]]), TypeError, "X must be .*dtype complex128"),
        (np.array([["1.5"]]), TypeError, "X must be .*dtype <U3"),
        ([["1.5", 2.0]], TypeError, "X must be .*dtype <U"),
        (np.array([["1.5", 2.0]], dtype=object), TypeError, "X must be .*dtype object"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), TypeError, "X must be .*dtype datetime64"),
        (np.ma.array([[1.0, 2.0]], mask=[[True, False]]), ValueError, "X must have no masked entries.*float64"),
        ([[1.0], [1.0, 2.0]], TypeError, "X must be an array of real numbers, got list"),
        (pd.DataFrame({"a": [1.0], "b": ["x"], "c": ["2"]}), TypeError, r"X must .* got 'b' \(.*\), 'c' \(.*\)$"),
        (pd.DataFrame({"a": [1.0], "z": [1j]}), TypeError, r"X must .* got 'z' \(complex128\)$"),
        (pd.DataFrame({"a": [1.0, np.nan]}), ValueError, "X must be finite"),
    ],
)
def test_matrix_refuses_what_it_would_have_to_convert(value, error, message):
    with pytest.raises(error, match=message):
        check_matrix("X", value)


@pytest.mark.parametrize(
    "value",
    [
        [[True, 2]],
        np.array([[Fraction(1), 2.0]], dtype=object),
        np.ma.array([[1.0, 2.0]]),
        pd.DataFrame({"a": [True], "b": [2]}),
        pd.DataFrame({"a": pd.array([1], dtype="Int64"), "b": np.array([2.0], dtype=object)}),
    ],
)
def test_matrix_of_numbers_of_any_type(value):
    array = check_matrix("X", value)
    assert type(array) is np.ndarray and array.dtype == np.float64 and array.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.array([1j]), TypeError, r"a must be a real number, got \[1j\] of dtype complex128"),
        (np.array(["1"]), TypeError, r"a must be a real number, got \['1'\] of dtype <U1"),
        (np.ma.array([1.0, 2.0], mask=[1, 0]), ValueError, "a must have no masked entries.*float64"),
    ],
)
def test_reals_refuse_the_same(value, error, message):
    with pytest.raises(error, match=message):
        check_reals("a", value)


@pytest.mark.parametrize("make", [np.float64, np.float32, np.int64, np.longdouble, np.array, lambda v: [np.int64(v)]])
def test_values_print_plainly(make):
    with pytest.raises(ValueError, match=r"a must be finite and > 0, got \[?-2(\.0)?\]?$"):
        check_reals("a", make(-2), low=0.0)


def test_other_messages_print_plainly():
    with pytest.raises(TypeError, match="n must be an integer, got 1.5$"):
        check_integer("n", np.float64(1.5))
    with pytest.raises(TypeError, match="n must be an integer, got True$"):
        check_integer("n", np.True_)
    with pytest.raises(ValueError, match="got 'b'$"):
        check_choice("c", np.str_("b"), ["xyz"])
    with pytest.raises(ValueError, match=r"a must be in \(0, 1\), got 2.0$"):
        check_real("a", np.float64(2), low=0, high=1)
    assert shown((np.int64(1),)) == "(1,)" and shown([np.float64(1), "a"]) == "[1.0, 'a']"
    assert shown(np.arange(1000)).startswith("[  0,   1") and len(shown(np.arange(1000))) < 60


def test_sizes():
    assert check_size("size", np.int64(3)) == 3 and check_size("size", (2, 0)) == (2, 0)


def test_random_states_of_every_kind():
    for make in (
        lambda: 3,
        lambda: [3, 4],
        lambda: np.random.SeedSequence(3, spawn_key=(1,)),
        lambda: np.random.RandomState(3),
        lambda: np.random.Generator(np.random.MT19937(3)),
    ):
        draws = [check_random_state(make()).random(3).tolist() for _ in range(2)]
        assert draws[0] == draws[1]
    rng = np.random.default_rng(0)
    assert check_random_state(rng) is rng
    assert check_random_state(3).random() == np.random.default_rng(3).random()
    assert check_random_state(None).random() != check_random_state(None).random()
    # a RandomState goes on, a SeedSequence is left as it was
    state, sequence = np.random.RandomState(3), np.random.SeedSequence(3)
    assert check_random_state(state).random() != check_random_state(state).random()
    seed_sequence(sequence).spawn(2)
    assert sequence.n_children_spawned == 0


@pytest.mark.parametrize("state", [True, -1, 1.5, "x", object()])
def test_what_is_no_random_state(state):
    with pytest.raises(ValueError, match="random_state must be None, an integer >= 0, a RandomState"):
        check_random_state(state)
