"""One household at a time over plain floats: what a request needs, where numpy on arrays of one row is most of the cost.

`graduasi.scoring` is the definition; tests hold this package to it, numbers and words.
"""
