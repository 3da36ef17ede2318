"""Keys for caches of what is worked out once for a dictionary or a programme."""


class IdentityKey:
    """Equal only to a key of the very same objects: comparing sixty declared fields would cost more than a cache saves.

    A key keeps its objects alive, so an identity is never used twice.
    """

    def __init__(self, *objects: object) -> None:
        self.objects = objects
        self._hash = hash(tuple(map(id, objects)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and all(a is b for a, b in zip(self.objects, other.objects, strict=False))
