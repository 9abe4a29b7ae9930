"""Calibration and trimming of weights."""
