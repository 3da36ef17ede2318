"""A file of any size: read in parts, scored part by part, and resumed if a run is interrupted."""
