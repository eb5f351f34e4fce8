"""Tasks for people: opened once, claimed by one, closed once, raised when late."""
