"""The documentation: what its pages show is complete, and what they run works. CI builds the site itself."""

import ast
import doctest
import importlib
import json
import re
import sys

import pytest

from mixtheory import catalog
from mixtheory.publishing.verdicts import Verdicts

HOWTOS = ("balance", "covariance", "soft_labels", "regression", "mixed_columns", "select", "study")


@pytest.fixture(scope="module")
def docs(pytestconfig):
    return pytestconfig.rootpath / "docs"


@pytest.fixture(scope="module", autouse=True)
def extensions(docs):
    sys.path.insert(0, str(docs / "_ext"))
    yield
    sys.path.remove(str(docs / "_ext"))
    # their names are too short to be left in the table of modules
    for path in (docs / "_ext").glob("*.py"):
        sys.modules.pop(path.stem, None)


def load(name):
    return importlib.import_module(name)


def pages(docs):
    return sorted(path for path in docs.rglob("*.rst") if not {"generated", "_build"} & set(path.parts))


@pytest.fixture(scope="module")
def reference(tmp_path_factory, extensions):
    return load("api").write_reference(tmp_path_factory.mktemp("api"))


def documented(reference):
    found = re.findall(r"^\.\. auto(?:class|function|data):: (\S+)", "\n".join(reference.values()), re.MULTILINE)
    assert len(found) == len(set(found)), "a name is documented twice"
    return set(found)


def test_every_public_name_is_documented_once(reference):
    api, names = load("api"), documented(reference)
    for module in ("mixtheory", *api.public_modules()):
        for name in api.exports(module):
            assert api.home_of(module, name) in names, f"{module}.{name}"


def test_every_module_with_exports_is_reachable(reference, pytestconfig):
    api = load("api")
    public = set(api.public_modules())
    for path in (pytestconfig.rootpath / "mixtheory").rglob("*.py"):
        name = ".".join(path.relative_to(pytestconfig.rootpath).with_suffix("").parts).removesuffix(".__init__")
        parts = name.split(".")
        if any(part.startswith("_") or part in api.INTERNAL for part in parts) or "__all__" not in path.read_text():
            continue
        above = {".".join(parts[:k]) for k in range(2, len(parts) + 1)}
        # one package on the way exports names and speaks for what is below it
        assert len(above & public) == 1 or name == "mixtheory", name


def test_top_level_names_have_a_page_of_their_own(reference):
    import mixtheory

    for name in mixtheory.__all__:
        if not name.startswith("__"):
            assert f"mixtheory.{name}" in reference[f"top.{name}"]


def test_a_module_without_topic_is_refused(extensions):
    with pytest.raises(ValueError, match=r"mixtheory\.nowhere belongs to no topic"):
        load("api").topic_of("mixtheory.nowhere")


def test_every_figure_is_in_the_gallery(tmp_path, pytestconfig):
    stored = tmp_path / "results" / "figures" / "kurtosis_price.png"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"stored")
    found = load("gallery").write_gallery(tmp_path / "gallery", tmp_path / "results")
    scripts = {p.stem for p in (pytestconfig.rootpath / "figures").glob("*.py") if "def draw(" in p.read_text("utf-8")}
    assert {entry.name for entry in found} == scripts
    index = (tmp_path / "gallery" / "index.rst").read_text("utf-8")
    for entry in found:
        page = (tmp_path / "gallery" / f"{entry.name}.rst").read_text("utf-8")
        assert f":ref:`figure-{entry.name}`" in index
        assert entry.title
        assert f"mixtheory figures {entry.name}" in page
        assert entry.script.read_text("utf-8").splitlines()[-1] in page
        # a stored picture is shown, one of closed forms is drawn, and one of studies is missing, which the page says
        shown = entry.name == stored.stem or not entry.studies
        assert (f".. image:: pictures/{entry.name}.png" in page) == shown == (entry.picture is not None)
        assert ("No picture in this build" in page) == (not shown)
    assert (tmp_path / "gallery" / "pictures" / stored.name).read_bytes() == b"stored"


def test_every_claim_is_on_one_theory_page(docs):
    claims = load("claims")
    verdicts = Verdicts(tuple({"name": claim.name, "verdict": "-"} for claim in catalog.claims()))
    shown = []
    for page in (docs / "theory").glob("*.rst"):
        for prefix in claims.prefixes_of(page.read_text("utf-8")):
            shown += [claim["name"] for claim in claims.claims_under(verdicts, [prefix])]
    assert sorted(shown) == sorted({claim.name for claim in catalog.claims()})


def test_every_topic_has_a_page(docs):
    index = (docs / "theory" / "index.rst").read_text("utf-8")
    listed = set(re.findall(r"^   (\w+)$", index, re.MULTILINE))
    assert listed == {page.stem for page in (docs / "theory").glob("*.rst")} - {"index"}
    for topic in catalog.TOPICS:
        prefix = topic.rpartition(".")[2]
        assert any(f".. claims:: {prefix}." in (docs / "theory" / f"{name}.rst").read_text("utf-8") for name in listed)


def test_verdicts_come_from_the_file_or_are_absent(tmp_path):
    claims = load("claims")
    listed, decided = claims.load_verdicts(tmp_path / "claims.json")
    assert not decided
    assert {claim["verdict"] for claim in listed.claims} == {claims.UNDECIDED}
    assert len(listed.claims) == len(catalog.claims())
    component = {"margin": None, "tolerance": 2e-9}
    stored = {"name": "a.b", "verdict": "refuted", "components": [component, {"margin": 0.5}], "mutants": []}
    (tmp_path / "claims.json").write_text(json.dumps({"claims": [stored]}))
    read, decided = claims.load_verdicts(tmp_path / "claims.json")
    assert decided
    assert read.claims[0]["verdict"] == "refuted"
    assert claims.margins(read.claims[0]) == "2e-09 to 0.5"
    assert claims.margins({}) == "–"
    with pytest.raises(ValueError, match=r"no claim is called a\.c"):
        claims.claims_under(read, ["a", "a.c"])


@pytest.mark.parametrize("name", ["changelog", "gallery"])
def test_examples_of_the_extensions(name):
    outcome = doctest.testmod(load(name))
    assert outcome.attempted
    assert not outcome.failed


def test_captions_and_changelog_become_restructured_text():
    assert load("gallery").caption_to_rst("95% of x_1*, $x_1$; alpha < 1") == (
        r"95% of x\_1\*, \ :math:`x_1`\ ; \ :math:`\alpha`\  \< 1"
    )
    text = load("changelog").markdown_to_rst("# Log\n\n- `a*b`, *see* [x](http://y.z)\n")
    assert text == "Log\n===\n\n\n- ``a*b``, \\*see\\* `x <http://y.z>`__"


def test_blocks_are_read_as_sphinx_reads_them():
    blocks = load("run").read_blocks("Text\n\n.. run:: python\n   :head: 3\n\n   if True:\n\n       print(1)\n\nMore\n")
    assert [(b.language, b.code, b.options) for b in blocks] == [("python", "if True:\n\n    print(1)\n", ("head",))]
    assert load("run").commands("a \\\n  b\n\nc\n") == ["a \\\n  b", "c"]


def test_a_session_keeps_names_and_shows_what_came_out(tmp_path):
    run = load("run")
    session = run.Session("page", tmp_path)
    assert session.run(run.Block("python", "x = 2\nprint('hello')\nx + 1\n")).text == "hello\n3\n"
    assert session.run(run.Block("sh", "echo $((1 + 1))\ntouch made\n")).text == "$ echo $((1 + 1))\n2\n$ touch made\n"
    frame = session.run(
        run.Block("python", "import os, pandas\npandas.DataFrame({'made': [os.path.exists('made')]})\n")
    )
    assert "<td>True</td>" in frame.html
    assert not frame.text
    picture = session.run(run.Block("python", "from matplotlib.figure import Figure\nFigure()\n"))
    assert picture.pictures[0].startswith(b"\x89PNG")
    with pytest.raises(RuntimeError, match="exit status 1 of `false` in page"):
        session.run(run.Block("sh", "false\n"))
    with pytest.raises(ZeroDivisionError):
        session.run(run.Block("python", "1 / 0\n"))
    with pytest.raises(ValueError, match="python or sh"):
        session.run(run.Block("perl", ""))


def test_python_of_all_pages_compiles(docs):
    blocks = [block for page in pages(docs) for block in load("run").read_blocks(page.read_text("utf-8"))]
    assert len(blocks) > 50
    for block in blocks:
        if block.language == "python":
            ast.parse(block.code)


def test_commands_and_options_of_all_pages_exist(docs):
    import typer.main

    from mixtheory.cli import app

    commands = typer.main.get_command(app).commands
    checked = 0
    for page in pages(docs):
        for line in re.findall(r"^   (?:\$ )?mixtheory ((?:.*\\\n)*.*)$", page.read_text("utf-8"), re.MULTILINE):
            words = line.replace("\\\n", " ").split()
            if words[0].startswith("--"):
                continue
            assert words[0] in commands, (page.name, line)
            known = {name for parameter in commands[words[0]].params for name in parameter.opts} | {"--help"}
            assert {word for word in words if word.startswith("--")} <= known, (page.name, line)
            checked += 1
    assert checked > 10


@pytest.mark.parametrize("name", HOWTOS)
def test_quick_guides_run(name, docs, tmp_path):
    run = load("run")
    session = run.Session(name, tmp_path)
    for block in run.read_blocks((docs / "howto" / f"{name}.rst").read_text("utf-8")):
        session.run(block)


@pytest.mark.slow
def test_the_tutorial_says_what_comes_out(docs, tmp_path):
    import pandas as pd

    run = load("run")
    session = run.Session("tutorial", tmp_path)
    for block in run.read_blocks((docs / "tutorial.rst").read_text("utf-8")):
        session.run(block)
    # what the text says of the numbers; each holds by more than three standard deviations of the draw
    tables = session.names["report"].tables
    assert tables["variances"].loc["tv_news", "value"] < 0.96
    assert session.names["sampler"].column_costs_.loc["tv_news", "variance_change_relative"] < -0.03
    privacy = tables["privacy"]
    assert privacy.loc["exact copies", "value"] > 0
    assert privacy.loc["near-copies", "value"] > privacy.loc["near-copies", "null_high"]
    second = session.names["second"].tables["variances"].loc["age"]
    assert second["value"] < second["null_low"]
    assert second["expected"] == pytest.approx(2 / 3, abs=0.01)
    # the commands make the rows of the Python blocks
    made = session.names["X_new"].assign(vote=session.names["y_new"])
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "synthetic.csv"), made, check_dtype=False)
    assert (tmp_path / "report.html").stat().st_size > 10_000
