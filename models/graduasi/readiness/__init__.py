"""How readiness is worked out: features, the two parts of the model, their contributions and the score's interval."""
