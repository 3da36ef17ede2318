"""The migrations. Each can be applied and undone."""
