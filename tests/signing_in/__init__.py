"""The rooms behind the door, by themselves."""
