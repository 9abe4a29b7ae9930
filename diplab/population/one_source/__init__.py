"""Sizes from how often each person was seen in one source."""
