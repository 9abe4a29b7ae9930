"""Dated parameters with sources: thresholds, wages, scales, populations."""
