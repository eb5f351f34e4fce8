"""A fault test that anyone can run: kill everything while messages go out, and count what arrives."""
