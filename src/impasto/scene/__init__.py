"""What one level is painted from, and what is made of the result."""
