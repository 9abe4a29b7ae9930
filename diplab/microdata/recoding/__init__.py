"""Recoding of answers: new codes, amounts for bands, bands for numbers."""
