"""Accounts of people and programs: signing in, access tokens, and who may see which list."""
