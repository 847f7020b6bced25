"""Market data: what is read from outside, and the features built of it."""
