"""The report: an index, a page per study and, for the largest, per table; it opens offline."""
