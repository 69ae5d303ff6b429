"""A service that answers over HTTP with given bytes, such as those that a hostile one may send."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

Answer = Callable[[str], tuple[int, Any]]  # of the path: a status, and a body; a list of bodies is a stream

OK = {
    "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 5},
}


def error(
    message: str = "x", status: str = "INVALID_ARGUMENT", code: int = 400, details: Any = ()
) -> tuple[int, Any]:
    """An error as the service sends it."""
    return code, {"error": {"code": code, "status": status, "message": message, "details": list(details)}}


def encoded(body: Any) -> bytes:
    """Bytes as they are, a list as the events of a stream, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, list):
        return b"".join(b"data: %b\n\n" % json.dumps(each).encode() for each in body)
    return json.dumps(body).encode()


@contextlib.contextmanager
def canned(answer: Answer) -> Iterator[str]:
    """The address of a service that answers with what `answer` gives."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            status, body = answer(self.path)
            content = encoded(body)
            kind = "text/event-stream" if isinstance(body, list) else "application/json"
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        do_GET = do_POST  # noqa: N815  # the base class calls it so

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
