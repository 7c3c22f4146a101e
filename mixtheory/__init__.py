"""mixtheory: the statistics of synthetic data.

Closed forms, Monte Carlo claims that can fail, and tools for your own tables. Names are imported on first use, so
that ``import mixtheory`` costs almost nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_EXPORTS = {
    "Beta": "mixtheory.mixing.weights",
    "EpBeta": "mixtheory.mixing.weights",
    "Dirichlet": "mixtheory.mixing.dirichlet",
    "ExpandedDirichlet": "mixtheory.mixing.dirichlet",
    "Zeta": "mixtheory.mixing.zeta",
    "choose_law": "mixtheory.mixing.choose",
    "dominance_threshold": "mixtheory.mixing.p_series",
    "matching_gamma": "mixtheory.mixing.p_series",
    "mix_batch": "mixtheory.mixing.batches",
    "synthesize": "mixtheory.mixing.synthesis",
    "Mixup": "mixtheory.mixing.samplers",
    "RegressionMixup": "mixtheory.mixing.samplers",
    "ZetaMixup": "mixtheory.mixing.samplers",
    "CovarianceMatcher": "mixtheory.highdim.selection",
    "Spectrum": "mixtheory.highdim.spectra",
    "excess_risk": "mixtheory.highdim.equivalents",
    "ridge_risk": "mixtheory.highdim.ridge",
    "GeneratorSampler": "mixtheory.imbalance.samplers",
    "SyntheticSizeSearchCV": "mixtheory.imbalance.size",
    "generator_quality": "mixtheory.imbalance.size",
    "symmetry_test": "mixtheory.imbalance.symmetry",
    "fidelity_report": "mixtheory.fidelity",
    "Study": "mixtheory.montecarlo",
    "grid": "mixtheory.montecarlo",
    "Claim": "mixtheory.verification",
    "verify": "mixtheory.verification",
}

__all__ = ["__version__", *_EXPORTS]  # noqa: PLE0604

if TYPE_CHECKING:
    from mixtheory.fidelity import fidelity_report as fidelity_report
    from mixtheory.highdim.equivalents import excess_risk as excess_risk
    from mixtheory.highdim.ridge import ridge_risk as ridge_risk
    from mixtheory.highdim.selection import CovarianceMatcher as CovarianceMatcher
    from mixtheory.highdim.spectra import Spectrum as Spectrum
    from mixtheory.imbalance.samplers import GeneratorSampler as GeneratorSampler
    from mixtheory.imbalance.size import SyntheticSizeSearchCV as SyntheticSizeSearchCV
    from mixtheory.imbalance.size import generator_quality as generator_quality
    from mixtheory.imbalance.symmetry import symmetry_test as symmetry_test
    from mixtheory.mixing.batches import mix_batch as mix_batch
    from mixtheory.mixing.choose import choose_law as choose_law
    from mixtheory.mixing.dirichlet import Dirichlet as Dirichlet
    from mixtheory.mixing.dirichlet import ExpandedDirichlet as ExpandedDirichlet
    from mixtheory.mixing.p_series import dominance_threshold as dominance_threshold
    from mixtheory.mixing.p_series import matching_gamma as matching_gamma
    from mixtheory.mixing.samplers import Mixup as Mixup
    from mixtheory.mixing.samplers import RegressionMixup as RegressionMixup
    from mixtheory.mixing.samplers import ZetaMixup as ZetaMixup
    from mixtheory.mixing.synthesis import synthesize as synthesize
    from mixtheory.mixing.weights import Beta as Beta
    from mixtheory.mixing.weights import EpBeta as EpBeta
    from mixtheory.mixing.zeta import Zeta as Zeta
    from mixtheory.montecarlo import Study as Study
    from mixtheory.montecarlo import grid as grid
    from mixtheory.verification import Claim as Claim
    from mixtheory.verification import verify as verify


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_EXPORTS])
