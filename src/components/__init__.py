"""The ten signal components, one pure function a file."""
