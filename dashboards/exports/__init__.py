"""Files of the figures on screen: the same question, the same tables, the same masked cells."""
