"""Sizes from two lists of persons."""
