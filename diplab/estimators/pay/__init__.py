"""Pay: by the hour, under the minimum wage, after fees, and what it takes to reach a target."""
