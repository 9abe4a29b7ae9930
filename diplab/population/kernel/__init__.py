"""Estimators of population sizes, on numpy arrays."""
