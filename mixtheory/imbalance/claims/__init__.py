"""Claims about imbalanced augmentation: the expansion, sizes, the Gaussian example and rates."""

from mixtheory.imbalance.claims import (
    expansion,
    gaussian,
    gaussian_risk,
    logistic,
    logistic_risk,
    mean_shift,
    mean_shift_level,
    mean_shift_risk,
    mixup,
    mixup_prices,
    moments,
    prices,
    quality,
    ranking,
    ranking_fits,
    rates,
    selection,
    sizes,
    wald,
    wald_calibration,
)
from mixtheory.verification import Claim

__all__ = ["CLAIMS", "SUPPORT_MODULES", "THEORY_MODULES"]

_MODULES = (
    moments,
    expansion,
    logistic_risk,
    sizes,
    gaussian,
    gaussian_risk,
    rates,
    mixup,
    mixup_prices,
    mean_shift,
    mean_shift_level,
    mean_shift_risk,
    prices,
    logistic,
    ranking,
    ranking_fits,
    wald,
    wald_calibration,
    quality,
    selection,
)
CLAIMS: tuple[Claim, ...] = tuple(claim for module in _MODULES for claim in module.CLAIMS)

# modules that the theory imports and that hold no closed form: the losses are definitions, and their minimisers are
# searches that may take another path to the same point; the claims check what they return
SUPPORT_MODULES = ("mixtheory.imbalance.losses",)

# modules that hold closed forms, whose source `mixtheory verify --mutate` changes
THEORY_MODULES = (
    "mixtheory.imbalance.models.moments",
    "mixtheory.imbalance.models.expansion",
    "mixtheory.imbalance.models.sizes",
    "mixtheory.imbalance.models.gaussian",
    "mixtheory.imbalance.models.mixup",
    "mixtheory.imbalance.models.mixup_prices",
    "mixtheory.imbalance.models.mean_shift",
    "mixtheory.imbalance.models.logistic",
    "mixtheory.imbalance.models.ranking",
    "mixtheory.imbalance.models.wald",
    "mixtheory.imbalance.models.chow",
    "mixtheory.imbalance.models.quality",
)
