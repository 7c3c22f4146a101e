from html.parser import HTMLParser

import pytest

from mixtheory.publishing.figures import DrawnFigure, MissingResults
from mixtheory.publishing.html import write_report
from mixtheory.publishing.markup import caption_to_latex, latex_to_html
from mixtheory.publishing.tables import TableSpec

VOID = {"meta", "img", "br", "link", "input", "hr", "source"}


class Page(HTMLParser):
    """Checks that tags are balanced and collects what a browser would load."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.loaded, self.tags, self.ids, self.targets, self.text = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attrs = dict(attrs)
        self.loaded += [attrs[key] for key in ("src", "srcset", "data", "poster") if key in attrs]
        if tag == "link":
            self.loaded.append(attrs.get("href", ""))
        if tag == "a":
            self.targets.append(attrs["href"])
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "img":
            assert attrs["alt"]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def figure(tmp_path):
    png = tmp_path / "f.png"
    png.write_bytes(b"\x89PNG not really")
    return DrawnFigure("f", "A <title>", "About rho & 5% of x_1", ("study",), png, png)


@pytest.fixture
def page(results, claims, figure):
    table = TableSpec(name="t", study="study", caption=r"\emph{All} $\rho_t^2$", rows=("law", "n"), reference=True)
    absent = TableSpec(name="u", study="absent", caption="", rows=("law",))
    info = {"Run": {"seed": 7, "command <x>": "a & b"}}
    path = write_report(results, claims=claims, figures=[figure], tables=[table, absent], info=info, notes=["no <PDF>"])
    assert path == results.folder / "report.html"
    assert not list(results.folder.glob("*.part"))
    return path.read_text("utf-8")


def test_opens_offline(page):
    parsed = Page(page)
    assert not parsed.stack
    assert parsed.loaded and all(source.startswith("data:") for source in parsed.loaded)
    assert not {"script", "link", "iframe", "object", "embed"} & set(parsed.tags)
    assert "@import" not in page and "url(" not in page and "http" not in page
    assert {target.removeprefix("#") for target in parsed.targets} <= set(parsed.ids)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert page.startswith("<!DOCTYPE html>") and 'lang="en"' in page and 'charset="utf-8"' in page


def test_text_is_escaped_and_complete(page):
    assert "<script>" not in page and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 5% of σ² ≤ x_1" in page
    text = " ".join(" ".join(Page(page).text).split())
    for expected in (
        "1/2 claims verified",
        "1/1 mutants refuted",
        "0.2501(2)",
        "0.6667(3)",
        "About ρ & 5% of x_1",
        "no <PDF>",
        "1 × 10 −16",
        "−0.010(12)",
    ):
        assert expected in text, expected
    assert "mixtheory run absent" in text and "command <x>" in text and "numpy" in text


def test_report_without_anything(results):
    text = write_report(results, results.folder / "deep" / "r.html").read_text("utf-8")
    assert not Page(text).stack
    assert "No verdicts in this run" in text


def test_missing_or_damaged_verdicts(results, tmp_path):
    with pytest.raises(MissingResults, match="`mixtheory verify --mutants --json"):
        write_report(results, claims=tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="is no JSON"):
        write_report(results, claims=tmp_path / "bad.json")
    with pytest.raises(ValueError, match="no list of claims"):
        write_report(results, claims={"claim": []})
    assert not (results.folder / "report.html").exists()


def test_latex_to_html():
    assert (
        latex_to_html(r"$\frac12\alpha_{kl}$ --- \textbf{a < b}~c") == "1/2α<sub>kl</sub> — <strong>a &lt; b</strong> c"
    )
    assert (
        latex_to_html(r"$\tilde X\mid k$ (Theorem~\ref{thm:a_b}) \& \citet{x}")
        == "X\u0303 |  k (Theorem “a b”) &amp; [x]"
    )
    assert latex_to_html(caption_to_latex("alpha & <b> 50% x_1 {y}")) == "α &amp; &lt;b&gt; 50% x_1 {y}"
