"""What the clinic knows, seen from the clinic."""
