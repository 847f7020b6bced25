"""Hard limits and the states that a breach of one leads to."""
