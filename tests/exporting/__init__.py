"""A whole chart as JSON and PDF."""
