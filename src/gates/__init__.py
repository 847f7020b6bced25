"""The checks of the conviction gate, one pure function a file."""
