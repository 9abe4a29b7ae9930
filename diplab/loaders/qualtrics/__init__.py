"""Qualtrics: answers of two or three header rows, and the questionnaire (.qsf)."""
