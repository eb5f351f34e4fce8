"""Tasks, seen from the clinic."""
