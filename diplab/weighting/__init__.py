"""Weights brought to what is known of the population."""
