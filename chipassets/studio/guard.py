"""Access control of the studio: only its own page, on this machine, with the token, is served.

A page of another site may send requests to this machine, and another host name may resolve to it:
therefore the Host, the Origin and a token in the address are checked first.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 2 << 20
"""The most bytes of a request's body; a manifest has at most half of it."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}


class Guard:
    """Passes requests below /TOKEN/ to the application, with the token removed."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str]) -> None:
        self._app = app
        self._token = token
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reply to a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        status, why = self._refusal(scope)
        if status:
            await _refuse(send, status, why)
            return
        body = await _read(receive) if scope["method"] == "POST" else b""
        if body is None:
            await _refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
            return
        is_read = False

        async def again() -> Message:
            """Return the body that was read for the check, once; then what follows."""
            nonlocal is_read
            if is_read:
                return await receive()
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def guarded(message: Message) -> None:
            """Send a message with the headers that every response has."""
            if message["type"] == "http.response.start":
                own = [pair for pair in message["headers"] if pair[0].lower() not in _HEADERS]
                message = {**message, "headers": [*own, *_HEADERS.items()]}
            await send(message)

        await self._app({**scope, "root_path": f"/{self._token}"}, again, guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """Return the status and the reason if a request is refused; 0 and "" if not."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        hosts = headers.get("host", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return HTTPStatus.FORBIDDEN, "the studio accepts only 127.0.0.1 and localhost"
        _, token, *_ = [*str(scope["path"]).split("/", 2), ""]
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return HTTPStatus.FORBIDDEN, "open the address that `chipassets studio` has printed"
        own = f"http://{hosts[0]}"
        origins = headers.get("origin", [])
        sites = headers.get("sec-fetch-site", [])
        is_foreign = any(origin != own for origin in origins) or any(
            site not in ("same-origin", "none") for site in sites
        )
        if is_foreign:
            return HTTPStatus.FORBIDDEN, "the request comes from another page"
        if scope["method"] in ("GET", "HEAD"):
            return 0, ""
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "only GET and POST are supported"
        return _post_refusal(headers)


_TOO_LARGE = f"a request has at most {MOST_BYTES:,} bytes"


def _post_refusal(headers: dict[str, list[str]]) -> tuple[int, str]:
    """Return the status and reason of a post that is refused; 0 if it may pass."""
    if not headers.get("origin"):
        return HTTPStatus.FORBIDDEN, "the request has no Origin"
    kinds = headers.get("content-type", [""])
    if kinds[0].partition(";")[0].strip().lower() != "application/json":
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "orders are JSON"
    lengths = headers.get("content-length", [])
    most = len(str(MOST_BYTES))
    if any(
        not length.isdecimal() or len(length) > most or int(length) > MOST_BYTES
        for length in lengths
    ):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE
    return 0, ""


async def _read(receive: Receive) -> bytes | None:
    """Return a request's body; None if it is too large."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return body


async def _refuse(send: Send, status: int, why: str) -> None:
    """Send a refusal as plain text."""
    body = f"{why}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *_HEADERS.items(),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
