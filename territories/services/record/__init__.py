"""The record of a place: what its référent keeps and its coordinator checks."""
