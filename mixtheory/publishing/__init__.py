"""Figures, tables, the paper and the report: everything here is made from stored results and closed forms."""
