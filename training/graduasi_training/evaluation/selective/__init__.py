"""Labels that are seen of some families only: estimates and bounds side by side."""
