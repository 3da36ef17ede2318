"""Watching: does a panel still look like the one the model was trained on, and do its scores still come true?"""
