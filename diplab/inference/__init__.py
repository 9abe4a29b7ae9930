"""Where statistics meet the design: estimates with their uncertainty, and contrasts between them."""
