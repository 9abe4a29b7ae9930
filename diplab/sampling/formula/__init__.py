"""Formulas of models: read by a whitelist, never run, and turned into columns of numbers."""
