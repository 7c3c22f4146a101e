"""What mixing does to the intrinsic dimension of curves, surfaces and digits: mixup against zeta-mixup.

Both laws see the same data and are matched: they have the same covariance factor (or, extended and
rescaled, the factor one), except where the published exponents are compared with Beta(1, 1). Data, sizes, laws and
estimators were fixed here before any result, but for the pair "own" on five_in_twenty, digits_3 and digits_8, which was
added to the paper profile after its first results, to tell what near-copies of one parent do there.
"""

from mixtheory.mixing.studies import dimension
from mixtheory.montecarlo import Mean, Study, grid

ALPHAS = (0.2, 1.0)
PUBLISHED = (2.0, 2.4, 2.8, 4.0, 6.0)
CURVES = ("half_moons", "spiral", "helix", "swiss_roll")
DIGIT_ROWS = 128


def simulate(rng, n, *, data, size, pair, alpha, gamma):
    """Draw data, mix them by both laws and estimate dimensions, distances and agreement of labels."""
    return dimension.compared(rng, n, data=data, size=size, pair=pair, alpha=alpha, gamma=gamma)


def reference(*, data, size, pair, alpha, gamma):
    """Return the closed forms of displacement and variance."""
    return dimension.references(size, pair, alpha, gamma)


def matched(data, sizes, pairs=("mixup",)):
    """Cross data, sizes and pairs of laws with the same covariance factor."""
    return grid(data=data, size=sizes, pair=pairs, alpha=ALPHAS, gamma=(None,))


def published(data, size, pair="mixup", gammas=PUBLISHED):
    """Compare the published exponents with uniform weights."""
    return grid(data=data, size=(size,), pair=(pair,), alpha=(1.0,), gamma=gammas)


STUDY = Study(
    name="intrinsic_dimension",
    title="Intrinsic dimension after mixup and zeta-mixup at equal covariance",
    cells={
        "quick": [
            *matched(CURVES, (512,)),
            *matched(("helix",), (2048,), ("mixup", "own", "preserving")),
            *matched(("spiral",), (2048,)),
            *matched(("digits_3", "digits_8"), (DIGIT_ROWS,), ("mixup", "own")),
            *published(("spiral",), 2048, gammas=(2.0, 4.0, 6.0)),
        ],
        "paper": [
            *matched((*CURVES, "five_in_twenty"), (512, 2048)),
            *matched(("spiral", "helix"), (8192,)),
            *matched((*CURVES, "five_in_twenty"), (2048,), ("preserving",)),
            *matched(("spiral", "helix", "swiss_roll", "five_in_twenty"), (2048,), ("own",)),
            *matched(("noisy_half_moons",), (512,)),
            *matched(dimension.DIGITS, (DIGIT_ROWS,)),
            *matched(("digits_3", "digits_8"), (DIGIT_ROWS,), ("own", "preserving")),
            *matched(("digits",), (256,)),
            *published(("half_moons",), 512),
            *published(("spiral",), 8192),
            *published(("digits_3",), DIGIT_ROWS),
            *published(("spiral",), 8192, "shared", (2.0, 4.0, 6.0)),
        ],
    },
    simulate=simulate,
    metrics=[Mean(f"{name}_{side}") for side, names in dimension.sides().items() for name in names],
    data=("data", "size"),
    replicates={"quick": 4, "paper": 64},
    block_size=4,
    batched=True,
    backend="loky",
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
