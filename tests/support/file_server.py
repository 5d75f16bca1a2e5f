"""A small HTTP server on this machine that serves one file, well or badly."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


class FileServer(HTTPServer):
    """Serves ``content`` at every path but ``/missing``; ``body_bytes`` counts the last answer.

    ``ranges``: whether it knows Range; ``break_after``: bytes after which it hangs up, once;
    ``says_length``: whether it tells how long the file is.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.etag = content, '"first"'
        self.ranges = self.says_length = True
        self.break_after: int | None = None
        self.asked: list[str | None] = []
        self.body_bytes = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if self.path == "/missing":
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted is not None else 0
        same = self.headers.get("If-Range", self.server.etag) == self.server.etag
        if not (self.server.ranges and same):
            start = 0
        if start and start >= len(self.server.content):
            self.send_error(416)
            return
        self._send(start)

    def _send(self, start: int) -> None:
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", self.server.etag)
        if self.server.says_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.break_after is not None:
            body, self.server.break_after = body[: self.server.break_after], None
        try:
            self.server.body_bytes = 0
            for at in range(0, len(body), 4096):
                self.wfile.write(body[at : at + 4096])
                self.server.body_bytes += len(body[at : at + 4096])
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever asked has gone

    def log_message(self, *arguments: object) -> None:
        """Tests do not talk."""


@contextmanager
def serving(content: bytes) -> Iterator[FileServer]:
    """A server in a thread of its own while the block runs."""
    with FileServer(content) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
