"""One module a source: each reads its files into rows and names every row it could not read."""
