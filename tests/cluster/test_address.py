"""What `--on` takes, and what is said of a worker that would make other bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.cluster import parse_address
from chipassets.cluster.remote import differences, package
from chipassets.errors import UsageError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("dask://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("tcp://head-node.example:1/", "tcp://head-node.example:1"),
        ("tls://[::1]:65535", "tls://[::1]:65535"),
    ],
)
def test_addresses_are_written_as_dask_writes_them(text: str, address: str) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:8786",
        "dask:127.0.0.1:8786",
        "dask://127.0.0.1",
        "dask://:8786",
        "dask://host:0",
        "dask://host:65536",
        "dask://host:\u0668",
        "dask://user@host:1",
        "dask://host:1/path",
        "http://host:8787",
        "dask://host:1\n",
        "dask://::1:8786",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="dask://HOST:PORT"):
        parse_address(text)


def test_everything_that_decides_bytes_is_compared() -> None:
    ours = package()
    assert differences(ours, ours) == []
    theirs = replace(ours, version="0.0.9", numpy="2.1.0", encoder="libsndfile-1.0")
    assert differences(ours, theirs) == [
        f"chipassets 0.0.9 instead of {ours.version}",
        f"NumPy 2.1.0 instead of {ours.numpy}",
        f"the encoder libsndfile-1.0 instead of {ours.encoder}",
    ]
    assert differences(ours, replace(ours, code_sha256="0" * 64)) == [
        f"other files of chipassets {ours.version}"
    ]
