"""Real and synthetic rows in high-dimensional regression: what covariances and means do to the risk, and selection."""
