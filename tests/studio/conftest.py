"""A studio of a small game, asked as the page asks it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from chipassets.lock import LockedTake, read_lock
from chipassets.stored.cache import Cache
from chipassets.studio.app import create_app
from chipassets.studio.session import Session
from tests.conftest import share_takes

TOKEN = "a-token-of-some-letters"
HOST = "127.0.0.1:4711"
GAME = """\
# A game of two tracks.
game: Tiny Quest
seed: 3
defaults: {takes: 2, length: 4 bars}   # short
tracks:
  town:   # where one rests
    mood: calm
  battle: {scene: battle, key: D minor}
"""


@dataclass(frozen=True)
class Studio:
    """A session and the client of a page that has opened it."""

    session: Session
    client: TestClient
    manifest: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        found: httpx.Response = self.client.get(
            f"/{TOKEN}/{path}", headers={"host": HOST, **headers}
        )
        return found

    def post(self, path: str, values: Any, **headers: str) -> httpx.Response:
        own = {"host": HOST, "origin": f"http://{HOST}", **headers}
        found: httpx.Response = self.client.post(f"/{TOKEN}/{path}", json=values, headers=own)
        return found

    def order(self, path: str, **values: Any) -> Any:
        """Order something, wait until it is done, and return the answer."""
        answer = self.post(path, values)
        assert answer.status_code == 200, answer.text
        self.session.worker.rest()
        return answer.json()["done"]

    def takes(self, track: str) -> dict[str, Any]:
        """A track's takes, composed."""
        self.order(f"tracks/{track}/compose")
        found: dict[str, Any] = self.get(f"tracks/{track}/takes").json()
        assert found["is_whole"]
        return found

    def last(self) -> dict[str, Any]:
        """The last message."""
        found: dict[str, Any] = self.get("state").json()["messages"][-1]
        return found

    @property
    def locked(self) -> dict[str, LockedTake]:
        return read_lock(self.manifest).takes


@pytest.fixture
def studio(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Studio]:
    """A studio whose takes are composed once a session of tests."""
    share_takes(tmp_path_factory, monkeypatch)
    manifest = tmp_path / "game.yaml"
    manifest.write_text(GAME)
    session = Session(manifest, Cache(tmp_path / "cache"), tmp_path / "build")
    try:
        yield Studio(session, TestClient(create_app(session, TOKEN, (HOST,))), manifest)
    finally:
        session.close()
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)
