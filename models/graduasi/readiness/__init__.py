"""What readiness is: features, the two parts of the model, their explanation and their interval."""
