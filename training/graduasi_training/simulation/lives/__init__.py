"""How made-up families live."""
