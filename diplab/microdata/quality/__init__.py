"""Whether the answers of a file can be trusted: what was looked at, what was found, what could not be looked at."""
