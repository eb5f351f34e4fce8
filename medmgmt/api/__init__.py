"""The clinic's JSON API."""
