"""One strict, versioned, typed definition for each line and document on disk."""
