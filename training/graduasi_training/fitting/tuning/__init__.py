"""A search over settings, and what it brought."""
