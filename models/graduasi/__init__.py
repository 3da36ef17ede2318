"""The core of graduasi: what a household is, what readiness is, how a score is explained."""
