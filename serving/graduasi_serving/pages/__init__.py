"""What a mentor sees: words in two languages, a context per page, and their rendering."""
