"""A mentor's list, and the files it is written to."""
