"""How a venue answers what its documentation leaves open, found out with its smallest orders."""
