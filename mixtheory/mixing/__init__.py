"""Mixing of records: laws of the weights, closed forms of what they do, simulators, claims, and synthesis."""
