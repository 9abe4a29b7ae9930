"""Results: numbers with covariance and provenance, independent of language and rounding."""
