"""The history of the database schema, one module for each step."""
