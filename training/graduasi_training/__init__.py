"""From household history to a bundle that can be trusted: labels, splits, fitting, evaluation, tracking, promotion."""
