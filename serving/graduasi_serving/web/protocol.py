"""The server's side of HTTP/1.1, where it differs from uvicorn's: trailers, and requests that are no HTTP."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from graduasi_serving.web.problems import PROBLEM_TYPE, BadRequest, problem_response


class StrictHttp(HttpToolsProtocol):
    """uvicorn adds trailers, which follow a chunked body, to the headers: what a gateway has checked could be replaced."""

    def on_headers_complete(self) -> None:
        """Start the request; any header that comes after its head goes into a list that nobody reads."""
        super().on_headers_complete()
        self.headers = []

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as HTTP with a problem document, like every other fault, and close the connection."""
        body = bytes(problem_response(BadRequest(400, "not_http", msg)).body)
        head = [STATUS_LINE[400], b"content-type: ", PROBLEM_TYPE.encode(), b"\r\ncache-control: no-store\r\n"]
        self.transport.write(b"".join([*head, b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body), body]))
        self.transport.close()
