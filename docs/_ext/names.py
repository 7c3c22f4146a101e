"""What single backquotes mean: code, and a link where the text is the name of something documented.

Docstrings put names of parameters and of functions in single backquotes. A name that is documented becomes a link, and
any other stays code without a warning; references that are written out (``:func:``, See Also) are still checked.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole

__all__ = ["setup"]


class Name(XRefRole):
    """A reference that may lead nowhere."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Read the text as an object of the Python domain, whatever the role is called."""
        self.name = "py:obj"
        return super().run()

    def process_link(
        self, env: BuildEnvironment, refnode: nodes.Element, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        """Mark the reference, and look for the name in the module and the class of the page."""
        refnode["mixtheory-name"] = True
        refnode["py:module"] = env.ref_context.get("py:module")
        refnode["py:class"] = env.ref_context.get("py:class")
        return title, target.strip("()") if target.isidentifier() or "." in target else "-"


def _unknown(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.Node | None:
    return content if node.get("mixtheory-name") else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role ``name``, and what happens to names that nobody documents."""
    app.add_role("name", Name(innernodeclass=nodes.literal))
    app.connect("missing-reference", _unknown)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
