"""The model registry in MLflow: runs, versions, the gates of promotion, and what served when."""
