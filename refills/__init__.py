"""When supply runs out, who is told, and what waits for a person."""
