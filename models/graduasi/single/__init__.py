"""One household at a time: what a request needs, where numpy on arrays of one row would be most of the cost.

Rules and history go over plain floats; the models share the numpy calls that are left. `graduasi.scoring.scores` is the
definition; tests hold this package to it, numbers and words.
"""
