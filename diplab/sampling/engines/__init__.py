"""Engines: what runs the queries of a sample, in memory or in a database."""
