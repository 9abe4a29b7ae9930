"""Several lists of the same people: who is on which, and how many are on none."""
