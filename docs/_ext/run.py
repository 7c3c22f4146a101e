"""A directive that shows a piece of code, runs it while the site is built, and shows what came out.

``.. run:: python`` and ``.. run:: sh`` blocks of a page share one folder, and its Python blocks one namespace, so that
a page reads and works like a session. Outputs are never written by hand; a block that fails stops the build.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["Block", "Output", "Session", "read_blocks", "setup"]

WIDTH = 96
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BLOCK = re.compile(r"^\.\. run:: (\w+)\n((?:[ \t]+\S.*\n|[ \t]*\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its code and the names of its options."""

    language: str
    code: str
    options: tuple[str, ...] = ()


@dataclass
class Output:
    """What a block left: text, the HTML of a table, pictures as PNG."""

    text: str = ""
    html: str = ""
    pictures: list[bytes] = field(default_factory=list)


def read_blocks(text: str) -> list[Block]:
    """Return the blocks of a page in their order, from its source."""
    found = []
    for language, body in _BLOCK.findall(text if text.endswith("\n") else text + "\n"):
        lines = textwrap.dedent(body).strip("\n").split("\n")
        options = []
        while lines and (match := re.match(r":([\w-]+):", lines[0])):
            options.append(match[1])
            lines.pop(0)
        found.append(Block(language, "\n".join(lines).strip("\n") + "\n", tuple(options)))
    return found


def commands(code: str) -> list[str]:
    """Return the commands of a shell block; a backslash at the end of a line carries on."""
    joined = re.split(r"(?<!\\)\n", code.strip("\n"))
    return [line for line in joined if line.strip()]


class Session:
    """One page's folder and namespace.

    Parameters
    ----------
    name : str
        Shown in tracebacks.
    folder : path
        Where the blocks run.
    """

    def __init__(self, name: str, folder: str | Path) -> None:
        self.name = name
        self.folder = Path(folder)
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.count = 0

    def run(self, block: Block) -> Output:
        """Run a block and return what it left.

        Raises
        ------
        RuntimeError
            If a command of a shell block fails; errors of Python blocks come as they are.
        ValueError
            If the language is neither ``python`` nor ``sh``.
        """
        if block.language == "python":
            return self._python(block.code)
        if block.language == "sh":
            return Output(text="".join(f"$ {line}\n{self._shell(line)}" for line in commands(block.code)))
        raise ValueError(f"run takes python or sh, got {block.language!r}")

    def _python(self, code: str) -> Output:
        self.count += 1
        place = f"<{self.name}, block {self.count}>"
        # the source must be findable: studies are tied to the text of their simulator
        linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
        tree = ast.parse(code, place)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        printed, value = io.StringIO(), None
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(compile(tree, place, "exec"), self.names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), place, "eval"), self.names)
        return _shown(value, printed.getvalue())

    def _shell(self, command: str) -> str:
        folder = str(Path(sys.executable).parent)
        environment = {
            **os.environ,
            "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
            "COLUMNS": str(WIDTH),
            "NO_COLOR": "1",
            "TERM": "dumb",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        said = "".join(f"{line.rstrip()}\n" for line in _ANSI.sub("", done.stdout).split("\n")).rstrip("\n")
        if done.returncode:
            raise RuntimeError(f"exit status {done.returncode} of `{command}` in {self.name}:\n{said}")
        return f"{said}\n" if said else ""


def _shown(value: Any, printed: str) -> Output:
    if value is None:
        return Output(text=printed)
    figure = getattr(value, "figure", None)
    picture = next((item for item in (value, figure) if hasattr(item, "savefig")), None)
    if picture is not None:
        buffer = io.BytesIO()
        picture.savefig(buffer, format="png", dpi=150, bbox_inches="tight")
        return Output(text=printed, pictures=[buffer.getvalue()])
    if hasattr(value, "to_html") and hasattr(value, "columns"):
        return Output(text=printed, html=value.to_html(border=0, classes="table"))
    return Output(text=f"{printed}{value!r}\n")


class Run(SphinxDirective):
    """``.. run:: python`` or ``.. run:: sh``.

    Options: ``keep`` copies files of the page's folder into the site, ``head`` shows the first lines of the output
    only, ``alt`` describes a picture, ``quiet`` shows no output, ``slow`` keeps the block out of the quick tests.
    """

    required_arguments = 1
    has_content = True
    option_spec = {  # noqa: RUF012
        "keep": directives.unchanged_required,
        "head": directives.positive_int,
        "alt": directives.unchanged_required,
        "quiet": directives.flag,
        "slow": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return the code and its output."""
        session = _session(self.env.docname)
        block = Block(self.arguments[0], "\n".join(self.content) + "\n")
        try:
            output = session.run(block)
        except Exception as error:
            raise self.error(f"the block does not run: {type(error).__name__}: {error}") from error
        shell = block.language == "sh"
        shown: list[nodes.Node] = []
        if not shell:
            shown.append(self._literal(block.code, "python", "run-code"))
        text = output.text
        if "head" in self.options:
            lines = text.split("\n")
            text = "\n".join([*lines[: self.options["head"]], "…" if len(lines) > self.options["head"] + 1 else ""])
        if shell and "quiet" in self.options:
            text = "\n".join(f"$ {line}" for line in commands(block.code))
        if text.strip() and (shell or "quiet" not in self.options):
            shown.append(self._literal(text.rstrip("\n"), "console" if shell else "text", "run-output"))
        if output.html:
            raw = f'<div class="run-table pst-scrollable-table-container">{output.html}</div>'
            shown.append(nodes.raw("", raw, format="html"))
        shown += [self._picture(session, data, k) for k, data in enumerate(output.pictures)]
        for name in self.options.get("keep", "").split():
            target = Path(self.env.srcdir) / "generated" / "kept" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(session.folder / name, target)
        return shown

    def _literal(self, text: str, language: str, kind: str) -> nodes.Node:
        node = nodes.literal_block(text, text, language=language, classes=[kind])
        self.set_source_info(node)
        return node

    def _picture(self, session: Session, data: bytes, k: int) -> nodes.Node:
        name = f"generated/run/{session.name.replace('/', '-')}-{session.count}-{k}.png"
        target = Path(self.env.srcdir) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return nodes.image(uri=f"/{name}", alt=self.options.get("alt", "the figure that this block draws"))


_SESSIONS: dict[str, tuple[Session, tempfile.TemporaryDirectory[str]]] = {}


def _session(name: str) -> Session:
    if name not in _SESSIONS:
        folder = tempfile.TemporaryDirectory(prefix="mixtheory-docs-")
        _SESSIONS[name] = (Session(name, folder.name), folder)
    return _SESSIONS[name][0]


def _forget(app: Sphinx, name: str, *_: Any) -> None:
    if name in _SESSIONS:
        _SESSIONS.pop(name)[1].cleanup()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("run", Run)
    app.connect("source-read", _forget)
    app.connect("doctree-read", lambda app, tree: _forget(app, app.env.docname))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
