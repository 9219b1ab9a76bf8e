"""A chat completion server that does what a test says."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Says:
    """A reply."""

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Waits(list[float]):
    """Takes the place of sleeping."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


Act = Callable[[socket.socket], None]
"""Does what it likes to the connection."""


class Server:
    """Takes one step of the script a request; the last one is for all that follow."""

    def __init__(self) -> None:
        self.script: list[Says | Act] = []
        self.asked: list[Asked] = []
        self.ending = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self.ending.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def hang(self, _: socket.socket) -> None:
        """Say nothing until the end of the test."""
        self.ending.wait(60)

    def drip(self, start: bytes) -> Act:
        """Begin, then send one space after the other."""

        def act(connection: socket.socket) -> None:
            connection.sendall(start)
            while not self.ending.wait(0.02):
                connection.sendall(b" ")

        return act


def completion(content: Any, usage: dict[str, Any] | None = None, **choice: Any) -> Says:
    """A whole reply with this content; a dictionary stands for its JSON."""
    text = json.dumps(content) if isinstance(content, dict) else content
    message = {"role": "assistant", "content": text}
    return Says(
        {
            "model": "a-model",
            "choices": [{"message": message, "finish_reason": "stop"} | choice],
            "usage": {"prompt_tokens": 120, "completion_tokens": 7} if usage is None else usage,
        }
    )


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.asked.append(
                Asked(self.path, dict(self.headers), json.loads(content) if content else {})
            )
            step = server.script.pop(0) if len(server.script) > 1 else server.script[0]
            try:
                if isinstance(step, Says):
                    self._say(step)
                else:
                    step(self.connection)
            except OSError:
                pass  # the client went away, as it should

        def _say(self, says: Says) -> None:
            body = says.body if isinstance(says.body, str) else json.dumps(says.body)
            self.send_response(says.status)
            for name, value in {"Content-Length": str(len(body.encode())), **says.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has
            pass

    return Handler
