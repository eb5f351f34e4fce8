"""What is known about drugs taken together, and the review of a regimen against it."""
