"""Estimates of small areas: models of areas and of respondents, and poverty by area."""
