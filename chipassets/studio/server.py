"""The studio's server: one manifest, on this machine only, until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from chipassets.errors import UsageError
from chipassets.stored.cache import open_cache
from chipassets.studio.app import create_app
from chipassets.studio.session import Session

HOST = "127.0.0.1"


def serve(
    manifest: Path, folder: Path | None, port: int, use_cache: bool, ready: Callable[[str], None]
) -> None:
    """Serve the studio of a manifest until the process is interrupted.

    port: 0 takes a free one. `ready` is called with the address to open. UsageError if the port is
    in use.
    """
    with (
        _listening(port) as listening,
        open_cache(manifest.absolute().parent, is_wanted=use_cache) as cache,
    ):
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)
        session = Session(manifest, cache, folder)
        try:
            app = create_app(session, token, (f"{HOST}:{port}", f"localhost:{port}"))
            server = StudioServer(app, session)
            ready(f"http://{HOST}:{port}/{token}/")
            server.run([listening])
        finally:
            session.close()


class StudioServer(uvicorn.Server):
    """A server that ends waiting requests when it shuts down."""

    def __init__(self, app: object, session: Session) -> None:
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._session = session

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End waiting requests, then the connections."""
        self._session.news.close()
        await super().shutdown(sockets)


def _listening(port: int) -> socket.socket:
    """Return a listening socket; UsageError if the port cannot be used."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.bind((HOST, port))
        found.listen()
    except OSError as error:
        found.close()
        raise UsageError(
            f"port {port} cannot be used: {error.strerror or error}; choose another with --port"
        ) from error
    return found
