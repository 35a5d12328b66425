"""The studio as a web application: routes, JSON requests and replies, readable errors."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from chipassets.errors import (
    CheckError,
    ChipassetsError,
    ManifestError,
    UsageError,
)
from chipassets.studio.guard import MOST_BYTES, Guard
from chipassets.studio.session import Session
from chipassets.studio.shown import problem_json
from chipassets.studio.sounding import AUDIO

_WAIT_SECONDS = 20.0
_LOOK_SECONDS = 1.0
"""How often, in seconds, a waiting request checks the manifest and its lock for changes."""
_MOST_LETTERS = 4096
_MOST_SETTINGS = 32
_PAGE = {
    "": ("studio/page.html", "text/html"),
    "colours.css": ("report/colours.css", "text/css"),
    "page.css": ("studio/page.css", "text/css"),
    "page.js": ("studio/page.js", "text/javascript"),
}
_STATUS = {ManifestError: 422, UsageError: 400, CheckError: 409}


@dataclass(frozen=True, slots=True)
class Orders:
    """The body of a request: a JSON object whose values are read by type."""

    values: Mapping[str, Any]

    def text(self, name: str, most: int = _MOST_LETTERS) -> str:
        """Return a text; UsageError if it is missing, not a text, or too long."""
        found = self.values.get(name)
        if not isinstance(found, str) or len(found) > most:
            raise UsageError(f"{name} must be a text of at most {most:,} letters")
        return found

    def number(self, name: str) -> int:
        """Return an integer; UsageError if there is none."""
        found = self.values.get(name)
        if not isinstance(found, int) or isinstance(found, bool):
            raise UsageError(f"{name} must be an integer")
        return found

    def data(self, name: str) -> bytes:
        """Return bytes that are written in base 64; UsageError for other text."""
        try:
            return base64.b64decode(self.text(name, MOST_BYTES), validate=True)
        except ValueError as error:
            raise UsageError(f"{name} must be bytes in base 64") from error

    def settings(self) -> list[tuple[str, str | None]]:
        """Return keys with their new values; None removes a key."""
        found = self.values.get("settings")
        if not isinstance(found, dict) or not 1 <= len(found) <= _MOST_SETTINGS:
            raise UsageError("settings must be an object of keys and values")
        for value in found.values():
            if value is not None and (not isinstance(value, str) or len(value) > _MOST_LETTERS):
                raise UsageError("the value of a setting must be a text or null")
        return list(found.items())


def create_app(session: Session, token: str, hosts: tuple[str, ...]) -> Guard:
    """Return the application of a session.

    Hosts: the values of Host (name and port) that it accepts.
    """
    inner = Starlette(
        routes=[
            *(Route(f"/{name}", _page(*of)) for name, of in _PAGE.items()),
            Route("/state", _State(session).get),
            Route("/game", _get(lambda _: session.game())),
            Route("/tracks/{track}/takes", _get(lambda at: session.takes(at["track"]))),
            Route("/tracks/{track}/takes/{take}", _get(
                lambda at: session.sounding(at["track"], at["take"]).to_json())),
            Route(f"/tracks/{{track}}/takes/{{take}}/audio.{AUDIO}", _audio(session)),
            Route("/tracks/{track}/takes/{take}/notes.mid", _midi(session)),
            *(
                Route(path, _post(order), methods=["POST"])
                for path, order in _orders(session).items()
            ),
        ],
        exception_handlers={ChipassetsError: _told},
    )  # fmt: skip
    return Guard(inner, token, hosts)


Order = Callable[[Mapping[str, str], Orders], Any]


def _orders(session: Session) -> dict[str, Order]:
    """Return the possible orders by route; each returns a job's number or what was done."""
    on_track: dict[str, Order] = {
        "compose": lambda at, _: session.compose(at["track"]),
        "accept": lambda at, said: session.accept(at["track"], said.text("take")),
        "unaccept": lambda at, _: session.unaccept(at["track"]),
        "reject": lambda at, said: session.reject(at["track"], said.text("take")),
        "roll": lambda at, said: session.roll(at["track"], said.number("count")),
        "reroll": lambda at, said: session.reroll(
            at["track"], said.text("what"), said.text("take")
        ),
        "import": lambda at, said: session.take_in(
            at["track"], said.text("name"), said.data("midi"), said.text("take")
        ),
        "set": lambda at, said: session.set(at["track"], said.settings()),
    }
    on_game: dict[str, Order] = {
        "set": lambda _, said: session.set(None, said.settings()),
        "accept-all": lambda _at, _: session.accept_all(),
        "build": lambda _at, _: session.build(),
        "cancel": lambda _, said: session.worker.cancel(said.number("job")),
        "undo": lambda _at, _: session.undo(),
        "redo": lambda _at, _: session.redo(),
        "check": lambda _, said: session.check(said.text("text", 1 << 20)),
        "write": lambda _, said: session.write(said.text("text", 1 << 20), said.text("hash")),
    }
    return {f"/tracks/{{track}}/{name}": order for name, order in on_track.items()} | {
        f"/{name}": order for name, order in on_game.items()
    }


def _get(
    answer: Callable[[Mapping[str, str]], Any],
) -> Callable[[Request], Any]:
    """Return the endpoint that answers with JSON."""

    async def get(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(answer, request.path_params))

    return get


def _post(order: Order) -> Callable[[Request], Any]:
    """Return the endpoint that carries out an order, given as a JSON object."""

    async def post(request: Request) -> Response:
        try:
            values = json.loads(await request.body())
        except (ValueError, RecursionError) as error:
            raise UsageError(f"the request is not valid JSON: {error}") from error
        if not isinstance(values, dict):
            raise UsageError("the request is not a JSON object")
        done = await run_in_threadpool(order, request.path_params, Orders(values))
        return JSONResponse({"done": done})

    return post


class _State:
    """Replies when there is news after the revision that the page knows."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, request: Request) -> Response:
        """Return the state once it is newer than what the page has, or after a while."""
        session = self._session
        after = _integer(request.query_params.get("after", "0"))
        said = _integer(request.query_params.get("said", "0"))
        waited = 0.0
        while waited < _WAIT_SECONDS:
            await run_in_threadpool(session.look)
            if session.news.revision > after or session.news.is_closed:
                break
            await session.news.wait(after, _LOOK_SECONDS)
            waited += _LOOK_SECONDS
        return JSONResponse(session.state(said))


def _integer(text: str) -> int:
    """Return a whole number; UsageError if the text is none."""
    if not text.isdecimal() or len(text) > 15:
        raise UsageError(f"{text[:40]!r} is no number")
    return int(text)


def _audio(session: Session) -> Callable[[Request], Any]:
    """Return the endpoint of a take's sound."""

    async def get(request: Request) -> Response:
        at = request.path_params
        found = await run_in_threadpool(session.sounding, at["track"], at["take"])
        return FileResponse(found.audio, media_type=f"audio/{AUDIO}")

    return get


def _midi(session: Session) -> Callable[[Request], Any]:
    """Return the endpoint of a take's MIDI file."""

    async def get(request: Request) -> Response:
        track, take = request.path_params["track"], request.path_params["take"]
        found = await run_in_threadpool(session.sounding, track, take)
        return FileResponse(found.midi, media_type="audio/midi", filename=f"{track}-{take}.mid")

    return get


def _page(name: str, kind: str) -> Callable[[Request], Any]:
    """Return the endpoint of a file of the package."""

    async def get(_: Request) -> Response:
        text = files("chipassets").joinpath(name).read_text(encoding="utf-8")
        return Response(text, media_type=f"{kind}; charset=utf-8")

    return get


async def _told(_: Request, error: Exception) -> Response:
    """Return an error as JSON: its text and, for a manifest's mistakes, their places."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    problems = error.problems if isinstance(error, ManifestError) else ()
    told = {"error": str(error), "problems": [problem_json(one) for one in problems]}
    return JSONResponse(told, status_code=status)
