"""The layout of each kind of result as a table, and its drawing as a chart."""
