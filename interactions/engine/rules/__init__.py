"""One module a mechanism: each turns the seats of a regimen into matches, and names what it could not decide."""
