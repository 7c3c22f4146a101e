"""What the studies of imbalanced augmentation do in a cell, for the scripts in ``simulations/`` and ``figures/``.

======================  ==========================================================================
`scenarios`             local asymmetry, local symmetry and the symmetry test, beside closed forms
`mixup_scenarios`       mixup as a minority generator and as a synthetic design, beside closed forms
`least_squares_search`  the search for a size with squared loss
`configurations`        the linear and the non-linear population of the public code
`baselines`             what synthetic rows compete with: class weights, a moved threshold
`methods`               tuned sizes and their rivals on the same rows, and how they are judged
`simulated_data`        these methods on the two populations
`real_data`             these methods on real imbalanced sets
======================  ==========================================================================
"""
