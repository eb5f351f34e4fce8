"""The engine: pure functions over a regimen and the knowledge; no Django, no clock, no database."""
