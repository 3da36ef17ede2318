"""What else a data scientist asks of a model: would more data help, what does it need, whom does it miss, how fast does it age."""
