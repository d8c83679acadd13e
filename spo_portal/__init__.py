"""Portal of the public services of career guidance: composition root."""
