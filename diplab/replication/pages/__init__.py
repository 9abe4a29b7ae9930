"""The report: an index, a page a study and, for the largest, a page a published table; they open without a network."""
