"""Dated, sourced parameters: thresholds, wages, scales, populations. Numbers with a date and a page."""
