"""Statistical disclosure control: primary and secondary suppression, and rounding."""
