"""refills."""
