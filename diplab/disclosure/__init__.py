"""What may be published of results: whose numbers are hidden, and what would give them back."""
