"""Formulas on arrays: numpy and scipy only, no frame, no design object, no words."""
