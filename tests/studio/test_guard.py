"""Nobody but the studio's own page, with its token, on this machine, gets in."""

from __future__ import annotations

import pytest

from chipassets.studio.guard import MOST_BYTES
from tests.studio.conftest import GAME, HOST, TOKEN, Studio

OWN = {"host": HOST, "origin": f"http://{HOST}"}


def test_the_page_itself_gets_in_and_loads_nothing_from_elsewhere(studio: Studio) -> None:
    answer = studio.get("")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "http" not in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/", "/state", f"/{TOKEN[:-1]}/state", f"/{TOKEN}x/state", f"/{TOKEN.upper()}/state",
     f"//{TOKEN}/state", "/%00/state", "/ä/state"],
)  # fmt: skip
def test_a_wrong_token_is_refused(studio: Studio, path: str) -> None:
    answer = studio.client.get(f"http://{HOST}{path}", headers={"host": HOST})
    assert answer.status_code == 403
    assert "open the address that `chipassets studio` has printed" in answer.text
    assert "Tiny Quest" not in answer.text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4711", "127.0.0.1:4712", "127.0.0.1", "", "[::1]:4711"]
)
def test_another_host_name_is_refused(studio: Studio, host: str) -> None:
    answer = studio.get("state", host=host)
    assert answer.status_code == 403
    assert "127.0.0.1" in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", f"https://{HOST}", "null", ""])
def test_another_page_is_refused(studio: Studio, origin: str) -> None:
    headers = {"origin": origin}
    assert studio.get("game", **headers).status_code == 403
    assert studio.post("undo", {}, **headers).status_code == 403


def test_a_post_without_an_origin_is_refused(studio: Studio) -> None:
    answer = studio.client.post(f"/{TOKEN}/undo", json={}, headers={"host": HOST})
    assert answer.status_code == 403
    assert "no Origin" in answer.text
    for site in ("cross-site", "same-site"):
        assert studio.get("game", **{"sec-fetch-site": site}).status_code == 403
    assert studio.get("game", **{"sec-fetch-site": "none"}).status_code == 200


def test_forms_and_other_methods_are_refused(studio: Studio) -> None:
    form = studio.client.post(f"/{TOKEN}/undo", data={"a": "b"}, headers=OWN)
    assert form.status_code == 415
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = studio.client.request(method, f"/{TOKEN}/game", headers=OWN)
        assert answer.status_code == 405


def test_a_huge_body_is_refused_whether_it_says_so_or_not(studio: Studio) -> None:
    text = "x" * (MOST_BYTES + 1)
    assert studio.post("check", {"text": text}).status_code == 413

    def chunks() -> object:
        for _ in range(0, MOST_BYTES + 1, 1 << 16):
            yield b" " * (1 << 16)

    headers = {**OWN, "content-type": "application/json"}
    answer = studio.client.post(f"/{TOKEN}/check", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert studio.manifest.read_text() == GAME


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"text": 1}', "text must be a text"),
        (b"\xff", "not valid JSON"),
    ],
)
def test_a_body_that_is_not_json_is_refused(studio: Studio, body: bytes, why: str) -> None:
    headers = {**OWN, "content-type": "application/json"}
    answer = studio.client.post(f"/{TOKEN}/check", content=body, headers=headers)
    assert answer.status_code == 400
    assert why in answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    ["tracks/..%2F..%2Fetc%2Fpasswd/takes", "tracks/town/takes/..%2F..%2Fgame.yaml",
     "page.css/../../game.yaml", "../game.yaml", "game.yaml", "..%5Cgame.yaml",
     "tracks/town/takes/1/audio.flac/../../../../../game.yaml", "tracks/%2E%2E/takes",
     "tracks/town/takes/0", "tracks/town/takes/99", "tracks/town/takes/1.1",
     "tracks/town/takes/locked", "tracks/twon/takes"],
)  # fmt: skip
def test_no_path_leads_to_a_file(studio: Studio, path: str) -> None:
    answer = studio.get(path)
    assert answer.status_code in (400, 403, 404)
    assert "where one rests" not in answer.text
    assert "root:" not in answer.text


def test_what_is_not_known_has_its_nearest(studio: Studio) -> None:
    answer = studio.get("tracks/twon/takes")
    assert "did you mean" in answer.json()["error"]
    assert "town" in answer.json()["error"]
    answer = studio.post("tracks/town/set", {"settings": {"tmepo": "120"}})
    assert answer.status_code == 400
    assert "tempo" in answer.json()["error"]
