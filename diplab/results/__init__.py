"""What an analysis returns: frozen numbers with their covariance and provenance, no language and no rounding."""
