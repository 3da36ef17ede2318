"""What surrounds every request: limits, problems, logs, languages and shapes."""
