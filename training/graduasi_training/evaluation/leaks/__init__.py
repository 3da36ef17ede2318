"""Leaks: fields that tell more of the outcome than anybody could know on the day."""
