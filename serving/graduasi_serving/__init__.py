"""Scores over HTTP and a mentor's page: what reads a bundle and answers people and systems."""
