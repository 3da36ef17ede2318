"""A file of any size: read in parts, scored part by part, resumed after a kill."""
