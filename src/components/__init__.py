"""The ten components: each a pure function from what the market showed to one vote."""
