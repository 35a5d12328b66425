"""The lock as text: JSON with readable diffs; reading checks every value."""

from __future__ import annotations

import gc
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from chipassets.errors import CheckError
from chipassets.lock.entries import Lock, LockedTake, Rejection, TakeRow, Version
from chipassets.music.chords import parse_chord
from chipassets.music.score import Score
from chipassets.music.score_text import score_from_lines, score_to_lines

VERSION = 2
"""Version 1 counted takes from 0 and dropped tracks that were not built."""

ADVICE = "restore it from version control, or remove it to compose again"

_MAX_TAKES = 4096
_MAX_BARS = 1024
_MAX_BEATS = 32
_MIN_MILLIBPM, _MAX_MILLIBPM = 10_000, 1_000_000
_MAX_TEXT = 2000
_MAX_HALVES = 64
_MAX_SHIFT = 127
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")

_LOCK_KEYS = frozenset(("lock", "manifest", "home", "tracks"))
_TAKE_KEYS = frozenset(
    ("notes_key", "number", "of", "why", "accepted", "rejected", "rolled", "plan_key", "from",
     "table", "before", "score", "versions")
)  # fmt: skip
_VERSION_KEYS = frozenset(
    ("number", "version", "origin", "notes_key", "accepted", "plan_key", "before", "from", "score")
)


class _WrongError(ValueError):
    """A value of an entry is refused: its path, and why."""

    def __init__(self, way: tuple[str | int, ...], why: str) -> None:
        super().__init__(f"{'.'.join(str(step) for step in way)}: {why}")
        self.way, self.why = way, why


def lock_to_text(lock: Lock) -> str:
    """Return the lock file: tracks by name, one line of text for each bar of each part."""
    tracks = {name: _take_to_json(lock.takes[name]) for name in sorted(lock.takes)}
    head = {"manifest": lock.manifest, "home": lock.home}
    said = {name: text for name, text in head.items() if text}
    whole = {"lock": VERSION, **said, "tracks": tracks}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def lock_from_text(text: str, path: Path) -> Lock:
    """Return the lock of a file's text.

    Raises:
        CheckError: it is not a lock, is of a newer version, or has an invalid value, with its line.
            Nothing is dropped silently: it may hold takes that someone chose.
    """
    try:
        found = _tracks_in(json.loads(text))
        version = found.get("lock")
        if version not in (1, VERSION) or isinstance(version, bool):
            raise CheckError(
                f"{path} is a lock of version {str(version)[:20]!r}; this chipassets reads up to "
                f"{VERSION}: update chipassets, or remove the file to compose again"
            )
        _refuse_unknown(found, _LOCK_KEYS, ())
        with _without_collection():
            takes = {name: _named(name, entry, version) for name, entry in found["tracks"].items()}
        return Lock(takes, _text(found, "manifest", ()), _text(found, "home", ()))
    except _WrongError as wrong:
        line = line_of(text, *wrong.way)
        place = f"{path}:{line}" if line else str(path)
        track = f"track {str(wrong.way[0])[:64]!r}: " if wrong.way else ""
        raise CheckError(f"{place}: {track}{wrong.why}; {ADVICE}") from wrong
    except (ValueError, TypeError, RecursionError) as error:
        why = error if text.strip() else "it is empty"
        raise CheckError(f"{path} is not a readable lock ({why}); {ADVICE}") from error


@contextmanager
def _without_collection() -> Iterator[None]:
    """Suspend garbage collection in the block.

    Reading makes a million notes, none of which is in a cycle; collecting takes a third of the time
    of reading the lock of a thousand tracks.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _tracks_in(found: object) -> dict[str, Any]:
    """Return the values of a lock; TypeError without tracks."""
    if not isinstance(found, dict) or not isinstance(found.get("tracks"), dict):
        raise TypeError("it has no tracks")
    return found


def take_to_text(take: LockedTake) -> str:
    """Return one take as text that `take_from_text` reads."""
    return json.dumps(_take_to_json(take), ensure_ascii=False)


def take_from_text(text: str) -> LockedTake:
    """Return the take of a text; ValueError for other text."""
    try:
        return _take_from_json("", json.loads(text), VERSION)
    except RecursionError as error:
        raise ValueError("not a take") from error


def line_of(text: str, track: str | int = "", key: str | int = "", item: str | int = "") -> int:
    """Return the line, from 1, of a track's key, or of an item of its list; 0 if there is none.

    `key` may also be the word with which a line of the track's score starts.
    """
    lines = text.splitlines()
    start = _find(lines, 0, f"{json.dumps(track, ensure_ascii=False)}: {{")
    found = start and (_find(lines, start, f'"{key}":') if key else start)
    if found and key == "score" and isinstance(item, str) and item:
        return _find(lines, found, f'"{item}') or found
    return found + int(item) + 1 if found and isinstance(item, int) else found


def _find(lines: list[str], start: int, words: str) -> int:
    """Return the number of the first line from `start` on that begins so; 0 if none does."""
    rest = enumerate(lines[start:], start=start + 1)
    return next((number for number, line in rest if line.lstrip().startswith(words)), 0)


def _take_to_json(take: LockedTake) -> dict[str, Any]:
    """Return a take as JSON, with decisions only if there are any; takes count from 1 here."""
    choices: dict[str, Any] = {"accepted": True} if take.accepted else {}
    if take.rejected:
        choices["rejected"] = [
            {"number": item.number + 1, "notes_sha256": item.notes_sha256} for item in take.rejected
        ]
    if take.rolled:
        choices["rolled"] = take.rolled
    if take.plan_key:
        choices["plan_key"] = take.plan_key
    if take.facts:
        choices["from"] = dict(take.facts)
    if take.table:
        choices["table"] = [_row_to_line(row) for row in take.table]
    if take.before:
        choices["before"] = take.before
    # After the take's own notes, so that readers find those first.
    versions = [_version_to_json(version) for version in take.versions]
    kept = {"versions": versions} if versions else {}
    return {
        "notes_key": take.notes_key,
        "number": take.number + 1,
        "of": take.of,
        "why": take.why,
        **choices,
        "score": score_to_lines(take.score),
        **kept,
    }


def _version_to_json(version: Version) -> dict[str, Any]:
    """Return a version as JSON values."""
    said: dict[str, Any] = {"number": version.number + 1, "version": version.version}
    said |= {"origin": version.origin, "notes_key": version.notes_key}
    if version.accepted:
        said["accepted"] = True
    said |= {name: text for name in ("plan_key", "before") if (text := getattr(version, name))}
    if version.facts:
        said["from"] = dict(version.facts)
    return {**said, "score": score_to_lines(version.score)}


def _version_from_json(name: str, entry: object) -> Version:
    """Return the version of an entry of the track `name`; _WrongError for an invalid one."""
    if not isinstance(entry, dict):
        raise _WrongError((name, "versions"), "it is not a version of a take")
    way = (name, "versions")
    _refuse_unknown(entry, _VERSION_KEYS, way)
    accepted, facts = entry.get("accepted", False), entry.get("from", {})
    if not isinstance(accepted, bool):
        raise _WrongError(way, f"{accepted!r} is neither true nor false")
    if not isinstance(facts, dict):
        raise _WrongError(way, "its facts are not a mapping")
    return Version(
        number=_whole(entry, "number", way, 1, _MAX_TAKES) - 1,
        version=_whole(entry, "version", way, 0, _MAX_TAKES),
        origin=_text(entry, "origin", way, needed=True),
        score=_score(entry, name, "versions"),
        notes_key=_text(entry, "notes_key", way, needed=True),
        plan_key=_text(entry, "plan_key", way),
        facts=tuple((key, _text(facts, key, way)) for key in facts),
        accepted=accepted,
        before=_text(entry, "before", way),
    )


def _named(name: str, entry: object, version: int) -> LockedTake:
    """Return the take of an entry; _WrongError if its name is invalid."""
    if not _NAME.fullmatch(name):
        raise _WrongError((), f"{ascii(name)[:70]} is not a valid track name")
    return _take_from_json(name, entry, version)


def _take_from_json(name: str, entry: object, version: int) -> LockedTake:
    """Return the take of the track `name` from its entry; _WrongError for an invalid one.

    version: the version of the lock file.
    """
    if not isinstance(entry, dict):
        raise _WrongError((name,), "it is not the entry of a take")
    _refuse_unknown(entry, _TAKE_KEYS, (name,))
    accepted = entry.get("accepted", False)
    if not isinstance(accepted, bool):
        raise _WrongError((name, "accepted"), f"{accepted!r} is neither true nor false")
    first = 0 if version == 1 else 1
    of = _whole(entry, "of", (name,), 1, _MAX_TAKES)
    rejected = [
        Rejection(
            _whole(item, "number", (name, "rejected"), first, _MAX_TAKES) - first,
            _text(item, "notes_sha256", (name, "rejected")),
        )
        for item in _list(entry, "rejected", name)
    ]
    facts = entry.get("from", {})
    if not isinstance(facts, dict):
        raise _WrongError((name, "from"), "it is not a mapping")
    return LockedTake(
        notes_key=_text(entry, "notes_key", (name,), needed=True),
        number=_whole(entry, "number", (name,), first, of - 1 + first) - first,
        of=of,
        why=_text(entry, "why", (name,), needed=True),
        score=_score(entry, name),
        accepted=accepted,
        plan_key=_text(entry, "plan_key", (name,)),
        rejected=tuple(rejected),
        rolled=_whole(entry, "rolled", (name,), 0, _MAX_TAKES, otherwise=0),
        table=tuple(
            _row_from_line(line, first, (name, "table", place))
            for place, line in enumerate(_list(entry, "table", name))
        ),
        facts=tuple((key, _text(facts, key, (name,))) for key in facts),
        versions=tuple(_version_from_json(name, item) for item in _list(entry, "versions", name)),
        before=_text(entry, "before", (name,)),
    )


def _refuse_unknown(entry: dict[str, Any], known: frozenset[str], way: tuple[str, ...]) -> None:
    """Raise an error for a key that this version does not know.

    A lock is rewritten as a whole: what is not read would be lost with the next decision.
    """
    for key in entry.keys() - known:
        raise _WrongError(
            (*way, key)[:2],
            f"{ascii(key)[:40]} is a key that this chipassets does not know; update chipassets if "
            "a newer one wrote it",
        )


def _whole(
    entry: object,
    key: str,
    way: tuple[str | int, ...],
    low: int,
    high: int,
    otherwise: int | None = None,
) -> int:
    """Return a whole number from `low` to `high` of an entry; _WrongError otherwise.

    way: the path of the entry. otherwise: the value of a missing key.
    """
    value = entry.get(key, otherwise) if isinstance(entry, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        said = "missing" if value is None else repr(value)[:40]
        wanted = str(low) if low == high else f"a number {low} to {high}"
        raise _WrongError((*way, key)[:2], f"{key} is {said} instead of {wanted}")
    return value


def _text(entry: object, key: str, way: tuple[str | int, ...], *, needed: bool = False) -> str:
    """Return a text of an entry, "" if it is missing and not needed; _WrongError otherwise."""
    value = entry.get(key, None if needed else "") if isinstance(entry, dict) else None
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _WrongError((*way, key)[:2], f"{key} is not a text of at most {_MAX_TEXT} characters")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise _WrongError((*way, key)[:2], f"{key} has a lone surrogate ({ascii(value)[:40]})")
    return value


def _list(entry: dict[str, Any], key: str, name: str) -> list[Any]:
    """Return a list of the entry, empty if it is missing."""
    value = entry.get(key, [])
    if not isinstance(value, list) or len(value) > _MAX_TAKES:
        raise _WrongError((name, key), f"{key} is not a list of at most {_MAX_TAKES}")
    return value


def _score(entry: dict[str, Any], name: str, key: str = "score") -> Score:
    """Return the score of an entry; `key` is the key of the entry that an error names."""
    lines = entry.get("score")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise _WrongError((name, key), "its score is not a list of lines")
    is_own = key == "score"
    try:
        score = score_from_lines(lines)
    except (ValueError, OverflowError) as error:
        where, _, why = str(error).partition(": ")
        number = where.removeprefix("line ")
        item = int(number) - 1 if number.isdecimal() else 0
        way = (name, key, item) if is_own else (name, key)
        raise _WrongError(way, f"its score is refused: {why or error}") from error
    for word, why in _faults(score):
        raise _WrongError((name, key, word) if is_own else (name, key), why)
    return score


def _faults(score: Score) -> list[tuple[str, str]]:
    """Return what is invalid in a score: the first word of its line, and why."""
    found = []
    if not 1 <= score.bars <= _MAX_BARS:
        found.append(("bars ", f"{score.bars} bars instead of 1 to {_MAX_BARS}"))
    if not 1 <= score.beats_per_bar <= _MAX_BEATS:
        found.append(("beats ", f"{score.beats_per_bar} beats a bar instead of 1 to {_MAX_BEATS}"))
    if not _MIN_MILLIBPM <= score.tempo_millibpm <= _MAX_MILLIBPM:
        found.append(
            ("tempo ", f"a tempo of {score.tempo_millibpm} instead of {_MIN_MILLIBPM} to "
                       f"{_MAX_MILLIBPM} thousandths of a beat a minute")
        )  # fmt: skip
    if found:
        return found
    if score.loop_start_bar is not None and not 0 <= score.loop_start_bar < score.bars:
        found.append(("loop ", f"it loops from bar {score.loop_start_bar} of {score.bars}"))
    found += [
        ("section ", f"section {part.name!r} has bars {part.start_bar} to "
                     f"{part.start_bar + part.bars} of {score.bars}")
        for part in score.sections
        if part.start_bar < 0 or not 1 <= part.bars <= score.bars - part.start_bar
    ]  # fmt: skip
    if score.chords and len(score.chords) != score.bars:
        found.append(("chords ", f"chords for {len(score.chords)} bars of {score.bars}"))
    for name in (word for bar in score.chords for word in bar.split()):
        try:
            parse_chord(name, score.key)
        except ValueError as error:
            found.append(("chords ", str(error)))
    found += [
        ("motif ", f"motif {said.motif!r} is outside the score")
        for said in score.statements
        if not (
            0 <= said.start_step < score.total_steps
            and 1 <= said.steps <= score.total_steps
            and 1 <= said.stretch_halves <= _MAX_HALVES
            and abs(said.shift) <= _MAX_SHIFT
        )
    ]
    most = score.total_steps + score.steps_per_bar
    found += [
        (f"{note.start_step // score.steps_per_bar} ", f"a note of {note.duration_steps} steps")
        for note in (*score.notes, *score.further)
        if note.start_step + note.duration_steps > most
    ]
    return found


def _row_to_line(row: TakeRow) -> str:
    """Return a row as one line, to keep locks short.

    Number, total, features with value and points, verdict: "1 | 0.81 | scale 0.98 0.92 | refused".
    """
    features = "; ".join(f"{name} {value:g} {points:g}" for name, value, points in row.features)
    return f"{row.number + 1} | {row.total:g} | {features} | {row.verdict}"


def _row_from_line(line: object, first: int, way: tuple[str | int, ...]) -> TakeRow:
    """Return the row of a take from its line; _WrongError for an invalid one.

    first: the number that the first take has in this version of the file.
    """
    try:
        number, total, features, verdict = str(line).split(" | ", 3)
        row = TakeRow(
            int(number) - first,
            float(total),
            _text({"verdict": verdict}, "verdict", way[:2]),
            tuple(_feature(feature) for feature in features.split("; ") if feature),
        )
    except _WrongError:
        raise
    except ValueError as error:
        raise _WrongError(way, f"{ascii(line)[:60]} is not the row of a take") from error
    if not 0 <= row.number < _MAX_TAKES or not math.isfinite(row.total):
        raise _WrongError(way, f"{ascii(line)[:60]} has an invalid take number")
    return row


# The same few values of the same few features stand in every row of a lock.
@lru_cache(maxsize=65_536)
def _feature(text: str) -> tuple[str, float, float]:
    """Return the name, the value and the points of "scale 0.98 0.92"."""
    name, *numbers = text.rsplit(" ", 2)
    value, points = map(float, numbers)
    if not (math.isfinite(value) and math.isfinite(points)):
        raise ValueError(f"{text[:40]} is not finite")
    return name, value, points
