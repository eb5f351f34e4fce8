"""Every write that a person asks for: one function an act."""
