"""Sizes where the chance of being caught depends on who a person is."""
