"""All sizes that the same data can give, side by side."""
