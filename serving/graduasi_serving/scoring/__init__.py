"""Scores over HTTP: a request's items, checked and scored with the loaded models."""
