"""Walking forward in time: each fold fitted on what was known then, beside its baselines."""
