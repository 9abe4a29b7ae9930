"""Codebooks: in TOML, as a table, in DDI Codebook; merged with what a file of data says."""
