"""One formula a file: numbers in, numbers out, nothing remembered."""
