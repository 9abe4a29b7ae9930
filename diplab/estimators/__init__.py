"""Statistics: each a point and a linearised variable, none of which knows the sampling design."""
