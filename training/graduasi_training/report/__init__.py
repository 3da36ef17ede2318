"""report.html: the evaluation in pictures, one file that opens without a network."""

from graduasi_training.report.page import report, write_report

__all__ = ["report", "write_report"]
