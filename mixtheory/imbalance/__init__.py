"""Imbalanced classes: when synthetic minority points help, how many to add, and tests and tools that say so."""
