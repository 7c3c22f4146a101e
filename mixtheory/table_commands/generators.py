"""Generators of minority rows by name."""

from __future__ import annotations

from typing import Any

__all__ = ["GENERATORS", "make_generator"]

GENERATORS = ("mixup", "smote", "borderline", "adasyn", "gaussian", "bootstrap", "jitter")


def make_generator(name: str, neighbors: int) -> Any:
    """Return a generator of `mixtheory.imbalance.generators` with its defaults and a number of neighbours."""
    from mixtheory import EpBeta
    from mixtheory._validation import check_choice, check_integer
    from mixtheory.imbalance import generators

    check_choice("--generator", name, GENERATORS)
    check_integer("--neighbors", neighbors, low=1)
    if name == "mixup":
        return generators.Mixup(EpBeta.preserving_uniform())
    if name in ("smote", "borderline"):
        kind = generators.SMOTE if name == "smote" else generators.BorderlineSMOTE
        return kind(k_neighbors=neighbors)
    if name == "adasyn":
        return generators.ADASYN(n_neighbors=neighbors)
    return {"gaussian": generators.GaussianFit, "bootstrap": generators.Bootstrap, "jitter": generators.Jitter}[name]()
