"""The only way to read or write a file of state."""
