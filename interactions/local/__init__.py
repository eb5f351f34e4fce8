"""The clinic's own rules: proposed, tested, approved, released."""
