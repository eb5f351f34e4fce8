"""What a review found and who answers for it."""
