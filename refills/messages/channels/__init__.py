"""Ways by which a message leaves the house: each takes a letter and says what became of it."""
