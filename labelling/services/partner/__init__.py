"""Partenaires associés: who they are, in which direction, why, and how the directory and the label follow."""
