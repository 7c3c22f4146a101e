"""Claims that can fail: what they are, how they are decided and how the decision is reported. Knows no theory."""

from mixtheory.verification.claim import (
    Around,
    Claim,
    ClaimError,
    Component,
    FormulaMutant,
    Lower,
    OfSd,
    Relative,
    SimulatorMutant,
    Upper,
)
from mixtheory.verification.decide import CLAIM_ALPHA, CLAIM_SHARE, SUITE_ALPHA, decide, verify
from mixtheory.verification.functions import contrast, correlation, extrapolation, kurtosis, log_slope, ratio
from mixtheory.verification.intervals import (
    DKW,
    ClopperPearson,
    EmpiricalBernstein,
    StudentT,
    Summary,
    required_units,
)
from mixtheory.verification.results import ClaimResult, ComponentResult, FormulaResult, MutantResult
from mixtheory.verification.stages import BETA, stage_level

__all__ = [
    "BETA",
    "CLAIM_ALPHA",
    "CLAIM_SHARE",
    "DKW",
    "SUITE_ALPHA",
    "Around",
    "Claim",
    "ClaimError",
    "ClaimResult",
    "ClopperPearson",
    "Component",
    "ComponentResult",
    "EmpiricalBernstein",
    "FormulaMutant",
    "FormulaResult",
    "Lower",
    "MutantResult",
    "OfSd",
    "Relative",
    "SimulatorMutant",
    "StudentT",
    "Summary",
    "Upper",
    "contrast",
    "correlation",
    "decide",
    "extrapolation",
    "kurtosis",
    "log_slope",
    "ratio",
    "required_units",
    "stage_level",
    "verify",
]
