"""Resources of another system read, converted, gathered and reported."""
