"""Parquet, and tables larger than memory: folders and queries."""
