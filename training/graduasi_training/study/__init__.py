"""A panel made ready to learn from: rows, labels and splits."""
