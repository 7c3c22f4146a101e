"""Shared by all tests."""

import pytest

from mixtheory.montecarlo.fingerprint import one_thread


@pytest.fixture(autouse=True, scope="module")
def one_blas_thread(request):
    """Hold BLAS to one thread, as studies and claims do; the engine's own tests find it as a user's process has it."""
    if request.module.__name__.startswith("tests.montecarlo"):
        yield
    else:
        with one_thread():
            yield
