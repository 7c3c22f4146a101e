"""Records for pictures: points of a manifold and of batches of them that were mixed, with their distance to it.

A picture needs single records, which are no estimates: `Drawn` keeps those of the first replicate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_choice, check_integer
from mixtheory.mixing.batches import mix_batch
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.studies.manifolds import HalfMoons, Helix, named_manifold
from mixtheory.mixing.studies.zeta_scenarios import LAWS, mixing_law
from mixtheory.montecarlo.accumulate import Raw
from mixtheory.montecarlo.metrics import Cell, Estimate, Metric, Outputs, column, set_fields

__all__ = ["BATCH", "MANIFOLDS", "RECORDS", "Drawn", "records"]

Array = NDArray[np.float64]

RECORDS = 512
"""Records of a picture, as many as in the published one of half-moons."""

BATCH = 32
"""Records of a batch, as published."""

MANIFOLDS = ("noisy_half_moons", "spiral")


class Drawn(Metric[Raw]):
    """One record of the first replicate: a point of a picture, without an error since it estimates nothing.

    Parameters
    ----------
    output : str
        An output of shape (n, m).
    place : int
        Which of the m records.
    """

    output: str
    place: int

    def __init__(self, output: str, place: int) -> None:
        index = check_integer("place", place, low=0)
        set_fields(self, output=output, place=index, name=f"{output}_{index}")

    def collect(self, outputs: Outputs, cell: Cell) -> Raw:
        """Return the record in every replicate."""
        return Raw.from_values(column(outputs, self.output, cell)[:, self.place])

    def estimate(self, blocks: Sequence[Raw]) -> Estimate:
        """Return the record in the first replicate of the first block."""
        count = sum(block.count for block in blocks)
        return Estimate(float(blocks[0].values[0, 0]), math.nan, count)


def _mixed(batch: Array, columns: int, law: MixingLaw, rng: np.random.Generator, rescale: str | None) -> Array:
    """Mix a batch of which the first columns are data, and may be rescaled, and the others soft labels."""
    if batch.shape[1] == columns:
        return mix_batch(batch, law, rng, rescale=rescale)
    return np.hstack(mix_batch(batch[:, :columns], law, rng, y=batch[:, columns:], rescale=rescale))


def records(
    rng: np.random.Generator, n: int, *, manifold: str, law: str, gamma: float | None, alpha: float | None
) -> dict[str, Array]:
    """Draw `n` times `RECORDS` points of a manifold and mix them in batches of `BATCH`, each the first parent of one.

    Parameters
    ----------
    manifold : {"noisy_half_moons", "spiral"}
    law : str
        ``"original"`` leaves the points as they are; for the others, `gamma` and `alpha` see
        `zeta_scenarios.mixing_law`.

    Returns
    -------
    dict
        ``first``, ``second``, ``third``: coordinates in units of the radius, of half-moons two and the part of the
        label on the second one, each of shape (n, RECORDS); ``distance``: mean over records of the distance to the
        manifold in units of the radius, shape (n,).

    Raises
    ------
    ValueError
        If a name is unknown or a parameter missing.
    """
    shape = named_manifold(check_choice("manifold", manifold, MANIFOLDS))
    check_choice("law", law, ("original", *LAWS))
    weights = mixing_law(law, BATCH, gamma=gamma, alpha=alpha) if law != "original" else None
    columns = shape.ambient_dimension
    points, distances = np.empty((n, RECORDS, 3)), np.empty(n)
    for table, distance in zip(points, distances[:, np.newaxis], strict=True):
        if isinstance(shape, HalfMoons):
            table[:, :2], table[:, 2] = shape.sample_labelled(RECORDS, rng)
        else:
            table[:] = shape.sample(RECORDS, rng)
        if weights is not None:
            for batch in np.split(table, RECORDS // BATCH):
                batch[:] = _mixed(batch, columns, weights, rng, "batch" if law == "rescaled" else None)
        distance[:] = shape.distance(table[:, :columns]).mean()
    radius = shape.radius if isinstance(shape, Helix) else 1.0
    points[..., :columns] /= radius
    coordinates = dict(zip(("first", "second", "third"), points.transpose(2, 0, 1), strict=True))
    return {**coordinates, "distance": distances / radius}
