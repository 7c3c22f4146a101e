"""Shared by all tests."""

import socket

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


@pytest.fixture
def no_network(monkeypatch):
    """Refuse every connection."""

    def refuse(*args, **kwargs):
        raise AssertionError("a data set asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
