import json

import pandas as pd
import pytest

from mixtheory.publishing.figures import Results


@pytest.fixture
def results(tmp_path):
    """Return a results folder with one small study."""
    rows = []
    for law in ("uniform", "pre_serving"):
        for n in (10, 100):
            rows.append(
                {"law": law, "n": n, "metric": "variance", "estimate": 2 / 3, "mcse": 0.0003, "reference": 0.6666667}
            )
            rows.append({"law": law, "n": n, "metric": "mean", "estimate": -0.01, "mcse": 0.0123, "reference": None})
    frame = pd.DataFrame(rows).assign(replicates=512)
    folder = tmp_path / "results"
    (folder / "tables").mkdir(parents=True)
    frame.to_csv(folder / "tables" / "study.csv", index=False)
    return Results(folder)


@pytest.fixture
def claims():
    """Return what the verifier writes, plain data."""
    component = {
        "component": "E q",
        "closed": 0.25,
        "estimate": 0.2501,
        "mcse": 0.0002,
        "margin": 0.0025,
        "replicates": 2**20,
        "residual": 1e-16,
        "tolerance": 1e-9,
        "verdict": "verified",
    }
    mutant = {"name": "1 - r", "kind": "formula", "refuted": True, "detail": "far", "distance_in_margins": 12.5}
    claim = {
        "name": "mixing.variance.uniform",
        "statement": "Var X~ <script>alert(1)</script> & 5% of σ² ≤ x_1",
        "assumptions": "iid",
        "source": "T2 [D]: derived in this project",
        "kind": "equality",
        "margin_class": "exact",
        "verdict": "verified",
        "seed": "7",
        "alpha": 1e-9,
        "components": [component],
        "mutants": [mutant],
    }
    identity = {**component, "estimate": None, "mcse": None}
    other = {**claim, "name": "mixing.mean", "verdict": "undecided", "components": [identity], "mutants": []}
    return json.loads(json.dumps({"passed": False, "claims": [claim, other]}))
