"""The tables of data/ held to what is said of them: columns, keys, and whether a rule can ever speak."""
