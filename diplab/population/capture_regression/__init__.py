"""Regression of how often persons were seen, and the population size that follows from it."""
