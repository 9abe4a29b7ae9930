"""Studies: what was published, rerun and compared, one row per number."""
