"""The shapes of the venue's wire: engine objects in, plain JSON values out."""
