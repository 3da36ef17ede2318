"""The addresses of the service; each module holds one subject and stays thin."""
