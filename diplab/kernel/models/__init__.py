"""Models fitted on weighted rows: families of distributions, maximum likelihood, factors."""
