"""How good a model is: everything that evaluation.json holds."""
