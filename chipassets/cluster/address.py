"""The address of a cluster's scheduler, the value of `--on`."""

from __future__ import annotations

import re

from chipassets.errors import UsageError

_PROTOCOLS = {"dask": "tcp", "tcp": "tcp", "tls": "tls"}
_ADDRESS = re.compile(
    r"(?P<protocol>[a-z]+)://(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/?#\[\]@]+):(?P<port>[0-9]{1,5})/?"
)
_MAX_PORT = 65_535


def parse_address(text: str) -> str:
    """Return the address of a scheduler in Dask's form, tcp://HOST:PORT or tls://HOST:PORT.

    dask:// means tcp://. UsageError for anything else.
    """
    found = _ADDRESS.fullmatch(text)
    protocol = _PROTOCOLS.get(found["protocol"]) if found else None
    if found is None or protocol is None or not 0 < int(found["port"]) <= _MAX_PORT:
        raise UsageError(
            f"--on {text!r} is not the address of a Dask scheduler; write dask://HOST:PORT "
            "(tcp:// is the same, tls:// is encrypted), for example dask://127.0.0.1:8786"
        )
    return f"{protocol}://{found['host']}:{found['port']}"
