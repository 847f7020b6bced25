"""The audit of a home: what its records claim, proven from them or refuted by them."""
