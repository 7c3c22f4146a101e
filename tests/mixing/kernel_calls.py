"""Every simulator at a tiny size."""

import numpy as np

from mixtheory.mixing import kernels

UNIFORM = (1.0, 1.0)
WIDE = (1.0, 1.0, 0.3, 0.2)
SKEWED = (2.0, 0.7, 0.1, 0.4)
ARCSINE = (0.5, 0.5)
CLASSES = ([0.5, 0.3, 0.2], [0.0, 2.0, 5.0], [1.0, 0.5, 2.0])


def generator(seed=11):
    return np.random.Generator(np.random.PCG64DXSM(seed))


def results():
    """Return a mapping from a name to the array that a simulator makes."""
    rows = kernels.normal_rows(np.array([[1.0, 0.6], [0.6, 1.0]]))
    points = generator().random((9, 3))
    found = {
        "normal": kernels.normal(generator(), 5000),
        "arcsine": kernels.draw_weights(generator(), 9, *ARCSINE),
        "columns": kernels.mix_columns(generator(), 9, rows, [WIDE, SKEWED]),
        "rows": kernels.mix_rows(generator(), 9, rows, *SKEWED),
        "parents": kernels.mix_parents(generator(), 9, kernels.normal, 1.0, 3, 0.2),
        "parents_gamma": kernels.mix_parents(generator(), 9, kernels.normal, 0.7, 3),
        "parent_powers": kernels.parent_power_sums(generator(), 9, 1.0, 3, power=3),
        "cascade": kernels.cascade(generator(), 5, kernels.normal, *WIDE, generations=3),
        "cascade_powers": kernels.cascade_power_sums(generator(), 5, *SKEWED, generations=3),
        "scales": kernels.normal_pair_scales(generator(), 9, *WIDE),
        "normal_powers": kernels.normal_pair_powers(generator(), 9, *WIDE, power=6),
        "exponential_powers": kernels.exponential_pair_powers(generator(), 9, *SKEWED, power=3),
        "exponential_at": kernels.exponential_pair_at(points, alpha=1.0, beta=1.0, power=3),
        "normal_at": kernels.normal_pair_at(points, alpha=2.0, beta=3.0, eps1=0.1),
        "of_class": kernels.records_of_class(generator(), 9, 2, *CLASSES, *SKEWED, rule="larger_weight"),
    }
    for power in (2, 3, 4, 5):
        found[f"powers{power}"] = kernels.pair_powers(generator(), 9, kernels.normal, *WIDE, power=power, center=0.5)
    found["moments"] = kernels.pair_moments(generator(), 9, kernels.normal, *SKEWED, center=0.5)
    for same_class in (False, True):
        pairs = kernels.labelled_pairs(generator(), 9, *CLASSES, *SKEWED, same_class=same_class)
        found |= {f"pairs{same_class}{name}": value for name, value in pairs._asdict().items()}
    for scheme in kernels.SCHEMES:
        for name, law in (("uniform", WIDE), ("skewed", SKEWED)):
            paths = kernels.generation_paths(
                generator(), 3, kernels.normal, *law, generations=3, size=6, scheme=scheme, trace=True
            )
            found[f"{scheme}{name}mean"] = paths.mean
            found[f"{scheme}{name}variance"] = paths.variance
            last = kernels.generation_paths(
                generator(), 3, kernels.normal, *law, generations=3, size=6, scheme=scheme, ddof=0
            )
            found[f"{scheme}{name}last"] = last.variance
            found[f"{scheme}{name}sample"] = kernels.mix_sample(generator(), np.arange(6.0), *law, scheme=scheme)
        found[f"{scheme}indices"] = np.array(kernels.pair_indices(generator(), 6, scheme))
    for dtype in ("float32", "float64"):
        table, parents = points.astype(dtype), np.arange(24).reshape(8, 3) % 9
        weights = np.linspace(-0.5, 1.5, 24).reshape(8, 3)
        found[f"mixed{dtype}"] = kernels.mixed_rows(table, parents, weights)
        found[f"stretched{dtype}"] = kernels.mixed_rows(table, parents, weights[:1], centre=points[0], scale=1.3)
    labels = np.concatenate([points[:, 0], points[:3, 0], [50.0]])
    for name, bandwidth in (("narrow", 1e-3), ("near", 0.1), ("wide", 1e3)):
        found[f"partners_{name}"] = kernels.label_partners(generator(), labels, np.arange(13), bandwidth, 5)
    # more rows than lie side by side
    ranks = generator().integers(20 - np.arange(12), size=(150, 12))
    kernels.ranks_to_rows(ranks)
    found["ranks"] = ranks
    found["large"] = kernels.mix_sample(generator(), np.arange(2500.0), *UNIFORM, scheme="distinct")
    return found
