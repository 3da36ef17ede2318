"""Fitting the parts of a readiness model, and choosing between them."""
