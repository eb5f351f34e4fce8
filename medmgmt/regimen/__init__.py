"""The record turned into the engine's values, in one place."""
