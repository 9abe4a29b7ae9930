"""Sizes where persons come and go between occasions."""
