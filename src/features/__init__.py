"""One market formula a file, pure."""
