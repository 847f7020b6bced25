"""A trading daemon for Kraken Futures."""
