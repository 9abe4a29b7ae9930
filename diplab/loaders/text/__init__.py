"""Delimited text: encoding, dialect, columns."""
