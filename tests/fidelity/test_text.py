import numpy as np
import pandas as pd
import pytest

from mixtheory.fidelity.cells import REPEATING, farness, shorten, shown_table
from mixtheory.fidelity.report import FidelityReport
from mixtheory.fidelity.text import _width
from mixtheory.fidelity.verdict import findings, headline
from tests.fidelity.examples import AWKWARD, example, judged, part


def report_of(rows_real=100, rows_synthetic=30, **tables):
    meta = {
        "rows_real": rows_real, "rows_synthetic": rows_synthetic, "columns": ["a"], "nominal": [], "target": None,
        "level": 0.95, "n_bootstrap": 1, "seed": "0", "expected": "",
    }  # fmt: skip
    return FidelityReport(tables, dict.fromkeys(tables, "Read it."), ["A note."], {}, meta)


@pytest.mark.parametrize("names", [AWKWARD, ["only"], [f"column_{k}" * 9 for k in range(25)], "名" * 9])
def test_fits_a_terminal(names):
    names = list(dict.fromkeys(f"{name}{k}" for k, name in enumerate(names)))
    report = example(names, notes=["One note. " * 30])
    lines = str(report).splitlines()
    assert max(map(_width, lines)) <= 100
    assert all(line == line.rstrip() and line.isprintable() for line in lines)
    for finding in findings(report):
        assert sum(line == finding.heading for line in lines) == 1
    assert "One note. One note." in str(report)


def test_numbers_of_the_summary():
    text = example(["age", "income"], factor=0.5).summary()
    assert "Real rows:" in text and "covariance times 0.5" in text
    variances = text.split("\nVariances\n")[1]
    row = next(line for line in variances.splitlines() if line.startswith("age"))
    table = example(["age", "income"], factor=0.5).tables["variances"].loc["age"]
    assert f"{table['value']:.3f}" in row and f"[{table['low']:.3f}, {table['high']:.3f}]" in row and "✗ no" in row


def test_verdicts():
    index = pd.Index(["a", "b"], name="column")
    alike = judged(index, [0.0, 0.1], 0.1, 0.5, expected=[0.0, 0.0])
    far = judged(index, [0.0, 9.0], 0.1, 0.5)
    law = judged(index, [0.5, 0.55], 0.1, 0.2, 1.0, expected=[0.5, 0.5])
    wrong = judged(index, [0.0, 0.1], 0.01, 0.5, expected=[0.3, 0.1])
    report = report_of(means=alike, shape=far, variances=law, correlations=wrong)
    found = {finding.table: finding for finding in findings(report)}
    assert {name: (one.verdict, one.kind) for name, one in found.items()} == {
        "means": ("alike", "good"),
        "shape": ("differs", "bad"),
        "variances": ("differs, as predicted", "open"),
        "correlations": ("not as predicted", "bad"),
    }
    assert found["shape"].sentence == "1 of 2 outside the null band: b (9, null -0.5 to 0.5)."
    assert found["means"].sentence == "All 2 inside their null bands. All 2 as the law predicts."
    assert "1 of 2 not as the law predicts: a (0" in found["correlations"].sentence
    assert headline(report) == (
        "The synthetic rows differ from the real ones by more than fresh real rows would in 2 of 4 comparisons: "
        "variances and skewness and kurtosis. The law explains what it does to variances. For 1 of 3 numbers outside "
        "the null bands the law predicts nothing. 1 of 6 predictions of the law do not hold (correlations)."
    )
    assert headline(report_of(means=alike)).startswith("In none of 1 comparisons")


def test_rows_without_a_prediction_are_not_as_predicted():
    index = pd.Index(list("abcd"), name="column")
    table = judged(index, [0.5, 9.0, 0.0, 0.0], 0.1, 0.2, expected=[0.5, np.nan, np.nan, np.nan])
    table.loc[list("bcd"), "as_expected"] = pd.NA
    found = findings(report_of(means=table))[0]
    assert (found.verdict, found.outside, found.unexplained, found.predicted) == ("differs", 2, 1, 1)
    assert found.sentence.endswith(" The 1 predicted agrees with the law; 3 have no prediction.")
    # the row that is not predicted is inside its band
    table.loc["b", "value"], table.loc["b", "within_null"] = 0.0, True
    assert findings(report_of(means=table))[0].verdict == "differs, as predicted"
    # and a prediction that fails
    table.loc["a", "as_expected"] = False
    found = findings(report_of(means=table))[0]
    assert found.verdict == "differs"
    assert found.sentence.endswith(" 1 of 1 not as the law predicts. 3 have no prediction.")
    bare = table.assign(as_expected=pd.array([True] + [pd.NA] * 3, dtype="boolean"))
    bare["within_null"] = pd.array([pd.NA] * 4, dtype="boolean")
    assert findings(report_of(means=bare))[0].verdict == "not judged"
    assert findings(report_of(means=bare.loc[["a"]]))[0].verdict == "as predicted"


@pytest.mark.parametrize(
    ("real", "synthetic", "said"),
    [(20, 20, None), (19, 20, "only 19 real rows"), (5, 1, "only 1 synthetic row and 5 real rows")],
)
def test_few_rows_are_said_first(real, synthetic, said):
    alike = judged(pd.Index(["a", "b"], name="column"), [0.0, 0.1], 0.1, 0.5)
    text = headline(report_of(real, synthetic, means=alike))
    assert text.startswith("In none of" if said is None else f"With {said} this report can tell little")


def test_mixed_rows_near_their_parents_are_neither_proof_nor_anonymous():
    for expected in (True, False):
        report = part(example(n=100, expected=expected), "privacy")
        for text in (" ".join(report.summary().split()), report.to_html()):
            assert "near-copies are no proof of a defect, but such rows are not anonymous." in text


def test_deviations_are_called_so():
    table = shown_table(example(["a", "b"]), "variances")
    assert {"real sd", "synthetic sd", "ratio of variances"} <= set(table.head)
    assert "real" in example().tables["variances"] and "real" in shown_table(example(["a", "b"]), "means").head


def test_copies_come_first_and_are_counted():
    found = findings(example())
    assert found[0].table == "privacy" and found[0].sentence.startswith("4 exact copies. ")
    assert not {finding.table for finding in found} & set(REPEATING)


def test_nothing_judged():
    table = judged(pd.Index(["a"], name="column"), [0.0], np.nan, np.nan)
    table["within_null"] = pd.array([pd.NA], dtype="boolean")
    report = report_of(means=table)
    assert findings(report)[0].verdict == "not judged" and headline(report) == "Nothing could be judged."
    assert "There are no null bands to compare with." in str(report)
    assert headline(report_of()) == "Nothing could be judged." and str(report_of())


def test_farness():
    frame = judged(pd.Index(list("abcd"), name="column"), [0.5, 2.0, 0.0, np.nan], 0.1, 0.1, 1.0)
    frame["null_low"], frame["null_high"] = 0.5, 2.0
    np.testing.assert_allclose(farness(frame), [1, 1, np.inf, -1])
    distance = judged(pd.Index(["a", "b"], name="column"), [0.0, 0.3], 0.1, 0.1)
    distance["null_low"], distance["null_high"] = 0.0, 0.1
    np.testing.assert_allclose(farness(distance), [0, 3])
    difference = judged(pd.Index(["a", "b"], name="column"), [-0.3, 0.05], 0.1, 0.1)
    np.testing.assert_allclose(farness(difference), [3, 0.5])


def test_cells():
    report = example(["a", "b"])
    table = shown_table(report, "regression")
    assert table.head[:3] == ("term", "real (std. error)", "synthetic (std. error)")
    assert table.rows[0][1].text.endswith(" (0.05)")
    assert table.selection == "" and shown_table(report, "regression", 1).selection.startswith("1 of 3 rows")
    assert shorten("abcdef", 6) == "abcdef" and shorten("abcdefg", 6) == "abc…fg" and len(shorten("x" * 99, 7)) == 7
