"""The markets that the paper exchange can carry: a synthetic one, and recordings."""
