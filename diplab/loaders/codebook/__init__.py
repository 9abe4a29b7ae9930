"""The codebook in a file of its own: TOML or a table."""
