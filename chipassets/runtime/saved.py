"""The state of the music as JSON values for a save game, and its checked reader."""

from __future__ import annotations

from collections.abc import Mapping

from .values import Value

_FORMAT = 1


class SavedState(Value):
    """Scenes from the lowest to the top with their moods, and the position of each one's music.

    places: by scene, a track's name and a sample of its file. playing: scene, track and sample of
    what sounds, which may be the music of an earlier scene if the present one has none.
    """

    scenes: tuple[tuple[str, tuple[str, ...]], ...]
    places: Mapping[str, tuple[str, int]]
    playing: tuple[str, str, int] | None
    intensity: float
    duck_db: float

    def to_json(self) -> dict[str, object]:
        """Return the values that `read_state` reads; chipassets.js uses the same format."""
        scenes = []
        for scene, moods in self.scenes:
            track, sample = self.places.get(scene, (None, 0))
            scenes.append({"scene": scene, "moods": [*moods], "track": track, "sample": sample})
        playing = None
        if self.playing is not None:
            playing = dict(zip(("scene", "track", "sample"), self.playing, strict=True))
        return {
            "format": _FORMAT,
            "scenes": scenes,
            "playing": playing,
            "intensity": self.intensity,
            "duck_db": self.duck_db,
        }


def read_state(found: object) -> SavedState:
    """Return the state of the values; ValueError says what is wrong with other values."""
    state = _object(found, "the state")
    if state.get("format") != _FORMAT:
        raise ValueError(
            f"the state has format {state.get('format')!r} and this runtime reads {_FORMAT}; save "
            "it again"
        )
    scenes, places = [], {}
    entries = state.get("scenes")
    if not isinstance(entries, list):
        raise _wrong("scenes", entries, "a list")
    for number, entry in enumerate(entries):
        where = f"scenes[{number}]"
        record = _object(entry, where)
        scene, moods = _text(record, "scene", where), record.get("moods")
        if not isinstance(moods, list) or not all(isinstance(mood, str) for mood in moods):
            raise _wrong(f"{where}.moods", moods, "a list of texts")
        scenes.append((scene, tuple(moods)))
        if record.get("track") is not None:
            places[scene] = _text(record, "track", where), _sample(record, where)
    playing = None
    if state.get("playing") is not None:
        record = _object(state["playing"], "playing")
        place = _text(record, "track", "playing"), _sample(record, "playing")
        playing = (_text(record, "scene", "playing"), *place)
    level, duck_db = _number(state, "intensity"), _number(state, "duck_db")
    return SavedState(tuple(scenes), places, playing, level, duck_db)


def _object(value: object, where: str) -> dict[str, object]:
    """Return an object of the saved state, or refuse it."""
    if not isinstance(value, dict):
        raise _wrong(where, value, "an object")
    return value


def _text(record: dict[str, object], key: str, where: str) -> str:
    """Return a text of the saved state, or refuse it."""
    value = record.get(key)
    if not isinstance(value, str):
        raise _wrong(f"{where}.{key}", value, "a text")
    return value


def _sample(record: dict[str, object], where: str) -> int:
    """Return a position in samples, or refuse it."""
    value = record.get("sample")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _wrong(f"{where}.sample", value, "a whole number from 0 on")
    return value


def _number(record: dict[str, object], key: str) -> float:
    """Return a number of the saved state, or refuse it."""
    value = record.get(key)
    # NaN and infinities fail the comparison.
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= 1e6:
        raise _wrong(key, value, "a number")
    return float(value)


def _wrong(where: str, value: object, wanted: str) -> ValueError:
    """Return the error for an invalid value of a state."""
    return ValueError(f"{where} is {value!r:.40}; expected {wanted}, as `state` returned it")
