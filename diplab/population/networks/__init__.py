"""Sizes from whom people know and whom they recruit."""
