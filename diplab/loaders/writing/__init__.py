"""What `write` puts in a file, format by format, and beside it."""
