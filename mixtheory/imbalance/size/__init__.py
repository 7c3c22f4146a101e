"""How many synthetic minority rows to add: the search, its diagnosis, and what it rests on.

=============  =====================================================================
`candidates`   which sizes are compared
`scoring`      balanced losses on held-out rows
`quality`      the score of a generator, plain and less its noise
`newton`       logistic regression along nested sizes, with the kernel of `descent`
`diagnosis`    symmetry and generator before the search
`folds`        one split of the search
`results`      what the splits say
`calibration`  calibration measures and the correction of the prior
`search`       the search, a scikit-learn estimator
`plotting`     validation loss against size
`summary`      what was found, in statsmodels' manner
=============  =====================================================================
"""

from mixtheory.imbalance.size.calibration import (
    Calibration,
    PriorCorrectedClassifier,
    calibration,
    prior_correction,
)
from mixtheory.imbalance.size.candidates import Candidates, bias_aware_candidates, tg_candidates
from mixtheory.imbalance.size.newton import logistic_path, supports
from mixtheory.imbalance.size.quality import QualityScore, generator_quality
from mixtheory.imbalance.size.scoring import balanced_log_loss, balanced_squared_error
from mixtheory.imbalance.size.search import SyntheticSizeSearchCV

__all__ = [
    "Calibration",
    "Candidates",
    "PriorCorrectedClassifier",
    "QualityScore",
    "SyntheticSizeSearchCV",
    "balanced_log_loss",
    "balanced_squared_error",
    "bias_aware_candidates",
    "calibration",
    "generator_quality",
    "logistic_path",
    "prior_correction",
    "supports",
    "tg_candidates",
]
