"""Claims about imbalanced augmentation: the expansion, sizes, the Gaussian example and rates."""

from mixtheory.imbalance.claims import (
    expansion,
    gaussian,
    gaussian_risk,
    logistic_risk,
    mixup,
    mixup_prices,
    moments,
    rates,
    sizes,
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
)
