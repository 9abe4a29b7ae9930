"""Survey files: answers in a data frame, and their meaning in a codebook."""
