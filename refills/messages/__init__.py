"""The queue of what is to be said, and every channel it is said on."""
