"""The directory as files: the columns people exchange, and what a deposited file changes."""
