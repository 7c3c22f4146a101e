"""Small studies for the tests of the engine; importable, so that worker processes find them by name too."""

import numpy as np

from mixtheory.montecarlo import Correlation, Coverage, Kurtosis, Mean, Quantile, Study, grid


def simulate(rng, n, k, method="plain"):
    x = rng.normal(size=(n, k))
    mean, se = x.mean(axis=1), x.std(axis=1, ddof=1) / np.sqrt(k)
    # a Cholesky factorisation differs in its last bits between one and two BLAS threads
    factor = np.linalg.cholesky(x[:300].T @ x[:300] + np.eye(k))
    return {
        "mean": mean + (factor[-1, -1] if method == "shifted" else 0.0),
        "first": x[:, 0],
        "low": mean - 2 * se,
        "high": mean + 2 * se,
    }


def make_study(cells=None, *, block_size=500, replicates=3000, simulator=simulate, **options):
    metrics = [
        Mean("mean"),
        Coverage("low", "high", 0.0),
        Kurtosis("first"),
        Correlation("mean", "first"),
        Quantile("first", 0.9),
    ]
    return Study(
        grid(k=[3, 40]) if cells is None else cells,
        simulator,
        metrics,
        name="toy",
        batched=True,
        block_size=block_size,
        replicates=replicates,
        **options,
    )
