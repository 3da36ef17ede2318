"""Scores over HTTP: the households of a request are checked and scored with the loaded models."""
