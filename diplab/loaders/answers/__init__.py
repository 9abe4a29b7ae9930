"""Cells of text, the numbers and the dates in them, as answers."""
