"""What is to be measured, and what supply waits for it."""
