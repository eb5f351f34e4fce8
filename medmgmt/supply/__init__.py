"""What is in hand, how long it lasts, what may be handed out."""
