"""A small sampler for tests of the contract: rows between others, whose parents and weights are known."""

import numpy as np
from scipy import sparse

from mixtheory.resampling import Draw, OverSampler


class Weigher(OverSampler):
    """Sums of `weights` times rows: of the class for labels, of the table for other targets."""

    def __init__(self, weights=(0.7, 0.3), *, target="classes", **common):
        super().__init__(**common)
        self.weights = weights
        self.target = target

    @classmethod
    def _get_param_names(cls):
        return sorted(["weights", "target", *OverSampler._get_param_names()])

    def _kind(self):
        return self.target

    def _prepare(self, table, target):
        self.variance_factor_ = float(np.sum(np.square(self.weights)))

    def _draw(self, table, target, counts, rng):
        weights = np.asarray(self.weights, dtype=np.float64)
        parents = []
        for code, count in counts.items():
            members = np.flatnonzero(target.codes == code)
            parents.append(members[rng.integers(members.size, size=(count, weights.size))])
        parents = np.concatenate(parents)
        entries = np.broadcast_to(weights, parents.shape).ravel()
        ends = np.arange(0, entries.size + 1, weights.size)
        mixing = sparse.csr_matrix((entries, parents.ravel(), ends), shape=(len(parents), table.n_rows))
        rows = mixing @ table.numbers
        if not sparse.issparse(rows):
            rows = rows.astype(table.numbers.dtype)
        mixed = None
        if target.kind == "soft":
            mixed = mixing @ np.eye(len(target.classes))[target.codes]
        elif target.kind == "numbers":
            mixed = mixing @ target.values
        return Draw(rows, parents, weights, mixed)
