"""How each kind of result is laid out as a table, and what a chart of it shows."""
