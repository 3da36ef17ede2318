"""From snapshots to scores, reasons, verdicts and bands."""
