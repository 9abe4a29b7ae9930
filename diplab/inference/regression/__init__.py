"""Regressions under the design of a sample, and what is computed from them."""
