"""MLflow: runs, versions, gates, and what served when."""
