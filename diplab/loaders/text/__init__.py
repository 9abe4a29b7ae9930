"""Delimited text: its encoding, its records, what wrote it, and the microdata in it."""
