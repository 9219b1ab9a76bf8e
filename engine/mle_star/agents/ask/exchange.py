"""One HTTP exchange that ends in time, whatever the other side does."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said.

    Parameters
    ----------
    status : int
        HTTP status.
    body : bytes
        Its whole content.
    location, retry_after : str
        These two headers; empty: absent.
    """

    status: int
    body: bytes
    location: str
    retry_after: str


_Follow = Callable[[socket.socket], None]


class TooLongError(Exception):
    """The reply is longer than allowed."""


class Exchange:
    """A request and its reply; proxies of the environment are used, redirections not followed.

    A redirection could carry the key in the headers to another host.

    Parameters
    ----------
    request : urllib.request.Request
        What is sent.
    idle_seconds : float
        Without a sign of life.
    max_bytes : int
        Of the reply.
    """

    def __init__(
        self, request: urllib.request.Request, idle_seconds: float, max_bytes: int
    ) -> None:
        self._request = request
        self._idle_seconds = idle_seconds
        self._max_bytes = max_bytes
        self._sockets: list[socket.socket] = []
        self._outcome: Reply | Exception = ConnectionAbortedError("ended")
        self._over = threading.Event()

    def run(self, seconds: float) -> Reply:
        """Do it, in a thread that is left behind if it cannot be ended.

        Parameters
        ----------
        seconds : float
            Wall time for all of it.

        Raises
        ------
        TimeoutError
            It took longer, or there was no sign of life.
        TooLongError
            See `max_bytes`.
        OSError, http.client.HTTPException
            There was no whole reply.
        """
        threading.Thread(target=self._work, name="exchange", daemon=True).start()
        try:
            if not self._over.wait(seconds):
                raise TimeoutError(f"no answer within {seconds:.4g} s")
        finally:
            self.cut()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    def cut(self) -> None:
        """End it, from any thread."""
        self._over.set()
        for one in tuple(self._sockets):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # of TLS too, while it is being read

    def _work(self) -> None:
        try:
            outcome: Reply | Exception = self._reply()
        except TimeoutError:
            outcome = TimeoutError(f"no sign of life for {self._idle_seconds:.4g} s")
        except Exception as error:  # raised where the reply is waited for
            outcome = error
        if not self._over.is_set():
            self._outcome = outcome
            self._over.set()

    def _reply(self) -> Reply:
        opener = urllib.request.build_opener(
            _Http(self._follow), _Https(self._follow), _NoRedirect()
        )
        try:
            response: Any = opener.open(self._request, timeout=self._idle_seconds)
        except urllib.error.HTTPError as error:
            response = error
        except urllib.error.URLError as error:
            raise (
                error.reason if isinstance(error.reason, Exception) else OSError(str(error.reason))
            ) from error
        with response:
            body = response.read(self._max_bytes + 1)
            headers = response.headers
        if len(body) > self._max_bytes:
            raise TooLongError(f"the answer is longer than {self._max_bytes:,} bytes")
        if len(body) < int(headers.get("Content-Length") or 0):
            raise ConnectionError("the connection ended within the answer")
        said = (headers.get("Location") or "", headers.get("Retry-After") or "")
        return Reply(response.status, body, *said)

    def _follow(self, connected: socket.socket) -> None:
        self._sockets.append(connected)
        if self._over.is_set():
            raise ConnectionAbortedError("ended")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class _Http(urllib.request.HTTPHandler):
    def __init__(self, follow: _Follow) -> None:
        super().__init__()
        self._follow = follow

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Plain, req, follow=self._follow)  # type: ignore[arg-type]


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, follow: _Follow) -> None:
        super().__init__()
        self._follow = follow

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Secure, req, follow=self._follow)  # type: ignore[arg-type]


class _Plain(http.client.HTTPConnection):
    def __init__(self, host: str, follow: _Follow, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._follow = follow

    def connect(self) -> None:
        super().connect()
        self._follow(self.sock)


class _Secure(http.client.HTTPSConnection):
    def __init__(self, host: str, follow: _Follow, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._follow = follow

    def connect(self) -> None:
        super().connect()
        self._follow(self.sock)
