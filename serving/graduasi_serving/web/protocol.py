"""The server's side of HTTP/1.1, where it differs from uvicorn's: trailers, large heads, and requests that are no HTTP."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from graduasi_serving.web.problems import PROBLEM_TYPE, BadRequest, problem_response

MAX_HEAD_BYTES = 64 * 1024
"""Of a request's head: what nginx takes by default is half of it."""


class StrictHttp(HttpToolsProtocol):
    """uvicorn adds trailers, which follow a chunked body, to the headers: what a gateway has checked could be replaced."""

    _head_bytes = 0
    """Bytes that came since anything was last read to its end; a body's are counted anew with each piece of it."""

    def data_received(self, data: bytes) -> None:
        """Read on, unless a head has grown too large: reading it takes the square of its length."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(431, "head_too_large", "The head of a request has at most 64 kB.")

    def on_headers_complete(self) -> None:
        """Start the request; any header that comes after its head goes into a list that nobody reads."""
        self._head_bytes = 0
        super().on_headers_complete()
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """A piece of the body: no head grows meanwhile."""
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is read; what follows is the head of the next one."""
        self._head_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as HTTP with a problem document, like every other fault, and close the connection."""
        self._refuse(400, "not_http", msg)

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = bytes(problem_response(BadRequest(status, code, message)).body)
        head = [STATUS_LINE[status], b"content-type: ", PROBLEM_TYPE.encode(), b"\r\ncache-control: no-store\r\n"]
        self.transport.write(b"".join([*head, b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body), body]))
        self.transport.close()
