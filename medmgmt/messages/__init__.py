"""What falls due is said, and to whom."""
