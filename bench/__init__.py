"""Comparisons run by make bench: quality and speed, on shared data."""
