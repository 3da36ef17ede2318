"""One household at a time: what a request needs, where numpy on arrays of one row would be most of the cost.

Rules and history are worked out over plain floats; the parts of the models share the few numpy calls that are left.

`graduasi.scoring.scores` defines what a score is, and a test holds this package to it. Bands, verdicts, missing fields
and the words of reasons are the same. Numbers agree up to rounding, which differs between versions of Python and numpy:
features to a relative 1e-12, margins and contributions to 1e-9 of the largest, scores, intervals and risks to 1e-12.
"""
