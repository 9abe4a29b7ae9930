"""The sampling design and the sample: the only layer that runs a query on the data."""
