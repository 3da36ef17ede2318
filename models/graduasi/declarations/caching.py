"""Cache keys for results that are computed once for a dictionary or a programme."""


class IdentityKey:
    """Two keys are equal if they hold the very same objects. All keys of one cache hold equally many.

    Comparing sixty declared fields by value would cost more than a cache saves. A key keeps its objects alive, so that
    Python cannot give the identity of one of them to another object.
    """

    def __init__(self, *objects: object) -> None:
        self.objects = objects
        self._hash = hash(tuple(map(id, objects)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and all(a is b for a, b in zip(self.objects, other.objects, strict=False))
