"""Reading request headers so that each has one meaning, the same on every route and to a gateway in front."""

from starlette.types import Scope

from graduasi_serving.web.problems import BadRequest

SENT_ONCE = frozenset({
    b"authorization", b"content-encoding", b"content-length", b"content-type", b"host", b"origin", b"sec-fetch-site",
})  # fmt: skip
"""Headers that hold one value (RFC 9110, RFC 9112). Where one stands twice, a gateway may have checked the other."""


def repeated_header(scope: Scope) -> BadRequest | None:
    """The fault of a request in which a header of SENT_ONCE stands more than once; None without such a fault."""
    names = [name for name, _ in scope["headers"]]
    if len(names) == len(set(names)):
        return None
    for name in SENT_ONCE.intersection(names):
        if names.count(name) > 1:
            message = f"The header {name.decode()} stands more than once; send it once."
            return BadRequest(400, "repeated_header", message)
    return None


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a header; None if there is none. One that may be repeated is joined by commas (RFC 9110 section 5.3)."""
    values = [value.decode("latin-1") for header_name, value in scope["headers"] if header_name == name]
    return ", ".join(values) if values else None
