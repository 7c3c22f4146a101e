"""All claims of all topics: names that differ, and statements that LaTeX can print."""

import re
from collections import Counter

import pytest

from mixtheory import catalog
from tests.claim_checks import named

CLAIMS = catalog.claims()


def test_names_differ():
    assert [name for name, count in Counter(claim.name for claim in CLAIMS).items() if count > 1] == []


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_latex_is_balanced(claim):
    plain = re.sub(r"\\[{}]", "", claim.latex)
    assert plain.count("{") == plain.count("}")
    assert claim.latex.count(r"\left") == claim.latex.count(r"\right")
    # strings that are joined without a space make one command of two
    assert not re.search(r"\\(q?quad|to(?!p))[A-Za-z]", claim.latex)
