"""Workbooks, within limits of size."""
