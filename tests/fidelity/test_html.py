import re

import pandas as pd
import pytest

from mixtheory.fidelity.html import _FIRST, _MOST
from mixtheory.fidelity.panels import PANELS
from mixtheory.fidelity.report import FidelityReport
from tests.fidelity.examples import AWKWARD, example, part
from tests.publishing.test_html import Page


class Read(Page):
    """Collects what a reader by ear needs as well."""

    def __init__(self, text):
        self.headings, self.alternatives, self.scopes, self.described = [], [], [], []
        super().__init__(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.alternatives.append(found["alt"])
        if tag == "th":
            self.scopes.append(found.get("scope"))
        if found.get("role") == "region":
            self.described.append((found["aria-labelledby"], found["tabindex"]))
        super().handle_starttag(tag, attrs)


@pytest.fixture(scope="module")
def report():
    return example(AWKWARD, notes=["A <note> & more."])


@pytest.fixture(scope="module")
def text(report):
    return report.to_html()


def test_one_file_that_loads_nothing(text):
    parsed = Read(text)
    assert not parsed.stack
    assert len(parsed.loaded) == 2 * len(PANELS)
    assert all(source.startswith("data:image/svg+xml;base64,") for source in parsed.loaded)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & set(parsed.tags)
    assert "@import" not in text and "url(" not in text and "http" not in text


def test_can_be_read_by_ear(report, text):
    parsed = Read(text)
    assert text.startswith("<!DOCTYPE html>") and '<html lang="en">' in text and 'charset="utf-8"' in text
    assert parsed.headings[0] == 1 and parsed.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(parsed.headings, parsed.headings[1:], strict=False))
    assert set(parsed.scopes) == {"row", "col"}
    assert len(set(parsed.alternatives)) == len(PANELS) and all(len(words) > 40 for words in parsed.alternatives)
    assert {target.removeprefix("#") for target in parsed.targets} <= set(parsed.ids)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {place for place, _ in parsed.described} == {f"{name}-title" for name in report.tables} <= set(parsed.ids)


def test_names_are_escaped(text):
    assert "<b>a&b</b>" not in text and "&lt;b&gt;a&amp;b&lt;/b&gt;" in text
    assert "A &lt;note&gt; &amp; more." in text and "&quot;quoted&quot;" in text
    shown = " ".join(Read(text).text)
    for name in (*AWKWARD[:5], r"tab\tnew\nline\x00\u202e"):
        assert name in shown
    assert not any(character in text for character in "\x00\t‮")


def test_the_answer_comes_first_and_all_tables_follow(report, text):
    shown = " ".join(" ".join(Read(text).text).split())
    places = [
        shown.index(words) for words in ("The synthetic rows differ", "In short", "4 exact copies.", "Provenance")
    ]
    assert places[0] < places[1] < places[2]
    order = [
        text.index(f'<section id="{name}">') for name in ("answer", "reading", *report.tables, "notes", "provenance")
    ]
    assert order == sorted(order)
    for title in report.titles.values():
        assert title in shown
    for words in ("Seed", "numpy", "UTC", "Bootstrap replicates", "covariance times 0.667"):
        assert words in shown
    marks = re.findall(r'<span class="mark (good|bad)">(.*?)</span>', text)
    assert set(marks) == {("good", "✓ yes"), ("bad", "✗ no")}


def test_cells_hold_the_numbers_of_the_table():
    report = part(example(["a", "b"]), "means", "variances")
    report.tables["means"].loc["a", ["value", "low", "high"]] = [-1e-9, -2e-9, 3e-9]
    report.tables["means"].loc["a", "std_error"] = 1e-9
    text = report.to_html()
    assert "[−2 × 10<sup>−9</sup>, 3 × 10<sup>−9</sup>]" in text
    row = report.tables["variances"].loc["b"]
    assert f"[{row['low']:.3f}, {row['high']:.3f}]" in text


def test_long_tables_are_folded():
    report = part(example([f"column_{k}" for k in range(60)]), "correlations")
    table = report.tables["correlations"]
    parsed = report.to_html().split('<section id="correlations">')[1].split("</section>")[0]
    first, rest = parsed.split("<details>")
    assert first.count("<tr>") == _FIRST + 1 and rest.count("<tr>") == _MOST + 1
    assert f"{_FIRST} of {len(table):,} rows" in first and f"{_MOST} of {len(table):,} rows" in rest


def test_written_whole(tmp_path, report):
    path, report = tmp_path / "deep" / "report.html", part(report, "dimension")
    assert report.to_html(path) == path.read_text("utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_report_of_little():
    meta = {**example(["a"]).meta, "expected": "", "target": None, "nominal": [], "columns": []}
    text = FidelityReport({}, {}, (), {}, meta).to_html()
    assert not Read(text).stack and "Nothing could be judged." in text
    empty = pd.DataFrame({"value": pd.Series(dtype=float)}, index=pd.Index([], name="column"))
    text = FidelityReport({"means": empty}, {"means": "Read."}, (), {}, meta).to_html()
    assert not Read(text).stack and "<img" not in text
