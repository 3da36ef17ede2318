"""Figures of one forecast on held-out rows, with their intervals."""
