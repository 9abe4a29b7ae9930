"""Estimates with their uncertainty under the sampling design, and contrasts between them."""
