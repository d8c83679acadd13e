"""The floor: the least Django that stores one row, on the same server settings and the same database."""
