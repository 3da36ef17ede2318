"""Drift: whether a panel still looks like the one that the model was trained on, and whether its scores come true."""
