"""What a home's records tell of its run: read, joined and summed up for a person."""
