"""The model card, written for an official, in every language that ships."""
