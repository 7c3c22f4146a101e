"""Simulators of imbalanced learning with synthetic minority rows: arrays in, arrays out, one row a replicate.

Nothing here imports a theory module. Every function takes the generator first; the sizes of one call are nested, so a
curve is one pass over one sample and differences between its points have little noise.
"""
