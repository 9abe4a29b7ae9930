"""Charts: one file each, made for print, in French and in English from the same data."""
