"""What the studies of mixing do in a cell, for the scripts in ``simulations/`` and ``figures/``.

====================  ==============================================================================
`scenarios`           laws and populations by name; pairs, classes and covariances, beside closed forms
`repeated`            generations of simulated and of real data
`zeta_scenarios`      batches mixed with the weights of a p-series, beside closed forms
`zeta_panels`         half-moons and the spiral under several laws, for pictures
`manifolds`           curves and surfaces, and the distance to them
`dimension`           what two laws do to the dimension of the same data
`dimension_outcomes`  the published statement about dimension, decided from stored results
`augmentation`        models trained on mixed batches of real data
====================  ==============================================================================
"""
