"""Tables and figures as files: one module a format."""
